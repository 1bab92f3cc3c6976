"""Pixels: every awkward picture in, encoded bytes out, and nothing of what is hostile."""

import gc
import io
import random
import struct
import subprocess
import sys
import threading
import weakref
import zlib
from dataclasses import dataclass
from typing import ClassVar

import pytest
from PIL import GifImagePlugin, Image, ImageChops, ImageFile, ImageStat
from PIL.PngImagePlugin import PngInfo

from derived_images import rendering
from derived_images.headers import UnreadableImage, check_budget, identify
from derived_images.naming import written_format
from derived_images.recipes import CubeFace, Fill, Fit, Recipe, cubemap_tiles
from derived_images.rendering import Job, render, writable
from tests.pictures import (
    ADOBE_RGB,
    BLUE,
    CORNERS,
    LIME,
    RED,
    STORED,
    YELLOW,
    animation,
    chunk,
    corners,
    encoded,
    mpo,
    near,
    opened,
    oriented,
    plain,
    png_claiming,
    profile,
)

SAME = Fit(1000, 1000)
WRITTEN = ["webp", "jpeg", "png", "avif"]
MOVING = ["GIF", "PNG", "WEBP"]

NO_PICTURE = "This file is no picture in one of these formats: jpeg, png, webp, gif, avif."


def rendered(data, recipe=SAME, format=None):
    """Return the bytes of one variant, or raise what its recipe ended with."""
    [(_, result)] = render(io.BytesIO(data), {"only": Job(recipe, format or recipe.format)})
    if isinstance(result, Exception):
        raise result
    return result


def color_of(data, at=(5, 5)):
    return opened(data).convert("RGBA").getpixel(at)


def noise():
    return Image.frombytes("RGB", (100, 80), random.Random(1).randbytes(24_000))


def palette():
    """Return a picture of the second of two colours."""
    image = Image.new("P", (40, 30), 1)
    image.putpalette([*RED, *BLUE])
    return image


def frames_of(data):
    """Return color and milliseconds of every frame."""
    image, frames = opened(data), []
    for number in range(image.n_frames):
        image.seek(number)
        image.load()
        color = image.convert("RGBA").getpixel((5, 5))
        frames.append((color, image.info["duration"]))
    return frames


@dataclass(frozen=True)
class Same(Recipe):
    """Gives the source itself back."""

    kind: ClassVar[str] = "same"

    def dimensions(self, source_dimensions):
        return source_dimensions

    def draw(self, image):
        return image


class Failing(Fit):
    """Cannot be drawn."""

    kind = "failing"

    def draw(self, image):
        raise RuntimeError("No.")


AWKWARD = {
    "RGB jpeg": plain("RGB", RED, "JPEG"),
    "sideways jpeg": oriented(6),
    "CMYK jpeg": plain("CMYK", (0, 255, 255, 0), "JPEG"),
    "grey jpeg": plain("L", 100, "JPEG"),
    "1-bit png": plain("1", 1),
    "16-bit grey png": plain("I;16", 30_000),
    "grey and alpha png": plain("LA", (100, 100)),
    "RGBA png": plain("RGBA", (255, 0, 0, 100)),
    "palette png": encoded(palette(), "PNG"),
    "transparent palette png": encoded(palette(), "PNG", transparency=1),
    "transparent colour png": plain("RGB", RED, transparency=RED),
    "palette gif": encoded(palette(), "GIF"),
    "RGBA webp": plain("RGBA", (255, 0, 0, 100), "WEBP"),
    "RGBA avif": plain("RGBA", (255, 0, 0, 100), "AVIF"),
    "animated gif": animation("GIF", loop=0),
    "animated png": animation("PNG", loop=0),
    "animated webp": animation("WEBP", loop=0),
    "animated avif": animation("AVIF"),
    "mpo": mpo(),
    "one pixel png": encoded(Image.new("RGB", (1, 1), RED), "PNG"),
}

CUT_SHORT = """
import io, resource
from django.conf import settings
from PIL import Image
from derived_images.recipes import Fit
from derived_images.rendering import Job, render

settings.configure()
source = io.BytesIO()
Image.effect_noise((400, 300), 90).save(source, "PNG")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
[(_, result)] = render(source, {"only": Job(Fit(400), "jpeg")})
print(result)
"""

TALL = encoded(Image.new("RGB", (1, 20_000), RED), "PNG")


@pytest.mark.parametrize("data", AWKWARD.values(), ids=AWKWARD)
def test_every_picture_comes_in_every_format_and_the_declared_dimensions(data):
    recipes = [Fit(25, 25), Fill(20, 10), Same()]
    jobs = {(r.kind, to): Job(r, to) for r in recipes for to in [*WRITTEN, "gif"]}
    source = identify(io.BytesIO(data)).dimensions

    for key, variant in render(io.BytesIO(data), jobs):
        image = opened(variant)
        assert image.format == jobs[key].format.upper()
        assert image.size == jobs[key].recipe.dimensions(source)


class TestOrientation:
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
    @pytest.mark.parametrize("orientation", STORED)
    def test_pictures_end_upright(self, orientation, format):
        image = opened(rendered(oriented(orientation, format), format="png"))

        places = [(10, 10), (50, 10), (10, 30), (50, 30)]
        assert image.size == (60, 40)
        for place, color in zip(places, CORNERS.values(), strict=True):
            assert image.convert("RGBA").getpixel(place) == near(color, 30)

    @pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"])
    def test_broken_exif_is_ignored(self, exif):
        data = encoded(corners("abcd"), "JPEG", exif=exif)

        assert identify(io.BytesIO(data)).dimensions == (60, 40)
        assert color_of(rendered(data, format="png"), (10, 10)) == near(RED, 30)

    def test_an_orientation_that_is_none_is_ignored(self):
        exif = Image.Exif()
        exif[0x0112] = 9
        data = encoded(corners("abcd"), "JPEG", exif=exif)

        assert opened(rendered(data)).size == (60, 40)


