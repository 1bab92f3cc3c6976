"""Pixels: a source and recipes in, encoded bytes out. The one room that knows Pillow.

Sources are hostile until proven otherwise: only the formats below are opened, a budget is applied
to what the header says before anything is decoded, and no global of Pillow's is touched.
"""

from __future__ import annotations

import io
import logging
import math
import os
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any, Generic, TypeVar

from PIL import Image, ImageCms, ImageSequence, UnidentifiedImageError

from derived_images.conf import setting
from derived_images.recipes import Dimensions, Recipe, Scaled
from derived_images.scaling import Each, Part, Pyramid, reduced_margin, turned

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

#: Format → the memory for a pixel, as a multiple of what a JPEG's needs that is no progressive one.
_WEIGHT = {"jpeg": 1, "png": 2, "gif": 2, "avif": 3, "webp": 4}
_PROGRESSIVE = 2

#: A frame costs time however small it is: that of a thousand is a second for the default set.
MOST_FRAMES = 2_500

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


class UnreadableImage(ValueError):
    """The file is no picture of a format that is opened, or is broken."""


class OverBudget(UnreadableImage):
    """The file has more pixels, or frames, than are decoded."""


@dataclass(frozen=True)
class Identity:
    """What the header of a picture says."""

    #: A key of `naming.CANONICAL_EXTENSION`.
    format: str
    #: Upright, in pixels.
    dimensions: Dimensions
    frames: int
    #: What a pixel counts in the budget, by the memory that its decoder needs.
    weight: int


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


Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class _Plan(Generic[Key]):
    """What is drawn of one source, the largest first: others may be made from it."""

    jobs: dict[Key, Job]
    #: Of those that need no more of the source than is seen of them.
    parts: dict[Key, Part]
    #: Whether all frames are drawn, or the first one.
    moving: bool

    @property
    def in_full(self) -> bool:
        """Whether the source is decoded in full, not as small as the parts allow."""
        drawn = {key for key, job in self.jobs.items() if job.of is None}
        return self.moving or not drawn or drawn != self.parts.keys()


