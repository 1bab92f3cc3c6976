"""How variants are made, as frozen values: shapes, formats, fingerprints. No Django, no files.

A recipe does its arithmetic here; the picture that it draws from is handed to it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeGuard

from derived_images.cubemap import SIDES, Panorama, check_shape, drawn, equator

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

#: Pixels, width first, of an upright picture.
Dimensions = tuple[int, int]
#: Left, top, right and bottom edge, in pixels of an upright picture.
Box = tuple[float, float, float, float]
#: From (0, 0), the upper left corner of an upright picture, to (1, 1), the lower right.
Point = tuple[float, float]

#: Pixels of the edge of a tile: more take a gigabyte.
LARGEST_FACE = 16_384

#: What a recipe may write; ``source`` is whatever format the source's name tells.
FORMATS = ("webp", "jpeg", "png", "avif", "source")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one variant is made of a source. Subclass it for pictures of your own.

    A subclass sets `kind`, a word that stays when the class is renamed or moved, and defines
    `dimensions()` and `draw()`. Recipes compare by content.
    """

    kind: ClassVar[str] = ""

    #: One of `FORMATS`.
    format: str = "webp"
    #: The encoder's scale, 1 to 100; ``None`` is a good default of the format.
    quality: int | None = None
    #: What alpha is laid on where the format has none: any colour that Pillow reads.
    background: str | tuple[int, ...] = "white"
    #: Whether an animated source stays animated where the format can.
    animated: bool = True
    #: The name of another variant to make this one from, instead of the source.
    of: str | None = None
    #: Passed on to Pillow's encoder, over the library's own choices.
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", dict(self.options))

    def dimensions(self, source_dimensions: Dimensions) -> Dimensions:
        """Say how large the variant of a source of these dimensions is."""
        raise NotImplementedError(f"{type(self).__name__} must define dimensions().")

    def check(self, source_dimensions: Dimensions) -> None:
        """Raise `ValueError` of a source that it cannot be made of, before that is decoded."""

    def aimed(self, focus: Point | None) -> Recipe:
        """Return the recipe for a source with this focal point; most make the same of all."""
        return self

    def draw(self, image: Image) -> Image:
        """Make the variant's picture of `image`: upright, in sRGB, in full, never written to."""
        raise NotImplementedError(f"{type(self).__name__} must define draw().")

    def faults(self) -> Iterator[str]:
        """Say, a sentence each, why this recipe cannot work; the system checks ask."""
        if not self.kind:
            yield f"{type(self).__name__} has no kind, the word that names it in fingerprints."
        elif type(self).draw is Recipe.draw or type(self).dimensions is Recipe.dimensions:
            yield f"{type(self).__name__} must define draw() and dimensions()."
        own = vars(type(self)).keys()
        if not own.isdisjoint({"draw", "dimensions", "box"}) and "kind" not in own:
            yield f"{type(self).__name__} draws in its own way under the kind {self.kind!r}."
        if self.format not in FORMATS:
            yield f"Unknown format {self.format!r}. Choices are: {', '.join(FORMATS)}."
        if self.quality is not None and not _is_count(self.quality, 100):
            yield f"quality must be from 1 to 100, not {self.quality!r}."
        if not all(isinstance(option, str) for option in self.options):
            yield f"options must have text for keys, not {self.options!r}."

    @property
    def fingerprint(self) -> str:
        """Eight characters that change whenever the recipe does.

        Only `kind` and what is not a default count: neither a class that moves nor an option
        that a later version adds renames anybody's files.
        """
        chosen = {
            option.name: getattr(self, option.name)
            for option in fields(self)
            if getattr(self, option.name) not in (option.default, {})
        }
        return digest(self.kind, chosen)


class Scalable(Protocol):
    """A picture, or what stands for one that is never made in full."""

    @property
    def size(self) -> Dimensions: ...

    def resize(self, size: Dimensions, resample: Resampling, box: Box, /) -> Image:
        """Return the part in `box`, in the dimensions of `size`."""


