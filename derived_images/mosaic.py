"""A picture in twenty pixels: as text that a name can carry, as a colour, and as a data URI.

The text is 120 bits, in digits and lower-case letters: the lightness of every pixel, and two
differences of colour for each quarter, finer near grey.
"""

from __future__ import annotations

import base64
import io
import math
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from derived_images.recipes import Dimensions, Scaled

if TYPE_CHECKING:
    from PIL.Image import Image

#: Characters of the text.
LENGTH = 24

#: What names tell numbers with, so that disks and collations may ignore case.
DIGITS = string.digits + string.ascii_lowercase
#: Pixels along the longer side, and along the shorter one.
_LONG, _SHORT = 5, 4
#: The quarters.
_QUARTERS = (2, 2)
#: Levels of lightness, and of a difference of colour, to either side of grey.
_LIGHT, _COLORED = 16, 15
_GREY = 128


def grid(dimensions: Dimensions) -> Dimensions:
    """Return how many pixels stand for a picture, side by side and one above the other."""
    return (_LONG, _SHORT) if dimensions[0] >= dimensions[1] else (_SHORT, _LONG)


@dataclass(frozen=True)
class Mosaic(Scaled):
    """The picture in twenty pixels, whatever its shape."""

    kind: ClassVar[str] = "mosaic"

    def dimensions(self, source_dimensions: Dimensions) -> Dimensions:
        return grid(source_dimensions)


def text_of(data: bytes) -> str:
    """Return the text of an encoded picture of twenty pixels; "" where others shine through."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        opaque = picture.convert("RGBA").getchannel("A").getextrema() == (255, 255)
        return _written(picture) if opaque else ""


def _written(picture: Image) -> str:
    from PIL.Image import Resampling

    light, *colored = picture.convert("RGB").convert("YCbCr").split()
    number = 0
    for value in light.tobytes():
        number = number * _LIGHT + round(value * (_LIGHT - 1) / 255)
    for channel in colored:
        for value in channel.resize(_QUARTERS, Resampling.BOX).tobytes():
            number = number * (2 * _COLORED + 1) + _level(value) + _COLORED
    digits = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(LENGTH, "0")


def _level(value: int) -> int:
    away = value - _GREY
    level = round(math.sqrt(abs(away) / _GREY) * _COLORED)
    return level if away > 0 else -level


def _value(level: int) -> int:
    away = round((abs(level) / _COLORED) ** 2 * (_GREY - 1))
    return _GREY + (away if level > 0 else -away)


def picture(text: str, dimensions: Dimensions) -> Image:
    """Return the twenty pixels that stand for a picture of these dimensions."""
    from PIL import Image

    number, values = int(text, len(DIGITS)), []
    for levels in [2 * _COLORED + 1] * 8 + [_LIGHT] * (_LONG * _SHORT):
        number, level = divmod(number, levels)
        values.append(level)
    values.reverse()  # The last one comes out first.
    size = grid(dimensions)
    light = bytes(level * 255 // (_LIGHT - 1) for level in values[:-8])
    colored = bytes(_value(level - _COLORED) for level in values[-8:])
    channels = [
        Image.frombytes("L", size, light),
        *(
            Image.frombytes("L", _QUARTERS, each).resize(size, Image.Resampling.BILINEAR)
            for each in (colored[:4], colored[4:])
        ),
    ]
    return Image.merge("YCbCr", channels).convert("RGB")


def color(text: str, dimensions: Dimensions) -> str:
    """Return the average colour of a picture of these dimensions, like ``"#7a6b5c"``."""
    return _shown(text, grid(dimensions))[0]


def data_uri(text: str, dimensions: Dimensions) -> str:
    """Return a picture of these dimensions as a data URI of some 150 characters."""
    return _shown(text, grid(dimensions))[1]


# A page shows the same pictures again and again.
@lru_cache(maxsize=10_000)
def _shown(text: str, size: Dimensions) -> tuple[str, str]:
    """Return colour and data URI."""
    from PIL import Image

    pixels = picture(text, size)
    average = pixels.resize((1, 1), Image.Resampling.BOX)
    buffer = io.BytesIO()
    pixels.save(buffer, "WEBP", lossless=True, quality=100)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"#{average.tobytes().hex()}", f"data:image/webp;base64,{data}"
