"""Surroundings: what closes a picture around the onlooker, and bends flat ones over and under.

The picture is a panorama of all directions: columns are longitudes, rows are latitudes.
"""

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageChops, ImageOps

from .brushes import Canvas, Point


def turned(mask: Image.Image, turn: float) -> Image.Image:
    """Turn what is seen so far to the right; what leaves at one edge comes in at the other."""
    return ImageChops.offset(mask, round(turn * mask.width), 0)


def closed(line: Sequence[float]) -> list[float]:
    """Let a line of heights end where it begins."""
    last, drift = len(line) - 1, line[-1] - line[0]
    return [height - drift * step / last for step, height in enumerate(line)]


def around(canvas: Canvas, outlines: Iterable[Iterable[Point]]) -> Image.Image:
    """Mask shapes, the parts that reach over an edge as well."""
    return canvas.shape(
        *(
            [(x + turn, y) for x, y in outline]
            for outline in map(list, outlines)
            for turn in (-1, 0, 1)
        )
    )


def overhead(plate: Image.Image, size: tuple[int, int], reach: float, bend: float = 1):
    """Hang a level square over the onlooker: its middle is the zenith, its lower edge is ahead.

    `reach` is half as wide as the plate, in heights above the eye. A plate with a `bend` of less
    than 1 comes down towards the horizon like a vault.
    """
    width, height = size
    half = plate.width / 2

    def place(x: int, y: int) -> Point:
        turn = (x / width - 0.5) * math.tau
        away = math.tan(y / height * math.pi * bend) / reach * half
        return half + away * math.sin(turn), half + away * math.cos(turn)

    # Beyond the plate's corners nothing is to be seen.
    lowest = math.atan(reach * math.sqrt(2)) / bend / math.pi * height
    cells = []
    for top in range(0, min(int(lowest), height // 2), 32):
        for left in range(0, width, 64):
            right, bottom = left + 64, top + 32
            corners = ((left, top), (left, bottom), (right, bottom), (right, top))
            quad = tuple(value for corner in corners for value in place(*corner))
            cells.append(((left, top, right, bottom), quad))
    return plate.transform(size, Image.Transform.MESH, cells, Image.Resampling.BILINEAR)


def underfoot(plate: Image.Image, size: tuple[int, int], reach: float, bend: float = 1):
    """Lay a level square under the onlooker: its middle is the nadir, its upper edge is ahead."""
    return ImageOps.flip(overhead(ImageOps.flip(plate), size, reach, bend))
