"""What commands say to people: help that keeps its lines, and progress on a terminal."""

from __future__ import annotations

import sys
import time
from argparse import RawDescriptionHelpFormatter
from importlib.util import find_spec
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

#: Seconds between two lines about how far it is.
PACE = 0.5


class _Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's help, with examples that keep their lines."""


class TerminalCommand(BaseCommand):
    """A command with examples, and progress on a terminal; what programs read stays clean."""

    examples: str

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.update(epilog=self.examples, formatter_class=_Formatter)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def progress(self, what: str, number: int | None = None) -> None:
        """Say on one line how far it is; "" clears it."""
        if self.stderr.isatty():
            count = "" if number is None else f": {number}"
            # As plain text: Django has errors in red.
            self.stderr.write(f"\r\033[K{what}{count}", style_func=str, ending="")


class Bar:
    """How many of how many, how fast, and how long yet: by tqdm, if there is one.

    It clears the terminal for what is written next when it is left.
    """

    def __init__(self, command: TerminalCommand, total: int, is_hidden: bool) -> None:
        self.command = command
        self.total = total
        self.done = 0
        self.begun = self.told = time.monotonic()
        self._bar: Any = None
        self._is_shown = command.stderr.isatty() and not is_hidden
        if self._is_shown and find_spec("tqdm"):
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=" pictures", file=sys.stderr)

    def advance(self) -> None:
        """Tell of one more."""
        self.done += 1
        if self._bar is not None:
            self._bar.update()
        elif self._is_shown and time.monotonic() > self.told + PACE:
            self.told = time.monotonic()
            rate = self.done / (self.told - self.begun)
            left = max(0, self.total - self.done) / rate
            told = f"{self.done} of {self.total} pictures, {rate:.1f}/s, {left:.0f} s left"
            self.command.progress(told)

    def clear(self) -> None:
        """Make room for a line."""
        if self._bar is not None:
            self._bar.clear()
        elif self._is_shown:
            self.command.progress("")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.clear()
        if self._bar is not None:
            self._bar.close()
