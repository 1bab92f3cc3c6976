"""What a page says of pictures: `<img>`, `<picture>` and `srcset`, worked out from names.

Plain functions, for templates of any engine and for serializers. `images` is always what a manager
gives of a row, like ``photo.variants``; `variants` are names of its recipes, all of one shape. A row
without a source gives "". What cannot be told of is a `ValueError`.

Attributes of HTML are passed on, escaped: ``data_id=7`` is ``data-id="7"``, ``class_`` is ``class``,
and what is ``None`` or ``False`` is left out.

No storage is asked where the source's name tells its dimensions, as those of an
`AutoCleanupImageField` do. Of any other source the header is read, at every call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from derived_images.files import DerivedImages, VariantFile
from derived_images.headers import identify
from derived_images.recipes import Box, Dimensions, shows_part, sibling

#: Formats; a browser takes the first one that it knows, and all know those at the end.
PREFERENCE = ("avif", "webp", "jpeg", "png", "gif")


class Candidate(NamedTuple):
    """A variant that a browser may choose."""

    file: VariantFile
    #: In pixels; ``None`` of a source that cannot be read.
    dimensions: Dimensions | None


def srcset(images: DerivedImages, *variants: str) -> str:
    """Return URLs with their widths, for the attribute of that name, the narrowest first.

    Widths are the files' own: of a source that is smaller than its variants may be, the first one
    stands for all that are as wide.
    """
    files = _files(images, variants)
    return _srcset(_candidates(files, _whole(files)))


def img(images: DerivedImages, *variants: str, alt: str, **attributes: Any) -> SafeString:
    """Return an `<img>` of the widest of these variants, with the others to choose from.

    `sizes` says how wide it is on the page, as in HTML. `placeholder` is shown until it is there,
    if the source's name carries it: ``"color"``, its average, or ``"picture"``, twenty pixels of
    it. It is loaded lazily, unless it has a `loading` of its own, or ``fetchpriority="high"``.
    """
    files = _files(images, variants)
    return _img(_candidates(files, _whole(files)), alt, **attributes)


def source(images: DerivedImages, *variants: str, **attributes: Any) -> SafeString:
    """Return a `<source>` for every format that these variants come in, as `picture` finds them.

    It stands in a `<picture>`, with `media` for other pictures on other screens, and with `sizes`.
    """
    return _sources(_by_format(_files(images, variants)), **attributes)


def picture(
    images: DerivedImages, *variants: str, alt: str, sources: str = "", **attributes: Any
) -> SafeString:
    """Return a `<picture>` of these variants, in every format that they come in.

    Beside ``sm``, a variant ``sm_avif`` of the same recipe is the same picture, as `also_in` names
    it. The format that all browsers know is the `img`, which takes the attributes; what `source`
    gave for other screens are the `sources`.
    """
    formats = _by_format(_files(images, variants))
    if not formats:
        return SafeString("")
    return format_html(
        "<picture>{}{}{}</picture>",
        sources or "",
        _sources(formats[:-1], sizes=attributes.get("sizes")),
        _img(formats[-1], alt, **attributes),
    )


def _files(images: DerivedImages, variants: tuple[str, ...]) -> list[VariantFile]:
    """Return these variants; none without a source."""
    if not isinstance(images, DerivedImages):
        if images:
            raise ValueError(f"{images!r} is no row's derived images: give photo.variants, say.")
        return []  # What a template does not find is blank.
    if not variants:
        raise ValueError(f"Name variants of {images}. Choices are: {', '.join(images)}.")
    try:
        files = [images[str(variant)] for variant in variants]
    except KeyError as error:
        raise ValueError(*error.args) from None
    return files if images else []


def _candidates(files: list[VariantFile], whole: Dimensions | None) -> list[Candidate]:
    """Return one of each width, the narrowest first; the last one alone, where none is known."""
    found: dict[int, Candidate] = {}
    for file in files:
        dimensions = _dimensions(file, whole) if whole else None
        if dimensions:
            found.setdefault(dimensions[0], Candidate(file, dimensions))
    return [found[width] for width in sorted(found)] or [
        Candidate(file, None) for file in files[-1:]
    ]


def _dimensions(file: VariantFile, whole: Dimensions) -> Dimensions | None:
    try:
        return file.dimensions_of(whole)
    except Exception:  # A recipe of the project's own may raise anything; no page is lost by it.
        return None


def _whole(files: list[VariantFile]) -> Dimensions | None:
    """Return the upright dimensions of their source, ``None`` where they cannot be read."""
    if not files:
        return None
    source = files[0].source
    if source.known_dimensions:
        return source.known_dimensions
    try:
        with source.storage.open(source.name or "") as content:
            return identify(content).dimensions
    except Exception:  # Storages raise whatever they like; no page is lost by a picture.
        return None


def _by_format(files: list[VariantFile]) -> list[list[Candidate]]:
    """Return the candidates of every format, the preferred one first.

    A format without the widest of them would keep a browser from ever taking that one.
    """
    whole = _whole(files)
    named = _candidates(files, whole)
    own = {file.format for file in files}
    if len(own) != 1:
        return [named] if named else []
    siblings: dict[str, list[VariantFile]] = defaultdict(list)
    for each in (each for file in files for each in _siblings(file)):
        siblings[each.format].append(each)
    found = {format: _candidates(each, whole) for format, each in siblings.items()}
    found[own.pop()] = named
    formats = (found[format] for format in PREFERENCE if format in found)
    return [each for each in formats if each[-1].dimensions == named[-1].dimensions]


def _siblings(file: VariantFile) -> Iterator[VariantFile]:
    """Yield the variants that are the same picture in other formats."""
    for name in (sibling(file.variant, format) for format in PREFERENCE):
        if name in file.images:
            other, recipe = file.images[name], file.recipe
            alike = replace(other.recipe, format=recipe.format, quality=recipe.quality)
            if replace(alike, options=recipe.options) == recipe:
                yield other


def _sources(formats: Iterable[list[Candidate]], **attributes: Any) -> SafeString:
    each = (
        {
            "type": _content_type(candidates),
            "srcset": _srcset(candidates),
            **_measures(candidates),
            **_named(candidates, attributes),
        }
        for candidates in formats
    )
    return format_html_join("", "<source{}>", ((flatatt(given),) for given in each))


def _content_type(candidates: list[Candidate]) -> str | None:
    formats = {candidate.file.format for candidate in candidates}
    return f"image/{formats.pop()}" if len(formats) == 1 else None


def _img(
    candidates: list[Candidate], alt: str, placeholder: str | None = "", **attributes: Any
) -> SafeString:
    if (placeholder or "") not in PLACEHOLDERS:
        choices = ", ".join(filter(None, PLACEHOLDERS))
        raise ValueError(f"Unknown placeholder {placeholder!r}. Choices are: {choices}.")
    if not candidates:
        return SafeString("")
    widest = candidates[-1]
    is_urgent = attributes.get("fetchpriority") == "high"
    given = {
        "src": widest.file.url,
        "srcset": _srcset(candidates) if len(candidates) > 1 else None,
        **_measures(candidates),
        "loading": None if is_urgent else "lazy",
        "decoding": "async",
        **_named(candidates, {"alt": "" if alt is None else alt, **attributes}),
    }
    styles = [PLACEHOLDERS[placeholder or ""](widest.file), given.pop("style", "")]
    given["style"] = ";".join(filter(None, styles)) or None
    return format_html("<img{}>", flatatt(given))


def _named(candidates: list[Candidate], attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as HTML has them; there is no `sizes` where there is no choice."""
    named = {
        name.rstrip("_").replace("_", "-"): _quoted(value) for name, value in attributes.items()
    }
    sizes = named.get("sizes") or "100vw"
    return {**named, "sizes": sizes if len(candidates) > 1 else None}


