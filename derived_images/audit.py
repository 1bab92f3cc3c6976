"""The audit: what rows name beside what storages hold; each storage listed, each row read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from django.apps import apps
from django.core.files.storage import FileSystemStorage, Storage
from django.db.models import FileField, ImageField, Model

from derived_images import references, tasks
from derived_images.comparison import Comparison, File, Want
from derived_images.declarations import Declaration, declarations
from derived_images.fields import AutoCleanupImageField, followed_fields
from derived_images.files import TEMPORARY
from derived_images.listing import listing
from derived_images.naming import is_allocated
from derived_images.places import place
from derived_images.references import Clash, paged

Item = TypeVar("Item")

#: Files, or rows, that the database is asked about together.
BATCH = 100

#: What may be the matter with a file that is there, and with one that should be.
OF_FILES = ("in use", "orphaned", "leftover", "foreign")
OF_WANTS = ("missing", "unrendered", "clash")


class Unlistable(Exception):
    """A storage does not say what it holds, so nothing can be said about its files."""


class NoFolder(Exception):
    """The folder that somebody named is nowhere."""


class Finding(NamedTuple):
    """A file, or one that should be there, and what is the matter with it."""

    kind: str
    storage: Storage
    name: str
    #: In bytes; ``None`` where the file is not there, or nobody told.
    size: int | None = None
    #: In seconds since 1970; ``None`` where the listing does not tell.
    modified: float | None = None
    #: Which row wants it, and who else; "" where none does.
    row: str = ""


class Count(NamedTuple):
    """How many there are, and how many bytes, as far as known."""

    files: int
    bytes: int


def all_followed() -> set[ImageField]:
    """Return every image field that cleans up, or that variants are derived from."""
    return {field for model in apps.get_models() for field in followed_fields(model).values()}


class Audit:
    """Compares the rows of some image fields with the storages of their files.

    In `folder`, such as ``photos/old/``, if one is given, whatever no row wants is orphaned, whoever
    stored it.
    """

    def __init__(self, fields: Collection[ImageField], folder: str = "") -> None:
        self.fields = fields
        self.folder = folder
        self._places = _Places(fields)
        self._comparison = Comparison()

    def run(self, progress: Callable[[str, int], None]) -> None:
        """List, read and compare; `progress` is told what is done, and how many so far.

        Raises `Unlistable` when a storage cannot be listed, `NoFolder`, `KeepFailed`, and the
        database's own errors, `NoTable` among them.
        """
        # Files first: what is stored and saved meanwhile is named by the time the rows are read.
        for number, storage in self._places.to_be_listed():
            files = _listed(number, storage)
            self._comparison.add_files(_told(files, f"Listing {title(storage)}", progress))
        if self.folder and not self._comparison.has_file_in(self.folder):
            raise NoFolder(f"no storage has files in {self.folder!r}, seen from its top")
        for field in references.file_fields():
            self.read(field, progress)
        self._comparison.settle(self._places.shown)
        self._judge_files()
        self._withdraw_wants()

    def read(self, field: FileField, progress: Callable[[str, int], None]) -> None:
        """Read all rows of a field. Raises the database's own errors, `NoTable` among them."""
        wants = self._wants(field)
        self._comparison.add_wants(
            _told(wants, f"Reading names of {field.model._meta.label}", progress)
        )

    def take(self, field: ImageField, sources: Iterable[str]) -> None:
        """Take these sources for those of a field's rows; no database is asked."""
        rows = ((source, f"another {field.name}", True) for source in sources)
        self._comparison.add_wants(self._of(field, declarations(field), rows))

    def clashes(
        self, field: ImageField, files: Mapping[str, Iterable[tuple[Storage, str]]]
    ) -> list[Clash]:
        """Return who else uses the names of these sources' files, of all rows that were read."""
        own = self._places.number(field.storage)
        return [
            Clash(name, source, row, other)
            for source, each in files.items()
            for storage, name in each
            for row, other in self._comparison.others(
                Want(self._places.number(storage), name, own, source, True, "", True)
            )
        ]

    def counts(self) -> dict[str, Count]:
        """Return kind → how many."""
        counts = self._comparison.counts()
        return {kind: Count(*counts.get(kind, (0, 0))) for kind in (*OF_FILES, *OF_WANTS)}

    def findings(self, kind: str) -> Iterator[Finding]:
        """Yield every file, or want, of this kind."""
        storages = self._places.storages
        if kind in OF_FILES:
            for _, file in self._comparison.files(kind):
                yield Finding(kind, storages[file.place], file.name, file.size, file.modified)
        else:
            for _, want in self._comparison.wants(kind):
                yield Finding(kind, storages[want.place], want.name, row=self._said_by(kind, want))

    def _said_by(self, kind: str, want: Want) -> str:
        if kind != "clash":
            return want.row
        others = (f"{row} with {source!r}" for row, source in self._comparison.others(want))
        return f"{want.row} with {want.source!r}, {', '.join(others)}"

    def free(self, kind: str, before: float) -> Iterator[Finding]:
        """Yield the files of this kind, older than `before`, that the database says are free now.

        Of the folder alone, if one is given. Raises `KeepFailed`.
        """
        field = next(iter(self.fields))  # Any: the question is about other rows' fields.
        old = (found for found in self._due(kind) if _modified(found) < before)
        for batch in paged(old, BATCH):
            kept = self._kept((found.storage, found.name) for found in batch)
            names: dict[str, list[tuple[Storage, str]]] = defaultdict(list)
            for found in batch:
                if found.name not in kept:
                    names[found.name].append((found.storage, found.name))
            free = {(place(storage), name) for _, storage, name in tasks.free(field, names)}
            yield from (found for found in batch if (place(found.storage), found.name) in free)

    def younger(self, kind: str, before: float) -> int:
        """Return how many files of this kind are younger, which `free` leaves out."""
        return sum(_modified(found) >= before for found in self._due(kind))

    def _due(self, kind: str) -> Iterator[Finding]:
        return (found for found in self.findings(kind) if found.name.startswith(self.folder))

    def _wants(self, field: FileField) -> Iterator[Want]:
        """Yield what the rows of a field want, and its defaults."""
        for model, managers in _tables(field).items():
            yield from self._of(field, managers, _sources(field, model, field in self.fields))

    def _of(
        self,
        field: FileField,
        managers: Iterable[Declaration],
        sources: Iterable[tuple[str, str, bool]],
    ) -> Iterator[Want]:
        """Yield the sources, each with its variants."""
        own = self._places.number(field.storage)
        beside = [(self._places.number(each.storage_beside(field)), each) for each in managers]
        for source, row, shown in sources:
            yield Want(own, source, own, source, False, row, shown)
            for number, manager in beside:
                for name in manager.names(source).values():
                    yield Want(number, name, own, source, True, row, shown)

    def _judge_files(self) -> None:
        """Say of every file that no row wants whether it is ours."""
        for batch in paged(self._comparison.files(None), BATCH):
            storages = self._places.storages
            kept = self._kept((storages[file.place], file.name) for _, file in batch)
            for number, file in batch:
                kind = "in use" if file.name in kept else self._kind(file)
                self._comparison.judge(number, kind, self._size(kind, file))

    def _kind(self, file: File) -> str:
        if file.name.endswith(TEMPORARY):
            return "leftover"
        is_claimed = self.folder and file.name.startswith(self.folder)
        is_ours = self._places.origins(self._places.storages[file.place], file.name)
        return "orphaned" if is_ours or is_claimed else "foreign"

    def _size(self, kind: str, file: File) -> int | None:
        if file.size is not None or kind in ("in use", "foreign"):
            return file.size
        try:
            return self._places.storages[file.place].size(file.name)
        except Exception:  # Storages raise whatever they like.
            return None

    def _kept(self, files: Iterable[tuple[Storage, str]]) -> set[str]:
        """Return the names that the project's `KEEP` wants kept, for their sources' sake, too."""
        reasons = {name: {name, *self._places.readings(storage, name)} for storage, name in files}
        kept = set(references.asked_to_keep(set().union(*reasons.values())))
        return {name for name, each in reasons.items() if each & kept}

    def _withdraw_wants(self) -> None:
        """Look again for what is missing: rows and files may have changed since they were read."""
        for batch in paged(self._comparison.wants("missing"), BATCH):
            held = references.holders(want.name for _, want in batch)
            for number, want in batch:
                if want.name not in held or _exists(self._places.storages[want.place], want.name):
                    self._comparison.withdraw(number)


