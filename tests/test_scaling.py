"""Scaling: pictures of pictures, near to what is scaled from the source, which is freed early."""

import io
import math
import random

import pytest
from PIL import Image, ImageChops, ImageStat

from derived_images import rendering
from derived_images.colors import conversion
from derived_images.recipes import Fill, Fit
from derived_images.rendering import Job, render
from derived_images.scaling import Part, Pyramid, reduction, scalable
from tests.pictures import encoded

STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _with_alpha(image):
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _with_a_transparent_color(image):
    image.info["transparency"] = image.getpixel((700, 500))
    return image


def _with_black_lines(image):
    """Print lines in black ink alone, whose averages with colours are no averages of light."""
    for left in range(0, image.width, 20):
        image.paste((0, 0, 0, 255), (left, 0, left + 3, image.height))
    return image


#: What decoders give beside RGB → what makes it of that.
MODES = {
    "1": lambda image: image.convert("1"),
    "CMYK": lambda image: _with_black_lines(image.convert("CMYK")),
    "L with transparency": lambda image: _with_a_transparent_color(image.convert("L")),
    "I;16": lambda image: image.convert("I").point(lambda value: value * 257 + 0).convert("I;16"),
    "LA": lambda image: _with_alpha(image.convert("L")),
    "P": lambda image: image.quantize(16),
    "P with transparency": lambda image: _with_a_transparent_color(image.quantize(16)),
    "RGB with transparency": lambda image: _with_a_transparent_color(
        image.quantize(16).convert("RGB")
    ),
    "RGBA": _with_alpha,
}
#: The default set in small.
RECIPES = {"lg": Fit(512, 512), "md": Fit(256, 256), "sm": Fit(160, 160), "thumb": Fit(40, 40)}
SHAPES = {**RECIPES, "crop": Fill(200, 200, (0.2, 0.7)), "strip": Fill(300, 20, (0.5, 0.2))}


def photograph(width=1400, height=1000):
    """Return a picture that has, as photographs do, the less of a detail the finer it is."""
    image = Image.new("RGB", (width, height))
    for cell in (2, 8, 32, 128):
        size = (math.ceil(width / cell), math.ceil(height / cell))
        pixels = random.Random(cell).randbytes(3 * size[0] * size[1])
        layer = Image.frombytes("RGB", size, pixels).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        image = Image.blend(image, layer, 0.3 + cell / 256)
    return image


def pyramid(image, recipes=(), orientation=1, reduction=1, dimensions=None):
    dimensions = dimensions or image.size
    parts = [Part(recipe.dimensions(dimensions), recipe.box(dimensions)) for recipe in recipes]
    in_srgb = conversion(image.mode, None)
    return Pyramid(image, dimensions, parts, orientation, reduction, in_srgb, map)


