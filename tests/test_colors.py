"""Colours: one profile says the same of every mode that it can be of."""

import pytest
from PIL import Image

from derived_images.colors import conversion
from tests.pictures import ADOBE_RGB, near, profile


def linear_gray():
    """Return a profile of grey whose numbers are amounts of light."""
    data = bytearray(profile("Grey of light"))
    data[16:20] = b"GRAY"
    for entry in range(132, 132 + 12 * int.from_bytes(data[128:132]), 12):
        tag = bytes(data[entry : entry + 4])
        if tag == b"rTRC":
            data[entry : entry + 4] = b"kTRC"
            place = int.from_bytes(data[entry + 4 : entry + 8])
            data[place : place + 12] = b"curv\0\0\0\0\0\0\0\0"
    return bytes(data)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_of_any_mode_is_brought_to_srgb(mode):
    in_srgb = conversion(mode, linear_gray())

    for color, alpha in (((60,), 255), ((60, 60, 60, 128), 128)):
        converted = in_srgb(Image.new("RGBA" if alpha < 255 else "L", (4, 3), color))
        assert converted.convert("RGBA").getpixel((0, 0)) == near((133, 133, 133, alpha))


def test_colours_keep_theirs_beside_a_profile_of_grey(caplog):
    caplog.set_level("INFO", "derived_images")

    converted = conversion("RGB", linear_gray())(Image.new("RGB", (4, 3), (200, 100, 50)))

    assert converted.getpixel((0, 0)) == (200, 100, 50)
    assert caplog.messages == ["A colour profile is ignored: it is not of the picture's colours."]


@pytest.mark.parametrize("name", ["sRGB-V2-g10. ", "sRGB IEC61966"])
def test_what_only_begins_like_srgb_is_converted(name):
    in_srgb = conversion("RGB", profile(name.ljust(13), **ADOBE_RGB))

    assert in_srgb(Image.new("RGB", (4, 3), (200, 100, 100))).getpixel((0, 0))[0] > 220
