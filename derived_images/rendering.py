"""Pixels: a source and recipes in, encoded bytes out. The one room that knows Pillow.

Sources are hostile until proven otherwise: only the formats below are opened, a budget is applied
to what the header says before anything is decoded, and no global of Pillow's is touched.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from PIL import Image, ImageCms, ImageSequence, UnidentifiedImageError

from derived_images.conf import setting
from derived_images.recipes import Dimensions, Recipe

logger = logging.getLogger("derived_images")

#: What is opened at all, as Pillow calls it.
_OPENED = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "AVIF": "avif",
}
_ANIMATED = {"png", "webp", "gif", "avif"}
_WITHOUT_ALPHA = {"jpeg"}

#: Format → what Pillow's encoder is told, under a recipe's quality and options.
_ENCODING: dict[str, dict[str, Any]] = {
    "webp": {"quality": 80},
    "jpeg": {"quality": 85, "progressive": True, "optimize": True},
    "png": {},
    "avif": {"quality": 70, "speed": 8},
    "gif": {},
}
_WITHOUT_QUALITY = {"png", "gif"}

_ORIENTATION = 0x0112
#: EXIF orientation → what turns the picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}


class UnreadableImage(ValueError):
    """The file is no picture of a format that is opened, is broken, or is over the budget."""


@dataclass(frozen=True)
class Identity:
    """What the header of a picture says."""

    #: A key of `naming.CANONICAL_EXTENSION`.
    format: str
    #: Upright, in pixels.
    dimensions: Dimensions
    frames: int


@dataclass(frozen=True)
class Job:
    """One variant to render."""

    recipe: Recipe
    #: The format that is written, decided by recipe and name.
    format: str
    #: The key of the job whose picture this one is made from, instead of the source's.
    of: Hashable = None
    #: Whether the variant is wanted itself, not only for others to be made from.
    written: bool = True

    @property
    def moves(self) -> bool:
        """Whether an animated source stays animated."""
        return self.recipe.animated and self.format in _ANIMATED


@dataclass
class _Frames:
    """The pictures of one variant, with how long each is shown, in milliseconds."""

    pictures: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)


Key = TypeVar("Key", bound=Hashable)


def identify(file: IO[bytes]) -> Identity:
    """Read the header, and leave `file` at the position where it was.

    Raises `UnreadableImage`.
    """
    position = file.tell()
    try:
        file.seek(0)
        return _open(file)[1]
    finally:
        file.seek(position)


def render(file: IO[bytes], jobs: Mapping[Key, Job]) -> Iterator[tuple[Key, bytes | Exception]]:
    """Yield the encoded bytes of every job, or the exception that one recipe ended with.

    The source is opened and decoded once. Raises `UnreadableImage` when it cannot be.
    """
    image, identity = _open(file)
    with image:
        check_budget(identity)
        # Without a word a GIF plays once; Pillow does not tell how often an AVIF does.
        loop = image.info.get("loop", 0 if identity.format == "avif" else 1)
        drawn, failed = _draw_all(image, identity, jobs)
    for key, job in jobs.items():
        if job.written:
            yield key, failed.get(key) or _encoded(drawn.pop(key), job, loop)


def check_budget(identity: Identity) -> None:
    """Raise `UnreadableImage` when a picture has more pixels than `MAX_PIXELS` allows."""
    width, height = identity.dimensions
    pixels, budget = width * height * identity.frames, setting("MAX_PIXELS")
    if pixels > budget:
        frames = f" × {identity.frames} frames" if identity.frames > 1 else ""
        raise UnreadableImage(
            f"This picture has {width} × {height} pixels{frames}, {pixels} in all. "
            f"No more than {budget} are allowed."
        )


def most_pixels() -> float:
    """Return the pixels above which Pillow itself refuses a picture, in this process."""
    return 2 * Image.MAX_IMAGE_PIXELS if Image.MAX_IMAGE_PIXELS else math.inf


def is_color(color: str | tuple[int, ...]) -> bool:
    """Say whether Pillow can read the colour."""
    try:
        Image.new("RGB", (1, 1), color)
    except (TypeError, ValueError):
        return False
    return True


def writable(format: str) -> bool:
    """Say whether this Pillow can encode the format."""
    Image.init()
    return format == "source" or format.upper() in Image.SAVE


def _open(file: IO[bytes]) -> tuple[Image.Image, Identity]:
    with _unreadable("Its header cannot be read"):
        try:
            image = Image.open(file, formats=list(_OPENED))
        except UnidentifiedImageError:
            raise UnreadableImage(
                f"This file is no picture in one of these formats: {', '.join(_ENCODING)}."
            ) from None
        return image, _identity(image)


@contextmanager
def _unreadable(what: str) -> Iterator[None]:
    """Say the same of whatever decoders raise: they stumble upon broken data in all ways."""
    try:
        yield
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(f"{what}: {error}") from error


def _identity(image: Image.Image) -> Identity:
    width, height = image.size
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    # An MPO is a JPEG with previews or second views behind the first picture, no animation.
    format = _OPENED.get(image.format or "", "jpeg")
    frames = getattr(image, "n_frames", 1) if format in _ANIMATED else 1
    return Identity(format, (width, height), frames)


def _orientation(image: Image.Image) -> int:
    try:
        # Image's own method: that of PNG decodes everything, before the budget is applied.
        return int(Image.Image.getexif(image).get(_ORIENTATION, 1))
    except Exception:  # Broken EXIF is no reason to refuse the picture.
        return 1


def _draw_all(
    image: Image.Image, identity: Identity, jobs: Mapping[Key, Job]
) -> tuple[dict[Key, _Frames], dict[Key, Exception]]:
    """Draw every job frame by frame, so that no more than one frame in full is in memory."""
    drawn: dict[Key, _Frames] = {key: _Frames() for key in jobs}
    failed: dict[Key, Exception] = {}
    moving = identity.frames > 1 and any(job.moves for job in jobs.values())
    for number, (frame, duration) in enumerate(_frames(image, moving)):
        for key, picture in _draw_frame(frame, jobs, failed):
            if number == 0 or jobs[key].moves:
                drawn[key].pictures.append(picture)
                drawn[key].durations.append(duration)
    return drawn, failed


def _frames(image: Image.Image, moving: bool) -> Iterator[tuple[Image.Image, int]]:
    """Yield the source's pictures, upright and in sRGB, each with its milliseconds."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    dimensions = image.size
    with _unreadable("It cannot be decoded"):
        for frame in ImageSequence.Iterator(image) if moving else [image]:
            if frame.size != dimensions:
                raise UnreadableImage("A frame is larger than the header says.")
            frame.load()
            picture = _in_srgb(frame.copy() if moving else frame, profile)
            if orientation in _UPRIGHT:
                picture = picture.transpose(_UPRIGHT[orientation])
            yield picture, round(frame.info.get("duration", 100))