@dataclass
class _Frames:
    """The pictures of one variant, with how long each is shown, in milliseconds."""

    pictures: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)


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

    The source is opened and decoded once. What is ready comes first: encoders run in threads of
    their own, as many as there are cores. Raises `UnreadableImage` when it cannot be decoded.
    """
    image, identity = _open(file)
    check_budget(identity)
    plays = _plays(image, identity.format)
    with ThreadPoolExecutor(_cores()) as pool:
        encoded: dict[Future[bytes | Exception], Key] = {}
        for key, drawn in _draw_all(image, _plan(jobs, identity), identity.dimensions, pool.map):
            if jobs[key].written:
                encoded[pool.submit(_encoded, drawn, jobs[key], plays)] = key
            del drawn  # Its encoder's own now: it ends with it.
        for future in as_completed(encoded):
            yield encoded.pop(future), future.result()


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_budget(identity: Identity) -> None:
    """Raise `OverBudget` when a picture has more pixels than `MAX_PIXELS` allows its format.

    Or more frames than are ever drawn.
    """
    width, height = identity.dimensions
    pixels, budget = width * height * identity.frames, setting("MAX_PIXELS") // identity.weight
    if pixels > budget:
        frames = f" × {identity.frames} frames" if identity.frames > 1 else ""
        raise OverBudget(
            f"This picture has {width} × {height} pixels{frames}, {pixels} in all. "
            f"No more than {budget} are allowed in this format."
        )
    if identity.frames > MOST_FRAMES:
        raise OverBudget(
            f"This picture has {identity.frames} frames. No more than {MOST_FRAMES} are allowed."
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
            return _header(file)
        except Warning:
            # Where the project has made warnings errors, an odd header is still no fault.
            with warnings.catch_warnings(action="ignore"):
                return _header(file)


def _header(file: IO[bytes]) -> tuple[Image.Image, Identity]:
    try:
        image = Image.open(file, formats=list(_OPENED))
    except UnidentifiedImageError:
        raise UnreadableImage(
            f"This file is no picture in one of these formats: {', '.join(_ENCODING)}."
        ) from None
    except Image.DecompressionBombError as error:  # Its limit may be the lower one.
        raise OverBudget(str(error)) from error
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
    dimensions = turned(image.size, _orientation(image))
    # An MPO is a JPEG with previews or second views behind the first picture, no animation.
    format = _OPENED.get(image.format or "", "jpeg")
    frames = getattr(image, "n_frames", 1) if format in _ANIMATED else 1
    weight = _PROGRESSIVE if "progressive" in image.info else _WEIGHT[format]
    return Identity(format, dimensions, frames, weight)


def _orientation(image: Image.Image) -> int:
    try:
        # Image's own method: that of PNG decodes everything, before the budget is applied.
        return int(Image.Image.getexif(image).get(_ORIENTATION, 1))
    except Exception:  # Broken EXIF is no reason to refuse the picture.
        return 1


def _plays(image: Image.Image, format: str) -> int:
    """Return how often an animation plays, 0 for ever."""
    if format == "avif":  # Pillow does not tell; browsers show it for ever.
        return 0
    loop = image.info.get("loop")
    if loop is None:
        return 1
    # A GIF counts repetitions; of what others count there are 16 bits.
    return min(loop + 1, 0xFFFF) if format == "gif" and loop else int(loop)


def _plan(jobs: Mapping[Key, Job], identity: Identity) -> _Plan[Key]:
    dimensions = identity.dimensions
    parts = {key: part for key, job in jobs.items() if (part := _part(job, dimensions))}

    def area(key: Key) -> float:
        return math.prod(parts[key].whole_dimensions(dimensions)) if key in parts else math.inf

    moving = identity.frames > 1 and any(job.moves for job in jobs.values())
    return _Plan({key: jobs[key] for key in sorted(jobs, key=area, reverse=True)}, parts, moving)


def _part(job: Job, dimensions: Dimensions) -> Part | None:
    """Return what part of the source is drawn; `None` where a recipe must be given it in full."""
    recipe = job.recipe
    if job.of is None and isinstance(recipe, Scaled) and type(recipe).draw is Scaled.draw:
        with suppress(Exception):  # What a recipe raises it raises again when it draws.
            return Part(recipe.dimensions(dimensions), recipe.box(dimensions))
    return None


def _draw_all(
    image: Image.Image, plan: _Plan[Key], dimensions: Dimensions, each: Each
) -> Iterator[tuple[Key, _Frames | Exception]]:
    """Yield what every job came to, no more than one frame in full being in memory."""
    drawn: dict[Key, _Frames] = {key: _Frames() for key in plan.jobs}
    failed: dict[Key, Exception] = {}
    for number, source in enumerate(_pyramids(image, plan, dimensions, each)):
        duration = round(image.info.get("duration", 100))
        for key, picture in _draw_frame(source, plan, failed):
            if number == 0 or plan.jobs[key].moves:
                drawn[key].pictures.append(picture)
                drawn[key].durations.append(duration)
            if not plan.moving:
                yield key, drawn.pop(key)
    for key, frames in drawn.items():
        yield key, failed.get(key, frames)


def _pyramids(
    image: Image.Image, plan: _Plan[Key], dimensions: Dimensions, each: Each
) -> Iterator[Pyramid]:
    """Yield the pictures of the source, decoded no larger than what is drawn of them needs."""
    orientation, in_srgb = _orientation(image), _conversion(image.info.get("icc_profile"))
    reduction = 1 if plan.in_full else _reduce(image, plan, dimensions, orientation)
    size = image.size
    with _unreadable("It cannot be decoded"):
        for frame in ImageSequence.Iterator(image) if plan.moving else [image]:
            if frame.size != size:
                raise UnreadableImage("A frame is larger than the header says.")
            frame.load()
            stored, parts = frame.copy() if plan.moving else frame, plan.parts.values()
            yield Pyramid(stored, dimensions, parts, orientation, reduction, in_srgb, each)


def _reduce(
    image: Image.Image, plan: _Plan[Key], dimensions: Dimensions, orientation: int
) -> float:
    """Let the decoder divide the dimensions as far as no part loses by it; return by how much."""
    wanted = [part.whole_dimensions(dimensions) for part in plan.parts.values()]
    margin = reduced_margin(dimensions)
    width, height = (math.ceil(max(side) * margin) for side in zip(*wanted, strict=True))
    full_width = image.width
    drafted = image.draft(None, turned((width, height), orientation))  # Only JPEG's decoder can.
    return full_width / drafted[1][2] if drafted else 1


def _draw_frame(
    source: Pyramid, plan: _Plan[Key], failed: dict[Key, Exception]
) -> Iterator[tuple[Key, Image.Image]]:
    """Yield every job's picture of this frame, each after the one that it is made from."""
    pictures: dict[Hashable, Image.Image] = {}
    waiting = {key: job for key, job in plan.jobs.items() if key not in failed}
    while ready := [key for key, job in waiting.items() if job.of is None or job.of in pictures]:
        for key in ready:
            job = waiting.pop(key)
            try:
                if key in plan.parts and isinstance(job.recipe, Scaled):
                    picture = job.recipe.draw(source)
                else:
                    base = source.whole() if job.of is None else pictures[job.of]
                    picture = job.recipe.draw(base)
                    # Encoders write on what they are given, two of them at once.
                    picture = picture.copy() if picture is base else picture
            except Exception as error:  # A recipe of the project's own may raise anything.
                failed[key] = error
            else:
                pictures[key] = picture
                yield key, picture
    for key, job in waiting.items():
        failed[key] = ValueError(f"{job.recipe.of!r}, which it is made from, was not made.")


