"""Focal points: what a row's text field says of where to look, like ``"30% 70%"``."""

from __future__ import annotations

import re

from derived_images.recipes import Point

_TEXT = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)%\s+(\d{1,3}(?:\.\d{1,6})?)%\s*", re.ASCII)


def focal_point(text: str | None) -> Point | None:
    """Return the point that a text means, ``None`` where it is blank. Raises `ValueError`.

    Percent from the left and from the top, as CSS has them in `object-position`.

    >>> focal_point("30% 70%")
    (0.3, 0.7)
    """
    if not text or not text.strip():
        return None
    match = _TEXT.fullmatch(text)
    across, down = (float(part) / 100 for part in match.groups()) if match else (2.0, 2.0)
    if max(across, down) > 1:
        raise ValueError(
            f"{text!r} is no focal point: give how far it is from the left and from the top, "
            "like 30% 70%."
        )
    return across, down