@dataclass(frozen=True)
class Scaled(Recipe):
    """A part of the source, scaled down: what `Fit` and `Fill` have in common."""

    def box(self, source_dimensions: Dimensions) -> Box:
        """Say which part of the source is shown."""
        return (0.0, 0.0, *source_dimensions)

    def draw(self, image: Scalable) -> Image:
        """Scale that part with Lanczos, the filter that keeps most of a photograph."""
        from PIL.Image import Resampling

        dimensions = self.dimensions(image.size)
        return image.resize(dimensions, Resampling.LANCZOS, self.box(image.size))


def shows_part(recipe: Recipe) -> TypeGuard[Scaled]:
    """Say whether a recipe scales a part of its picture, and does no more to it."""
    return isinstance(recipe, Scaled) and type(recipe).draw is Scaled.draw


@dataclass(frozen=True)
class Fit(Scaled):
    """The whole picture, fitted inside `width` × `height` pixels and never enlarged.

    >>> Fit(160, 160).dimensions((3000, 2000))
    (160, 107)
    >>> Fit(width=2048).dimensions((3000, 2000))
    (2048, 1365)
    """

    kind: ClassVar[str] = "fit"

    width: int | None = None
    height: int | None = None

    def dimensions(self, source_dimensions: Dimensions) -> Dimensions:
        """Round as Pillow's `thumbnail()` does: to the side that keeps the shape best."""
        source_width, source_height = source_dimensions
        width = self.width or math.inf
        height = self.height or math.inf
        if width >= source_width and height >= source_height:
            return source_dimensions
        shape = source_width / source_height
        if width / height >= shape:
            return _nearest(height * shape, lambda side: abs(shape - side / height)), int(height)
        return int(width), _nearest(width / shape, lambda side: abs(shape - width / side))

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.width is None and self.height is None:
            yield "Fit needs a width, a height, or both."
        if not all(side is None or _is_count(side) for side in (self.width, self.height)):
            yield f"Width and height must be whole numbers, 1 or more, not {self.width!r} and {self.height!r}."


def _is_count(value: object, most: float = math.inf) -> bool:
    return isinstance(value, int) and 1 <= value <= most


def _nearest(side: float, error: Callable[[int], float]) -> int:
    return min(max(math.floor(side), 1), max(math.ceil(side), 1), key=error)


@dataclass(frozen=True)
class Fill(Scaled):
    """The largest part of the picture that has the shape of `width` × `height` pixels.

    It comes in exactly these dimensions, or, of a source that is too small for them, in the
    dimensions of that part: nothing is enlarged. `centering` says what part is kept, from
    (0, 0), the upper left, to (1, 1), the lower right. `focus` names a text field of the row that
    says it instead, as CSS does, ``"30% 70%"``; where that is blank, `centering` holds.

    >>> Fill(640, 320).dimensions((3000, 2000))
    (640, 320)
    >>> Fill(640, 320).dimensions((500, 500))
    (500, 250)
    """

    kind: ClassVar[str] = "fill"

    width: int
    height: int
    centering: Point = (0.5, 0.5)
    focus: str | None = field(default=None, kw_only=True)

    def aimed(self, focus: Point | None) -> Recipe:
        """Keep the part at the focal point, if there is one and the recipe goes by it."""
        return replace(self, centering=focus) if self.focus and focus else self

    def dimensions(self, source_dimensions: Dimensions) -> Dimensions:
        """Keep the shape exactly, or, below full size, to the nearest pixel."""
        source_width, source_height = source_dimensions
        if source_width >= self.width and source_height >= self.height:
            return self.width, self.height
        if source_width * self.height <= source_height * self.width:
            return source_width, max(round(source_width * self.height / self.width), 1)
        return max(round(source_height * self.width / self.height), 1), source_height

    def box(self, source_dimensions: Dimensions) -> Box:
        """Cut what is too wide or too high, on both sides as `centering` says."""
        source_width, source_height = source_dimensions
        width = min(source_width, source_height * self.width / self.height)
        height = min(source_height, source_width * self.height / self.width)
        left = (source_width - width) * self.centering[0]
        top = (source_height - height) * self.centering[1]
        return left, top, min(left + width, source_width), min(top + height, source_height)

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if not (_is_count(self.width) and _is_count(self.height)):
            yield f"Width and height must be whole numbers, 1 or more, not {self.width!r} and {self.height!r}."
        parts = self.centering if isinstance(self.centering, tuple) else ()
        if len(parts) != 2 or not all(0 <= part <= 1 for part in parts):
            yield f"centering must be two numbers from 0 to 1, not {self.centering!r}."
        if not isinstance(self.focus, str | None):
            yield f"focus must be the name of a text field, not {self.focus!r}."