def decibels(one, other):
    """Return the ratio of peak signal to noise."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    mean = sum(squares) / len(squares) / (one.width * one.height)
    return 10 * math.log10(255**2 / mean) if mean else math.inf


@pytest.mark.parametrize(
    ("dimensions", "wanted", "divisor"),
    [
        ((4000, 3000), (2048, 1536), 1),
        ((4000, 3000), (801, 600), 1),
        ((4000, 3000), (800, 600), 2),
        ((4000, 3000), (400, 300), 4),
        ((4000, 3000), (200, 150), 8),
        ((4000, 3000), (10, 7), 8),
        ((4000, 3000), (200, 600), 2),
        ((4000, 3000), (200, 601), 1),
        ((6000, 4000), (2068, 1379), 2),
        ((6000, 4000), (2070, 1380), 1),
        ((6000, 4000), (1024, 683), 2),  # By a quarter there would be too few for it.
        ((12000, 8000), (2068, 1379), 4),
        ((8000, 12000), (1379, 2070), 2),
    ],
)
def test_a_decoder_divides_as_far_as_nothing_is_lost(dimensions, wanted, divisor):
    assert reduction(dimensions, wanted) == divisor


@pytest.fixture
def scaled_from(monkeypatch):
    """Return, for every picture that was scaled, the width it had and the width it was given."""
    widths = []
    resize = Image.Image.resize

    def noted(image, size, *args, **kwargs):
        widths.append((image.width, size[0]))
        return resize(image, size, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "resize", noted)
    return widths


class TestFidelity:
    def test_pictures_of_pictures_are_near_to_those_of_the_source(self):
        image = photograph()
        source = pyramid(image.copy(), SHAPES.values())

        for recipe in SHAPES.values():
            assert decibels(recipe.draw(source), recipe.draw(image)) > 48

    def test_so_are_those_of_what_a_decoder_has_reduced(self):
        image = photograph(1401, 1003)
        data = encoded(image, "JPEG", quality=95)
        recipe = Fit(250, 250)

        [(_, variant)] = render(io.BytesIO(data), {"only": Job(recipe, "png")})

        direct = recipe.draw(Image.open(io.BytesIO(data)))
        assert decibels(Image.open(io.BytesIO(variant)), direct) > 48

    def test_a_picture_in_bands_is_the_same(self):
        image = photograph(1400, 1000)
        recipe = Fit(1001, 999)

        assert decibels(recipe.draw(pyramid(image.copy(), [recipe])), recipe.draw(image)) > 70

    @pytest.mark.parametrize("recipe", [Fit(1001, 999), Fit(90, 90), SHAPES["strip"]])
    @pytest.mark.parametrize("mode", MODES)
    def test_a_picture_of_any_mode_is_scaled_as_if_it_were_converted_first(self, mode, recipe):
        image = MODES[mode](photograph(1400, 1000))
        whole = image.convert("RGB") if mode == "CMYK" else scalable(image.copy())
        if whole.mode == "RGBA":
            whole = whole.convert("RGBa")

        drawn, other = (recipe.draw(pyramid(each, [recipe])) for each in (image, whole))
        assert drawn.mode == other.mode
        for band, the_same in zip(drawn.split(), other.split(), strict=True):
            assert decibels(band, the_same) > 60

    @pytest.mark.parametrize("recipe", SHAPES.values(), ids=SHAPES)
    @pytest.mark.parametrize("orientation", STORED_AS)
    def test_a_picture_on_its_side_gives_upright_ones(self, orientation, recipe):
        image = photograph(350, 250)
        turn = STORED_AS[orientation]
        stored = image.copy() if turn is None else image.transpose(turn)

        drawn = recipe.draw(pyramid(stored, [recipe], orientation, dimensions=image.size))

        assert drawn.size == recipe.dimensions(image.size)
        assert decibels(drawn, recipe.draw(image)) > 48

    def test_what_is_reduced_lies_where_it_did(self):
        """A picture of 33 columns, halved, has 17, of which the last is half a one."""
        image = Image.new("RGB", (33, 33), "white")
        image.paste("black", (0, 0, 24, 24))
        decoded = Image.open(io.BytesIO(encoded(image, "JPEG", quality=100, subsampling=0)))
        decoded.draft(None, (16, 16))
        decoded.load()
        recipe = Fit(5, 5)

        drawn = recipe.draw(pyramid(decoded, [recipe], reduction=2, dimensions=(33, 33)))
        assert decoded.size == (17, 17)
        assert decibels(drawn, recipe.draw(image)) > 35


class TestSparing:
    def test_each_is_made_from_the_smallest_that_is_large_enough(self, scaled_from):
        recipes = [*RECIPES.values(), Fit(171), Fit(170)]
        source = pyramid(photograph(), recipes)
        scaled_from.clear()

        for recipe in recipes:
            recipe.draw(source)

        sizes = {(1400, 512), (512, 256), (256, 160), (160, 40), (512, 171), (256, 170)}
        assert set(scaled_from) == sizes

    def test_the_source_is_freed_when_nothing_more_is_made_of_it(self):
        image = photograph()
        source = pyramid(image, RECIPES.values())

        RECIPES["lg"].draw(source)

        with pytest.raises(ValueError, match=r"^Operation on closed image$"):
            image.load()
        for name in ("md", "sm", "thumb"):
            assert RECIPES[name].draw(source).size == RECIPES[name].dimensions((1400, 1000))

    @pytest.mark.parametrize("mode", MODES)
    def test_no_mode_is_converted_in_full(self, mode, monkeypatch):
        image = MODES[mode](photograph(1400, 1000))
        source = pyramid(image, RECIPES.values())
        areas, convert = [], Image.Image.convert

        def noted(picture, *args, **kwargs):
            areas.append(picture.width * picture.height)
            return convert(picture, *args, **kwargs)

        monkeypatch.setattr(Image.Image, "convert", noted)
        for recipe in RECIPES.values():
            recipe.draw(source)

        assert areas
        assert max(areas) < 0.6 * 1400 * 1000

    def test_it_is_freed_by_what_is_as_large_as_it_is(self):
        image = photograph()
        source = pyramid(image, [Fit(1400, 1000)])

        assert Fit(1400, 1000).draw(source).size == (1400, 1000)
        with pytest.raises(ValueError, match=r"^Operation on closed image$"):
            image.load()

    def test_dimensions_that_are_wanted_again_are_not_scaled_again(self, scaled_from):
        source = pyramid(photograph(), [Fit(512, 512)] * 3)
        scaled_from.clear()

        pictures = [Fit(512, 512).draw(source) for _ in range(3)]

        assert len({id(picture) for picture in pictures}) == 3
        assert pictures[0] == pictures[1] == pictures[2]
        assert scaled_from.count((1400, 512)) == len(scaled_from) == 2  # bands

    def test_the_whole_picture_is_made_once(self):
        source = pyramid(photograph().convert("P"))

        assert source.whole is source.whole
        assert source.whole.mode == "RGB"

    def test_it_is_kept_for_what_is_still_to_be_made_of_it(self):
        image = photograph()
        source = pyramid(image, SHAPES.values())

        SHAPES["lg"].draw(source)

        assert SHAPES["strip"].draw(source).size == (300, 20)

    @pytest.mark.parametrize(
        ("recipes", "width"),
        [
            ([Fit(40, 40)], 175),
            ([Fit(40, 40), Fill(210, 210)], 1400),
            ([Fit(160, 160)], 700),
            ([Fit(512, 512), Fit(40, 40)], 1400),
        ],
    )
    @pytest.mark.parametrize("orientation", [1, 6])
    @pytest.mark.parametrize(
        "options", [{}, {"progressive": True}], ids=["baseline", "progressive"]
    )
    def test_a_jpeg_is_decoded_no_larger_than_needed(
        self, options, orientation, recipes, width, monkeypatch
    ):
        given = []

        class Noted(Pyramid):
            def __init__(self, stored, *args):
                given.append(stored.width)
                super().__init__(stored, *args)

        monkeypatch.setattr(rendering, "Pyramid", Noted)
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = encoded(photograph(), "JPEG", exif=exif, **options)

        variants = dict(render(io.BytesIO(data), {r: Job(r, "webp") for r in recipes}))

        dimensions = (1400, 1000) if orientation == 1 else (1000, 1400)
        assert given == [width]
        for recipe, variant in variants.items():
            assert Image.open(io.BytesIO(variant)).size == recipe.dimensions(dimensions)
