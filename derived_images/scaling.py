"""Scaling: one picture in many dimensions, each made from the smallest that loses nothing.

It knows pictures that are decoded already, and neither files nor formats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

from PIL import Image

from derived_images.recipes import Box, Dimensions

#: How much larger a picture must be that another is made from. Photographs keep 53 dB, fine lines an
#: SSIM of 0.997 and small print one of 0.994, to what is scaled from the source.
MARGIN = 1.5
#: The same of one that was reduced by averaging squares, as a decoder or `Image.reduce()` does.
#: Sharp photographs keep 49 dB; at 1.5 it would be 42.
REDUCED_MARGIN = 2.5
#: Of so many pixels none is as sharp as its neighbours allow, as lenses and sensors are: who halves
#: such a picture need leave less. Photographs keep 49 dB; what a computer drew, 42.
SOFT = 20_000_000
SOFT_MARGIN = 1.45
#: Pixels that are scaled at a time: what lies between rows and columns is never large, and cores
#: that are free share the work.
BAND = 750_000
#: How far Lanczos' filter looks beyond a pixel, in pixels of what it makes.
SUPPORT = 3

#: Modes that are scaled as they are, where no colour stands for what is transparent.
_OPAQUE = {"L", "RGB"}

#: EXIF orientation → what turns the picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}
#: Whose stored columns, or rows, run against those that they are upright.
_COLUMNS_BACKWARDS = {2, 3, 7, 8}
_ROWS_BACKWARDS = {3, 4, 6, 7}

#: `map`, or what does the same with many at a time.
Each = Callable[[Callable[[int], Image.Image], Iterable[int]], Iterable[Image.Image]]

#: Takes a picture, and returns another one, or the same.
Change = Callable[[Image.Image], Image.Image]


class Part(NamedTuple):
    """What a recipe draws: a part of a picture, in some dimensions."""

    dimensions: Dimensions
    box: Box

    def whole_dimensions(self, dimensions: Dimensions) -> tuple[float, float]:
        """Return the dimensions of a whole picture, scaled as this part is."""
        left, top, right, bottom = self.box
        width, height = self.dimensions
        return dimensions[0] * width / (right - left), dimensions[1] * height / (bottom - top)


class _Level(NamedTuple):
    """The whole picture in smaller dimensions, which need not be whole numbers."""

    image: Image.Image
    width: float
    height: float


class Pyramid:
    """A picture that parts are drawn of, as if it were upright, in sRGB and in full.

    `stored` may lie as `orientation` says, have colours that `in_srgb` converts, and be of any
    mode: it is small pictures that are turned and converted. A decoder may have divided its
    dimensions by `reduction`. It is closed as soon as none of the `parts` needs it that are to come.
    """

    def __init__(
        self,
        stored: Image.Image,
        dimensions: Dimensions,
        parts: Iterable[Part],
        orientation: int,
        reduction: float,
        in_srgb: Change,
        each: Each,
    ) -> None:
        self.size = dimensions
        self._orientation = orientation
        # Inks are no light, and are converted before they are scaled; all else when it is small.
        inks = stored.mode == "CMYK"
        self._before: Change = in_srgb if inks else scalable
        self._after: Change = _as_it_is if inks else in_srgb
        self._each = each
        self._stored_size = turned(dimensions, orientation)
        width, height = self._stored_size
        self._source = _Level(stored, width / reduction, height / reduction)
        self._smaller: list[_Level] = []
        self._to_come = [self._as_stored(part) for part in parts]

    @cached_property
    def whole(self) -> Image.Image:
        """The picture in full, which nobody may change."""
        return self._upright(self._before(self._source.image))

    @cached_property
    def panorama(self) -> Remapped:
        """The picture as it was decoded, of which tiles are converted, not the whole."""
        image = self._turned(self._before(self._source.image))
        image = image.convert("RGBa") if image.mode == "RGBA" else image
        return Remapped(image, self.size, self._after)

    def resize(self, size: Dimensions, resample: Image.Resampling, box: Box, /) -> Image.Image:
        """Return a part in these dimensions, as the method of pictures does."""
        part = self._as_stored(Part(size, box))
        is_whole = part.box == (0, 0, *self._stored_size)
        if is_whole and size == self.size:
            image = self._before(self._source.image)
            image = image.copy() if image is self._source.image else image
        else:
            image = self._scaled(part, resample, is_whole)
        if part in self._to_come:
            self._to_come.remove(part)
        if not any(self._base(each) is self._source for each in self._to_come):
            free(self._source.image)
        return self._upright(image)

    def _scaled(self, part: Part, resample: Image.Resampling, is_whole: bool) -> Image.Image:
        for level in self._smaller if is_whole else ():
            if level.image.size == part.dimensions:  # The same in another format.
                return level.image.copy()
        level = self._base(part)
        x, y = level.width / self._stored_size[0], level.height / self._stored_size[1]
        left, top, right, bottom = part.box
        box = (left * x, top * y, right * x, bottom * y)
        image = _in_bands(level.image, part.dimensions, resample, box, self._before, self._each)
        if is_whole:
            self._smaller.append(_Level(image, *image.size))
        return image

    def _base(self, part: Part) -> _Level:
        """Return what the part is made from: the smallest that is large enough."""
        width, height = part.whole_dimensions(self._stored_size)
        enough = [
            level
            for level in self._smaller
            if level.width >= width * MARGIN and level.height >= height * MARGIN
        ]
        return min(enough, key=lambda level: level.width * level.height, default=self._source)

    def _as_stored(self, part: Part) -> Part:
        """Return where an upright part lies in the picture as it is stored."""
        left, top, right, bottom = part.box
        if self._orientation in _SIDEWAYS:
            left, top, right, bottom = top, left, bottom, right
        width, height = self._stored_size
        if self._orientation in _COLUMNS_BACKWARDS:
            left, right = width - right, width - left
        if self._orientation in _ROWS_BACKWARDS:
            top, bottom = height - bottom, height - top
        return Part(turned(part.dimensions, self._orientation), (left, top, right, bottom))

    def _upright(self, image: Image.Image) -> Image.Image:
        return self._after(self._turned(_unmultiplied(image)))

    def _turned(self, image: Image.Image) -> Image.Image:
        turn = _UPRIGHT.get(self._orientation)
        return image if turn is None else image.transpose(turn)


class Remapped:
    """A picture in parts of any shape, each of which is converted when it is made.

    A decoder may have divided its `size`; then it must be resized before a part is asked for.
    """

    def __init__(self, image: Image.Image, size: Dimensions, after: Change) -> None:
        self.size = size
        self._image = image
        self._after = after
        self._resized: dict[Dimensions, Remapped] = {}

    def resize(self, size: Dimensions, resample: Image.Resampling, /) -> Remapped:
        """Return it in other dimensions, for as long as it is there itself."""
        if size not in self._resized:
            image = self._image.resize(size, resample)
            self._resized[size] = Remapped(image, size, self._after)
        return self._resized[size]

    def crop(self, box: tuple[int, int, int, int], /) -> Image.Image:
        """Return a part of it, as the method of pictures does."""
        return self._converted(self._image.crop(box))

    def transform(
        self, size: Dimensions, method: Image.Transform, data: Any, resample: Image.Resampling, /
    ) -> Image.Image:
        """Bend it, as the method of pictures does."""
        return self._converted(self._image.transform(size, method, data, resample))

    def _converted(self, image: Image.Image) -> Image.Image:
        return self._after(_unmultiplied(image))


def _unmultiplied(image: Image.Image) -> Image.Image:
    return image.convert("RGBA") if image.mode == "RGBa" else image


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def free(image: Image.Image) -> None:
    """Give the memory of the pixels back, and leave the file open that they came from."""
    Image.Image.close(image)


def reduction(dimensions: Dimensions, wanted: tuple[float, float]) -> int:
    """Return by how much a decoder may divide dimensions of which no more than these are wanted."""
    for divisor in (8, 4, 2):
        halved = math.prod(dimensions) / (divisor / 2) ** 2
        margin = SOFT_MARGIN if halved >= SOFT else REDUCED_MARGIN
        sides = zip(dimensions, wanted, strict=True)
        if all(side / divisor >= least * margin for side, least in sides):
            return divisor
    return 1


def turned(dimensions: Dimensions, orientation: int) -> Dimensions:
    """Return upright dimensions as stored, and stored ones as upright."""
    width, height = dimensions
    return (height, width) if orientation in _SIDEWAYS else (width, height)


def _in_bands(
    image: Image.Image,
    dimensions: Dimensions,
    resample: Image.Resampling,
    box: Box,
    before: Change,
    each: Each,
) -> Image.Image:
    """Do as `Image.resize()` does, some rows at a time."""
    width, height = dimensions
    left, top, right, bottom = box
    bands = min(math.ceil((right - left) * (bottom - top) / BAND), height)
    rows = [height * number // bands for number in range(bands + 1)]
    edges = [top + (bottom - top) * row / height for row in rows]
    edges[-1] = bottom

    def band(number: int) -> Image.Image:
        size = (width, rows[number + 1] - rows[number])
        part = (left, edges[number], right, edges[number + 1])
        return _resized(image, size, resample, part, before)

    pictures = iter(each(band, range(bands)))
    first = next(pictures)
    if bands == 1:
        return first
    whole = Image.new(first.mode, dimensions, None)
    whole.paste(first)
    # Pasted as they come: all of them beside the whole would be as much again.
    for row, picture in zip(rows[1:], pictures, strict=False):
        whole.paste(picture, (0, row))
    return whole


def _resized(
    image: Image.Image, size: Dimensions, resample: Image.Resampling, box: Box, before: Change
) -> Image.Image:
    """Do as `Image.resize()` does, with a picture of any mode, by what is to be done before."""
    if image.mode != "RGBa" and (image.has_transparency_data or image.mode not in _OPAQUE):
        # Only what is needed of it: all of it would be several times as large as it is now.
        left, top, right, bottom = _reach(image, size, box)
        image = before(image.crop((left, top, right, bottom)))
        box = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
        if image.mode == "RGBA":  # No colour may shine out of what is transparent.
            image = image.convert("RGBa")
    return image.resize(size, resample, box, reducing_gap=REDUCED_MARGIN)


def _reach(image: Image.Image, size: Dimensions, box: Box) -> tuple[int, int, int, int]:
    """Return the pixels that those of the box are made of: filters look beyond its edges."""
    left, top, right, bottom = box
    x = SUPPORT * max((right - left) / size[0], 1)
    y = SUPPORT * max((bottom - top) / size[1], 1)
    return (
        max(0, math.floor(left - x)),
        max(0, math.floor(top - y)),
        min(image.width, math.ceil(right + x)),
        min(image.height, math.ceil(bottom + y)),
    )


def scalable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be scaled: L, RGB or RGBA."""
    if image.mode.startswith("I"):  # 16 bits, which convert() would clip, not scale.
        image = image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
        if "transparency" in image.info:
            image.info["transparency"] = int(image.info["transparency"] * (1 / 257) + 0.5)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in _OPAQUE else image.convert("RGB")
