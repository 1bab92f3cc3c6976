"""What is expected: which files a row has, which of them outlive it, and what is refused how."""

from derived_images import AutoCleanupImageField

#: What Django says, in forms and serializers alike, of an upload that is none.
NO_IMAGE = (
    "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
)


def files_of(row):
    """Return the names of the row's source and of its variants."""
    return {row.image.name, *(variant.name for variant in row.variants.values())}


def left_of(row):
    """Return the names that stay once no row names the source: Django's field keeps that."""
    cleans_up = isinstance(row._meta.get_field("image"), AutoCleanupImageField)
    return set() if cleans_up else {row.image.name}
