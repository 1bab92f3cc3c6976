"""A site whose images are moved from a column into the library."""
