"""Images that rows have in a field of their own: taken into the library, and given back.

No file is written, moved or deleted: rows are made that name the files where they lie.
"""

from __future__ import annotations

import logging
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.apps import apps as installed
from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import transaction
from django.db.models import ImageField, Model, QuerySet

from derived_images import headers
from derived_images.attachments import registry
from derived_images.attachments.images import TEXTS, owner_in
from derived_images.attachments.locking import in_transaction
from derived_images.attachments.models import StoredImage
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import IMAGE_MODEL
from derived_images.attachments.uploads import Facts, digest
from derived_images.comparison import scratch
from derived_images.places import place
from derived_images.reading import exists
from derived_images.references import locked
from derived_images.tasks import said_by

logger = logging.getLogger("derived_images")

APP = StoredImage._meta.app_label
#: Characters of a name that a stored file may have.
MAX_LENGTH: int = StoredImage._meta.get_field("file").max_length  # type: ignore[assignment]
#: Rows that are read and written together.
PAGE = 200
#: Memory for what a preview has seen, in KiB.
SCRATCH = 8 * 1024


@dataclass
class Tally:
    """What became of the rows."""

    #: Rows whose image is in the library now.
    moved: int = 0
    #: Of these, whose bytes another row had brought already.
    joined: int = 0
    #: Moved by an earlier run, or changed while this one read it.
    there: int = 0
    #: Rows whose field is empty.
    empty: int = 0
    #: Rows that name a file that is not there, or cannot be read.
    missing: int = 0
    failed: int = 0

    def count(self, name: str, stored: str) -> None:
        """Count an image that is moved, by the names of its file and of the one that is kept."""
        self.moved += 1
        self.joined += name != stored


class _Found(NamedTuple):
    """A row's file that is to be moved."""

    row: Any
    name: str
    owner_key: str
    #: The field of the image that the owner goes into, if there is one.
    owned: dict[str, Any]
    facts: Facts


class _Attached(NamedTuple):
    """An attachment that a row has already."""

    pk: Any
    order: int
    is_cover: bool | None
    image: Any
    file: str
    sha256: str


#: Told how many more rows are done.
Advance = Callable[[int], object]

#: Told of each row with a file that is not moved: its key, the file's name, and why.
Tell = Callable[[Any, str, str], object]


def ignore(rows: int) -> None:
    """Let nobody know how far it is."""


