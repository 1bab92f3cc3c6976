"""Cubemaps: every pixel of the six sides shows the direction that it looks in."""

import array
import itertools
import math

import pytest
from PIL import Image, ImageChops

from derived_images.cubemap import SIDES, cells, drawn
from derived_images.scaling import Remapped

#: A panorama, and sides of it that are not a power of two, so that cells are uneven.
WIDTH, FACE = 512, 150
#: Side → the direction of a point on it, x to the right and y down: right, up, ahead.
LOOKS = {
    "f": lambda x, y: (x, -y, 1),
    "r": lambda x, y: (1, -y, -x),
    "b": lambda x, y: (-x, -y, -1),
    "l": lambda x, y: (-1, -y, x),
    "u": lambda x, y: (x, 1, y),
    "d": lambda x, y: (x, -1, -y),
}
#: The twelve edges of the cube: a side and its edge, twice, and whether they run against each other.
EDGES = [
    *[(left, "right", right, "left", False) for left, right in itertools.pairwise("frblf")],
    ("f", "top", "u", "bottom", False),
    ("r", "top", "u", "right", True),
    ("b", "top", "u", "top", True),
    ("l", "top", "u", "left", False),
    ("f", "bottom", "d", "top", False),
    ("r", "bottom", "d", "right", False),
    ("b", "bottom", "d", "bottom", True),
    ("l", "bottom", "d", "left", True),
]


def unit(vector):
    length = math.hypot(*vector)
    return tuple(value / length for value in vector)


def angle(one, other):
    """Return the angle between two directions, in radians."""
    return 2 * math.asin(min(math.dist(unit(one), unit(other)) / 2, 1))


def looked_at(column, row, width, height):
    """Return the direction of a point of the panorama."""
    longitude = (column / width - 0.5) * 2 * math.pi
    latitude = (0.5 - row / height) * math.pi
    flat = math.cos(latitude)
    return flat * math.sin(longitude), math.sin(latitude), flat * math.cos(longitude)


def compass(width=WIDTH):
    """Return a panorama for right, up and ahead, whose pixels are how far they look there."""
    height = width // 2
    planes = tuple(array.array("f") for _ in range(3))
    for row in range(height):
        for column in range(width):
            for plane, value in zip(
                planes, looked_at(column + 0.5, row + 0.5, width, height), strict=True
            ):
                plane.append(value)
    return [Image.frombytes("F", (width, height), plane.tobytes()) for plane in planes]


@pytest.fixture(scope="module")
def tiles():
    """Return side → what direction each of its pixels shows, by column and row."""
    found = {}
    panorama = compass()
    for side in SIDES:
        planes = [drawn(plane, side, FACE).load() for plane in panorama]
        found[side] = lambda x, y, planes=planes: tuple(plane[x, y] for plane in planes)
    return found


