"""Which name a file gets: source name → variant name and back, and new names for uploads.

Names are what a storage calls its files: text with forward slashes. Nothing here asks a storage
or a database, and nothing here is Django's.
"""

from __future__ import annotations

import functools
import re
import secrets
import string
import zlib
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Protocol

from derived_images.mosaic import DIGITS, LENGTH
from derived_images.recipes import Dimensions, Point

DEFAULT = "{dir}{stem}_{variant}.{ext}"
STDIMAGE = "{dir}{stem}.{variant}.{source_ext}"

#: What tells two sources apart that differ in their extension alone.
CURE = "{dir}{stem}_{source_ext}_{variant}.{ext}"

#: Extension → format, for the formats that are opened at all.
FORMAT_OF = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "png": "png",
    "apng": "png",
    "webp": "webp",
    "gif": "gif",
    "avif": "avif",
}
#: Format → the extension that our own sources get.
CANONICAL_EXTENSION = {
    "jpeg": "jpg",
    "png": "png",
    "webp": "webp",
    "gif": "gif",
    "avif": "avif",
}
_SPELLINGS = (
    "",
    ".",
    *(f".{spelled}" for ext in FORMAT_OF for spelled in (ext, ext.upper(), ext.capitalize())),
)

_parse = string.Formatter().parse
_FIELDS = {
    "dir": re.compile(r"(.*/)?", re.DOTALL),
    "stem": re.compile(r"[^/]+"),
    "source_ext": re.compile(r"[^/.]*"),
    "variant": re.compile(r"[^/.]+"),
    "fingerprint": re.compile(r"[0-9a-f]{8}"),
    "ext": re.compile(r"[^/.]+"),
}
# Without these, two sources, or two variants, would have one name.
_REQUIRED = {"dir", "stem", "variant"}


class Naming(Protocol):
    """A convention: the name of a variant follows from the name of its source."""

    def name(self, *, source: str, variant: str, ext: str, fingerprint: str) -> str:
        """Return the variant's name; `ext` is its format's, without a dot."""

    def sources(self, variant_name: str) -> Iterable[str]:
        """Return every source name that may have a variant of this name, and perhaps others."""


