"""Engines that render elsewhere: a file each, imported only when `PROCESSOR` names it.

Each calls `render_or_raise` with a payload, late, twice or again, as its engine has it.
"""
