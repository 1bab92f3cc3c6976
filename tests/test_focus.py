"""Focal points as text."""

import pytest

from derived_images.focus import focal_point


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("30% 70%", (0.3, 0.7)),
        ("  0%   100% ", (0, 1)),
        ("33.3% 66.667%", (0.333, 0.66667)),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_what_is_told(text, point):
    assert focal_point(text) == pytest.approx(point)


@pytest.mark.parametrize(
    "text",
    ["left", "30%", "30 70", "30% 70% 1%", "101% 0%", "0% 100.1%", "-1% 5%", "٣٠% ٧٠%", "30%70%"],
)
def test_what_is_no_point_is_refused(text):
    with pytest.raises(ValueError, match=r"is no focal point: give how far") as refused:
        focal_point(text)
    assert str(refused.value).startswith(repr(text))