def _draw_frame(
    frame: Image.Image, jobs: Mapping[Key, Job], failed: dict[Key, Exception]
) -> Iterator[tuple[Key, Image.Image]]:
    """Yield every job's picture of this frame, each after the one that it is made from."""
    pictures: dict[Hashable, Image.Image] = {None: frame}
    waiting = {key: job for key, job in jobs.items() if key not in failed}
    while ready := [key for key, job in waiting.items() if job.of in pictures]:
        for key in ready:
            job = waiting.pop(key)
            try:
                pictures[key] = job.recipe.draw(pictures[job.of])
            except Exception as error:  # A recipe of the project's own may raise anything.
                failed[key] = error
            else:
                yield key, pictures[key]
    for key, job in waiting.items():
        failed[key] = ValueError(f"{job.recipe.of!r}, which it is made from, was not made.")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB, or as RGBA where something shines through."""
    if image.mode.startswith("I"):  # 16 bits, which convert() would clip, not scale.
        image = image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
        if "transparency" in image.info:
            image.info["transparency"] >>= 8
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = _by_profile(image.convert("RGB"), profile)
        image.putalpha(alpha)
        return image
    if image.mode in ("P", "1"):
        image = image.convert("RGB")
    return _by_profile(image, profile)


def _by_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded colour profile, where there is a sound one."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not ImageCms.getProfileDescription(source).lower().startswith("srgb"):
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
                return converted or image
        except (ImageCms.PyCMSError, ImportError, OSError, ValueError) as error:
            logger.info("A colour profile is ignored: %s", error)
    return image if image.mode == "RGB" else image.convert("RGB")


def _encoded(frames: _Frames, job: Job, loop: int) -> bytes | Exception:
    try:
        return _encode(frames, job, loop)
    except Exception as error:  # Encoders refuse options of the project's with all kinds.
        return error


def _encode(frames: _Frames, job: Job, loop: int) -> bytes:
    """Return the file's bytes, without any metadata of the source's."""
    first, *others = (_encodable(picture, job) for picture in frames.pictures)
    options = dict(_ENCODING[job.format])
    if job.recipe.quality is not None and job.format not in _WITHOUT_QUALITY:
        options["quality"] = job.recipe.quality
    if others:
        options |= {"save_all": True, "append_images": others, "loop": loop}
        options["duration"] = frames.durations
        if job.format == "gif":
            # Each frame is whole: what shone through the last one must not stay.
            options["disposal"] = 2
            # Its count is of repetitions: to play once is to say nothing.
            options["loop"] = None if loop == 1 else loop
    buffer = io.BytesIO()
    first.save(buffer, job.format.upper(), **{**options, **job.recipe.options})
    return buffer.getvalue()


def _encodable(picture: Image.Image, job: Job) -> Image.Image:
    """Return the picture in a mode that the format has, with nothing but pixels."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if job.format in _WITHOUT_ALPHA:
            ground = Image.new("RGB", picture.size, job.recipe.background)
            ground.paste(picture, mask=picture.getchannel("A"))
            picture = ground
    elif picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    picture.info = {}
    return picture
