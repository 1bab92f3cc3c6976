"""Pixels: a source and recipes in, encoded bytes out."""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Collection, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any, Generic, TypeVar

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageSequence

from derived_images.colors import conversion
from derived_images.headers import (
    ANIMATED,
    Identity,
    UnreadableImage,
    check_budget,
    decoded,
    duration,
    facts,
    opened,
    plays,
    unreadable,
)
from derived_images.recipes import CubeFace, Dimensions, Recipe, Scaled, shows_part
from derived_images.scaling import Each, Part, Pyramid, free, reduction

_WITHOUT_ALPHA = {"jpeg"}
END_OF_JPEG = b"\xff\xd9"

#: Pixels of all frames of an animation that are drawn before they are encoded: 128 MiB.
TOGETHER = 2**25

#: Format → what Pillow's encoder is told, under a recipe's quality and options.
_ENCODING: dict[str, dict[str, Any]] = {
    "webp": {"quality": 80},
    "jpeg": {"quality": 85, "progressive": True, "optimize": True},
    "png": {},
    "avif": {"quality": 70, "speed": 8},
    "gif": {},
}
_WITHOUT_QUALITY = {"png", "gif"}


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
        return self.recipe.animated and self.format in ANIMATED


Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class _Plan(Generic[Key]):
    """What is drawn of one source, the largest first: others may be made from it."""

    jobs: dict[Key, Job]
    #: Of those that need no more of the source than is seen of them.
    parts: dict[Key, Part]
    #: Of the sides of a panorama: how large that must be.
    sides: dict[Key, tuple[float, float]]
    #: Whether the source has several frames.
    animated: bool

    @property
    def moving(self) -> bool:
        """Whether all frames are drawn, or the first one."""
        return self.animated and any(job.moves for job in self.jobs.values())

    @property
    def in_full(self) -> bool:
        """Whether the source is decoded in full, not as small as the parts allow."""
        drawn = {key for key, job in self.jobs.items() if job.of is None}
        return self.moving or not drawn or drawn != self.parts.keys() | self.sides.keys()


@dataclass
class _Frames:
    """The pictures of one variant, with how long each is shown, in milliseconds."""

    pictures: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)


def render(
    file: IO[bytes], jobs: Mapping[Key, Job], threads: int | None = None
) -> Iterator[tuple[Key, bytes | Exception]]:
    """Yield the encoded bytes of every job, or the exception that one recipe ended with.

    The source is opened and decoded once (a long animation more than once, so that its frames fit
    into memory). What is ready comes first: encoders run in threads of their own, as many as there
    are cores, if nothing is said. Raises `UnreadableImage` when it cannot be decoded.
    """
    image, identity = opened(file)
    check_budget(identity)
    refused = _refused(jobs, identity.dimensions)
    yield from ((key, error) for key, error in refused.items() if jobs[key].written)
    jobs = {key: job for key, job in jobs.items() if key not in refused}
    number = plays(image, identity.format)
    with ThreadPoolExecutor(threads or cores()) as pool:
        for plan in _plans(jobs, identity):
            encoded: dict[Future[bytes | Exception], Key] = {}
            for key, drawn in _draw_all(image, plan, identity, pool.map):
                if plan.jobs[key].written:
                    encoded[pool.submit(_encoded, drawn, jobs[key], number)] = key
                del drawn
            if not plan.animated:  # No other plan needs it.
                free(image)
            for future in as_completed(encoded):
                yield encoded.pop(future), future.result()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def _refused(jobs: Mapping[Key, Job], whole: Dimensions) -> dict[Key, Exception]:
    """Return what no source of these dimensions has, with the reasons: it need not be decoded."""
    refused: dict[Key, Exception] = {}
    for key, job in jobs.items():
        try:
            if job.of is None:
                job.recipe.check(whole)
        except Exception as error:  # A recipe of the project's own may raise anything.
            refused[key] = error.with_traceback(None)
    while made_from := {
        k: job for k, job in jobs.items() if job.of in refused and k not in refused
    }:
        refused |= {key: _unmade(job) for key, job in made_from.items()}
    return refused


def _unmade(job: Job) -> Exception:
    return ValueError(f"{job.recipe.of!r}, which it is made from, was not made.")