class TestAlpha:
    THROUGH: ClassVar = {
        "RGBA": (plain("RGBA", (*RED, 128)), (*RED, 128)),
        "LA": (plain("LA", (100, 128)), (100, 100, 100, 128)),
        "webp": (plain("RGBA", (*RED, 128), "WEBP"), (*RED, 128)),
        "palette": (encoded(palette(), "PNG", transparency=bytes([255, 128])), (*BLUE, 128)),
    }
    CLEAR: ClassVar = {
        "gif": encoded(palette(), "GIF", transparency=1),
        "palette": encoded(palette(), "PNG", transparency=1),
        "grey": plain("L", 128, transparency=128),
        "1-bit": plain("1", 1, transparency=1),
        "colour": plain("RGB", RED, transparency=RED),
    }

    @pytest.mark.parametrize("format", ["webp", "png", "avif"])
    @pytest.mark.parametrize(("data", "color"), THROUGH.values(), ids=THROUGH)
    def test_it_is_kept_where_the_format_has_it(self, data, color, format):
        assert color_of(rendered(data, Fit(20, 20), format)) == near(color)

    @pytest.mark.parametrize("format", ["webp", "png", "avif", "gif"])
    @pytest.mark.parametrize("data", CLEAR.values(), ids=CLEAR)
    def test_what_is_transparent_stays_so(self, data, format):
        assert color_of(rendered(data, Fit(20, 20), format))[3] == 0

    def test_a_transparent_tone_of_16_bit_grey_stays_so(self):
        data = plain("I;16", 30_000, transparency=30_000)

        assert color_of(rendered(data, Fit(20, 20), "png"))[3] == 0

    @pytest.mark.parametrize(
        ("background", "color"),
        [("white", (255, 255, 255)), ("#00f", BLUE), ((0, 255, 0), LIME)],
    )
    @pytest.mark.parametrize("data", CLEAR.values(), ids=CLEAR)
    def test_jpeg_shows_the_background_through_it(self, data, background, color):
        variant = rendered(data, Fit(20, 20, format="jpeg", background=background))

        assert color_of(variant) == near(color)

    def test_jpeg_mixes_what_is_half_transparent(self):
        variant = rendered(self.THROUGH["RGBA"][0], Fit(20, 20, format="jpeg", background=BLUE))

        assert color_of(variant) == near((128, 0, 127))

    @pytest.mark.parametrize("format", ["webp", "png", "avif"])
    def test_opaque_pictures_get_no_alpha(self, format):
        assert opened(rendered(plain("RGB", RED), format=format)).mode == "RGB"

    def test_colours_behind_what_is_transparent_do_not_shine_out(self):
        image = Image.new("RGBA", (40, 40), (*LIME, 0))
        image.paste((*RED, 255), (0, 0, 21, 40))

        variant = opened(rendered(encoded(image, "PNG"), Fit(15, 15), "png"))

        assert variant.getchannel("G").getextrema() == (0, 0)


class TestColors:
    @pytest.mark.parametrize("format", WRITTEN)
    @pytest.mark.parametrize(
        ("data", "color"),
        [
            (plain("RGB", (200, 100, 50)), (200, 100, 50)),
            (plain("L", 100), (100, 100, 100)),
            (plain("1", 1), (255, 255, 255)),
            (plain("1", 0), (0, 0, 0)),
            (plain("RGB", BLUE, "GIF"), BLUE),
            (encoded(Image.new("RGB", (40, 30), LIME).convert("P"), "PNG"), LIME),
            (plain("CMYK", (0, 255, 255, 0), "JPEG", quality=95), RED),
            (plain("CMYK", (0, 0, 0, 128), "JPEG", quality=95), (127, 127, 127)),
        ],
    )
    def test_colours_stay(self, data, color, format):
        assert color_of(rendered(data, Fit(20, 20), format)) == near(color)

    @pytest.mark.parametrize("format", [*WRITTEN, "gif"])
    @pytest.mark.parametrize("tone", [0, 8_000, 30_000, 50_000, 65_535])
    def test_16_bit_grey_keeps_its_tone(self, tone, format):
        variant = rendered(plain("I;16", tone), Fit(20, 20), format)

        assert color_of(variant) == near([tone / 257] * 3)

    @pytest.mark.parametrize("format", WRITTEN)
    @pytest.mark.parametrize("alpha", [(), (0x8000,)], ids=["opaque", "alpha"])
    def test_16_bit_colours_keep_their_tone(self, alpha, format):
        row = b"\0" + struct.pack(f">{3 + len(alpha)}H", 50_000, 30_000, 8_000, *alpha) * 40
        header = struct.pack(">IIBBBBB", 40, 30, 16, 6 if alpha else 2, 0, 0, 0)
        data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 30)) + chunk(b"IEND")

        variant = rendered(b"\x89PNG\r\n\x1a\n" + data, Fit(20, 20), format)

        shown = (225, 186, 143) if alpha and format == "jpeg" else (195, 117, 31)
        assert color_of(variant)[:3] == pytest.approx(shown, abs=6)
        assert color_of(variant)[3] == pytest.approx(
            128 if alpha and format != "jpeg" else 255, abs=2
        )

    def test_a_wide_gamut_is_brought_to_srgb(self):
        data = plain("RGB", (200, 100, 100), icc_profile=profile(**ADOBE_RGB))

        assert color_of(rendered(data, format="png")) == near((226, 100, 100))

    @pytest.mark.parametrize("format", WRITTEN)
    def test_swapped_primaries_are_swapped_back(self, format):
        srgb = {"rXYZ": (0.43607, 0.22249, 0.01392), "gXYZ": (0.38515, 0.71689, 0.09708)}
        swapped = profile(rXYZ=srgb["gXYZ"], gXYZ=srgb["rXYZ"])

        variant = rendered(plain("RGB", (220, 40, 60), icc_profile=swapped), format=format)

        assert color_of(variant) == near((40, 220, 60))

    @pytest.mark.parametrize("mode", ["P", "RGBA"])
    def test_palettes_and_alpha_have_profiles_too(self, mode):
        image = Image.new("RGB", (40, 30), (204, 102, 102)).convert(mode)
        data = encoded(image, "PNG", icc_profile=profile(**ADOBE_RGB))

        assert color_of(rendered(data, format="png"))[0] > 220

    def test_srgb_is_left_alone(self):
        data = plain("RGB", (200, 100, 100), icc_profile=profile("sRGB built-in"))

        assert color_of(rendered(data, format="png")) == near((200, 100, 100), 0)

    def test_wide_primaries_with_the_curve_of_srgb_are_not_srgb(self):
        data = plain("RGB", (200, 100, 100), icc_profile=profile("Wide-srgbtrc.", **ADOBE_RGB))

        assert color_of(rendered(data, format="png")) == near((226, 100, 100))

    @pytest.mark.parametrize(
        "broken", [b"nonsense", profile(**ADOBE_RGB)[:300], b"\0" * 200], ids=["text", "cut", "0"]
    )
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
    def test_a_broken_profile_is_ignored(self, broken, format):
        data = plain("RGB", (200, 100, 100), format, icc_profile=broken)

        assert color_of(rendered(data, format="png")) == near((200, 100, 100))

    def test_it_is_told_of_once(self, caplog):
        data = plain("RGB", RED, icc_profile=b"nonsense")
        caplog.set_level("INFO", "derived_images")

        dict(render(io.BytesIO(data), {side: Job(Fit(side, side), "webp") for side in (9, 5, 3)}))

        [message] = caplog.messages
        assert message.startswith("A colour profile is ignored: ")

    @pytest.mark.parametrize(
        ("mode", "color", "shown"),
        [("L", 100, (100, 100, 100)), ("CMYK", (0, 255, 255, 0), RED)],
    )
    def test_a_profile_of_other_channels_is_ignored(self, mode, color, shown):
        data = plain(mode, color, "JPEG", icc_profile=profile(**ADOBE_RGB))

        assert color_of(rendered(data, format="png")) == near(shown)