def _conversion(profile: bytes | None) -> Callable[[Image.Image], Image.Image]:
    """Return what brings pictures to sRGB by the embedded colour profile, if it is a sound one."""

    @cache
    def transform(mode: str) -> ImageCms.ImageCmsTransform | None:
        return _transform(profile, mode) if profile else None

    def in_srgb(image: Image.Image) -> Image.Image:
        if image.mode == "RGBA":
            if not transform("RGB"):
                return image
            alpha = image.getchannel("A")
            image = in_srgb(image.convert("RGB"))
            image.putalpha(alpha)
            return image
        if found := transform(image.mode):
            return ImageCms.applyTransform(image, found) or image
        return image if image.mode == "RGB" else image.convert("RGB")

    return in_srgb


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if not ImageCms.getProfileDescription(source).lower().startswith("srgb"):
            return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError) as error:
        logger.info("A colour profile is ignored: %s", error)
    return None


def _encoded(drawn: _Frames | Exception, job: Job, plays: int) -> bytes | Exception:
    try:
        return drawn if isinstance(drawn, Exception) else _encode(drawn, job, plays)
    except Exception as error:  # Encoders refuse options of the project's with all kinds.
        return error


def _encode(frames: _Frames, job: Job, plays: int) -> bytes:
    """Return the file's bytes, without any metadata of the source's."""
    first, *others = (_encodable(picture, job) for picture in frames.pictures)
    options = dict(_ENCODING[job.format])
    if job.recipe.quality is not None and job.format not in _WITHOUT_QUALITY:
        options["quality"] = job.recipe.quality
    if others:
        options |= {"save_all": True, "append_images": others, "loop": plays}
        options["duration"] = frames.durations
        if job.format == "gif":
            # Each frame is whole: what shone through the last one must not stay.
            options["disposal"] = 2
            options["loop"] = {0: 0, 1: None}.get(plays, plays - 1)
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
