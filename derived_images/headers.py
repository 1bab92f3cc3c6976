"""Headers: what a picture says of itself before it is decoded, and whether it may be.

Sources are hostile until proven otherwise: only the formats below are opened, a budget is applied
to what the header says, and no global of Pillow's is touched.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from derived_images.conf import setting
from derived_images.recipes import Dimensions
from derived_images.scaling import turned

#: What is opened at all, as Pillow calls it.
_OPENED = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "AVIF": "avif",
}
ANIMATED = {"png", "webp", "gif", "avif"}

#: Format → the memory for a pixel, as a multiple of what a JPEG's needs that is decoded as it is read.
_WEIGHT = {"jpeg": 1, "png": 2, "gif": 2, "avif": 3, "webp": 4}
#: Of a JPEG that is decoded in full: in several scans, as progressive ones are, or of four inks.
_WHOLE_WEIGHT = 2

#: A frame costs time however small it is: that of a thousand is some seconds for the default set.
MOST_FRAMES = 2_500
#: A scan costs time for every pixel, though it be a few bytes. Encoders write a dozen.
MOST_SCANS = 100

#: What a GIF can say at most of a frame, in milliseconds, and any format of how often it plays.
LONGEST_FRAME = 0xFFFF * 10
MOST_PLAYS = 0xFFFF

_ORIENTATION_TAG = 0x0112
#: Markers of JPEG, and all that a length follows, or nothing more.
_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")


#: How a PNG stores pixels → what its transparent colour is once they have 8 bits, or 16.
_KEYS: dict[Any, Callable[[Any], Any]] = {
    "L;2": lambda key: key * 85,
    "L;4": lambda key: key * 17,
    "RGB;16B": lambda key: tuple(value >> 8 for value in key),
}


class UnreadableImage(ValueError):
    """The file is no picture of a format that is opened, or is broken."""


class OverBudget(UnreadableImage):
    """The file has more pixels, frames or scans than are decoded."""


@dataclass(frozen=True)
class Identity:
    """What the header of a picture says."""

    #: A key of `naming.CANONICAL_EXTENSION`.
    format: str
    #: Upright, in pixels.
    dimensions: Dimensions
    #: 1 to 8, as EXIF has it.
    orientation: int
    frames: int
    #: How often a JPEG comes back to its pixels.
    scans: int
    #: What a pixel counts in the budget, by the memory that its decoder needs.
    weight: int


def identify(file: IO[bytes]) -> Identity:
    """Read the header, and leave `file` at the position where it was.

    Raises `UnreadableImage`.
    """
    with returning(file):
        file.seek(0)
        return opened(file)[1]


def opened(file: IO[bytes]) -> tuple[Image.Image, Identity]:
    """Return a picture that is not decoded yet, with its header. Raises `UnreadableImage`."""
    with unreadable(_("Its header cannot be read")):
        try:
            return _opened(file)
        except Warning:
            # Where the project has made warnings errors, an odd header is still no fault.
            with warnings.catch_warnings(action="ignore"):
                return _opened(file)


def _opened(file: IO[bytes]) -> tuple[Image.Image, Identity]:
    try:
        image = Image.open(file, formats=list(_OPENED))
    except UnidentifiedImageError:
        raise UnreadableImage(
            _("This file is no picture in one of these formats: %s.") % ", ".join(_OPENED.values())
        ) from None
    except Image.DecompressionBombError as error:  # Its limit may be the lower one.
        raise OverBudget(str(error)) from error
    return image, _identity(image)


@contextmanager
def unreadable(what: object) -> Iterator[None]:
    """Say the same of whatever decoders raise: they stumble upon broken data in all ways."""
    try:
        yield
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(f"{what}: {error}") from error


def check_budget(identity: Identity) -> None:
    """Raise `OverBudget` when a picture has more pixels than `MAX_PIXELS` allows its format.

    Or more frames, or scans, than are ever read.
    """
    width, height = identity.dimensions
    pixels, budget = width * height * identity.frames, setting("MAX_PIXELS") // identity.weight
    if pixels > budget:
        told = {"width": width, "height": height, "frames": identity.frames}
        shape = _("%(width)d × %(height)d pixels")
        if identity.frames > 1:
            shape = _("%(width)d × %(height)d pixels × %(frames)d frames")
        raise OverBudget(
            _(
                "This picture has %(shape)s, %(pixels)d in all. "
                "No more than %(budget)d are allowed in this format."
            )
            % {"shape": shape % told, "pixels": pixels, "budget": budget}
        )
    for message, number, most in (
        (
            _("This picture has %(number)d frames. No more than %(most)d are allowed."),
            identity.frames,
            MOST_FRAMES,
        ),
        (
            _("This picture has %(number)d scans. No more than %(most)d are allowed."),
            identity.scans,
            MOST_SCANS,
        ),
    ):
        if number > most:
            raise OverBudget(message % {"number": number, "most": most})


def most_pixels() -> float:
    """Return the pixels above which Pillow itself refuses a picture, in this process."""
    return 2 * Image.MAX_IMAGE_PIXELS if Image.MAX_IMAGE_PIXELS else math.inf


def facts(image: Image.Image) -> dict[Any, Any]:
    """Return what the decoder tells, without texts: a PNG may keep any under any name."""
    return {key: value for key, value in image.info.items() if not isinstance(value, str)}


def _orientation(image: Image.Image) -> int:
    try:
        # Image's own method: that of PNG decodes everything, before the budget is applied.
        return int(Image.Image.getexif(image).get(_ORIENTATION_TAG, 1))
    except Warning:
        raise
    except Exception:  # Broken EXIF is no reason to refuse the picture.
        return 1


def duration(image: Image.Image) -> int:
    """Return how long the frame is shown, in milliseconds."""
    told: float = facts(image).get("duration", 100)
    return min(round(told), LONGEST_FRAME)


def plays(image: Image.Image, format: str) -> int:
    """Return how often an animation plays, 0 for ever."""
    if format == "avif":  # Pillow does not tell; browsers show it for ever.
        return 0
    loop: int | None = facts(image).get("loop")
    if loop is None:
        return 1
    # A GIF counts repetitions.
    return min(loop + 1 if format == "gif" and loop else loop, MOST_PLAYS)


def decoded(frame: Image.Image, *, animated: bool) -> Image.Image:
    """Return the picture of a frame, which says what is true of its pixels and no more.

    Of an animation it is a copy: decoders draw the next frame on the last.
    """
    raw = frame.tile[0][3] if frame.tile else None  # type: ignore[attr-defined]
    frame.load()
    picture = frame.copy() if animated else frame
    picture.info = facts(frame)
    if "transparency" in picture.info and raw in _KEYS:
        picture.info["transparency"] = _KEYS[raw](picture.info["transparency"])
    return picture


def _identity(image: Image.Image) -> Identity:
    turn = _orientation(image)
    dimensions = turned(image.size, turn)
    # An MPO is a JPEG with previews or second views behind the first picture, no animation.
    format = _OPENED.get(image.format or "", "jpeg")
    frames = _frames(image, format) if format in ANIMATED else 1
    scans = _scans(image) if format == "jpeg" else 1
    in_full = scans > 1 or "progressive" in image.info or image.mode == "CMYK"
    weight = _WHOLE_WEIGHT if format == "jpeg" and in_full else _WEIGHT[format]
    return Identity(format, dimensions, turn, frames, scans, weight)


def _frames(image: Any, format: str) -> int:
    """Return how many frames there are; of more than are drawn, one more than are."""
    if format == "gif" and _at_least(image.fp, MOST_FRAMES + 1):
        return MOST_FRAMES + 1
    return getattr(image, "n_frames", 1)


def _at_least(file: IO[bytes], frames: int) -> bool:
    """Say whether a GIF has so many frames; Pillow would look at every one there is."""
    with returning(file):
        file.seek(10)
        _skip_colors(file)
        file.seek(2, os.SEEK_CUR)
        while frames and (block := file.read(1)) in (b"!", b","):
            if block == b",":
                frames -= 1
                file.seek(8, os.SEEK_CUR)
                _skip_colors(file)
            file.seek(1, os.SEEK_CUR)  # an extension's label, or how the pixels are packed
            while size := int.from_bytes(file.read(1)):
                file.seek(size, os.SEEK_CUR)
    return not frames


def _skip_colors(file: IO[bytes]) -> None:
    """Skip a table of colours, of which the next byte tells whether it is there."""
    flags = int.from_bytes(file.read(1))
    if flags & 0x80:
        file.seek(3 * 2 ** (flags % 8 + 1), os.SEEK_CUR)


def _scans(image: Any) -> int:
    """Count the scans of a JPEG; most have one, of all components."""
    with returning(image.fp):
        if "progressive" not in image.info and _first_scan(image.fp) == image.layers:
            return 1
        image.fp.seek(0)
        data = image.fp.read()
    scans = place = 0
    while (marker := _MARKER.search(data, place)) and marker[0] != _END:
        scans += marker[0] == _SCAN
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return scans


def _first_scan(file: IO[bytes]) -> int:
    """Return how many components the first scan is of; 0 where something odd comes first."""
    file.seek(2)
    while _MARKER.fullmatch(marker := file.read(2)):
        length = int.from_bytes(file.read(2))
        if marker == _SCAN:
            return int.from_bytes(file.read(1))
        file.seek(length - 2, os.SEEK_CUR)
    return 0


@contextmanager
def returning(file: IO[bytes]) -> Iterator[None]:
    """Leave the file where it stands."""
    position = file.tell()
    try:
        yield
    finally:
        file.seek(position)