class TestAnimation:
    @pytest.mark.parametrize("format", ["webp", "png", "avif", "gif"])
    @pytest.mark.parametrize("source", [*MOVING, "AVIF"])
    def test_it_is_kept_where_the_format_can(self, source, format):
        variant = rendered(animation(source), Fit(20, 20), format)
        colors, durations = zip(*frames_of(variant), strict=True)

        assert opened(variant).size == (20, 15)
        assert durations == (100, 200, 300)
        for color, expected in zip(colors, (RED, LIME, BLUE), strict=True):
            assert color == near(expected)

    @pytest.mark.parametrize("format", ["webp", "png", "gif"])
    @pytest.mark.parametrize("source", MOVING)
    @pytest.mark.parametrize("plays", [0, 2, 4])
    def test_it_plays_as_often(self, source, format, plays):
        """A GIF counts repetitions, the others how often it is played in all."""

        def loop(format):
            return plays - 1 if format.upper() == "GIF" and plays else plays

        variant = rendered(animation(source, loop=loop(source)), format=format)

        assert opened(variant).info["loop"] == loop(format)

    def test_a_gif_repeats_no_more_often_than_others_can_count(self):
        variant = rendered(animation("GIF", loop=0xFFFF), format="webp")

        assert opened(variant).info["loop"] == 0xFFFF

    @pytest.mark.parametrize("format", ["webp", "png"])
    def test_a_gif_that_plays_once_does_not_loop(self, format):
        assert opened(rendered(animation("GIF"), format=format)).info["loop"] == 1

    def test_a_gif_that_plays_once_plays_once_as_gif(self):
        assert "loop" not in opened(rendered(animation("GIF"), format="gif")).info

    def test_an_avif_loops_for_ever_as_browsers_show_it(self):
        assert opened(rendered(animation("AVIF"))).info["loop"] == 0

    @pytest.mark.parametrize("source", [*MOVING, "AVIF"])
    @pytest.mark.parametrize(
        "recipe", [Fit(20, 20, animated=False), Fit(20, 20, format="jpeg")], ids=["not", "jpeg"]
    )
    def test_its_first_frame_stands_where_it_is_not_kept(self, source, recipe):
        image = opened(rendered(animation(source), recipe))

        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGBA").getpixel((5, 5)) == near(RED)

    def test_moving_and_still_variants_come_of_one_source(self):
        jobs = {
            "still": Job(Fit(20, 20, animated=False), "webp"),
            "moving": Job(Fit(20, 20), "webp"),
            "jpeg": Job(Fit(20, 20), "jpeg"),
        }

        variants = dict(render(io.BytesIO(animation("GIF")), jobs))

        frames = {name: getattr(opened(data), "n_frames", 1) for name, data in variants.items()}
        assert frames == {"still": 1, "moving": 3, "jpeg": 1}

    @pytest.mark.parametrize("format", ["webp", "png", "avif"])
    @pytest.mark.parametrize("source", ["PNG", "WEBP"])
    def test_frames_keep_their_alpha(self, source, format):
        colors = [(*RED, 255), (*BLUE, 90), (*LIME, 0)]
        frames = frames_of(rendered(animation(source, colors, "RGBA"), format=format))

        assert [color[3] for color, _ in frames] == pytest.approx([255, 90, 0], abs=6)

    @pytest.mark.parametrize("format", [*WRITTEN[:1], "png", "avif", "gif"])
    @pytest.mark.parametrize("source", MOVING)
    def test_what_becomes_transparent_does_not_stay(self, source, format):
        shown = Image.new("RGBA", (40, 30), (*BLUE, 255))
        gone = shown.copy()
        gone.paste((0, 0, 0, 0), (0, 0, 20, 30))
        later = gone.copy()
        later.paste((*RED, 255), (30, 0, 35, 30))
        options = {"optimize": False, "disposal": 2} if source == "GIF" else {}
        data = encoded(
            shown, source, save_all=True, append_images=[gone, later], duration=100, **options
        )

        alphas = [color[3] for color, _ in frames_of(rendered(data, format=format))]

        assert alphas == pytest.approx([255, 0, 0], abs=6)

    @pytest.mark.parametrize("format", ["webp", "png", "gif"])
    def test_a_still_picture_before_an_animation_is_none_of_its_frames(self, format):
        data = animation("PNG", [YELLOW, RED, LIME, BLUE], duration=100, default_image=True)
        jobs = {"moving": Job(SAME, format), "still": Job(Fit(9, 9, animated=False), format)}

        variants = dict(render(io.BytesIO(data), jobs))

        colors = [color for color, _ in frames_of(variants["moving"])]
        assert colors == [near(RED), near(LIME), near(BLUE)]
        assert color_of(variants["still"]) == near(YELLOW)

    def test_a_still_variant_needs_the_first_frame_alone(self):
        draws = []

        class Noted(Fit):
            kind = "noted"

            def draw(self, image):
                draws.append(self.animated)
                if draws.count(False) > 1:
                    raise ValueError("It was drawn already.")
                return super().draw(image)

        jobs = {
            "moving": Job(Noted(9, 9), "webp"),
            "still": Job(Noted(9, 9, animated=False), "png"),
        }

        variants = dict(render(io.BytesIO(animation("GIF")), jobs))

        assert draws == [True, False, True, True]
        assert [opened(variants[key]).n_frames for key in jobs] == [3, 1]

    def test_long_ones_are_drawn_some_at_a_time(self, monkeypatch):
        monkeypatch.setattr(rendering, "TOGETHER", 3 * 40 * 30)
        data = animation("GIF")
        jobs = {
            "still": Job(Fit(5, 5, animated=False), "png"),
            "same": Job(SAME, "webp"),
            "small": Job(Fit(10, 10), "webp"),
            "tiny": Job(Fit(4, 4), "gif", of="small"),
            "again": Job(SAME, "png"),
        }

        plans = rendering._plans(jobs, identify(io.BytesIO(data)))
        together = [{key for key, job in plan.jobs.items() if job.written} for plan in plans]
        variants = dict(render(io.BytesIO(data), jobs))

        assert together == [{"still"}, {"same"}, {"small", "tiny"}, {"again"}]
        assert [opened(variants[key]).n_frames for key in jobs] == [1, 3, 3, 3, 3]

    def test_a_still_picture_stays_still(self):
        assert opened(rendered(plain("P", 1, "GIF"))).n_frames == 1


