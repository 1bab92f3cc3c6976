"""Cubemaps: the six sides of the cube around a panorama that shows all directions.

The panorama is equirectangular: columns are longitudes and rows are latitudes. Its centre lies straight
ahead; all is seen from the middle of the cube, up where up is. A side is drawn in cells,
in each of which the panorama is bent so little that four corners tell where its pixels are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling, Transform

#: Front, back, left, right, up, down.
SIDES = ("f", "b", "l", "r", "u", "d")

#: How far a pixel may be from where it belongs, in pixels of the panorama on its equator.
TOLERANCE = 0.1
#: How much longer an equator may be than that of what is seen on a side: beyond, interpolation
#: between four pixels would pass over others, and a panorama is made smaller before.
MINIFIED = 1.5
#: How much of the panorama's width a cell may show, so that few of it lie around its edges.
SPREAD = 1 / 32
#: How near to a pole a pixel may be, in rows: on the lower one itself a picture has ended.
POLE = 0.001
#: A picture may be wider, or less wide, than twice its height by that height divided by so much.
EVENNESS = 50

#: Side → by how much of the panorama's width it looks to the right.
_TURNED = {"f": 0.0, "r": 0.25, "b": 0.5, "l": 0.75, "u": 0.0, "d": 0.0}

#: Column and row in a panorama. A column may lie beyond its edges, and goes on around.
Point = tuple[float, float]
Quad = tuple[float, float, float, float, float, float, float, float]
Box = tuple[int, int, int, int]


class Panorama(Protocol):
    """A picture of Pillow's, or what stands for one."""

    @property
    def size(self) -> tuple[int, int]: ...

    def resize(self, size: tuple[int, int], resample: Resampling, /) -> Panorama: ...

    def crop(self, box: tuple[int, int, int, int], /) -> Image: ...

    def transform(
        self, size: tuple[int, int], method: Transform, data: Any, resample: Resampling, /
    ) -> Image: ...


class Cell(NamedTuple):
    """A rectangle of a side, and where its corners are in the panorama."""

    #: Left, top, right and bottom edge.
    box: Box
    #: Column and row of the upper left corner, the lower left, the lower right, the upper right.
    quad: Quad
    #: The columns that it lies between.
    first: float
    last: float

    def moved(self, columns: float) -> Cell:
        """Return the cell that shows the same, so many columns to the right."""
        a, b, c, d, e, f, g, h = self.quad
        quad = a + columns, b, c + columns, d, e + columns, f, g + columns, h
        return Cell(self.box, quad, self.first + columns, self.last + columns)


def drawn(panorama: Panorama, side: str, face: int) -> Image:
    """Return one side, `face` pixels square. Raises `ValueError` of what is no panorama."""
    from PIL.Image import Resampling, Transform

    width, height = panorama.size
    check_shape(width, height)
    if width > equator(face) * MINIFIED:
        width, height = math.ceil(equator(face)), math.ceil(equator(face) / 2)
        panorama = panorama.resize((width, height), Resampling.HAMMING)
    mesh, across = [], []
    for cell in cells(side, face, width, height):
        if cell.first >= 0.5 and cell.last <= width - 0.5:
            mesh.append((cell.box, cell.quad))
        else:
            across.append(cell)
    tile = panorama.transform((face, face), Transform.MESH, mesh, Resampling.BILINEAR)
    _draw_across(panorama, across, tile)
    return tile


def check_shape(width: int, height: int) -> None:
    """Raise `ValueError` of dimensions that no panorama has."""
    if abs(width - 2 * height) * EVENNESS > height:
        raise ValueError(
            "A panorama of all directions is twice as wide as it is high. "
            f"This picture has {width} × {height} pixels."
        )


def equator(face: int) -> float:
    """Return how long an equator is whose pixels are as large as a side's are in its middle.

    Everywhere else a side's pixels are smaller.
    """
    return math.pi * face


def _draw_across(panorama: Panorama, cells: list[Cell], tile: Image) -> None:
    """Draw what lies where the panorama's right edge meets its left one."""
    from PIL import Image

    if not cells:
        return
    width, height = panorama.size
    # A cell at the left edge lies beyond the right one.
    cells = [cell.moved(width) if cell.first < width / 2 else cell for cell in cells]
    reach = 2 + math.ceil(max(max(width - cell.first, cell.last - width) for cell in cells))
    end = panorama.crop((width - reach, 0, width, height))
    strip = Image.new(end.mode, (2 * reach, height))
    strip.paste(end)
    strip.paste(panorama.crop((0, 0, reach, height)), (reach, 0))
    for cell in cells:
        left, top, right, bottom = cell.box
        size, quad = (right - left, bottom - top), cell.moved(reach - width).quad
        picture = strip.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)
        tile.paste(picture, (left, top))


# --- Geometry


def cells(side: str, face: int, width: int, height: int) -> Iterator[Cell]:
    """Yield what a side is drawn of: the four that look around are alike, and so are the others."""
    turned = _TURNED[side]
    for cell in _cells(side in "ud", face, width, height):
        around = math.floor((cell.first + cell.last) / 2 / width + turned)
        cell = cell.moved((turned - around) * width)
        if side == "d":
            cell = _mirrored(cell, face, down=True, place=lambda x, y: (x, height - y))
        yield cell


