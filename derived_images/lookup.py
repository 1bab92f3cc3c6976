"""What a name stands for: a source that a row names, or a declared variant of one."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

from django.apps import apps
from django.core.files.storage import Storage
from django.db.models import FileField, ImageField, Model
from django.http import Http404

from derived_images.declarations import Declaration, declarations
from derived_images.fields import AutoCleanupImageField, is_followed
from derived_images.files import SourceFile
from derived_images.naming import is_allocated
from derived_images.places import place
from derived_images.references import file_fields, rows_holding

#: Characters of the longest name that any storage has, and of what disks take in a folder.
LONGEST = 1024
LONGEST_PART = 255


@dataclass(frozen=True, eq=False, repr=False)
class MediaFile:
    """A file that is asked for: a source, or a variant of one, whether it is there or not."""

    name: str
    storage: Storage
    #: The field that the source is in.
    field: ImageField
    #: The manager that declares the variant; ``None`` of a source.
    manager: Declaration | None
    #: The variant's name, like ``"thumb"``; ``None`` of a source.
    variant: str | None
    #: The names that the source may have; a variant's does not tell all of it.
    sources: Collection[str]
    _holding: Callable[[], list[Model]]

    def __repr__(self) -> str:
        return f"<MediaFile {self.name!r}: {self.variant or 'source'} of {self.field}>"

    @cached_property
    def rows(self) -> list[Model]:
        """The rows that have this source, asked for when they are needed; some, of very many."""
        # Compared again here: some collations take A for a.
        return [row for row in self._holding() if _source(row, self.field).name in self.sources]

    @property
    def instance(self) -> Model:
        """The row that has the source, loaded when it is needed. Raises `Http404` without one."""
        if not self.rows:
            raise Http404
        return self.rows[0]

    @property
    def source(self) -> SourceFile:
        """The row's own file, which this is or is made of."""
        return _source(self.instance, self.field)

    @property
    def is_allocated(self) -> bool:
        """Whether our field chose the source's name, so that it never stands for another one."""
        ours = isinstance(self.field, AutoCleanupImageField)
        return ours and any(map(is_allocated, self.sources))

    @property
    def is_told(self) -> bool:
        """Whether its name alone tells that it is this field's: chosen by it, and nobody else's."""
        chosen = self.is_allocated and any(_is_in_folder(self.field, each) for each in self.sources)
        where = place(self.storage)
        return chosen and not any(
            place(other.storage) == where and _is_in_folder(other, self.name)
            for other in unfollowed()
        )

    def of(self, row: Model) -> MediaFile:
        """Return the same as one of its rows has it."""
        return replace(self, _holding=lambda: [row])

    @property
    def original(self) -> MediaFile:
        """What the variant is made of. Raises `Http404` without a row."""
        name = str(self.source.name)
        storage = self.field.storage
        return replace(self, name=name, storage=storage, manager=None, variant=None, sources={name})


def _source(row: Model, field: ImageField) -> SourceFile:
    return getattr(row, field.attname)  # type: ignore[no-any-return]


def find(storage: Storage, name: str) -> Iterator[MediaFile]:
    """Yield what the name may stand for in the storage; the storage is not asked.

    Nor is the database about the first, where our field chose the source's name: that one may have no
    row any more. Fields that store in such a folder come first.
    """
    if not is_plain(name):
        return
    read = cache(lambda field: list(_readings(field, storage, name)))
    fields = sorted(followed(), key=lambda field: not _is_in_folder(field, name))
    told = next((file for field in fields for file in read(field) if file.is_told), None)
    if told:
        yield told
    for field in fields:
        yield from (file for file in read(field) if file is not told and file.rows)


def _is_in_folder(field: FileField, name: str) -> bool:
    """Say whether a name lies where the field's uploads do, as far as that is known."""
    folder = folder_of(field)
    return folder is not None and (name.startswith(folder) if folder else "/" not in name)


def folder_of(field: FileField) -> str | None:
    """Return where the field's uploads lie, or above that, with a slash; ``None`` if it may be anywhere."""
    upload_to: Any = field.upload_to
    if callable(upload_to):
        return None
    folder, pattern, _ = str(upload_to).partition("%")
    folder = posixpath.normpath(folder.rpartition("/")[0] if pattern else folder).strip("/")
    if folder != ".":
        return f"{folder}/"
    return None if pattern else ""


def _readings(field: ImageField, storage: Storage, name: str) -> Iterator[MediaFile]:
    """Yield what the name may stand for in one field: its source, a variant of one of its sources."""
    derivations = _derivations(field, place(storage), name)
    sources = {source for each in derivations.values() for source in each}
    holding = cache(lambda: rows_holding(field, sources))
    for (manager, variant), each in derivations.items():
        lying_in = manager.storage_beside(field) if manager else field.storage
        yield MediaFile(name, lying_in, field, manager, variant, each, holding)


def is_plain(name: str) -> bool:
    """Say whether a name can be a file's: no way out of a folder, nothing that cannot be seen."""
    controls = any(ord(character) < 32 or character in "\\\x7f" for character in name)
    parts = name.split("/")
    is_short = len(name) <= LONGEST and max(map(len, parts)) <= LONGEST_PART
    return is_short and not controls and {"", ".", ".."}.isdisjoint(parts)


def followed() -> tuple[ImageField, ...]:
    """Return every field that the library knows: those that clean up, or have variants."""
    return _followed(_models())


def _models() -> tuple[type[Model], ...]:
    """Return all that there are by now: what is worked out for them holds until there are more."""
    return tuple(apps.get_models(include_auto_created=True))


@lru_cache(maxsize=1)
def _followed(models: tuple[type[Model], ...]) -> tuple[ImageField, ...]:
    return tuple(field for field in file_fields() if is_followed(field))


def unfollowed() -> tuple[FileField, ...]:
    """Return the fields that store what the library does not know, whatever it is called."""
    return _unfollowed(_models())


@lru_cache(maxsize=1)
def _unfollowed(models: tuple[type[Model], ...]) -> tuple[FileField, ...]:
    return tuple(field for field in file_fields() if not is_followed(field))


def _derivations(
    field: ImageField, where: Any, name: str
) -> dict[tuple[Declaration | None, str | None], set[str]]:
    """Return manager and variant, or twice `None`, → the sources that the name may tell of."""
    found: dict[tuple[Declaration | None, str | None], set[str]] = defaultdict(set)
    if place(field.storage) == where:
        found[None, None].add(name)
    for manager in declarations(field):
        if place(manager.storage_beside(field)) == where:
            for source, variant in manager.derivations(name):
                found[manager, variant].add(source)
    return found