class TestMetadata:
    SECRETS: ClassVar = [
        b"SECRET",
        b"Exif",
        b"EXIF",
        b"eXIf",
        b"acsp",
        b"iCCP",
        b"xmpmeta",
        b"tEXt",
    ]

    @staticmethod
    def sources():
        """Yield one picture per format, full of what nobody should see."""
        exif = Image.Exif()
        exif[0x010E] = "SECRET description"
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[29] = "SECRET day"
        xmp = b"<x:xmpmeta>SECRET</x:xmpmeta>"
        about = {"exif": exif, "xmp": xmp, "icc_profile": profile(**ADOBE_RGB)}
        text = PngInfo()
        text.add_text("Comment", "SECRET")
        text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>")
        image = corners("abcd")
        yield encoded(image, "JPEG", comment=b"SECRET", **about)
        yield encoded(image, "PNG", pnginfo=text, exif=exif, icc_profile=about["icc_profile"])
        yield encoded(image, "WEBP", **about)
        yield encoded(image, "AVIF", **about)
        yield encoded(image, "GIF", comment=b"<script>SECRET()</script>") + b"<script>SECRET"

    @pytest.mark.parametrize("format", [*WRITTEN, "gif"])
    @pytest.mark.parametrize("recipe", [SAME, Same()], ids=["drawn", "given back"])
    def test_none_of_it_is_in_a_variant(self, format, recipe):
        for source in self.sources():
            assert b"SECRET" in source
            variant = rendered(source, recipe, format)

            assert [secret for secret in self.SECRETS if secret in variant] == []
            assert not opened(variant).getexif()
            assert not opened(variant).info.keys() & {"exif", "xmp", "icc_profile", "comment"}

    @pytest.mark.parametrize("format", ["webp", "png", "gif"])
    def test_none_of_it_is_in_an_animation(self, format):
        source = animation("GIF", comment=b"<script>SECRET()</script>")
        assert b"SECRET" in source

        assert b"SECRET" not in rendered(source, format=format)