@lru_cache(maxsize=2)  # Of one source the sides are drawn one after the other.
def _cells(above: bool, face: int, width: int, height: int) -> list[Cell]:
    """Divide the side ahead, or the one above, quarter by quarter.

    What bends one way here and the other way there would look straight from the middle of both.
    """
    mesh, half = _Mesh(above, face, width, height), face // 2
    if face % 2:
        halves = [(0, half), (half, face)] if half else [(0, 1)]
        boxes = [(left, top, right, bottom) for top, bottom in halves for left, right in halves]
        return [cell for box in boxes for cell in mesh.cells(*box)]
    upper_left = list(mesh.cells(0, 0, half, half))
    upper = [
        *upper_left,
        *(
            _mirrored(cell, face, across=True, place=lambda x, y: (width - x, y))
            for cell in upper_left
        ),
    ]
    # Behind the pole everything is turned by half of the panorama.
    place = (lambda x, y: (1.5 * width - x, y)) if above else (lambda x, y: (x, height - y))
    return [*upper, *(_mirrored(cell, face, down=True, place=place) for cell in upper)]


def _mirrored(
    cell: Cell,
    face: int,
    *,
    across: bool = False,
    down: bool = False,
    place: Callable[[float, float], Point],
) -> Cell:
    """Return the cell on the other side of the middle, where points are moved to such places."""
    left, top, right, bottom = cell.box
    corners = [place(*cell.quad[i : i + 2]) for i in (0, 2, 4, 6)]
    if across:
        left, right = face - right, face - left
        corners = corners[::-1]
    if down:
        top, bottom = face - bottom, face - top
        corners = [corners[1], corners[0], corners[3], corners[2]]
    return _cell((left, top, right, bottom), corners)


def _cell(box: Box, corners: Sequence[Point]) -> Cell:
    (a, b), (c, d), (e, f), (g, h) = corners
    return Cell(box, (a, b, c, d, e, f, g, h), min(a, c, e, g), max(a, c, e, g))


class _Mesh:
    """Divides the side ahead, or the one above, into cells."""

    def __init__(self, above: bool, face: int, width: int, height: int) -> None:
        self.above = above
        self.face = face
        self.width = width
        self.height = height
        self._points: dict[Point, Point] = {}

    def cells(self, left: int, top: int, right: int, bottom: int) -> Iterator[Cell]:
        """Yield the cells of a part of the side, each as large as the tolerance allows."""
        x, y = (left + right) // 2, (top + bottom) // 2
        cell, is_bent_across = self.cell((left, top, right, bottom))
        if cell:
            yield cell
        elif bottom - top == 1 or (is_bent_across and right - left > 1):
            yield from self.cells(left, top, x, bottom)
            yield from self.cells(x, top, right, bottom)
        else:
            yield from self.cells(left, top, right, y)
            yield from self.cells(left, y, right, bottom)

    def cell(self, box: Box) -> tuple[Cell | None, bool]:
        """Return a cell, if four corners tell enough of it, and whether it bends more across."""
        left, top, right, bottom = box
        x, y = (left + right) / 2, (top + bottom) / 2
        middle = self.point(x, y)
        if right - left == bottom - top == 1:  # Of one pixel its middle is all that is seen.
            return _cell(box, [middle] * 4), False
        places = (left, top), (left, bottom), (right, bottom), (right, top)
        a, b, c, d = corners = [self.near(middle, *place) for place in places]
        # How wrong the corners are, in the middle, and on those edges that are the more bent ones
        # where it matters, towards the middle of the side.
        bend = _difference(middle, _between(_between(a, c), _between(b, d)))
        across = _difference(self.near(middle, x, bottom), _between(b, c))
        down = _difference(self.near(middle, right, y), _between(c, d))
        # Corners that give way by half of it leave half of it in the middle.
        shift = bend[0] / 2, bend[1] / 2
        # Towards the poles a pixel is as narrow as its parallel is short.
        narrow = math.sin(math.pi * middle[1] / self.height)
        error = max(
            _length(each, narrow)
            for each in (shift, _difference(across, shift), _difference(down, shift))
        )
        found = _cell(box, [(u + shift[0], max(v + shift[1], POLE)) for u, v in corners])
        is_true = error <= TOLERANCE and found.last - found.first <= self.width * SPREAD
        return found if is_true else None, _length(across, narrow) > _length(down, narrow)

    def near(self, other: Point, x: float, y: float) -> Point:
        """Return where a place is in the panorama, no more than half around from another point."""
        u, v = self.point(x, y)
        return u + round((other[0] - u) / self.width) * self.width, v

    def point(self, x: float, y: float) -> Point:
        """Return where a place on the side is in the panorama."""
        known = self._points.get((x, y))
        if known is None:
            known = self._points[x, y] = self._point(2 * x / self.face - 1, 2 * y / self.face - 1)
        return known

    def _point(self, x: float, y: float) -> Point:
        if self.above:
            longitude, latitude = math.atan2(x, y), math.atan2(1, math.hypot(x, y))
        else:
            longitude, latitude = math.atan(x), math.atan2(-y, math.hypot(x, 1))
        column = (0.5 + longitude / math.tau) * self.width
        return column, max((0.5 - latitude / math.pi) * self.height, POLE)


def _between(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _difference(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _length(vector: Point, narrow: float) -> float:
    return math.hypot(vector[0] * narrow, vector[1])