class Adoption:
    """The images of one image field of a model; the models may be those of a migration.

    Raises `ImproperlyConfigured`, if they cannot be moved at all.
    """

    def __init__(self, apps: Apps, label: str, field: str, using: str, tell: Tell) -> None:
        self.model: type[Model] = apps.get_model(label)
        self.field = _image_field(self.model, field)
        self.using = using
        self.tell = tell
        self.tally = Tally()
        self.column = registry.column_for(self.model)
        self.stored = self._rows(apps.get_model(APP, "StoredImage"))
        self.images = self._rows(apps.get_model(IMAGE_MODEL))
        self.attachments = self._rows(apps.get_model(APP, "ImageAttachment"))
        self._content_types = self._rows(apps.get_model("contenttypes", "ContentType"))

    @property
    def is_registered(self) -> bool:
        """Whether rows of the model, as it is today, show what is attached to them."""
        try:
            return registry.is_registered(installed.get_model(self.model._meta.label))
        except LookupError:
            return False

    def _rows(self, model: type[Model]) -> QuerySet[Any]:
        # Not through a manager, which may hide rows, and which models of migrations don't have.
        return QuerySet(model=model, using=self.using)

    def count(self) -> int:
        """Return how many rows there are."""
        return self._rows(self.model).count()

    def move(self, advance: Advance = ignore) -> Tally:
        """Take the rows' images into the library; those that are there stay as they are.

        Each page of rows is a transaction of its own; no row is locked while files are read.
        `advance` is told how many rows are done.
        """
        for keys in self._pages():
            found = self._find_all(keys)
            moved = in_transaction(self.using, partial(self._attach, found))
            for each, name in moved:
                self.tally.count(each.name, name)
            self.tally.there += len(found) - len(moved)
            advance(len(keys))
        return self.tally

    def preview(self, advance: Advance = ignore) -> Tally:
        """Tell what `move()` would do, by reading all that it would read."""
        seen = scratch(self, SCRATCH)
        seen.execute("CREATE TABLE seen (owner, sha256, name, PRIMARY KEY (owner, sha256))")
        for keys in self._pages():
            found = self._find_all(keys)
            stored = [(each.owner_key, each.sha256, each.file.name) for each in self._same(found)]
            new = [(each.owner_key, each.facts.sha256, each.name) for each in found]
            seen.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", stored + new)
            for owner_key, sha256, name in new:
                first = "SELECT name FROM seen WHERE owner = ? AND sha256 = ?"
                self.tally.count(name, *seen.execute(first, (owner_key, sha256)).fetchone())
            advance(len(keys))
        return self.tally

    def give_back(self, advance: Advance = ignore) -> Tally:
        """Let rows have their image in the field alone, as before it was moved.

        A field that no row has a name in was dropped meanwhile: each row is given that of its
        cover's file. Then it is all of them or none, so that this can be told the next time, too.
        """
        is_dropped = self._is_empty(self.field)
        doubt = self._doubt() if is_dropped else ""
        with transaction.atomic(using=self.using) if is_dropped else nullcontext():
            for keys in self._pages():
                work = partial(self._give_back, keys, is_dropped, doubt)
                given, left = in_transaction(self.using, work)
                for row, name, reason in left:
                    self._leave(row, name, "failed", reason)
                self.tally.moved += given
                self.tally.empty += len(keys) - given - len(left)
                advance(len(keys))
        return self.tally

    def _pages(self) -> Iterator[list[Any]]:
        # By key, not by a cursor: MariaDB's driver would fetch all rows at once.
        rows = self._rows(self.model).order_by("pk").values_list("pk", flat=True)
        page = list(rows[:PAGE])
        while page:
            yield page
            page = list(rows.filter(pk__gt=page[-1])[:PAGE])

    def _content_type(self) -> Any:
        # In a migration that makes the model it has no content type yet.
        options = _root_of(self.model)._meta
        return self._content_types.get_or_create(
            app_label=options.app_label, model=options.model_name
        )[0]

    def _find_all(self, keys: list[Any]) -> list[_Found]:
        attached = self._attached(keys)
        rows = self._rows(self.model).filter(pk__in=keys).order_by("pk")
        return [each for row in rows if (each := self._find(row, attached[row.pk]))]

    def _attach(self, found: list[_Found]) -> list[tuple[_Found, str]]:
        """Attach what still is as it was found; return it, each with the name of its stored file."""
        names = {
            row.pk: getattr(row, self.field.attname).name
            for row in self._locked([each.row.pk for each in found])
        }
        attached = self._attached(names)
        found = [
            each
            for each in found
            if names.get(each.row.pk) == each.name
            and not any(other.sha256 == each.facts.sha256 for other in attached[each.row.pk])
        ]
        stored = self._store(found)
        files = [stored[each.owner_key, each.facts.sha256] for each in found]
        pairs = list(zip(found, files, strict=True))
        content_type = self._content_type()
        self.attachments.bulk_create(
            self.attachments.model(
                image=self._image(each, file),
                content_type=content_type,
                order=max((other.order + 1 for other in attached[each.row.pk]), default=0),
                is_cover=None if any(other.is_cover for other in attached[each.row.pk]) else True,
                **{self.column: each.row.pk},
            )
            for each, file in pairs
        )
        return [(each, file.file.name) for each, file in pairs]

    def _locked(self, keys: list[Any]) -> list[Any]:
        rows = self._rows(self.model).filter(pk__in=keys).order_by("pk")
        return list(locked(rows, [self.field.attname]))

    def _attached(self, keys: Iterable[Any]) -> dict[Any, list[_Attached]]:
        """Return key → what is attached to the row, in order."""
        found: dict[Any, list[_Attached]] = defaultdict(list)
        rows = self._on_rows(keys).order_by("order", "pk")
        names = ("image__stored__file", "image__stored__sha256")
        for key, *facts in rows.values_list(
            self.column, "pk", "order", "is_cover", "image", *names
        ):
            found[key].append(_Attached(*facts))
        return found

    def _on_rows(self, keys: Iterable[Any]) -> QuerySet[Any]:
        options = _root_of(self.model)._meta
        own = {
            "content_type__app_label": options.app_label,
            "content_type__model": options.model_name,
            f"{self.column}__in": list(keys),
        }
        return self.attachments.filter(**own)

    def _find(self, row: Any, attached: list[_Attached]) -> _Found | None:
        """Return the row's file, if it has one that is not moved yet."""
        name = getattr(row, self.field.attname).name
        if not name:
            self.tally.empty += 1
            return None
        if any(each.file == name for each in attached):
            self.tally.there += 1
            return None
        if len(name) > MAX_LENGTH:
            self._leave(row, name, "failed", f"Its name has more than {MAX_LENGTH} characters.")
            return None
        facts = self._facts(row, name)
        if facts is None:
            return None
        if any(each.sha256 == facts.sha256 for each in attached):
            self.tally.there += 1
            return None
        owner = policy().owner_of(row)
        try:
            owned = owner_in(self.images.model, owner)
        except ValidationError as error:
            self._leave(row, name, "failed", error.messages[0])
            return None
        return _Found(row, name, policy().owner_key(owner), owned, facts)

    def _facts(self, row: Any, name: str) -> Facts | None:
        try:
            with self.field.storage.open(name) as file:
                return _facts_of(file)
        except FileNotFoundError:
            self._leave(row, name, "missing", "It is not there.")
        except Exception as error:  # Storages raise whatever they like.
            self._leave(row, name, "failed", said_by(error))
        return None

    def _leave(self, row: Any, name: str, kind: str, reason: str) -> None:
        setattr(self.tally, kind, getattr(self.tally, kind) + 1)
        self.tell(row.pk, name, reason)

    def _same(self, found: list[_Found]) -> QuerySet[Any]:
        return self.stored.filter(sha256__in={each.facts.sha256 for each in found})

    def _store(self, found: list[_Found]) -> dict[tuple[str, str], Any]:
        """Return owner's key and hash → what holds these bytes, made of the first that has them."""
        new = {(each.owner_key, each.facts.sha256): each for each in reversed(found)}
        same = self._same(found)
        there = {(each.owner_key, each.sha256) for each in same}
        self.stored.bulk_create(
            [
                self.stored.model(file=each.name, owner_key=key[0], **each.facts._asdict())
                for key, each in new.items()
                if key not in there
            ],
            ignore_conflicts=True,  # An upload may be as fast.
        )
        stored = {
            (each.owner_key, each.sha256): each for each in locked(same.order_by("pk"), ["sha256"])
        }
        for key, each in new.items():
            first = stored[key].file.name
            if first != each.name and not exists(self.field.storage, first):
                # Its file was lost, and here are the same bytes.
                stored[key].file = each.name
                stored[key].save(using=self.using, update_fields=["file"])
        return stored

    def _image(self, found: _Found, stored: Any) -> Any:
        name = posixpath.basename(found.name)
        return self.images.create(stored=stored, name=name, **found.owned)

    def _give_back(
        self, keys: list[Any], is_dropped: bool, doubt: str
    ) -> tuple[int, list[tuple[Any, str, str]]]:
        """Return how many rows have their image back; of the others the file, and why not."""
        rows = self._locked(keys)
        attached = self._attached(keys)
        given = []
        left = []
        for row in rows:
            name, own = getattr(row, self.field.attname).name, attached[row.pk]
            back = _cover(own) if is_dropped else self._moved_from(name, own)
            if back is None:
                continue
            if is_dropped and len(back.file) > (self.field.max_length or MAX_LENGTH):
                left.append((row, back.file, "Its name is too long for the field."))
            elif doubt:
                left.append((row, back.file, doubt))
            else:
                setattr(row, self.field.attname, name or back.file)
                given.append((row, back))
        self._rows(self.model).bulk_update([row for row, _ in given], [self.field.name])
        self._forget([back for _, back in given])
        self._promote(keys)
        return len(given), left

    def _is_empty(self, field: ImageField) -> bool:
        return not self._rows(self.model).filter(**{f"{field.name}__gt": ""}).exists()

    def _doubt(self) -> str:
        """Say why it cannot be known which images were moved from this field."""
        others = [
            field.name
            for field in self.model._meta.fields
            if isinstance(field, ImageField) and field != self.field
            if _is_in_library(field) and self._is_empty(field)
        ]
        return f"It may have been in {' or '.join(others)}: give it back by hand." if others else ""

    def _moved_from(self, name: str, attached: list[_Attached]) -> _Attached | None:
        """Return what was moved from a row with that name."""
        if not name:
            return None
        same = next((each for each in attached if each.file == name), None)
        if same is None and attached:
            with suppress(Exception), self.field.storage.open(name) as file:
                sha256 = digest(file)
                # One that was joined to another file of the same bytes.
                same = next((each for each in attached if each.sha256 == sha256), None)
        return same

    def _forget(self, attached: list[_Attached]) -> None:
        """Delete attachments; images that nobody has said a word about, and are on no other row."""
        images = self.images.filter(pk__in=[each.image for each in attached])
        stored = list(images.values_list("stored", flat=True))
        self.attachments.filter(pk__in=[each.pk for each in attached]).delete()
        nothing = {"attachments": None, "creator": None, **dict.fromkeys(TEXTS, "")}
        images.filter(**nothing).delete()
        self.stored.filter(pk__in=stored, images=None).delete()

    def _promote(self, keys: list[Any]) -> None:
        """Let the first of what is left on each row be its cover."""
        covers = [
            own[0].pk
            for own in self._attached(keys).values()
            if not any(each.is_cover for each in own)
        ]
        self.attachments.filter(pk__in=covers).update(is_cover=True)


def _cover(attached: list[_Attached]) -> _Attached | None:
    return next((each for each in attached if each.is_cover), None)


def _root_of(model: type[Model]) -> type[Model]:
    """Return the model that is registered today: a migration's own cannot know that of its parent."""
    try:
        return registry.root_of(installed.get_model(model._meta.label))
    except (LookupError, ValidationError):  # A migration may be older than the model's name.
        return model


def _facts_of(file: Any) -> Facts:
    sha256 = digest(file)
    try:
        dimensions: tuple[int | None, int | None] = headers.identify(file).dimensions
    except headers.UnreadableImage:  # It is moved as it is: nothing is lost.
        dimensions = None, None
    return Facts(sha256, file.size, *dimensions)


def _is_in_library(field: ImageField) -> bool:
    return place(field.storage) == place(StoredImage._meta.get_field("file").storage)


def _image_field(model: type[Model], name: str) -> ImageField:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    if not isinstance(field, ImageField):
        raise ImproperlyConfigured(f"{name!r} is not an ImageField of {model._meta.label}.")
    if not _is_in_library(field):
        raise ImproperlyConfigured(
            f"The files of {field} are in another storage than those of images: copy them to "
            "the same names there, and give the field that storage, before they are moved."
        )
    return field
