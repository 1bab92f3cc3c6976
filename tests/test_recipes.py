"""Recipes: shapes, values and fingerprints, by arithmetic alone."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from derived_images.conf import DEFAULTS
from derived_images.recipes import (
    CubeFace,
    Fill,
    Fit,
    Recipe,
    ancestry,
    cubemap_tiles,
    fingerprint,
)

unhurried = settings(deadline=None)

SIDE = st.integers(1, 3000)
SMALL = st.integers(1, 90)
SHARE = st.floats(0, 1)
# Where a side is a few pixels, the nearest number is not always the nearest shape.
BOUND = st.none() | st.integers(1, 12) | SIDE

FILLS = st.builds(Fill, SIDE, SIDE, st.tuples(SHARE, SHARE))
SOURCES = st.tuples(SIDE, SIDE)

BOUNDLESS = 10**6


@dataclass(frozen=True)
class Square(Recipe):
    """A recipe as a project may write one."""

    kind: ClassVar[str] = "square"

    side: int

    def dimensions(self, source_dimensions):
        return self.side, self.side

    def draw(self, image):
        return image.resize((self.side, self.side))


class Undrawn(Recipe):
    kind = "undrawn"


class TestFit:
    @unhurried
    @given(SOURCES, BOUND, BOUND)
    def test_dimensions_are_those_of_pillows_thumbnail(self, source, width, height):
        image = Image.new("1", source)
        bounds = width or BOUNDLESS, height or BOUNDLESS
        image.thumbnail(bounds, Image.Resampling.NEAREST, reducing_gap=None)

        assert Fit(width, height).dimensions(source) == image.size

    @pytest.mark.parametrize(
        ("variant", "dimensions"),
        [("thumb", (160, 107)), ("sm", (640, 427)), ("md", (1024, 683)), ("lg", (2048, 1365))],
    )
    def test_default_set_of_a_photograph(self, variant, dimensions):
        assert DEFAULTS["RECIPES"][variant].dimensions((3000, 2000)) == dimensions

    @pytest.mark.parametrize(
        ("recipe", "source", "dimensions"),
        [
            (Fit(160, 160), (160, 160), (160, 160)),
            (Fit(160, 160), (159, 12), (159, 12)),
            (Fit(160, 160), (1, 20_000), (1, 160)),
            (Fit(160, 160), (20_000, 1), (160, 1)),
            (Fit(width=300), (600, 9000), (300, 4500)),
            (Fit(height=300), (600, 9000), (20, 300)),
            (Fit(100, 10), (400, 400), (10, 10)),
            (Fit(3, 3), (21, 10), (3, 2)),
        ],
    )
    def test_edges(self, recipe, source, dimensions):
        assert recipe.dimensions(source) == dimensions


class TestFill:
    @unhurried
    @given(FILLS, SOURCES)
    def test_a_large_source_gives_exactly_the_shape(self, recipe, source):
        source = source[0] + recipe.width - 1, source[1] + recipe.height - 1

        assert recipe.dimensions(source) == (recipe.width, recipe.height)

    @unhurried
    @given(FILLS, SOURCES)
    def test_nothing_is_enlarged(self, recipe, source):
        width, height = recipe.dimensions(source)

        assert 1 <= width <= min(source[0], recipe.width)
        assert 1 <= height <= min(source[1], recipe.height)

    @unhurried
    @given(FILLS, SOURCES)
    def test_a_small_source_gives_its_largest_crop_of_that_shape(self, recipe, source):
        width, height = recipe.dimensions(source)

        if (width, height) != (recipe.width, recipe.height):
            assert width == source[0] or height == source[1]
            shape = recipe.width / recipe.height
            assert abs(width - height * shape) <= max(shape, 1) / 2 + 1e-9 or 1 in (width, height)

    @unhurried
    @given(FILLS, SOURCES)
    def test_the_box_lies_in_the_source_and_has_the_shape(self, recipe, source):
        left, top, right, bottom = recipe.box(source)

        assert 0 <= left < right <= source[0]
        assert 0 <= top < bottom <= source[1]
        assert (right - left) * recipe.height == pytest.approx((bottom - top) * recipe.width)
        assert right - left == pytest.approx(source[0]) or bottom - top == pytest.approx(source[1])

    @pytest.mark.parametrize(
        ("centering", "box"),
        [
            ((0.5, 0.5), (100, 0, 300, 200)),
            ((0, 0), (0, 0, 200, 200)),
            ((1, 1), (200, 0, 400, 200)),
            ((0.25, 0), (50, 0, 250, 200)),
        ],
    )
    def test_centering_says_what_a_wide_picture_keeps(self, centering, box):
        assert Fill(50, 50, centering).box((400, 200)) == box

    @pytest.mark.parametrize(
        ("centering", "box"),
        [
            ((0.5, 0.5), (0, 150, 200, 250)),
            ((0, 0), (0, 0, 200, 100)),
            ((0, 1), (0, 300, 200, 400)),
        ],
    )
    def test_centering_says_what_a_tall_picture_keeps(self, centering, box):
        assert Fill(100, 50, centering).box((200, 400)) == box

    @pytest.mark.parametrize(
        ("source", "dimensions"),
        [
            ((3000, 2000), (640, 320)),
            ((640, 320), (640, 320)),
            ((500, 500), (500, 250)),
            ((5000, 100), (200, 100)),
            ((1, 20_000), (1, 1)),
            ((20_000, 1), (2, 1)),
        ],
    )
    def test_edges(self, source, dimensions):
        assert Fill(640, 320).dimensions(source) == dimensions


class TestDrawing:
    @unhurried
    @given(st.builds(Fit, SMALL, SMALL) | st.builds(Fill, SMALL, SMALL), SMALL, SMALL)
    def test_what_is_drawn_has_the_declared_dimensions(self, recipe, width, height):
        drawn = recipe.draw(Image.new("L", (width, height)))

        assert drawn.size == recipe.dimensions((width, height))

    @pytest.mark.parametrize(("centering", "tone"), [((0, 0), 0), ((1, 1), 255)])
    def test_fill_draws_the_part_that_it_keeps(self, centering, tone):
        image = Image.new("L", (200, 100))
        image.paste(255, (100, 0, 200, 100))

        drawn = Fill(50, 50, centering).draw(image)

        assert drawn.getpixel((25, 25)) == tone

    def test_the_source_is_not_written_to(self):
        image = Image.new("L", (30, 20), 7)

        Fit(10, 10).draw(image)

        assert image.size == (30, 20)
        assert image.getextrema() == (7, 7)


class TestValues:
    @pytest.mark.parametrize("recipe", [Fit(1, 2), Fill(1, 2), CubeFace("f"), Square(3)])
    def test_recipes_are_frozen(self, recipe):
        with pytest.raises(dataclasses.FrozenInstanceError):
            recipe.quality = 1

    def test_recipes_compare_and_hash_by_content(self):
        assert Fit(1, 2, options={"a": 1}) == Fit(width=1, height=2, options={"a": 1})
        assert len({Fit(1, 2, quality=3), Fit(1, 2, quality=3), Fit(1, 2)}) == 2

    @pytest.mark.parametrize(
        "other", [Fit(1, 3), Fit(1, 2, quality=3), Fit(1, 2, options={"a": 1}), Fill(1, 2), "Fit"]
    )
    def test_recipes_of_other_content_or_class_differ(self, other):
        assert Fit(1, 2) != other

    def test_options_are_the_recipes_own(self):
        options = {"method": 6}
        recipe = Fit(1, 2, options=options)
        options["method"] = 0

        assert recipe.options == {"method": 6}
        assert Fit(1, 2).options == {}


class TestFingerprint:
    @pytest.mark.parametrize(
        ("recipe", "literal"),
        [
            (Fit(160, 160, quality=65), "6d437fdd"),
            (Fit(width=2048, quality=85), "35419c3f"),
            (Fill(640, 320), "85a926bd"),
            (CubeFace("f", 1024, format="jpeg"), "0f8b9f9a"),
            (Fit(10, 10, background=(0, 0, 0), options={"b": 1, "a": [2]}), "36b77a44"),
        ],
    )
    def test_it_is_the_same_in_every_process_and_version(self, recipe, literal):
        assert recipe.fingerprint == literal

    def test_it_changes_with_every_field(self):
        recipes = [
            Fit(100, 100),
            Fit(101, 100),
            Fit(100, 101),
            Fit(100),
            Fit(height=100),
            Fit(100, 100, format="jpeg"),
            Fit(100, 100, quality=80),
            Fit(100, 100, background="black"),
            Fit(100, 100, animated=False),
            Fit(100, 100, of="lg"),
            Fit(100, 100, options={"method": 6}),
            Fit(100, 100, options={"method": 5}),
            Fill(100, 100),
            Fill(100, 100, (0.5, 0)),
            *cubemap_tiles(100).values(),
        ]

        assert len({recipe.fingerprint for recipe in recipes}) == len(recipes)

    def test_it_does_not_change_with_the_class_or_with_fields_left_alone(self):
        @dataclass(frozen=True)
        class Moved(Recipe):
            kind: ClassVar[str] = "square"

            side: int
            rounded: bool = False
            corners: dict[str, int] = dataclasses.field(default_factory=dict)

        assert Moved(5).fingerprint == Square(5).fingerprint
        assert Moved(5, rounded=True).fingerprint != Square(5).fingerprint
        assert Moved(5, corners={"upper": 1}).fingerprint != Square(5).fingerprint

    def test_it_does_not_change_with_the_order_of_options(self):
        one, other = Fit(1, options={"a": 1, "b": 2}), Fit(1, options={"b": 2, "a": 1})

        assert one.fingerprint == other.fingerprint


class TestLineage:
    CHAIN: ClassVar = {
        "tile": CubeFace("f", 512),
        "md": Fit(256, 256, of="tile"),
        "thumb": Fit(64, 64, of="md"),
    }

    def test_ancestors_come_nearest_first(self):
        assert ancestry(self.CHAIN, "thumb") == ["md", "tile"]
        assert ancestry(self.CHAIN, "tile") == []

    @pytest.mark.parametrize("changed", ["tile", "md", "thumb"])
    def test_a_variants_fingerprint_changes_with_every_recipe_on_its_way(self, changed):
        recipe = dataclasses.replace(self.CHAIN[changed], quality=50)

        assert fingerprint(self.CHAIN | {changed: recipe}, "thumb") != fingerprint(
            self.CHAIN, "thumb"
        )

    @pytest.mark.parametrize("changed", ["md", "thumb"])
    def test_a_variants_fingerprint_does_not_change_with_what_is_made_from_it(self, changed):
        recipe = dataclasses.replace(self.CHAIN[changed], quality=50)

        assert fingerprint(self.CHAIN | {changed: recipe}, "tile") == fingerprint(
            self.CHAIN, "tile"
        )

    def test_a_variant_of_the_source_has_its_recipes_fingerprint(self):
        assert fingerprint(self.CHAIN, "tile") == self.CHAIN["tile"].fingerprint

    def test_a_chain_has_a_stable_fingerprint(self):
        assert fingerprint(self.CHAIN, "thumb") == "3945c1e9"

    @pytest.mark.parametrize(
        ("recipes", "ancestors"),
        [
            ({"a": Fit(1, of="a")}, []),
            ({"a": Fit(1, of="b"), "b": Fit(1, of="a")}, ["b"]),
            ({"a": Fit(1, of="b"), "b": Fit(1, of="c"), "c": Fit(1, of="b")}, ["b", "c"]),
            ({"a": Fit(1, of="unknown")}, []),
        ],
    )
    def test_circles_and_unknown_names_end_it(self, recipes, ancestors):
        assert ancestry(recipes, "a") == ancestors


class TestFaults:
    @pytest.mark.parametrize(
        "recipe",
        [
            *DEFAULTS["RECIPES"].values(),
            *cubemap_tiles().values(),
            Fill(1, 1, (0, 1), quality=100),
            Fit(1, quality=1, format="source"),
            Square(5),
        ],
    )
    def test_a_sound_recipe_has_none(self, recipe):
        assert list(recipe.faults()) == []

    @pytest.mark.parametrize(
        ("recipe", "fault"),
        [
            (
                Fit(1, format="gif"),
                "Unknown format 'gif'. Choices are: webp, jpeg, png, avif, source.",
            ),
            (Fit(1, quality=0), "quality must be from 1 to 100, not 0."),
            (Fill(1, 1, quality=101), "quality must be from 1 to 100, not 101."),
            (Fit(), "Fit needs a width, a height, or both."),
            (Fit(0, 10), "Width and height must be whole numbers, 1 or more, not 0 and 10."),
            (Fit(height=-1), "Width and height must be whole numbers, 1 or more, not None and -1."),
            (Fill(10, 0), "Width and height must be whole numbers, 1 or more, not 10 and 0."),
            (Fill(-1, 10), "Width and height must be whole numbers, 1 or more, not -1 and 10."),
            (
                Fill(1, 1, (0.5, 1.1)),
                "centering must be two numbers from 0 to 1, not (0.5, 1.1).",
            ),
            (CubeFace("x"), "Unknown side 'x'. Choices are: f, b, l, r, u, d."),
            (CubeFace("f", 0), "face must be a whole number from 1 to 16384, not 0."),
            (CubeFace("f", 100_000), "face must be a whole number from 1 to 16384, not 100000."),
            (CubeFace("f", "64"), "face must be a whole number from 1 to 16384, not '64'."),
            (Undrawn(), "Undrawn must define draw() and dimensions()."),
            (Recipe(), "Recipe has no kind, the word that names it in fingerprints."),
        ],
    )
    def test_a_fault_is_one_sentence(self, recipe, fault):
        assert list(recipe.faults()) == [fault]

    def test_every_fault_is_named(self):
        assert list(Fill(0, 1, (2, 2), format="bmp", quality=500).faults()) == [
            "Unknown format 'bmp'. Choices are: webp, jpeg, png, avif, source.",
            "quality must be from 1 to 100, not 500.",
            "Width and height must be whole numbers, 1 or more, not 0 and 1.",
            "centering must be two numbers from 0 to 1, not (2, 2).",
        ]


class TestCubemap:
    def test_six_tiles_in_their_order(self):
        assert list(cubemap_tiles()) == ["tile_f", "tile_b", "tile_l", "tile_r", "tile_u", "tile_d"]
        assert [tile.side for tile in cubemap_tiles().values()] == list("fblrud")

    def test_arguments_hold_for_all_six(self):
        assert cubemap_tiles(background="black")["tile_u"] == CubeFace(
            "u", format="jpeg", background="black"
        )
        for tile in cubemap_tiles(1024, format="png", quality=70).values():
            assert (tile.face, tile.format, tile.quality) == (1024, "png", 70)

    def test_tiles_are_jpeg_unless_said_otherwise(self):
        assert {tile.format for tile in cubemap_tiles().values()} == {"jpeg"}

    @pytest.mark.parametrize(
        ("width", "face"), [(8192, 2600), (6000, 1904), (4096, 1296), (2048, 648), (26, 8)]
    )
    def test_a_face_shows_as_much_as_the_panorama_in_blocks_of_eight(self, width, face):
        assert CubeFace("f").dimensions((width, width // 2)) == (face, face)

    def test_a_face_is_as_large_as_said(self):
        assert CubeFace("f", 1000).dimensions((8192, 4096)) == (1000, 1000)


class TestRecipesOfOnesOwn:
    def test_a_subclass_is_a_recipe_like_any(self):
        recipe = Square(5, quality=70, of="lg")

        assert recipe == Square(5, quality=70, of="lg")
        assert recipe != Square(6, quality=70, of="lg")
        assert recipe.draw(Image.new("L", (30, 20))).size == recipe.dimensions((30, 20))

    def test_a_subclass_without_fields_needs_no_decorator(self):
        class Mirrored(Fit):
            kind = "mirrored"

        assert Mirrored(10, 10) == Mirrored(10, 10)
        assert Mirrored(10, 10) != Fit(10, 10)
        assert Mirrored(10, 10).fingerprint != Fit(10, 10).fingerprint
        assert Mirrored(10, 10).dimensions((20, 10)) == (10, 5)

    def test_what_is_missing_is_said(self):
        class Empty(Recipe):
            kind = "empty"

        with pytest.raises(NotImplementedError, match=r"^Empty must define dimensions\(\)\.$"):
            Empty().dimensions((1, 1))
        with pytest.raises(NotImplementedError, match=r"^Empty must define draw\(\)\.$"):
            Empty().draw(Image.new("L", (1, 1)))