class _Places:
    """The storages of all file fields, by number, and what may lie there."""

    def __init__(self, fields: Collection[ImageField]) -> None:
        self.storages: list[Storage] = []
        self._numbers: dict[Hashable, int] = {}
        #: Where our field stores sources, and place → the managers of their variants.
        self._stored_by_us: set[Hashable] = set()
        self._derived_by_us: dict[Hashable, set[Declaration]] = defaultdict(set)
        #: Place → the managers of the variants there, whoever stores their sources.
        self._derived: dict[Hashable, set[Declaration]] = defaultdict(set)
        for field in references.file_fields():
            self._add(field)
        #: The places that the report is about.
        self.shown = {self.number(each) for field in fields for each in _storages_of(field)}

    def _add(self, field: FileField) -> None:
        for storage in _storages_of(field):
            self.number(storage)
        for manager in declarations(field):
            self._derived[place(manager.storage_beside(field))].add(manager)
        if isinstance(field, AutoCleanupImageField):
            self._stored_by_us.add(place(field.storage))
            for manager in declarations(field):
                self._derived_by_us[place(manager.storage_beside(field))].add(manager)

    def number(self, storage: Storage) -> int:
        """Return the number of the storage's place."""
        number = self._numbers.setdefault(place(storage), len(self.storages))
        if number == len(self.storages):
            self.storages.append(storage)
        return number

    def to_be_listed(self) -> Iterator[tuple[int, Storage]]:
        """Yield number and storage, of the shown and of those that may lie within one another."""
        shown = {_container(self.storages[number]) for number in self.shown}
        for number, storage in enumerate(self.storages):
            if _container(storage) in shown:
                yield number, storage

    def readings(self, storage: Storage, name: str) -> Iterator[str]:
        """Yield the names of all sources that a file may be a variant of."""
        for manager in self._derived.get(place(storage), ()):
            yield from manager.readings(name)

    def origins(self, storage: Storage, name: str) -> list[str]:
        """Return the names our field allocated that a file has, or may be a variant of."""
        where = place(storage)
        if is_allocated(name):
            return [name] if where in self._stored_by_us else []
        managers = self._derived_by_us.get(where, ())
        readings = (source for manager in managers for source in manager.readings(name))
        return [source for source in readings if is_allocated(source)]