def _quoted(value: Any) -> Any:
    """Keep what is safe between tags, which may have quotes, from ending an attribute."""
    return (
        SafeString(value.__html__().replace('"', "&quot;")) if hasattr(value, "__html__") else value
    )


def _measures(candidates: list[Candidate]) -> dict[str, int]:
    """Return the room that the picture needs, which a page keeps free for it."""
    dimensions = candidates[-1].dimensions
    return {"width": dimensions[0], "height": dimensions[1]} if dimensions else {}


def _srcset(candidates: list[Candidate]) -> str:
    if len(candidates) == 1:
        return _listed(candidates[0].file.url)
    return ", ".join(
        f"{_listed(file.url)} {dimensions[0]}w" for file, dimensions in candidates if dimensions
    )


def _listed(url: str) -> str:
    """Return a URL as it may stand in a list: not all storages quote theirs."""
    url = url.replace(" ", "%20")
    return f"{url[:-1]}%2C" if url.endswith(",") else url


# --- Placeholders


def _color(file: VariantFile) -> str:
    return f"background:{file.source.color}" if file.source.color else ""


def _pixels(file: VariantFile) -> str:
    """Return the style that shows twenty pixels where the picture will be, cropped as it is."""
    source, recipe = file.source, file.recipe
    whole = source.known_dimensions
    if not whole or not source.placeholder:
        return ""
    if recipe.of or not shows_part(recipe):
        return _color(file)  # Nobody knows what is seen where.
    try:
        places = zip(*_placed(recipe.box(whole), whole), strict=True)
    except Exception:  # A recipe of the project's own may raise anything.
        return _color(file)
    position, size = (" ".join(f"{part:.4g}%" for part in each) for each in places)
    return f"{_color(file)} url({source.placeholder}) {position}/{size}"


def _placed(box: Box, whole: Dimensions) -> Iterator[tuple[float, float]]:
    """Yield position and size, in CSS's percent, of the whole behind a part: across, and down."""
    for side, start, end in zip(whole, box[:2], box[2:], strict=True):
        rest = side - (end - start)
        yield (100 * start / rest if rest else 0), 100 * side / (end - start)


#: What may stand in for a picture until it is there → the style that shows it.
PLACEHOLDERS: dict[str, Callable[[VariantFile], str]] = {
    "": lambda file: "",
    "color": _color,
    "picture": _pixels,
}
