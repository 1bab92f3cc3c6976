"""A site that had images in columns, and has dropped them: with and without django-stdimage."""
