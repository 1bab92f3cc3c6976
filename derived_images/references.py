"""Who names a file: asked of the database, in batches, of every file field of every model."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from django.apps import apps
from django.core.files.storage import Storage
from django.db import DatabaseError, Error, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, FileField, ImageField, Model, Q, QuerySet
from django.utils.module_loading import import_string

from derived_images.conf import setting
from derived_images.declarations import Declaration, declarations
from derived_images.naming import split
from derived_images.places import place

logger = logging.getLogger("derived_images")

#: Names in one question; every database takes so many parameters.
BATCH = 500
#: Rows that are read together, when all are.
PAGE = 5000
#: Rows of one database that are read because they share a file.
SHARING = 20

Item = TypeVar("Item")
Rows = TypeVar("Rows", bound=Model)


class NoTable(DatabaseError):
    """A table is nowhere, so nobody knows what its rows name."""


class KeepFailed(Exception):
    """What the project has put into `KEEP` raised an exception."""


def holders(names: Iterable[str]) -> dict[str, set[FileField]]:
    """Return name → the fields with a committed row that names it, or with it as their default.

    Storages are not compared: a false yes only leaves a file for the audit. A field that cannot
    be asked holds every name.
    """
    found: dict[str, set[FileField]] = defaultdict(set)
    for batch in batches(names, BATCH):
        for field in file_fields():
            for name in _held_by(field, batch):
                found[name].add(field)
    return dict(found)


def kept(names: Collection[str]) -> Collection[str]:
    """Return those of `names` that the project's `KEEP` wants kept; all of them, if it fails."""
    try:
        return asked_to_keep(names)
    except KeepFailed:
        logger.exception("Nothing is deleted.")
        return names


def asked_to_keep(names: Collection[str]) -> Collection[str]:
    """Return those of `names` that the project's `KEEP` wants kept. Raises `KeepFailed`."""
    keep = setting("KEEP")
    if keep is None:
        return ()
    try:
        return set(import_string(keep)(names)).intersection(names)
    except Exception as error:
        raise KeepFailed(f"DERIVED_IMAGES['KEEP'] failed: {error!r}") from error


def _held_by(field: FileField, names: Collection[str]) -> Iterable[str]:
    try:
        rows = _rows(field, Q((f"{field.attname}__in", names)))
        # Compared again here: some collations take A for a. The next row may have the default.
        return ({name for _, name in rows} | defaults(field)).intersection(names)
    except Exception:  # A project's own default may raise anything.
        logger.exception("Cannot ask %s who uses %d files; they stay.", field, len(names))
        return names


def defaults(field: FileField) -> set[Any]:
    """Return what the field may have as its default; what is no name is among it."""
    in_database = field.db_default
    return {field.default, getattr(in_database, "value", in_database), field.get_default()}