@pytest.mark.parametrize("side", SIDES)
def test_every_pixel_shows_the_direction_that_it_looks_in(tiles, side):
    looks = LOOKS[side]
    worst = max(
        angle(
            tiles[side](column, row),
            looks(2 * (column + 0.5) / FACE - 1, 2 * (row + 0.5) / FACE - 1),
        )
        for column in range(FACE)
        for row in range(FACE)
    )

    assert worst < 0.15 * 2 * math.pi / WIDTH


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("face", "width"), [(64, 4096), (101, 600), (8, 32), (1, 16), (200, 64)])
def test_cells_lie_where_they_belong(side, face, width):
    seen = set()
    for cell in cells(side, face, width, width // 2):
        left, top, right, bottom = cell.box
        columns, rows = range(left, right), range(top, bottom)
        a, b, c, d = (cell.quad[place : place + 2] for place in (0, 2, 4, 6))
        for column, row in itertools.product(columns, rows):
            assert (column, row) not in seen
            seen.add((column, row))
            x = (column + 0.5 - left) / len(columns)
            y = (row + 0.5 - top) / len(rows)
            u, v = (
                (1 - x) * (1 - y) * a[i] + (1 - x) * y * b[i] + x * y * c[i] + x * (1 - y) * d[i]
                for i in range(2)
            )
            told = looked_at(u, v, width, width // 2)
            truly = LOOKS[side](2 * (column + 0.5) / face - 1, 2 * (row + 0.5) / face - 1)
            assert angle(told, truly) < 0.15 * 2 * math.pi / width
    assert len(seen) == face**2


@pytest.mark.parametrize(("one", "edge", "other", "its_edge", "against"), EDGES)
def test_what_meets_at_an_edge_is_the_same_on_both_sides(
    tiles, one, edge, other, its_edge, against
):
    for place in range(FACE):
        there = FACE - 1 - place if against else place
        here = tiles[one](*on(edge, place))
        beyond = tiles[other](*on(its_edge, there))
        # They are two halves of a pixel apart, which is 1 / FACE radians there at most.
        assert angle(here, beyond) < 1.1 / FACE


def on(edge, place):
    """Return column and row of a pixel on an edge."""
    last = FACE - 1
    return {
        "left": (0, place),
        "right": (last, place),
        "top": (place, 0),
        "bottom": (place, last),
    }[edge]


def test_a_panorama_has_no_seam():
    """A panorama that is turned half around has its back where its front was."""
    noise = Image.effect_noise((30, 20), 90)
    around = Image.new("L", (90, 20))
    for place in range(3):
        around.paste(noise, (30 * place, 0))
    # The middle of three: smooth where its edges meet.
    panorama = around.resize((1200, 200), Image.Resampling.BICUBIC).crop((400, 0, 800, 200))
    turned = ImageChops.offset(panorama, 200, 0)

    for side, other in (("b", "f"), ("l", "r"), ("f", "b"), ("r", "l")):
        assert near(drawn(panorama, side, 120), drawn(turned, other, 120))
    for side in "ud":
        tile = drawn(turned, side, 120)
        assert near(drawn(panorama, side, 120), tile.transpose(Image.Transpose.ROTATE_180))


@pytest.mark.parametrize("face", [1, 3, 64, 201])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_stands_for_a_picture_is_drawn_as_the_picture(mode, face):
    panorama = Image.effect_noise((1000, 500), 90).convert(mode)
    remapped = Remapped(panorama, panorama.size, lambda tile: tile)

    for side in SIDES:
        tile = drawn(remapped, side, face)
        assert tile.tobytes() == drawn(panorama, side, face).tobytes()


@pytest.mark.parametrize("face", [1, 7, 64, 300])
def test_no_pixel_is_left_out(face):
    for side in SIDES:
        assert drawn(Image.new("L", (64, 32), 200), side, face).getextrema() == (200, 200)


def near(one, other):
    differences = zip(one.tobytes(), other.tobytes(), strict=True)
    return max(abs(a - b) for a, b in differences) <= 4


@pytest.mark.parametrize(
    "dimensions", [(4000, 3000), (1000, 1000), (1011, 500), (989, 500), (100, 51)]
)
def test_what_is_no_panorama_is_refused(dimensions):
    width, height = dimensions

    with pytest.raises(ValueError, match=f"This picture has {width} × {height} pixels") as raised:
        drawn(Image.new("L", dimensions), "f", 8)

    assert str(raised.value).startswith(
        "A panorama of all directions is twice as wide as it is high."
    )


@pytest.mark.parametrize("dimensions", [(1010, 500), (990, 500), (1000, 500)])
def test_a_panorama_may_be_uneven_by_a_hundredth(dimensions):
    assert drawn(Image.new("L", dimensions, 7), "u", 8).getcolors() == [(64, 7)]


@pytest.mark.parametrize(
    ("face", "most"), [(1, 8), (2, 8), (3, 8), (10, 8), (81, 8), (163, 30), (217, 80)]
)
def test_small_sides_are_averages(face, most):
    """Stripes too fine for a side are grey on it, not black here and white there."""
    stripes = Image.new("L", (2, 1))
    stripes.putpixel((0, 0), 255)
    panorama = Image.new("L", (1024, 512))
    for left in range(0, 1024, 2):
        panorama.paste(stripes.resize((2, 512), Image.Resampling.NEAREST), (left, 0))

    for side in SIDES:
        darkest, brightest = drawn(panorama, side, face).getextrema()
        assert 127 - most <= darkest <= brightest <= 128 + most