class Template:
    """The convention that a template says.

    >>> Template(DEFAULT).name(
    ...     source="kebab/miao.txt", variant="tile_f", ext="jpeg", fingerprint="5f0c2b1a"
    ... )
    'kebab/miao_tile_f.jpeg'
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def name(self, *, source: str, variant: str, ext: str, fingerprint: str) -> str:
        return self.filled_in(variant, ext, fingerprint)(source)

    def filled_in(self, variant: str, ext: str, fingerprint: str) -> Callable[[str], str]:
        """Return what names this variant of any source: pages and audits derive name after name."""
        filled = {
            "dir": "{0}",
            "stem": "{1}",
            "source_ext": "{2}",
            "variant": _literally(variant),
            "ext": _literally(ext),
            "fingerprint": _literally(fingerprint),
            "": "",
        }
        outline = "".join(_literally(text) + filled[field] for text, field in self._parts)
        return lambda source: outline.format(*split(source)).removesuffix(".")

    def recognizes(
        self, variant: str, ext: str | None, fingerprint: str
    ) -> Callable[[str], object]:
        """Return what says fast whether a name may be this variant's; ``None`` is any extension."""
        parts = self._with(variant, ext, fingerprint)
        fields = {field: pattern.pattern for field, pattern in _FIELDS.items()} | {"": ""}
        outline = "".join(re.escape(text) + fields[field] for text, field in parts)
        matches = re.compile(outline, re.DOTALL).fullmatch
        return (lambda name: matches(name) or matches(f"{name}.")) if self._drops_dot else matches

    def sources_of(
        self, name: str, variant: str, ext: str | None, fingerprint: str
    ) -> Iterator[str]:
        """Return what may have this variant of this name; ``None`` is any extension."""
        for reading in self._read(name, self._with(variant, ext, fingerprint)):
            yield from _spelled(reading)

    def sources(self, variant_name: str, variants: Container[str] | None = None) -> Iterator[str]:
        """Return what may have a variant of this name: of these variants, if they are known."""
        for reading in self._read(variant_name, self._parts):
            if variants is None or reading.get("variant") in variants:
                yield from _spelled(reading)

    def _read(self, name: str, parts: list[tuple[str, str]]) -> Iterator[dict[str, str]]:
        yield from _readings(name, parts, set())
        if self._drops_dot:
            yield from _readings(f"{name}.", parts, set())

    def _with(self, variant: str, ext: str | None, fingerprint: str) -> list[tuple[str, str]]:
        """Return the parts with what is known in the place of its fields."""
        known = {"variant": variant, "fingerprint": fingerprint, "": ""}
        if ext is not None:
            known["ext"] = ext
        parts, text = [], ""
        for literal, field in self._parts:
            text += literal
            if field in known:
                text += known[field]
            else:
                parts.append((text, field))
                text = ""
        return [*parts, (text, "")]

    @functools.cached_property
    def _drops_dot(self) -> bool:
        """Whether a name may lose a dot at its end."""
        literal, field = self._parts[-1]
        return field in ("dir", "stem", "source_ext") or (not field and literal.endswith("."))

    @functools.cached_property
    def has_fingerprint(self) -> bool:
        """Whether names change with their recipe."""
        return any(field == "fingerprint" for _, field in self._parts)

    @functools.cached_property
    def _parts(self) -> list[tuple[str, str]]:
        """Literals, each with the field that follows it; "" where none does."""
        return [(literal, field or "") for literal, field, _, _ in _parse(self.text)]

    def faults(self) -> Iterator[str]:
        """Say, a sentence each, why this template cannot work; the system checks ask."""
        try:
            placeholders = [parsed[1:] for parsed in _parse(self.text) if parsed[1] is not None]
        except ValueError as error:
            yield f"{error}."
            return
        if any(spec or conversion for _, spec, conversion in placeholders):
            yield "Placeholders stand as they are: no {stem:.3}, no {stem!r}."
        fields = {field or "" for field, _, _ in placeholders}
        for field in sorted(fields - _FIELDS.keys()):
            yield f"Unknown placeholder {{{field}}}. Choices are: {{{'} {'.join(_FIELDS)}}}."
        if [field for field, _, _ in placeholders].count("dir") > 1:
            yield "The placeholder {dir} stands twice."
        for field in sorted(_REQUIRED - fields):
            yield f"The placeholder {{{field}}} is missing: variants would share a name."


def _spelled(reading: dict[str, str]) -> Iterator[str]:
    """Yield the sources that a reading of a name may mean."""
    stem = reading.get("dir", "") + reading.get("stem", "")
    if "source_ext" not in reading:
        yield from (stem + spelling for spelling in _SPELLINGS)
    elif reading["source_ext"]:
        yield f"{stem}.{reading['source_ext']}"
    else:
        yield from (stem, f"{stem}.")


def _literally(text: str) -> str:
    """Return what `str.format` makes the text of again."""
    return text.replace("{", "{{").replace("}", "}}")


def _readings(
    text: str, parts: list[tuple[str, str]], hopeless: set[tuple[int, int]]
) -> Iterator[dict[str, str]]:
    """Yield every way to read `text` as literals, each followed by a field.

    `hopeless` collects the ends of text and parts that cannot be read: each is tried but once.
    """
    if not parts:
        if not text:
            yield {}
        return
    (literal, field), *rest = parts
    state = len(text), len(parts)
    if state in hopeless or not text.startswith(literal):
        return
    hopeless.add(state)
    text = text.removeprefix(literal)
    for end in _ends(text, field, rest):
        if not field or _FIELDS[field].fullmatch(text, 0, end):
            for reading in _readings(text[end:], rest, hopeless):
                hopeless.discard(state)
                yield {field: text[:end], **reading}


