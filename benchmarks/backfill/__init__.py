"""The project whose pictures are backfilled, and what that costs."""
