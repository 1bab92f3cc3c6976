"""The library's template tags."""
