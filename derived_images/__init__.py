"""Thumbnails and other derived images for Django: names follow from names, nothing is asked."""

from derived_images.fields import AutoCleanupImageField, DerivedImagesManager
from derived_images.recipes import Fill, Fit, Recipe, cubemap_tiles

__all__ = [
    "AutoCleanupImageField",
    "DerivedImagesManager",
    "Fill",
    "Fit",
    "Recipe",
    "cubemap_tiles",
]
__version__ = "0.1.0"
