"""Pictures for tests: made here, in memory, of a size and colours that can be told apart."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(
    name: str = "cat.jpg",
    dimensions: tuple[int, int] = (60, 40),
    color: Any = "tomato",
    format: str = "JPEG",
    mode: str = "RGB",
    **options: Any,
) -> SimpleUploadedFile:
    """Return an upload of one colour."""
    return upload(Image.new(mode, dimensions, color), name, format, **options)


def upload(image: Image.Image, name: str, format: str, **options: Any) -> SimpleUploadedFile:
    """Return an upload of this picture."""
    return SimpleUploadedFile(name, encoded(image, format, **options))


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """Return the picture's bytes in that format."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()
