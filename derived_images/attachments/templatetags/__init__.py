"""The wing's template tags."""