@dataclass(frozen=True)
class CubeFace(Recipe):
    """One side of the cube around an equirectangular panorama, `face` pixels square."""

    kind: ClassVar[str] = "cube_face"

    side: str
    face: int | None = None
    #: No viewer plays tiles, and a small animation would fill the memory with large ones.
    animated: bool = field(default=False, kw_only=True)

    def dimensions(self, source_dimensions: Dimensions) -> Dimensions:
        """Take `face`, or what shows as much as the panorama does, in whole blocks of eight.

        Of a panorama that has less than one block, 1.
        """
        face = self.face or max(8 * math.floor(source_dimensions[0] / (8 * math.pi)), 1)
        return face, face

    def check(self, source_dimensions: Dimensions) -> None:
        """Refuse what is not twice as wide as high."""
        check_shape(*source_dimensions)

    def enough(self, source_dimensions: Dimensions) -> tuple[float, float]:
        """Say how large a panorama must be that has all that this side shows."""
        width = equator(self.dimensions(source_dimensions)[0])
        return width, width / 2

    def draw(self, image: Panorama) -> Image:
        """Draw what is seen through this side. Raises `ValueError` of what is no panorama."""
        return drawn(image, self.side, self.dimensions(image.size)[0])

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.side not in SIDES:
            yield f"Unknown side {self.side!r}. Choices are: {', '.join(SIDES)}."
        if self.face is not None and not _is_count(self.face, LARGEST_FACE):
            yield f"face must be a whole number from 1 to {LARGEST_FACE}, not {self.face!r}."


def cubemap_tiles(
    face: int | None = None, format: str = "jpeg", quality: int | None = None, **options: Any
) -> dict[str, Recipe]:
    """Return the recipes of the six tiles of a panorama, each `face` pixels square.

    Further options are those that all recipes take.

    >>> list(cubemap_tiles())
    ['tile_f', 'tile_b', 'tile_l', 'tile_r', 'tile_u', 'tile_d']
    """
    return {
        f"tile_{side}": CubeFace(side, face, format=format, quality=quality, **options)
        for side in SIDES
    }


def also_in(recipes: Mapping[str, Recipe], **qualities: int | None) -> dict[str, Recipe]:
    """Return the recipes with another of each for every format, which is named behind it.

    `qualities` are format → its quality, ``None`` for a good default. What is declared already
    stays as it is.

    >>> list(also_in({"sm": Fit(640, 640), "lg": Fit(2048, 2048)}, avif=60))
    ['sm', 'lg', 'sm_avif', 'lg_avif']
    """
    others = {
        sibling(variant, format): replace(recipe, format=format, quality=quality, options={})
        for format, quality in qualities.items()
        for variant, recipe in recipes.items()
        if recipe.format not in qualities
    }
    return {**recipes, **others, **recipes}


def sibling(variant: str, format: str) -> str:
    """Return what a variant is called that is the same picture in another format."""
    return f"{variant}_{format}"


def fingerprint(recipes: Mapping[str, Recipe], variant: str) -> str:
    """Return what changes with the variant's bytes: its recipe's fingerprint, or its chain's."""
    own = recipes[variant].fingerprint
    lineage = ancestry(recipes, variant)
    return digest(own, *(recipes[name].fingerprint for name in lineage)) if lineage else own


def ancestry(recipes: Mapping[str, Recipe], variant: str) -> list[str]:
    """Return the variants that this one is made from, the nearest first.

    What is unknown or goes in a circle ends the list: the system checks name it.
    """
    names: list[str] = []
    parent = recipes[variant].of
    while parent is not None and parent in recipes and parent not in (variant, *names):
        names.append(parent)
        parent = recipes[parent].of
    return names


def digest(*values: Any) -> str:
    """Return eight characters that stand for `values`, the same in every process."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