def file_fields() -> Iterator[FileField]:
    """Yield every file field of every installed model, each column once."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            for field in model._meta.local_fields:
                if isinstance(field, FileField):
                    yield field


def rows_holding(field: FileField, names: Collection[str]) -> list[Model]:
    """Return the rows that name one of these files, or A for a; of many that share one, some."""

    def ask(alias: str) -> list[Model]:
        rows: QuerySet[Model] = QuerySet(model=field.model, using=alias)
        with _harmless(alias):
            found = list(rows.filter(**{f"{field.attname}__in": names}).order_by("pk")[:SHARING])
            if len(found) < SHARING or len(names) == 1:
                return found
            # Those of one name must not hide those of another.
            each = [rows.filter(**{field.attname: name}).order_by("pk") for name in sorted(names)]
            return [row for one in each for row in one[:SHARING]]

    found: list[Model] = []
    with suppress(NoTable):  # What has no table has no row.
        found.extend(_on_every_database(field.model, ask))
    return found


def is_indexed(field: FileField) -> bool:
    """Say whether the database finds a name in this field without looking at every row."""
    firsts = [index.fields[0].lstrip("-") for index in field.model._meta.indexes if index.fields]
    indexed: bool = field.db_index or field.unique  # type: ignore[attr-defined]
    return indexed or field.name in firsts


class Holder(NamedTuple):
    """A row that names a file."""

    #: The database that it is in.
    using: str
    key: Any
    name: str


#: What leaves out rows of a model.
Narrow = Callable[[QuerySet[Model]], QuerySet[Model]]


def names_in_rows(
    model: type[Model], attname: str, narrow: Narrow = QuerySet.all
) -> Iterator[Holder]:
    """Yield every row that names a file, by key, in bounded memory."""
    return _on_every_database(model, lambda alias: _pages(alias, model, attname, narrow))


def _pages(alias: str, model: type[Model], attname: str, narrow: Narrow) -> Iterator[Holder]:
    # By key, not by a cursor: MariaDB's driver would fetch all rows at once.
    rows = _holding(alias, model, attname, narrow)
    page = list(rows[:PAGE])
    while page:
        found = [Holder(alias, tuple(key) if len(key) > 1 else key[0], name) for *key, name in page]
        yield from found
        page = list(rows.filter(pk__gt=found[-1].key)[:PAGE])


def count_in_rows(model: type[Model], attname: str, narrow: Narrow = QuerySet.all) -> int:
    """Return how many rows name a file."""
    return sum(
        _on_every_database(model, lambda alias: [_holding(alias, model, attname, narrow).count()])
    )


def still_naming(model: type[Model], attname: str, holders: Iterable[Holder]) -> set[Holder]:
    """Return those of the rows that name the same file as before."""
    keys: dict[str, list[Any]] = defaultdict(list)
    known = set(holders)
    for each in known:
        keys[each.using].append(each.key)
    return {
        row
        for using, asked in keys.items()
        for row in _pages(using, model, attname, partial(_with_keys, keys=asked))
        if row in known
    }


def _with_keys(rows: QuerySet[Model], keys: list[Any]) -> QuerySet[Model]:
    return rows.filter(pk__in=keys)


def _holding(alias: str, model: type[Model], attname: str, narrow: Narrow) -> QuerySet[Any, Any]:
    # A key column by column: of distinct rows Django neither reads nor sorts one of several rightly.
    columns = [column.attname for column in model._meta.pk_fields]
    rows: QuerySet[Model] = QuerySet(model=model, using=alias)
    rows = rows.exclude(**{f"{attname}__isnull": True}).exclude(**{attname: ""})
    return narrow(rows).order_by(*columns).values_list(*columns, attname)


def _rows(field: FileField, condition: Q) -> Iterator[tuple[Any, str]]:
    """Yield key and name of the rows, on every database where the model may live."""
    return _on_every_database(field.model, lambda alias: _rows_on(alias, field, condition))


def _on_every_database(model: type[Model], ask: Callable[[str], Iterable[Item]]) -> Iterator[Item]:
    """Yield what each database answers. Raises `NoTable` at the end, where none has the table."""
    asked = not model._meta.managed
    for alias in _aliases(model):
        try:
            yield from ask(alias)
            asked = True
        except Error:
            if _has_table(alias, model):
                raise
        except AssertionError as error:
            # How Django's tests forbid a database that they don't name: it has no rows.
            if type(error).__module__ != "django.test.testcases":
                raise
            asked = True
    if not asked:
        raise NoTable(
            f"no database has the table {model._meta.db_table!r} of {model._meta.label}; "
            "are the databases the right ones, and migrated?"
        )


def _aliases(model: type[Model]) -> list[str]:
    """Return the databases where rows may be: where tables are made, and where routers look."""
    aliases = {alias for alias in connections if router.allow_migrate_model(alias, model)}
    aliases |= {router.db_for_read(model), router.db_for_write(model)}
    # An empty dict in DATABASES is no database.
    return sorted(alias for alias in aliases if connections[alias].vendor != "unknown")


def _rows_on(alias: str, field: FileField, condition: Q) -> list[tuple[Any, str]]:
    # Not through a manager, which may hide rows.
    rows: QuerySet[Model] = QuerySet(model=field.model, using=alias).filter(condition).order_by()
    with _harmless(alias):
        return list(rows.values_list("pk", field.attname))


def _harmless(alias: str) -> AbstractContextManager[object]:
    """Return what keeps a question that fails from ending the caller's transaction."""
    in_transaction = not transaction.get_autocommit(using=alias)
    return transaction.atomic(using=alias) if in_transaction else nullcontext()


def _has_table(alias: str, model: type[Model]) -> bool:
    """Say no only where it is certain: a second database seldom has every table."""
    table = model._meta.db_table
    return '"' in table or table in connections[alias].introspection.table_names(include_views=True)


def batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the names, each once and in order, `size` at a time."""
    yield from paged(sorted(set(names)), size)


def paged(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, `size` at a time."""
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page


@dataclass(frozen=True)
class Clash:
    """A name of one source's that another row uses."""

    name: str
    wanted_by: str
    holder: str
    source: str

    def __str__(self) -> str:
        how = "is the source" if self.source == self.name else f"is derived from {self.source!r}"
        return f"{self.name!r} {how} of {self.holder}"