class TestEncoding:
    @pytest.mark.parametrize("format", WRITTEN)
    def test_the_quality_reaches_the_encoder(self, format):
        data = encoded(noise(), "PNG")
        low, high = (len(rendered(data, Fit(quality=q, width=90, format=format))) for q in (5, 95))

        assert high > low or format == "png"

    @pytest.mark.parametrize("format", ["webp", "jpeg", "avif"])
    def test_an_unsaid_quality_is_neither_low_nor_lossless(self, format):
        data = encoded(noise(), "PNG")
        sizes = [
            len(rendered(data, Fit(width=90, quality=quality, format=format)))
            for quality in (30, None, 100)
        ]

        assert sizes == sorted(sizes)
        assert len(set(sizes)) == 3

    @pytest.mark.skipif(sys.platform != "linux", reason="Others have no such file.")
    def test_jpeg_is_written_where_other_threads_may_run(self):
        with rendering._memory("jpeg") as file:
            assert file.fileno()

    def test_jpeg_that_is_cut_short_is_none(self):
        """A child may write no more than half of it: Pillow takes that for all."""
        run = subprocess.run([sys.executable, "-c", CUT_SHORT], capture_output=True, text=True)

        assert run.stdout == "There was no room for the whole file.\n", run.stderr

    def test_jpeg_is_progressive(self):
        assert opened(rendered(plain("RGB", RED), format="jpeg")).info["progressive"]

    def test_options_stand_over_the_librarys_own_choices(self):
        recipe = Fit(90, 90, format="jpeg", quality=95, options={"progressive": False})
        worse = Fit(90, 90, format="jpeg", quality=95, options={"quality": 5})
        data = encoded(noise(), "PNG")

        assert "progressive" not in opened(rendered(data, recipe)).info
        assert len(rendered(data, worse)) < len(rendered(data, recipe))

    def test_options_reach_the_encoder(self):
        image = noise()
        recipe = Fit(1000, 1000, options={"lossless": True})

        variant = opened(rendered(encoded(image, "PNG"), recipe))

        assert variant.convert("RGB").tobytes() == image.tobytes()

    def test_options_that_the_encoder_refuses_cost_one_variant(self):
        jobs = {
            "bad": Job(Fit(10, 10, options={"qtables": "nonsense"}), "jpeg"),
            "good": Job(Fit(10, 10), "jpeg"),
        }

        variants = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert isinstance(variants["bad"], Exception)
        assert opened(variants["good"]).size == (10, 8)

    @pytest.mark.parametrize(
        ("name", "format"),
        [("a.JPG", "JPEG"), ("a.png", "PNG"), ("a.gif", "GIF"), ("a.avif", "AVIF"), ("a", "WEBP")],
    )
    def test_source_is_the_format_of_the_sources_name(self, name, format):
        recipe = Fit(20, 20, format="source")

        variant = rendered(plain("RGB", RED), recipe, written_format(recipe.format, name))

        assert opened(variant).format == format

    @pytest.mark.parametrize("format", [*WRITTEN, "source", "gif"])
    def test_formats_are_writable(self, format):
        assert writable(format)

    def test_a_format_without_an_encoder_is_not_writable(self):
        assert not writable("cur")

    def test_a_picture_too_tall_for_a_format_costs_one_variant(self):
        jobs = {
            "thumb": Job(Fit(160, 160), "webp"),
            "crop": Job(Fill(160, 160), "png"),
            "whole": Job(Same(), "webp"),
        }

        variants = dict(render(io.BytesIO(TALL), jobs))

        assert opened(variants["thumb"]).size == (1, 160)
        assert opened(variants["crop"]).size == (1, 1)
        assert isinstance(variants["whole"], Exception)


