"""The example, walked in a real browser."""