def _ends(text: str, field: str, rest: list[tuple[str, str]]) -> Iterator[int]:
    """Yield where the field's part of the text may end."""
    if field == "dir" and "dir" not in (other for _, other in rest):
        # Nothing else has slashes but what is written between: it has all the others.
        slashes = text.count("/") - sum(literal.count("/") for literal, _ in rest)
        if slashes >= 0:
            yield len("/".join(text.split("/", slashes)[:slashes])) + (slashes > 0)
        return
    following = rest[0][0] if rest else ""
    end = text.find(following) if field else 0
    while end >= 0:
        yield end
        end = text.find(following, end + 1) if field and end < len(text) else -1


def naming_for(naming: str | Naming | None) -> Naming:
    """Return the convention that the argument of that name says."""
    if naming is None:
        return Template(DEFAULT)
    if isinstance(naming, str):
        return Template(STDIMAGE if naming == "stdimage" else naming)
    return naming


@functools.lru_cache(maxsize=32)  # All variants of a source are asked for in a row.
def split(name: str) -> tuple[str, str, str]:
    """Return folder (with its slash), stem and last extension (without its dot).

    >>> split("photos/a.b.c.jpg")
    ('photos/', 'a.b.c', 'jpg')
    >>> split(".hidden")
    ('', '.hidden', '')
    """
    start, dot = name.rfind("/") + 1, name.rfind(".")
    if dot < start or not name[start:dot].strip("."):  # Dots that a name begins with end no stem.
        return name[:start], name[start:], ""
    return name[:start], name[start:dot], name[dot + 1 :]


def written_format(format: str, source: str) -> str:
    """Return the format that is written: a recipe's, or for ``source`` the source's own."""
    if format != "source":
        return format
    return FORMAT_OF.get(split(source)[2].lower(), "webp")


def written_extension(format: str, source: str) -> str:
    """Return that format's extension, for ``source`` spelled as the source spells it."""
    if format != "source":
        return format
    extension = split(source)[2]
    return extension if extension.lower() in FORMAT_OF else "webp"


# --- New names for uploads: cat.JPG → cat_3000x2000_x7kq2mz9.jpg, with what else is to be told
# between dimensions and token: twenty pixels of the picture, and its focal point. That has a few
# letters chosen by chance behind it, _f3070qk3x9, as the same upload may come back to it.

_ALLOCATED = re.compile(
    r"(?P<stem>.*[^/])_(?P<width>0|[1-9][0-9]{0,8})x(?P<height>0|[1-9][0-9]{0,8})"
    rf"(?:_(?P<pixels>[0-9a-z]{{{LENGTH}}}))?(?:_f(?P<focus>[0-9]{{4}})?[a-z][0-9a-z]{{4}})?"
    r"_(?P<token>[a-z][0-9a-z]{6})(?P<check>[0-9a-z])(?P<extension>\.[0-9a-z]+)?",
    re.DOTALL,
)
# So that a token is known for ours by itself: a date or a word in its place seldom passes.
_CHECK_SEED = 119


def allocate(
    name: str,
    dimensions: Dimensions,
    extension: str,
    fits: Callable[[str], bool],
    *,
    pixels: str = "",
    focus: Point | None = None,
) -> str:
    """Return a name that was never used before and says what the file holds.

    `dimensions` are upright pixels, (0, 0) of what is no picture; `pixels` is the text of a
    `mosaic`; `focus` is kept to one part in a hundred. The stem is cut until `fits` agrees; where
    that is not enough, `pixels` and then `focus` are left out. Raises `ValueError` when nothing of
    the stem would be left.
    """
    folder, stem, _ = split(name)
    if not extension:
        # A dot in the stem would make the token an extension, which variants' names drop.
        stem = stem.replace(".", "_")
    first, token = "{}x{}".format(*dimensions), new_token()
    point = _mark(focus) if focus else ""
    for marks in ([first, pixels, point, token], [first, point, token], [first, token]):
        ending = "".join(f"_{mark}" for mark in marks if mark) + (extension and f".{extension}")
        found = _longest(folder, stem, ending, fits)
        if found:
            return found
    raise ValueError(f"No name can be made of {name!r}: its folder is too long.")