def _plans(jobs: Mapping[Key, Job], identity: Identity) -> Iterator[_Plan[Key]]:
    """Yield what is drawn together: everything, but of a long animation no more than is bearable."""
    whole = identity.dimensions
    parts = {key: part for key, job in jobs.items() if (part := _part(job, whole))}
    group: set[Key] = set()
    pixels = 0
    for key, job in jobs.items():
        if not job.written:
            continue
        frames = identity.frames if job.moves else 1
        more = frames * math.prod(_dimensions(job, whole))
        if group and identity.frames > 1 and pixels + more > TOGETHER:
            yield _plan(_with_lineage(group, jobs), parts, identity)
            group, pixels = set(), 0
        group.add(key)
        pixels += more
    if group:
        yield _plan(_with_lineage(group, jobs), parts, identity)


def _dimensions(job: Job, whole: Dimensions) -> Dimensions:
    """Return how large the variant is at most, as far as it can be told."""
    with suppress(Exception):
        return job.recipe.dimensions(whole)
    return whole


def _with_lineage(group: Collection[Key], jobs: Mapping[Key, Job]) -> dict[Key, Job]:
    """Return the jobs of the group, and those that they are made from."""
    found: dict[Key, Job] = {}
    for key in jobs:
        each: Any = key if key in group else None
        while each in jobs and each not in found:
            found[each] = replace(jobs[each], written=each in group)
            each = jobs[each].of
    return found


def _plan(jobs: Mapping[Key, Job], parts: Mapping[Key, Part], identity: Identity) -> _Plan[Key]:
    parts = {key: parts[key] for key in jobs if key in parts}

    def area(key: Key) -> float:
        part = parts.get(key)
        return math.prod(part.whole_dimensions(identity.dimensions)) if part else math.inf

    largest_first = {key: jobs[key] for key in sorted(jobs, key=area, reverse=True)}
    sides = {key: side for key, job in jobs.items() if (side := _side(job, identity.dimensions))}
    return _Plan(largest_first, parts, sides, identity.frames > 1)


def _part(job: Job, dimensions: Dimensions) -> Part | None:
    """Return what part of the source is drawn; `None` where a recipe must be given it in full."""
    recipe = job.recipe
    if job.of is None and shows_part(recipe):
        with suppress(Exception):  # What a recipe raises it raises again when it draws.
            part = Part(recipe.dimensions(dimensions), recipe.box(dimensions))
            if all(0 < side < math.inf for side in part.whole_dimensions(dimensions)):
                return part
    return None


def _side(job: Job, dimensions: Dimensions) -> tuple[float, float] | None:
    """Return how large a panorama must be of which one side is drawn."""
    recipe = job.recipe
    if job.of is None and isinstance(recipe, CubeFace) and type(recipe).draw is CubeFace.draw:
        with suppress(Exception):
            return recipe.enough(dimensions)
    return None


def _draw_all(
    image: Image.Image, plan: _Plan[Key], identity: Identity, each: Each
) -> Iterator[tuple[Key, _Frames | Exception]]:
    """Yield what every job came to, the first of an animation's when all of it is drawn."""
    drawn: dict[Key, _Frames] = {key: _Frames() for key in plan.jobs}
    failed: dict[Key, Exception] = {}
    # The still picture that an APNG may begin with is none of its frames.
    first = 1 if plan.moving and image.info.get("default_image") is True else 0
    lineage = _with_lineage({key for key, job in plan.jobs.items() if job.moves}, plan.jobs)
    moving = {key: job for key, job in plan.jobs.items() if key in lineage}
    for number, source in enumerate(_pyramids(image, plan, identity, each)):
        jobs = plan.jobs if number == 0 else moving
        for key, picture in _draw_frame(source, jobs, plan, failed):
            job = plan.jobs[key]
            if job.written and (number >= first if job.moves else number == 0):
                drawn[key].pictures.append(picture)
                drawn[key].durations.append(duration(image))
            del picture
            if not plan.moving:
                yield key, drawn.pop(key)
    for key, frames in drawn.items():
        yield key, failed.get(key, frames)


def _pyramids(
    image: Image.Image, plan: _Plan[Key], identity: Identity, each: Each
) -> Iterator[Pyramid]:
    """Yield the pictures of the source, decoded no larger than what is drawn of them needs."""
    in_srgb = conversion(image.mode, facts(image).get("icc_profile"))
    whole, turn = identity.dimensions, identity.orientation
    with unreadable(_("It cannot be decoded")):
        image.seek(0)
        reduction = 1 if plan.in_full else _reduce(image, plan, identity)
        size, parts = image.size, plan.parts.values()
        for frame in ImageSequence.Iterator(image) if plan.moving else [image]:
            if frame.size != size:
                raise UnreadableImage(_("A frame is larger than the header says."))
            stored = decoded(frame, animated=plan.animated)
            yield Pyramid(stored, whole, parts, turn, reduction, in_srgb, each)


