"""Rendering by real engines, whose workers are processes of their own, and are killed at work."""
