"""Twenty pixels as text, and what is made of the text again."""

import base64
import io
import string
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageStat

from derived_images.mosaic import LENGTH, Mosaic, color, data_uri, grid, picture, text_of
from tests.pictures import encoded

COLORS = ["black", "white", "#808080", "red", "lime", "blue", "#7a6b5c", "#102030", "#f0e68c"]
#: Of 255: half a level of lightness, and some of the differences of colour.
NEAR = 16
DIMENSIONS = [(3000, 2000), (2000, 3000), (1, 1)]


def text(image):
    return text_of(encoded(image, "PNG"))


def apart(one, other):
    """Return by how much two pictures differ, of 255, on the average."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
@pytest.mark.parametrize("name", COLORS)
def test_a_colour_comes_back(name, dimensions):
    image = Image.new("RGB", grid(dimensions), name)

    written = text(image)

    assert len(written) == LENGTH
    assert set(written) <= set(string.digits + string.ascii_lowercase)
    assert apart(picture(written, dimensions), image) < NEAR
    told = Image.new("RGB", (1, 1), color(written, dimensions))
    assert apart(told, Image.new("RGB", (1, 1), name)) < NEAR


def test_greys_stay_grey():
    for level in range(0, 256, 5):
        red, green, blue = picture(text(Image.new("L", (5, 4), level)), (3, 2)).getpixel((2, 2))
        assert max(red, green, blue) - min(red, green, blue) <= 1
        assert abs(red - level) <= 9


@pytest.mark.parametrize("dimensions", [(300, 200), (200, 300)])
def test_every_pixel_keeps_its_place(dimensions):
    width, height = grid(dimensions)
    lights = [number * 255 // 19 for number in range(20)]
    image = Image.new("L", (width, height))
    image.putdata(lights)

    back = picture(text(image), dimensions).convert("L")

    found = [back.getpixel((n % width, n // width)) for n in range(20)]
    assert all(one < other or other - one < 14 for one, other in pairwise(found))
    assert max(abs(one - other) for one, other in zip(found, lights, strict=True)) <= 9


@pytest.mark.parametrize("turned", [False, True])
def test_quarters_keep_their_colours(turned):
    size = (4, 5) if turned else (5, 4)
    image = Image.new("RGB", size, "#c04040")
    image.paste("#4040c0", (size[0] // 2, 0, size[0], size[1]))
    image.paste("#40c040", (0, size[1] // 2, size[0] // 2, size[1]))

    back = picture(text(image), size)

    for corner in ((0, 0), (size[0] - 1, 0), (0, size[1] - 1)):
        wanted, found = image.getpixel(corner), back.getpixel(corner)
        assert found.index(max(found)) == wanted.index(max(wanted)), corner


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_the_data_uri_is_that_picture(dimensions):
    written = text(Image.linear_gradient("L").resize(grid(dimensions)))

    uri = data_uri(written, dimensions)

    assert len(uri) < 200
    data = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
        assert image.size == grid(dimensions)
        assert apart(image.convert("RGB"), picture(written, dimensions)) == 0


def test_what_shines_through_has_none():
    assert text_of(encoded(Image.new("RGBA", (5, 4), "#ff000080"), "PNG")) == ""


@pytest.mark.parametrize("extreme", ["0" * LENGTH, "z" * LENGTH])
def test_any_text_is_a_picture(extreme):
    """Somebody may have renamed a file."""
    assert picture(extreme, (3, 2)).size == (5, 4)
    assert color(extreme, (3, 2)).startswith("#")


def test_the_recipe_makes_twenty_pixels_whatever_the_shape():
    assert Mosaic().dimensions((3000, 2000)) == (5, 4)
    assert Mosaic().dimensions((1, 20000)) == (4, 5)
    assert not list(Mosaic().faults())