def _reduce(image: Image.Image, plan: _Plan[Key], identity: Identity) -> float:
    """Let the decoder divide the dimensions as far as no part loses by it; return by how much."""
    if image.mode == "CMYK":  # Averages of inks are not the inks of averages.
        return 1
    whole = identity.dimensions
    wanted = [part.whole_dimensions(whole) for part in plan.parts.values()]
    divisor = min(reduction(whole, each) for each in (*wanted, *plan.sides.values()))
    full_width, full_height = image.size
    while plan.sides and (full_width % divisor or full_height % divisor):
        divisor //= 2  # The rest of a column would be no part of the circle.
    drafted = image.draft(None, (full_width // divisor, full_height // divisor))
    return full_width / drafted[1][2] if drafted else 1  # Only JPEG's decoder can.


def _draw_frame(
    source: Pyramid,
    jobs: Mapping[Key, Job],
    plan: _Plan[Key],
    failed: dict[Key, Exception],
) -> Iterator[tuple[Key, Image.Image]]:
    """Yield every job's picture of this frame, each after the one that it is made from."""
    pictures: dict[Hashable, Image.Image] = {}
    waiting = {key: job for key, job in jobs.items() if key not in failed}
    while ready := [key for key, job in waiting.items() if job.of is None or job.of in pictures]:
        for key in ready:
            job = waiting.pop(key)
            try:
                if key in plan.parts and isinstance(job.recipe, Scaled):
                    picture = job.recipe.draw(source)
                elif key in plan.sides and isinstance(job.recipe, CubeFace):
                    picture = job.recipe.draw(source.panorama)
                else:
                    base = source.whole if job.of is None else pictures[job.of]
                    if job.of is not None:  # Of the source it was asked before.
                        job.recipe.check(base.size)
                    picture = job.recipe.draw(base)
                    # Encoders write on what they are given, two of them at once.
                    picture = picture.copy() if picture is base else picture
                # Now, not in the encoders' threads. A transparent colour is no metadata.
                picture.info = {k: v for k, v in picture.info.items() if k == "transparency"}
            except Exception as error:  # A recipe of the project's own may raise anything.
                # Without its frames, which hold on to the source.
                failed[key] = error.with_traceback(None)
            else:
                if any(other.of == key for other in waiting.values()):
                    pictures[key] = picture
                yield key, picture
                del picture
    failed.update((key, _unmade(job)) for key, job in waiting.items())


def _encoded(drawn: _Frames | Exception, job: Job, plays: int) -> bytes | Exception:
    try:
        return drawn if isinstance(drawn, Exception) else _encode(drawn, job, plays)
    except Exception as error:  # Encoders refuse options of the project's with all kinds.
        return error.with_traceback(None)


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
            # Pillow's optimiser takes what has become transparent for what stays as it was.
            options["optimize"] = False
            options["loop"] = {0: 0, 1: None}.get(plays, plays - 1)
    with _memory(job.format) as file:
        first.save(file, job.format.upper(), **{**options, **job.recipe.options})
        file.seek(0)
        data = file.read()
    if job.format == "jpeg" and not data.endswith(END_OF_JPEG):  # Pillow does not look.
        raise OSError("There was no room for the whole file.")
    return data


def _memory(format: str) -> IO[bytes]:
    """Return a file in memory that the format's encoder writes to.

    Pillow's for JPEG lets other threads run only where that is a file of the system's.
    """
    if format == "jpeg" and sys.platform == "linux":
        return os.fdopen(os.memfd_create("variant"), "w+b")
    return io.BytesIO()


def _encodable(picture: Image.Image, job: Job) -> Image.Image:
    """Return the picture in a mode that the format has."""
    if picture.has_transparency_data:
        picture = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        if job.format in _WITHOUT_ALPHA:
            ground = Image.new("RGB", picture.size, job.recipe.background)
            ground.paste(picture, mask=picture.getchannel("A"))
            picture = ground
    elif picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    return picture