class TestRefusal:
    @pytest.mark.parametrize("read", [identify, lambda file: list(render(file, {}))])
    @pytest.mark.parametrize(
        "data",
        [
            *(plain("RGB", RED, name) for name in ("EPS", "TIFF", "BMP", "PPM", "ICO", "TGA")),
            *(plain("RGB", RED, name) for name in ("JPEG2000", "PCX", "SGI", "DDS", "PDF")),
            b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 10, 10, 8, 3) + b"\0" * 400,
            b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
            b"<html>GIF89a</html>",
            b"It is text.",
            b"\0" * 100,
            b"",
        ],
        ids=lambda data: repr(data[:6]),
    )
    def test_only_the_formats_of_the_list_are_opened(self, data, read):
        with pytest.raises(UnreadableImage) as raised:
            read(io.BytesIO(data))

        assert str(raised.value) == NO_PICTURE

    @pytest.mark.parametrize("share", [0.95, 0.5, 0.1])
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
    def test_a_file_cut_short_is_unreadable(self, format, share):
        data = encoded(noise(), format)

        with pytest.raises(UnreadableImage, match=r"^(This file|It|Its header) (is no|cannot be)"):
            rendered(data[: int(len(data) * share)])

    def test_an_animation_cut_short_is_unreadable(self):
        first, second = noise(), noise().rotate(180)
        data = encoded(first, "GIF", save_all=True, append_images=[second])

        with pytest.raises(UnreadableImage, match=r"^It cannot be decoded: "):
            rendered(data[: len(data) * 3 // 4])

    def test_the_message_says_what_is_wrong(self):
        with pytest.raises(UnreadableImage) as raised:
            rendered(encoded(noise(), "PNG")[:5000])

        assert str(raised.value) == "It cannot be decoded: image file is truncated"

    def test_it_is_a_value_error(self):
        assert issubclass(UnreadableImage, ValueError)


class TestBudget:
    @pytest.fixture(autouse=True)
    def budget(self, settings, undecodable):
        settings.DERIVED_IMAGES = {"MAX_PIXELS": 2_000_000}  # of a PNG half of it

    def test_a_picture_over_it_is_not_decoded(self):
        with pytest.raises(UnreadableImage) as raised:
            rendered(png_claiming(3000, 2000))

        assert str(raised.value) == (
            "This picture has 3000 × 2000 pixels, 6000000 in all. "
            "No more than 1000000 are allowed in this format."
        )

    @pytest.mark.parametrize("dimensions", [(1000, 1001), (1, 1_000_001), (50_000, 50_000)])
    def test_it_does_not_lean_on_pillows_own(self, dimensions, monkeypatch):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)

        with pytest.raises(UnreadableImage, match=r"No more than 1000000 are allowed"):
            rendered(png_claiming(*dimensions))

    def test_what_pillow_refuses_is_unreadable(self):
        with pytest.raises(UnreadableImage, match=r"2500000000 pixels"):
            identify(io.BytesIO(png_claiming(50_000, 50_000)))

    def test_frames_count(self):
        control = chunk(b"acTL", struct.pack(">II", 100, 0))  # beside the still picture

        with pytest.raises(
            UnreadableImage, match=r"has 100 × 100 pixels × 101 frames, 1010000 in all"
        ):
            rendered(png_claiming(100, 100, control))

    def test_so_many_frames_are_never_drawn_however_small(self):
        control = chunk(b"acTL", struct.pack(">II", 2_500, 0))

        with pytest.raises(UnreadableImage) as raised:
            rendered(png_claiming(1, 1, control))

        assert str(raised.value) == "This picture has 2501 frames. No more than 2500 are allowed."

    @pytest.mark.parametrize("format", ["GIF", "WEBP", "AVIF"])
    @pytest.mark.parametrize("recipe", [SAME, Fit(1, 1, animated=False)], ids=["moving", "still"])
    def test_frames_count_in_every_format(self, format, recipe, settings):
        settings.DERIVED_IMAGES = {"MAX_PIXELS": 3 * 40 * 30 - 1}

        with pytest.raises(UnreadableImage, match=r"has 40 × 30 pixels × 3 frames, 3600 in all"):
            rendered(animation(format), recipe)

    @pytest.mark.parametrize(
        ("format", "options", "pixels"),
        [
            ("JPEG", {}, 300 * 200),
            ("JPEG", {"progressive": True}, 150 * 200),
            ("PNG", {}, 150 * 200),
            ("GIF", {}, 150 * 200),
            ("AVIF", {}, 100 * 200),
            ("WEBP", {}, 75 * 200),
        ],
    )
    def test_formats_that_need_more_memory_may_have_less(self, format, options, pixels, settings):
        settings.DERIVED_IMAGES = {"MAX_PIXELS": 300 * 200}
        data = encoded(Image.new("RGB", (pixels // 100, 100)), format, **options)
        more = encoded(Image.new("RGB", (pixels // 100 + 1, 100)), format, **options)

        check_budget(identify(io.BytesIO(data)))
        with pytest.raises(UnreadableImage, match=rf"No more than {pixels} are allowed"):
            check_budget(identify(io.BytesIO(more)))

    def test_the_default_lets_a_large_panorama_in(self, settings):
        del settings.DERIVED_IMAGES

        with pytest.raises(UnreadableImage, match=r"No more than 67108864 are allowed"):
            rendered(png_claiming(1024, 1024, chunk(b"acTL", struct.pack(">II", 65, 0))))


def test_a_picture_of_exactly_the_budget_is_decoded(settings):
    settings.DERIVED_IMAGES = {"MAX_PIXELS": 2 * 3 * 40 * 30}

    assert opened(rendered(animation("GIF"))).n_frames == 3


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_gif_that_grows_is_over_the_budget(format, settings):
    settings.DERIVED_IMAGES = {"MAX_PIXELS": 10_000}
    growing = plain("L", 200, "GIF")[:-1]
    growing += b"".join(GifImagePlugin.getdata(Image.new("L", (1000, 1000), 100))) + b";"

    with pytest.raises(UnreadableImage):
        rendered(growing, Fit(2000, 2000), format)


class TestJobs:
    def test_the_source_is_decoded_once(self, monkeypatch):
        loads = []
        load = ImageFile.ImageFile.load

        def counted(image):
            loads.append(bool(image.tile))
            return load(image)

        monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
        jobs = {number: Job(Fit(number, number), "webp") for number in range(1, 9)}

        assert len(dict(render(io.BytesIO(encoded(noise(), "JPEG")), jobs))) == 8
        assert loads.count(True) == 1

    def test_what_is_ready_first_comes_first(self, monkeypatch):
        done, encode = threading.Event(), rendering._encode

        def waiting(frames, job, plays):
            if job.format == "png":
                assert done.wait(60)
            return encode(frames, job, plays)

        monkeypatch.setattr(rendering, "_encode", waiting)
        monkeypatch.setattr(rendering, "cores", lambda: 2)
        jobs = {"slow": Job(Fit(50, 50), "png"), "quick": Job(Fit(20, 20), "webp")}
        results = render(io.BytesIO(plain("RGB", RED)), jobs)

        assert next(results)[0] == "quick"
        done.set()
        assert next(results)[0] == "slow"

    def test_one_picture_in_two_formats_is_encoded_as_two(self):
        jobs = {"png": Job(Fit(20, 20), "png")}
        jobs |= {format: Job(Same(), format, of="png") for format in ("webp", "jpeg", "avif")}

        variants = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert {key: opened(data).format.lower() for key, data in variants.items()} == {
            key: key for key in jobs
        }

    def test_a_file_is_read_from_its_start(self):
        file = io.BytesIO(plain("RGB", RED))
        file.seek(20)

        [(_, data)] = render(file, {"only": Job(SAME, "webp")})

        assert opened(data).size == (40, 30)

    def test_a_variant_may_be_made_from_another(self):
        jobs = {
            "small": Job(Fit(10, 10), "png", of="crop"),
            "crop": Job(Fill(30, 15, (0, 0)), "jpeg"),
            "tiny": Job(Fit(4, 4), "webp", of="small"),
        }

        variants = dict(render(io.BytesIO(encoded(corners("abcd"), "PNG")), jobs))

        sizes = {name: opened(data).size for name, data in variants.items()}
        assert sizes == {"small": (10, 5), "crop": (30, 15), "tiny": (4, 2)}

    def test_it_is_made_from_the_others_picture_not_from_its_file(self):
        jobs = {
            "poor": Job(Same(quality=1), "jpeg"),
            "rich": Job(Same(options={"lossless": True}), "webp", of="poor"),
        }
        image = noise()

        variants = dict(render(io.BytesIO(encoded(image, "PNG")), jobs))

        assert opened(variants["rich"]).convert("RGB").tobytes() == image.tobytes()

    def test_a_variant_that_is_only_drawn_from_is_not_written(self):
        jobs = {
            "crop": Job(Fill(30, 15), "jpeg", written=False),
            "small": Job(Fit(10, 10), "png", of="crop"),
        }

        variants = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert {name: opened(data).size for name, data in variants.items()} == {"small": (10, 5)}

    @pytest.mark.parametrize("format", MOVING)
    def test_a_chain_stays_animated(self, format):
        jobs = {
            "crop": Job(Fill(20, 10), "jpeg"),
            "small": Job(Fit(10, 10), "webp", of="crop"),
        }

        variants = dict(render(io.BytesIO(animation(format)), jobs))

        assert opened(variants["small"]).n_frames == 3

    def test_a_recipe_that_raises_fails_alone(self):
        jobs = {
            "before": Job(Fit(10, 10), "webp"),
            "bad": Job(Failing(10, 10), "webp"),
            "after": Job(Fit(10, 10), "webp"),
        }

        variants = dict(render(io.BytesIO(animation("GIF")), jobs))

        assert repr(variants["bad"]) == "RuntimeError('No.')"
        assert opened(variants["before"]).n_frames == opened(variants["after"]).n_frames == 3

    def test_a_recipe_without_dimensions_fails_alone(self):
        class Odd(CubeFace):
            kind = "odd"

            def dimensions(self, source_dimensions):
                raise RuntimeError("No.")

        jobs = {"odd": Job(Odd("f"), "png"), "small": Job(Fit(10, 10), "png")}
        results = dict(render(io.BytesIO(encoded(panorama(64), "JPEG")), jobs))

        assert opened(results["small"]).size == (10, 5)
        assert str(results["odd"]) == "No."

    def test_a_failure_holds_on_to_no_picture(self, monkeypatch):
        made = []
        pyramid = rendering.Pyramid

        def noted(*args):
            source = pyramid(*args)
            made.append(weakref.ref(source))
            return source

        monkeypatch.setattr(rendering, "Pyramid", noted)
        gc.disable()
        try:
            results = dict(render(io.BytesIO(oriented(6)), {"no": Job(Failing(1), "png")}))
            assert [reference() for reference in made] == [None]
        finally:
            gc.enable()
        assert str(results["no"]) == "No."

    def test_what_is_made_from_it_fails_with_it(self):
        jobs = {
            "child": Job(Fit(10, 10, of="bad"), "webp", of="bad"),
            "bad": Job(Failing(10, 10), "webp"),
            "orphan": Job(Fit(10, 10, of="unknown"), "webp", of="unknown"),
        }

        variants = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert str(variants["child"]) == "'bad', which it is made from, was not made."
        assert str(variants["orphan"]) == "'unknown', which it is made from, was not made."

    def test_a_recipe_that_draws_nothing_fails_alone(self, monkeypatch):
        monkeypatch.setattr(Failing, "draw", lambda self, image: None)
        jobs = {"bad": Job(Failing(10, 10), "webp"), "good": Job(Fit(10, 10), "webp")}

        variants = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert isinstance(variants["bad"], Exception)
        assert opened(variants["good"]).size == (10, 8)

    @pytest.mark.parametrize("data", AWKWARD.values(), ids=AWKWARD)
    def test_a_recipe_draws_the_source_upright_in_srgb_in_full(self, data, monkeypatch):
        given = []
        monkeypatch.setattr(Failing, "draw", lambda self, image: given.append(image) or image)

        rendered(data, Failing(1), "png")

        upright = identify(io.BytesIO(data)).dimensions
        assert {image.size for image in given} == {upright}
        assert {image.mode for image in given} <= {"RGB", "RGBA"}


def panorama(width=512):
    """Return a panorama of one colour to each of four sides; what is above is white, below black."""
    image = Image.new("RGB", (width, width // 2))
    eighth = width // 8
    for place, color in enumerate([BLUE, LIME, LIME, RED, RED, YELLOW, YELLOW, BLUE]):
        image.paste(color, (place * eighth, 0, (place + 1) * eighth, width // 2))
    image.paste("white", (0, 0, width, width // 8))
    image.paste("black", (0, 3 * width // 8, width, width // 2))
    return image


#: What the middle of each tile of it shows.
SHOWN = {
    "tile_f": RED,
    "tile_b": BLUE,
    "tile_l": LIME,
    "tile_r": YELLOW,
    "tile_u": (255, 255, 255),
    "tile_d": (0, 0, 0),
}


def tiles_of(data, face=None):
    recipes = cubemap_tiles(face, format="png")
    return dict(render(io.BytesIO(data), {key: Job(r, "png") for key, r in recipes.items()}))


class TestCubemap:
    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
    @pytest.mark.parametrize(("face", "dimensions"), [(None, 160), (50, 50), (333, 333)])
    def test_six_tiles_show_what_is_around(self, mode, face, dimensions):
        tiles = tiles_of(encoded(panorama().convert(mode), "PNG"), face)

        for name, color in SHOWN.items():
            assert opened(tiles[name]).size == (dimensions, dimensions)
            assert color_of(tiles[name], (dimensions // 2, dimensions // 2)) == near(color)

    def test_a_panorama_in_grey_is_one_too(self):
        tiles = tiles_of(encoded(panorama().convert("L"), "PNG"), 64)

        assert color_of(tiles["tile_f"], (32, 32)) == near((76, 76, 76))

    def test_a_panorama_on_its_side_is_turned_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        stored = panorama().transpose(Image.Transpose.ROTATE_90)

        tiles = tiles_of(encoded(stored, "PNG", exif=exif), 64)

        for name, color in SHOWN.items():
            assert color_of(tiles[name], (32, 32)) == near(color)

    def test_its_colours_are_brought_to_srgb(self):
        image = Image.new("RGB", (128, 64), (200, 100, 100))

        tiles = tiles_of(encoded(image, "PNG", icc_profile=profile(**ADOBE_RGB)), 16)

        for tile in tiles.values():
            assert {color for _, color in opened(tile).getcolors()} == {
                color_of(
                    rendered(encoded(image, "PNG", icc_profile=profile(**ADOBE_RGB)), SAME, "png")
                )[:3]
            }

    def test_what_is_no_panorama_has_no_tile_and_is_not_decoded(self, undecodable):
        tiles = tiles_of(encoded(Image.new("RGB", (3000, 2000)), "JPEG"), 64)

        assert {str(result) for result in tiles.values()} == {
            "A panorama of all directions is twice as wide as it is high. "
            "This picture has 3000 × 2000 pixels."
        }

    def test_what_is_made_from_a_tile_is_refused_with_it(self, undecodable):
        jobs = {
            "thumb": Job(Fit(4, of="tile"), "png", of="tile"),
            "tile": Job(CubeFace("f"), "png"),
        }

        results = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert str(results["thumb"]) == "'tile', which it is made from, was not made."
        assert str(results["tile"]).endswith("This picture has 40 × 30 pixels.")

    def test_a_tile_that_nobody_wants_is_not_told_of(self, undecodable):
        tile = Job(CubeFace("f"), "png", written=False)
        jobs = {"thumb": Job(Fit(4, of="tile"), "png", of="tile"), "tile": tile}

        assert list(dict(render(io.BytesIO(plain("RGB", RED)), jobs))) == ["thumb"]

    def test_what_is_made_from_another_is_checked_too(self):
        jobs = {"wide": Job(Fit(20), "png"), "tile": Job(CubeFace("f", 4), "png", of="wide")}

        results = dict(render(io.BytesIO(plain("RGB", RED)), jobs))

        assert str(results["tile"]).endswith("This picture has 20 × 15 pixels.")

    @pytest.mark.parametrize("width", [1024, 1030, 1034])
    def test_a_decoder_that_divides_moves_nothing(self, width):
        image = panorama(1024).resize((width, width // 2), Image.Resampling.BICUBIC)

        small, full = (
            tiles_of(encoded(image, format, **options), 40)
            for format, options in (("JPEG", {"quality": 100, "subsampling": 0}), ("PNG", {}))
        )

        for name in SHOWN:
            difference = ImageChops.difference(opened(small[name]), opened(full[name]))
            assert max(ImageStat.Stat(difference).mean) < 1

    @pytest.mark.parametrize("format", ["PNG", "JPEG"])
    def test_a_side_of_ones_own_dimensions_has_those(self, format):
        class Eighth(CubeFace):
            kind = "eighth"

            def dimensions(self, source_dimensions):
                return (source_dimensions[0] // 16,) * 2

        jobs = {"own": Job(Eighth("f"), "png")}
        [(_, tile)] = render(io.BytesIO(encoded(panorama(1024), format)), jobs)

        assert opened(tile).size == (64, 64)

    def test_an_animated_panorama_has_still_tiles_beside_what_moves(self):
        frames = [panorama(64), panorama(64).transpose(Image.Transpose.ROTATE_180)]
        data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
        jobs = {
            "small": Job(Fit(10, of="wide"), "webp", of="wide"),
            "wide": Job(Fit(30), "webp"),
            "tile": Job(CubeFace("f", 20), "webp"),
            "same": Job(Same(), "webp"),
        }

        results = dict(render(io.BytesIO(data), jobs))

        frames = {name: opened(variant).n_frames for name, variant in results.items()}
        assert frames == {"small": 2, "wide": 2, "tile": 1, "same": 2}

    @pytest.mark.parametrize(
        ("face", "width"), [(None, 1024), (100, 1024), (64, 512), (32, 256), (16, 128)]
    )
    def test_small_tiles_come_of_a_small_decode(self, face, width, monkeypatch):
        loaded = []
        load = ImageFile.ImageFile.load
        monkeypatch.setattr(
            ImageFile.ImageFile, "load", lambda image: loaded.append(image.width) or load(image)
        )

        tiles = tiles_of(encoded(panorama(1024), "JPEG", quality=95), face)

        assert set(loaded) == {width}
        for name, color in SHOWN.items():
            middle = opened(tiles[name]).width // 2
            assert color_of(tiles[name], (middle, middle)) == near(color)

    def test_tiles_and_their_thumbnails_come_of_one_decode(self, monkeypatch):
        opened_pictures = []
        load = ImageFile.ImageFile.load
        monkeypatch.setattr(
            ImageFile.ImageFile, "load", lambda image: opened_pictures.append(image) or load(image)
        )
        recipes = {
            **cubemap_tiles(64, format="png"),
            "tile_f_thumb": Fit(16, 16, of="tile_f"),
            "wide": Fit(100),
        }
        jobs = {key: Job(r, "png", of=r.of) for key, r in recipes.items()}

        results = dict(render(io.BytesIO(encoded(panorama(), "JPEG", quality=95)), jobs))

        assert len(set(map(id, opened_pictures))) == 1
        assert opened(results["tile_f_thumb"]).size == (16, 16)
        assert color_of(results["tile_f_thumb"], (8, 8)) == near(RED)
        assert opened(results["wide"]).size == (100, 50)
        assert color_of(results["tile_b"], (32, 32)) == near(BLUE)


def test_nothing_of_pillows_own_is_changed():
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, sorted(Image.OPEN)

    for data in (*AWKWARD.values(), TALL):
        rendered(data, Fit(5, 5))
    for data in (b"", encoded(noise(), "JPEG")[:500], png_claiming(50_000, 50_000)):
        with pytest.raises(UnreadableImage):
            rendered(data)

    assert before == (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        sorted(Image.OPEN),
    )
