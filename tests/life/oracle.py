"""Says what is wrong with rows and files: LOST, BROKEN, LEAK. It trusts the story, not the library.

Every picture has one colour. The truth of a story says which row shows which colour; the oracle
reads the database and the storages by itself and compares.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.db.models import FileField, Model
from PIL import Image, ImageStat

from tests.life.candidate import derived

#: Colour → what is drawn. Far enough from each other to be told apart after compression.
COLORS = {
    "red": (220, 30, 30),
    "green": (30, 200, 60),
    "blue": (40, 60, 230),
    "yellow": (240, 220, 20),
    "violet": (150, 20, 170),
    "white": (250, 250, 250),
    "gray": (120, 120, 120),
    "black": (5, 5, 5),
}

#: Instead of a colour: the file must be there, whatever it shows.
ANYTHING = "anything"

#: Row and attribute → the colour that it shows.
Truth = Mapping["Model | tuple[Model, str]", str]


@dataclass(frozen=True, order=True)
class Verdict:
    kind: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.why}"


@cache
def content(color: str) -> bytes:
    """Return the bytes of the picture of this colour, always the same."""
    buffer = io.BytesIO()
    Image.new("RGB", (12, 8), COLORS[color]).save(buffer, "PNG")
    return buffer.getvalue()


def picture(color: str, name: str = "cat.png") -> SimpleUploadedFile:
    """Return an upload of one colour."""
    return SimpleUploadedFile(name, content(color), "image/png")


def judge(truth: Truth, stays: Iterable[str] = ()) -> list[Verdict]:
    """Return what is wrong.

    `stays` are names in the default storage that nothing need name; as name → colour, of files
    that must be there.
    """
    expected = {_place(key): color for key, color in truth.items()}
    named = list(_named())
    places = {place for place, _, _ in named}
    verdicts = [
        Verdict("LOST", str(place), f"the row should show {color}, and names nothing")
        for place, color in expected.items()
        if place not in places
    ]
    wanted = {("default", name) for name in stays}
    for name, color in stays.items() if isinstance(stays, Mapping) else ():
        verdicts += _judge_source(storages["default"], name, color)
    for place, field, name in named:
        wanted.add((_alias(field.storage), name))
        verdicts += _judge_source(field.storage, name, expected.get(place))
        for storage, variant in derived(field, name):
            wanted.add((_alias(storage), variant))
            verdicts += _judge_variant(storage, variant, expected.get(place))
    for alias in _aliases():
        for name in files(storages[alias]):
            if (alias, name) not in wanted:
                verdicts.append(Verdict("LEAK", f"{alias}:{name}", "no row names or derives it"))
    return sorted(set(verdicts))


def files(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the names of all files in the storage."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in names if name)
    for each in folders:
        yield from files(storage, f"{folder}{each}/")


def _aliases() -> list[str]:
    return [alias for alias in storages.backends if alias != "staticfiles"]


def _alias(storage: Storage) -> str:
    return next((alias for alias in _aliases() if storages[alias] == storage), "default")


Place = tuple[str, str, str, str]


def _place(key: Model | tuple[Model, str]) -> Place:
    row, attname = key if isinstance(key, tuple) else (key, "image")
    field = row._meta.get_field(attname)
    alias = row._state.db or "default"
    return (
        alias,
        field.model._meta.db_table,
        str(getattr(row, field.model._meta.pk.attname)),
        attname,
    )


def _named() -> Iterator[tuple[Place, FileField, str]]:
    """Yield, for every file that some row of this app names: where, by which field, and its name."""
    for model in apps.get_app_config("life").get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FileField) and not model._meta.proxy:
                table, key = model._meta.db_table, model._meta.pk
                for alias in connections:
                    for value, name in _rows(alias, table, key.column, field.column):
                        yield (alias, table, str(key.to_python(value)), field.attname), field, name


def _rows(alias: str, table: str, key: str, column: str) -> list[tuple[Any, str]]:
    """Return key and name of the rows that name something; random lives ask very often."""
    quoted = [connections[alias].ops.quote_name(each) for each in (key, column, table)]
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT {0}, {1} FROM {2} WHERE {1} <> ''".format(*quoted))  # noqa: S608
        return cursor.fetchall()


def _judge_source(storage: Storage, name: str, color: str | None) -> Iterator[Verdict]:
    try:
        data = read(storage, name)
    except FileNotFoundError:
        yield Verdict("LOST", name, "a row names it, and it is not there")
        return
    if color == ANYTHING:
        return
    if color is not None and data != content(color):
        yield Verdict("LOST", name, f"it is not the {color} picture any more")
    elif color is None and data not in map(content, COLORS):
        yield Verdict("LOST", name, "it is none of the pictures that were uploaded")


def _judge_variant(storage: Storage, name: str, color: str | None) -> Iterator[Verdict]:
    try:
        mean = _mean_color(read(storage, name))
    except FileNotFoundError:
        yield Verdict("BROKEN", name, "the variant is not there")
        return
    except OSError:
        yield Verdict("BROKEN", name, "the variant cannot be decoded")
        return
    if color is not None and any(
        abs(have - want) > 25 for have, want in zip(mean, COLORS[color], strict=True)
    ):
        yield Verdict("BROKEN", name, f"the variant is not {color}")


@cache
def _mean_color(data: bytes) -> list[float]:
    """Return what the picture shows; random lives have few pictures, and look at each many times."""
    with Image.open(io.BytesIO(data)) as image:
        return ImageStat.Stat(image.convert("RGB")).mean


def read(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return file.read()