def _storages_of(field: FileField) -> list[Storage]:
    beside = (manager.storage_beside(field) for manager in declarations(field))
    return [field.storage, *beside]


def _container(storage: Storage) -> Hashable:
    """Return what holds the storage, and may hold another that is a folder of it."""
    if isinstance(storage, FileSystemStorage):
        return "disk"
    return (getattr(storage, "bucket_name", None), storage.__class__)


def title(storage: Storage) -> str:
    """Return what people call the storage."""
    if isinstance(storage, FileSystemStorage):
        return str(storage.location)
    bucket = getattr(storage, "bucket_name", None)
    return f"{bucket}/{storage.location}" if bucket else type(storage).__name__  # type: ignore[attr-defined]


def _tables(field: FileField) -> dict[type[Model], set[Declaration]]:
    """Return model → managers: a child's managers are about the rows that its table has, too."""
    tables: dict[type[Model], set[Declaration]] = defaultdict(set, {field.model: set()})
    for manager, models in declarations(field).items():
        for model in {field.model} & models or models:
            tables[model].add(manager)
    return tables


def _sources(
    field: FileField, model: type[Model], is_shown: bool
) -> Iterator[tuple[str, str, bool]]:
    """Yield name, who wants it, and whether it is to be reported when it is not there."""
    for default in references.defaults(field):
        if default and isinstance(default, str):
            yield default, f"the default of {field}", False
    for _, key, name in references.names_in_rows(model, field.attname):
        yield name, f"{model._meta.label} {key}", is_shown


def _listed(number: int, storage: Storage) -> Iterator[File]:
    try:
        for found in listing(storage):
            yield File(number, *found)
    except Exception as error:  # Storages raise whatever they like.
        raise Unlistable(f"{title(storage)} cannot be listed: {error}") from error


def _modified(found: Finding) -> float:
    """Return seconds since 1970. What does not tell counts as new, so that it is let be."""
    if found.modified is not None:
        return found.modified
    try:
        return found.storage.get_modified_time(found.name).timestamp()
    except Exception:  # Storages raise whatever they like.
        return float("inf")


def _exists(storage: Storage, name: str) -> bool:
    try:
        return storage.exists(name)
    except Exception:  # It is a name that no file there can have, or the storage is out of reach.
        return False


def _told(items: Iterable[Item], what: str, progress: Callable[[str, int], None]) -> Iterator[Item]:
    """Pass the items on, and tell now and then how many there were."""
    number = 0
    for number, item in enumerate(items, 1):
        yield item
        if number % 1000 == 0:
            progress(what, number)
    progress(what, number)