def _longest(folder: str, stem: str, ending: str, fits: Callable[[str], bool]) -> str | None:
    candidates = (f"{folder}{stem[:length]}{ending}" for length in range(len(stem), 0, -1))
    return next((candidate for candidate in candidates if fits(candidate)), None)


def aimed(name: str, focus: Point | None, fits: Callable[[str], bool]) -> str:
    """Return another name for an allocated one's file, which tells this focal point, or none.

    What else it tells stays, and so does its token. Raises `ValueError` when it does not fit.
    """
    match = _allocation(name)
    if match is None:
        raise ValueError(f"{name!r} was not allocated.")
    marks = [f"{match['width']}x{match['height']}", match["pixels"], _mark(focus), _token(match)]
    ending = "".join(f"_{mark}" for mark in marks if mark) + (match["extension"] or "")
    folder, stem, _ = split(f"{match['stem']}.")
    found = _longest(folder, stem, ending, fits)
    if found is None:
        raise ValueError(f"No name can be made of {name!r} that tells where to look.")
    return found


def _mark(focus: Point | None) -> str:
    return f"f{_percent(focus)}{_letters(5)}"


def _percent(focus: Point | None) -> str:
    return "".join(f"{min(round(part * 100), 99):02}" for part in focus or ())


def _letters(number: int) -> str:
    """Return letters and digits chosen by chance, a letter first."""
    others = (secrets.choice(DIGITS) for _ in range(number - 1))
    return secrets.choice(string.ascii_lowercase) + "".join(others)


def new_token() -> str:
    """Return eight lower-case letters and digits, chosen by chance; the last one is a check."""
    token = _letters(7)
    return token + _check_digit(token)


def _check_digit(token: str) -> str:
    return DIGITS[zlib.crc32(token.encode(), _CHECK_SEED) % len(DIGITS)]


def is_allocated(name: str) -> bool:
    """Say whether `allocate` made this name."""
    return _allocation(name) is not None


def dimensions_in(name: str) -> Dimensions | None:
    """Return the dimensions that an allocated name carries; no other name is believed.

    >>> dimensions_in("photos/cat_3000x2000_x7kq2mz9.jpg")
    (3000, 2000)
    """
    match = _allocation(name)
    if match is None or "0" in (match["width"], match["height"]):
        return None
    return int(match["width"]), int(match["height"])


def pixels_in(name: str) -> str:
    """Return the twenty pixels that an allocated name carries, as text; "" of any other."""
    match = _allocation(name)
    return (match["pixels"] or "") if match else ""


def focus_in(name: str) -> Point | None:
    """Return the focal point that an allocated name carries.

    >>> focus_in("photos/cat_3000x2000_f3070qk3x9_x7kq2mz9.jpg")
    (0.3, 0.7)
    """
    match = _allocation(name)
    if match is None or match["focus"] is None:
        return None
    return int(match["focus"][:2]) / 100, int(match["focus"][2:]) / 100


def is_aimed(name: str, focus: Point | None) -> bool:
    """Say whether an allocated name carries this focal point, or none as there is none."""
    match = _allocation(name)
    return match is not None and (match["focus"] or "") == _percent(focus)


def is_same_upload(one: str, other: str) -> bool:
    """Say whether two allocated names are of one upload, which was looked at from elsewhere."""
    first, second = _allocation(one), _allocation(other)
    return first is not None and second is not None and _token(first) == _token(second)


def _token(match: re.Match[str]) -> str:
    return match["token"] + match["check"]


@functools.lru_cache(maxsize=32)  # All variants of a source are asked about in a row.
def _allocation(name: str) -> re.Match[str] | None:
    match = _ALLOCATED.fullmatch(name)
    return match if match and _check_digit(match["token"]) == match["check"] else None
