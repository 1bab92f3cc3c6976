"""Pictures for tests: made here, in memory, of a size and colours that can be told apart."""

import io
import struct
import zlib
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


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """Return a chunk of a PNG."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png_claiming(width: int, height: int, *chunks: bytes) -> bytes:
    """Return a PNG of this header, whose pixels are missing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = chunk(b"IHDR", header) + b"".join(chunks)
    return b"\x89PNG\r\n\x1a\n" + start + struct.pack(">I", 10_000) + b"IDAT"
