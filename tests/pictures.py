"""Pictures for tests: made here, in memory, of a size and colours that can be told apart."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

RED, LIME, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
CORNERS = {"a": RED, "b": LIME, "c": BLUE, "d": YELLOW}
#: EXIF orientation → the corners as they are stored, of a picture that is a b, c d upright.
STORED = {
    1: "abcd",
    2: "badc",
    3: "dcba",
    4: "cdab",
    5: "acbd",
    6: "bdac",
    7: "dbca",
    8: "cadb",
}
#: The primaries of a wide gamut, as profiles have them.
ADOBE_RGB = {
    "rXYZ": (0.60974, 0.31111, 0.01947),
    "gXYZ": (0.20528, 0.62567, 0.06087),
    "bXYZ": (0.14919, 0.06322, 0.74457),
}


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


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def near(color: tuple[int, ...], tolerance: int = 6) -> Any:
    """Return what equals this colour and those close by."""
    return pytest.approx((*color, 255)[:4], abs=tolerance)


def plain(mode: str, color: Any, format: str = "PNG", **options: Any) -> bytes:
    """Return a picture of 40 × 30 pixels of one colour."""
    return encoded(Image.new(mode, (40, 30), color), format, **options)


def corners(stored: str) -> Image.Image:
    """Return a picture of four colours; one that lies on its side is taller than wide."""
    width, height = (60, 40) if stored in ("abcd", "badc", "dcba", "cdab") else (40, 60)
    image = Image.new("RGB", (width, height))
    for place, corner in enumerate(stored):
        left, top = place % 2 * width // 2, place // 2 * height // 2
        image.paste(CORNERS[corner], (left, top, left + width // 2, top + height // 2))
    return image


def oriented(orientation: int, format: str = "JPEG") -> bytes:
    """Return the four corners, stored as EXIF says."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(corners(STORED[orientation]), format, exif=exif, quality=95)


def mpo() -> bytes:
    """Return a JPEG with another picture behind it."""
    return encoded(corners("abcd"), "MPO", save_all=True, append_images=[corners("dcba")])


def animation(
    format: str, colors: Sequence[Any] = (RED, LIME, BLUE), mode: str = "RGB", **options: Any
) -> bytes:
    """Return frames of one colour each, shown for 100, 200 and 300 milliseconds."""
    first, *others = (Image.new(mode, (40, 30), color) for color in colors)
    options = {"duration": [100, 200, 300][: len(colors)], **options}
    return encoded(first, format, save_all=True, append_images=others, **options)


def profile(description: str = "Wide built-in", **colorants: tuple[float, ...]) -> bytes:
    """Return the sRGB profile with another name, of the same length, and other primaries."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for entry in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        tag, offset, _ = struct.unpack(">4sII", data[entry : entry + 12])
        if xyz := colorants.get(tag.decode()):
            numbers = (round(number * 65536) for number in xyz)
            data[offset + 8 : offset + 20] = struct.pack(">3i", *numbers)
    old, new = ("sRGB built-in".encode("utf-16-be"), description.encode("utf-16-be"))
    return bytes(data).replace(old, new)