def clashes(
    field: ImageField, files: Mapping[str, Iterable[tuple[Storage, str]]], key: Any = None
) -> list[Clash]:
    """Return who uses the names of these sources' files: rows that hold one, or derive it.

    The sources are of `field`. What a source derives itself does not count, nor what the row with
    this `key` holds of its own.
    """
    wanted = _Wanted(field, key)
    for source, each in files.items():
        for storage, name in each:
            wanted.names[place(storage)][name].add(source)
    found: list[Clash] = []
    for other in file_fields():
        with suppress(NoTable):  # What has no table has no row that clashes.
            found += wanted.clashes_in(other)
    return found


class _Wanted:
    """Names that sources of one field want, by the place where they would lie."""

    def __init__(self, field: ImageField, key: Any) -> None:
        self.field = field
        self.key = key
        #: Place → name → the sources that want it.
        self.names: dict[Hashable, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def clashes_in(self, other: FileField) -> Iterator[Clash]:
        """Yield what rows of another field, or other rows of this one, use of them."""
        held = self.names.get(place(other.storage), {})
        deriving = [
            (manager, self.names[where])
            for manager in declarations(other)
            if (where := place(manager.storage_beside(other))) in self.names
        ]
        question = _named(other, held, deriving)
        for key, source in _rows(other, question) if question else ():
            holder = f"{other.model._meta.label} {key}"
            for wanting in held.get(source, ()):
                if not (other == self.field and key == self.key and source == wanting):
                    yield Clash(source, wanting, holder, source)
            for manager, wanted in deriving:
                for name in sorted(wanted.keys() & set(manager.names(source).values())):
                    for wanting in wanted[name] - self._own(other, source):
                        yield Clash(name, wanting, holder, source)

    def _own(self, other: FileField, source: str) -> set[str]:
        """Return the source itself, where the other field keeps it in the same place."""
        return {source} if place(other.storage) == place(self.field.storage) else set()


def _named(
    field: FileField,
    held: Collection[str],
    deriving: Iterable[tuple[Declaration, Collection[str]]],
) -> Q:
    """Return the question for rows that hold these names, or may derive those."""
    stems = {
        "".join(split(source)[:2])
        for manager, names in deriving
        for name in names
        for source in manager.sources(name)
    }
    exact = stems.union(held)
    question = Q((f"{field.attname}__in", sorted(exact))) if exact else Q()
    # An extension may be anything: whatever has the stem is looked at.
    for stem in sorted(stems):
        question |= Q((f"{field.attname}__startswith", f"{stem}."))
    return question


def names_before(
    model: type[Model], key: Any, attnames: Collection[str], using: str
) -> dict[str, str]:
    """Return attribute → name as the row has it now, locked until the transaction ends."""
    rows: QuerySet[Model] = QuerySet(model=model, using=using).filter(pk=key).order_by()
    return next(iter(locked(rows, attnames).values(*attnames)), {})


def locked(rows: QuerySet[Rows], attnames: Iterable[str]) -> QuerySet[Rows]:
    """Return the rows, which are locked, once read, until the transaction ends; if there is one."""
    connection = connections[rows.db]
    if connection.in_atomic_block and connection.features.has_select_for_update:
        return rows.select_for_update(no_key=connection.features.has_select_for_no_key_update)
    if connection.in_atomic_block:
        # SQLite locks by writing; a transaction that reads first cannot write any more.
        rows.update(**{attname: F(attname) for attname in attnames})
    return rows


def row_key(instance: Model, model: type[Model] | None = None) -> dict[str, str]:
    """Return attribute → text of the row's key, which JSON can carry, composite or not.

    Of its key in the table of `model`, if one of its parents is named.
    """
    fields = (model or instance)._meta.pk_fields
    return {field.attname: field.value_to_string(instance) for field in fields}


def row_naming(
    model: type[Model], key: dict[str, str], attname: str, source: str, using: str | None
) -> Model | None:
    """Return the row with this key, if it names this source."""
    row = QuerySet(model=model, using=using).filter(**key).first()
    return row if row is not None and getattr(row, attname).name == source else None


def open_transaction(committed: str) -> str | None:
    """Return another database than the one just committed where a transaction is open, if any.

    What was done in it is not the truth yet, though this connection sees it.
    """
    for connection in connections.all(initialized_only=True):
        if connection.alias != committed and _is_open(connection):
            return str(connection.alias)
    return None


def _is_open(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block:
        # A test case's own transaction is never committed.
        return not all(getattr(each, "_from_testcase", False) for each in connection.atomic_blocks)
    # Without autocommit the project ends its transactions itself.
    return connection.connection is not None and not connection.autocommit


def having_row(model: type[Model], keys: Collection[Any], using: str | None) -> set[Any]:
    """Return the keys of a parent's rows that have one in this child's table, too."""
    return set(QuerySet(model=model, using=using).filter(pk__in=keys).values_list("pk", flat=True))
