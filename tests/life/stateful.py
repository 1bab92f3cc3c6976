"""Random lives of rows and files, each beside a model that knows by itself what must be there.

`World` is the model: rows and files as Python dicts, told by the machines what they do, never
asking the library. A `Handle` is an instance in somebody's memory, fresh or stale. The machines are
families of rules, put together from mixins; `Everything` has them all.

What the model says of the three places where opinions may differ:

- A stale row that is saved whole writes the names that it has in memory. Where such a file has
  rightly gone meanwhile, the row names what is not there: the model knows exactly which rows do,
  and lets the oracle say so of those names and no other.
- What was stored in a transaction that rolled back, or never saved on a row, stays for the audit:
  the model knows each such file by name, and it must be there as long as the model says.
- Django's own fields may give a new file the name of one that has gone, and rows that still name
  that one then show another's: uploads to those fields all have names of their own.
- `image.delete()` of Django's own fields deletes the file at once, whoever names it: no rule calls
  it there.
"""

from __future__ import annotations

import copy
import logging
import pickle
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.db.models import CharField, FileField, Model, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.life import models as life
from tests.life.candidate import derived
from tests.life.oracle import COLORS, content, judge, picture, read

ALIASES = ("default", "other")
INSTALLED_APPS = ["django.contrib.contenttypes", "derived_images", "tests.life"]
#: Files that rows name before anything was uploaded, and that never go.
DEFAULTS = {"defaults/none.png": "gray", "defaults/called.png": "black"}
#: Where fields store that allocate no names.
THEIRS = ("plain/", "documents/")
#: Columns of Django's own fields: their sources stay.
KEEPING = {("life_plain", "image"), ("life_document", "file")}
#: Columns whose files no variant is derived from.
UNDERIVED = {
    ("life_document", "file"),
    ("life_withdefault", "image"),
    ("life_withcallabledefault", "image"),
}
#: What our field calls a source, and where its name says to look.
ALLOCATED = re.compile(
    r"_\d+x\d+(?:_f(?P<focus>\d{4})?[a-z][a-z0-9]{4})?_(?P<token>[a-z][a-z0-9]{7})\.png$"
)
POINT = re.compile(r"(\d+)%")
POINTS = ("", "10% 90%", "50% 50%", "100% 0%")
MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}

#: Alias, table, key.
Key = tuple[str, str, Any]
#: Which of several: everything is chosen from lists in the order of their making.
pick = st.integers(0, 1000)
color = st.sampled_from(sorted(COLORS))


@cache
def columns(model: type[Model]) -> dict[str, str]:
    """Return attribute → table, of the model's file fields."""
    return {
        each.attname: each.model._meta.db_table
        for each in model._meta.fields
        if isinstance(each, FileField)
    }


def tables(model: type[Model]) -> set[str]:
    """Return the tables that a row of this model is in."""
    return {model._meta.db_table, *(parent._meta.db_table for parent in model._meta.parents)}


@dataclass(eq=False)
class Handle:
    """An instance in somebody's memory: what it holds is not what its row holds."""

    instance: Model
    #: Attribute → name, of the fields that are loaded.
    held: dict[str, str]
    #: Attribute → color of an upload that was assigned and is not stored yet.
    pending: dict[str, str] = field(default_factory=dict)
    #: Attribute → names stored since the instance was last saved.
    stored: dict[str, list[str]] = field(default_factory=dict)

    @property
    def model(self) -> type[Model]:
        return type(self.instance)

    @property
    def alias(self) -> str:
        return self.instance._state.db or "default"

    @property
    def is_new(self) -> bool:
        """Say whether there is surely no such row."""
        chosen = isinstance(self.instance._meta.pk, UUIDField)
        return self.instance.pk is None or (self.instance._state.adding and chosen)

    def forget(self, attname: str, name: str) -> None:
        """Hold another name, whatever was held or waited to be stored."""
        self.held[attname] = name
        self.pending.pop(attname, None)

    def attname(self, which: int) -> str:
        """Return one of its file fields."""
        attnames = list(columns(self.model))
        return attnames[which % len(attnames)]


def stays(table: str, attname: str, name: str) -> bool:
    """Say whether a field leaves a source where it is, though nobody names it."""
    may_be_default = table == "life_withcallabledefault" and name.startswith(THEIRS)
    return may_be_default or (table, attname) in KEEPING


class World:
    """What databases and the default storage hold, worked out from what was done to them."""

    def __init__(self) -> None:
        #: Alias → table and key → attribute → name. A page's album is there, too, as a number.
        self.rows: dict[str, dict[tuple[str, Any], dict[str, Any]]] = {each: {} for each in ALIASES}
        #: Name → color, of the sources that are in the storage.
        self.colors = dict(DEFAULTS)
        #: Table, attribute and name of what was set free, and waits for a commit of the alias.
        self.freed: dict[str, list[tuple[str, str, str]]] = {each: [] for each in ALIASES}
        #: What was set free by a commit, but waited for another database that rolled back.
        self.forgotten: set[tuple[str, str, str]] = set()
        self.waiting: set[tuple[str, str, str]] = set()
        #: Alias → rows at the beginning of each open transaction or savepoint, and len(freed).
        self.levels: dict[str, list[tuple[dict[Any, Any], int]]] = {each: [] for each in ALIASES}

    def row(self, alias: str, model: type[Model], pk: Any) -> dict[str, Any] | None:
        """Return attribute → value of a row, of all its tables; None where one has no such row."""
        parts = [self.rows[alias].get((table, pk)) for table in tables(model)]
        return None if None in parts else {k: v for part in parts for k, v in part.items()}

    def names(self, rows: dict[tuple[str, Any], dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
        """Yield table, key, attribute and name of all that names something."""
        for (table, pk), row in rows.items():
            for attname, name in row.items():
                if isinstance(name, str) and name:
                    yield table, pk, attname, name

    def named(self) -> set[str]:
        """Return what rows name."""
        return {name for rows in self.rows.values() for *_, name in self.names(rows)}

    def write(
        self,
        alias: str,
        handle: Handle,
        attnames: Collection[str],
        *,
        is_new: bool,
        **values: Any,
    ) -> None:
        """Write what the handle holds over its row, or make the row."""
        for table in tables(handle.model):
            self.rows[alias].setdefault((table, handle.instance.pk), {})
        for attname, table in columns(handle.model).items():
            row = self.rows[alias][table, handle.instance.pk]
            before, stored = row.setdefault(attname, ""), handle.stored.get(attname, [])
            if attname in attnames:
                name = row[attname] = handle.held[attname]
                drawn = [name] if name in stored or not (is_new or name == before) else []
                drawn = [] if (table, attname) in UNDERIVED else drawn
                others = [each for each in stored if each != name]
                # What is drawn late for a row that has gone is taken back.
                self.free(alias, table, attname, [before, *others, *drawn])
                handle.stored.pop(attname, None)
        self.rows[alias][handle.model._meta.db_table, handle.instance.pk].update(values)

    def delete(self, alias: str, keys: Collection[tuple[str, Any]]) -> None:
        """Take rows away, each of one table."""
        for table, pk in keys:
            for attname, name in self.rows[alias].pop((table, pk), {}).items():
                self.free(alias, table, attname, [name])

    def free(self, alias: str, table: str, attname: str, names: Collection[Any]) -> None:
        """Take note that these names may go once they are committed, if nobody needs them."""
        freed = [name for name in names if isinstance(name, str) and name]
        self.freed[alias] += [(table, attname, name) for name in freed]

    def must_be(self) -> Iterator[str]:
        """Yield the files that must be there: of what was forgotten, another removal may know."""
        forgotten = {name for _, _, name in self.forgotten}
        if forgotten:
            forgotten -= self.named()
        return (name for name in self.colors if name not in forgotten)

    def begin(self, alias: str) -> None:
        rows = {key: dict(row) for key, row in self.rows[alias].items()}
        self.levels[alias].append((rows, len(self.freed[alias])))

    def commit(self, alias: str) -> None:
        self.levels[alias].pop()

    def roll_back(self, alias: str, *, by_hand: bool = False) -> None:
        self.rows[alias], freed = self.levels[alias].pop()
        if not by_hand:  # Of savepoints made by hand Django's hooks know nothing.
            self.forgotten |= self.waiting.intersection(self.freed[alias][freed:])
            del self.freed[alias][freed:]

    def settle(self, alias: str) -> None:
        """What was set free goes, once it is committed, if nobody names it.

        While another database has a transaction open, it waits for that one's commit.
        """
        unfinished = [each for each in ALIASES if self.levels[each]]
        if unfinished:
            self.freed[unfinished[0]] += self.freed[alias]
            self.waiting.update(self.freed[alias])
        else:
            named = self.named() | DEFAULTS.keys()
            for table, attname, name in self.freed[alias]:
                if name not in named and not stays(table, attname, name):
                    self.colors.pop(name, None)
            self.waiting.clear()
        self.freed[alias].clear()


class Errors(logging.Handler):
    """What the library logs as an error: it raises nothing after a commit."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


LOGGERS = ("derived_images", "django.db.backends.base")


class Life(RuleBasedStateMachine):
    """Rows are made, shown other pictures, cleared, deleted and read."""

    models: tuple[type[Model], ...] = (life.Photo, life.WithUUID, life.Pair, life.Elsewhere)
    aliases: tuple[str, ...] = ("default",)
    #: Steps done by all machines of this process.
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.environment = override_settings(STORAGES={**settings.STORAGES, "default": MEMORY})
        self.environment.enable()
        for model in reversed(list(apps.get_app_config("life").get_models())):
            if model._meta.managed:
                for alias in ALIASES:
                    rows: QuerySet[Model] = QuerySet(model=model, using=alias)
                    rows._raw_delete(alias)
        self.errors = Errors()
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self.errors)
        for name, shown in DEFAULTS.items():
            default_storage.save(name, ContentFile(content(shown)))
        self.world = World()
        self.open: list[tuple[str, transaction.Atomic | str]] = []
        self.handles: list[Handle] = []
        self.uploads = 0
        #: A commit was not judged yet.
        self.is_due = False

    def teardown(self) -> None:
        failed = sys.exc_info()[0] is not None
        try:
            for alias in reversed(ALIASES):
                while self.levels(alias):
                    self.leave(alias, commit=not failed and len(self.world.colors) % 2 == 0)
            if not failed:
                self.is_due = True
                self.judge()
        finally:
            for name in LOGGERS:
                logging.getLogger(name).removeHandler(self.errors)
            self.environment.disable()

    # --- What must hold

    @invariant()
    def judge(self) -> None:
        """After each commit, rows and files are what they must be; LOST is nothing at any time."""
        Life.steps += 1
        lost = [name for name in self.world.must_be() if not default_storage.exists(name)]
        assert not lost, f"LOST {lost}"
        assert not self.errors.messages, f"ERROR {self.errors.messages}"
        if self.is_due and not self.open:
            self.is_due = False
            found, expected = self.names_in_database(), self.expected_names()
            assert not found - expected, f"a row names {found - expected}"
            assert not expected - found, f"no row names {expected - found}"
            wrong = self.verdicts()
            assert not wrong, "\n".join(wrong)

    def verdicts(self) -> list[str]:
        """Return what the oracle finds wrong, but for what the documentation says."""
        world = self.world
        truth, excused = {}, set()
        for alias, rows in world.rows.items():
            for table, pk, attname, name in world.names(rows):
                if name in world.colors:
                    truth[Cell(MODELS[table], pk, alias), attname] = world.colors[name]
                else:
                    excused |= {name, *(variant for _, variant in variants(table, attname, name))}
        for freed in world.forgotten:
            excused |= {f"default:{freed[2]}"}
            excused |= {f"{alias}:{variant}" for alias, variant in variants(*freed)}
        found = judge(truth, stays={name: world.colors[name] for name in world.must_be()})
        return [str(verdict) for verdict in found if verdict.name not in excused]

    def expected_names(self) -> Counter[tuple[str, ...]]:
        return Counter(
            (alias, table, attname, name)
            for alias, rows in self.world.rows.items()
            for table, _, attname, name in self.world.names(rows)
        )

    def names_in_database(self) -> Counter[tuple[str, ...]]:
        return Counter((alias, *row) for alias in ALIASES for row in names_in_rows(alias))

    # --- How rules do it

    def levels(self, alias: str) -> int:
        return len(self.world.levels[alias])

    def committed(self, alias: str) -> None:
        """After whatever may have been a commit: model what follows from it."""
        if not self.levels(alias):
            self.world.settle(alias)
            self.is_due = True

    def leave(self, alias: str, *, commit: bool) -> None:
        """End the innermost transaction or savepoint of an alias."""
        which = max(n for n, (each, _) in enumerate(self.open) if each == alias)
        _, block = self.open.pop(which)
        if commit:
            self.world.commit(alias)
        else:
            self.world.roll_back(alias, by_hand=isinstance(block, str))
        if isinstance(block, str):
            end = transaction.savepoint_commit if commit else transaction.savepoint_rollback
            end(block, using=alias)
        elif commit:
            block.__exit__(None, None, None)
        else:
            block.__exit__(RuntimeError, RuntimeError(), None)
        self.committed(alias)

    @contextmanager
    def atomic(self, alias: str) -> Iterator[None]:
        self.world.begin(alias)
        with transaction.atomic(using=alias):
            yield
        self.world.commit(alias)
        self.committed(alias)

    def keys(self, models: Collection[type[Model]] | None = None) -> list[tuple[type[Model], Key]]:
        """Return all rows, by every model of this machine that they can be seen as."""
        return [
            (model, (alias, table, pk))
            for alias in self.aliases
            for table, pk in self.world.rows[alias]
            for model in models or self.models
            if model._meta.db_table == table
        ]

    def key(self, handle: Handle) -> tuple[type[Model], Key] | None:
        """Return the handle's row, if there is one."""
        key = handle.alias, handle.model._meta.db_table, handle.instance.pk
        row = self.world.row(handle.alias, handle.model, handle.instance.pk)
        return None if row is None else (handle.model, key)

    def load(self, model: type[Model], key: Key, deferred: str = "") -> Handle:
        """Read a row, and find it to be as expected."""
        alias, _, pk = key
        rows: QuerySet[Model] = QuerySet(model=model, using=alias)
        instance = (rows.defer(deferred) if deferred else rows).get(pk=pk)
        expected = self.world.row(alias, model, pk)
        held = {attname: expected[attname] for attname in columns(model) if attname != deferred}
        assert held == {attname: getattr(instance, attname).name or "" for attname in held}
        return Handle(instance, held)

    def choose(self, which: int, models: Collection[type[Model]] | None = None) -> Handle | None:
        """Return one of the kept handles, or one of the rows, read now."""
        kept = [each for each in self.handles if models is None or each.model in models]
        # What is kept goes stale the sooner, the oftener its row is changed behind its back.
        choices: list[Any] = [*kept, *filter(None, map(self.key, kept)), *self.keys(models)]
        if not choices:
            return None
        chosen = choices[which % len(choices)]
        return chosen if isinstance(chosen, Handle) else self.load(*chosen)

    def touch(self, handle: Handle, attname: str) -> bool:
        """Load a deferred field, as whoever asks for its file does; say if there is a row."""
        row = self.world.row(handle.alias, handle.model, handle.instance.pk)
        if attname not in handle.held and row is not None:
            assert (getattr(handle.instance, attname).name or "") == row[attname]
            handle.held[attname] = row[attname]
        return attname in handle.held

    def assign(self, handle: Handle, attname: str, shown: str) -> None:
        setattr(handle.instance, attname, self.picture(handle, attname, shown))
        handle.forget(attname, "")
        handle.pending[attname] = shown

    def picture(self, handle: Handle, attname: str, shown: str) -> SimpleUploadedFile:
        """Return an upload; of Django's own fields never under a name that a gone file had."""
        self.uploads += 1
        is_keeping = (columns(handle.model)[attname], attname) in KEEPING
        return picture(shown, f"cat{self.uploads}.png" if is_keeping else "cat.png")

    def assign_name(self, handle: Handle, attname: str, name: str | None) -> None:
        setattr(handle.instance, attname, name)
        handle.forget(attname, name or "")

    def store(self, handle: Handle, attname: str, shown: str) -> None:
        """What storing means: a name that no file had, held by the instance."""
        name = getattr(handle.instance, attname).name
        assert name not in self.world.colors, f"{name} was another's"
        self.world.colors[name] = shown
        handle.forget(attname, name)
        handle.stored.setdefault(attname, []).append(name)

    def can_save(self, handle: Handle, fields: Collection[str] | None = None) -> bool:
        """Say whether Django would write the row, and not raise."""
        row = self.world.row(handle.alias, handle.model, handle.instance.pk)
        if handle.model is life.Page:
            album = ("life_album", handle.instance.album_id)
            if album not in self.world.rows[handle.alias]:
                return False
        is_whole = fields is None and len(handle.held) == len(columns(handle.model))
        return is_whole or row is not None

    def save(self, handle: Handle, fields: Collection[str] | None = None) -> None:
        """Save, if Django would, and expect what Django writes."""
        if self.can_save(handle, fields):
            is_new = handle.is_new
            handle.instance.save(update_fields=fields)
            self.saved(handle, fields, is_new=is_new)

    def saved(
        self, handle: Handle, fields: Collection[str] | None = None, *, is_new: bool = False
    ) -> None:
        attnames = [each for each in handle.held if fields is None or each in fields]
        self.catch_up(handle, [each for each in attnames if each not in handle.pending])
        for attname in attnames:
            if attname in handle.pending:
                self.store(handle, attname, handle.pending[attname])
        for attname in columns(handle.model).keys() - handle.instance.get_deferred_fields():
            if attname not in handle.held:  # Django loads a row of which nothing was.
                row = self.world.row(handle.alias, handle.model, handle.instance.pk)
                handle.held[attname] = row[attname]
        values = {"album_id": handle.instance.album_id} if handle.model is life.Page else {}
        self.world.write(handle.alias, handle, attnames, is_new=is_new, **values)
        if handle.model is life.Aimed and (fields is None or "focus" in fields):
            self.aimed(handle)
        self.committed(handle.alias)

    def catch_up(self, handle: Handle, attnames: Collection[str]) -> None:
        """What an older instance holds of a picture that was looked at from elsewhere is its new name."""
        row = self.world.row(handle.alias, handle.model, handle.instance.pk) or {}
        for attname in attnames:
            held, now = (
                ALLOCATED.search(handle.held[attname]),
                ALLOCATED.search(row.get(attname, "")),
            )
            if held and now and held["token"] == now["token"]:
                handle.held[attname] = row[attname]

    def aimed(self, handle: Handle) -> None:
        """What another focal point means: the row's picture under a name that tells it."""
        row = self.world.rows[handle.alias]["life_aimed", handle.instance.pk]
        before = row["image"]
        told = ALLOCATED.search(before)
        focus = "".join(f"{min(int(part), 99):02}" for part in POINT.findall(handle.instance.focus))
        if not before or ((told and told["focus"]) or "") == focus:
            return
        if before not in self.world.colors:  # Some stale handle wrote the name of what had gone.
            lost = f"Cannot look elsewhere in {before!r}."
            assert self.errors.messages.pop().startswith(lost)
            return
        rows: QuerySet[Model] = QuerySet(model=life.Aimed, using=handle.alias)
        name = rows.values_list("image", flat=True).get(pk=handle.instance.pk)
        assert (ALLOCATED.search(name)["focus"] or "") == focus
        assert name not in self.world.colors, f"{name} was another's"
        self.world.colors[name] = self.world.colors[before]
        self.world.free(handle.alias, "life_aimed", "image", [before, name])
        row["image"] = name
        held = handle.instance.image
        if held._committed:
            handle.forget("image", held.name or "")

    def delete_row(self, handle: Handle, **options: Any) -> None:
        alias, pk = handle.alias, handle.instance.pk
        keys = self.cascade(alias, handle.model, pk)
        if options.get("keep_parents"):
            keys = {(handle.model._meta.db_table, pk)}
        if handle.model is life.Unmanaged and keys - {("life_photo", pk)}:
            return  # The child's key holds it; only the models' own relations cascade.
        if (
            handle.instance.get_deferred_fields()
            and self.world.row(alias, handle.model, pk) is None
        ):
            return  # Django reads a parent of which it has not all, and raises if it has gone.
        handle.instance.delete(**options)
        self.world.delete(alias, keys)
        for attname, names in handle.stored.items():
            self.world.free(alias, columns(handle.model)[attname], attname, names)
        self.committed(alias)

    def cascade(self, alias: str, model: type[Model], pk: Any) -> set[tuple[str, Any]]:
        """Return table and key of all that goes with a row."""
        keys = {(table, pk) for table in tables(model)}
        if ("life_photo", pk) in keys:
            keys.add(("life_child", pk))
        if model is life.Album:
            rows = self.world.rows[alias].items()
            keys |= {key for key, row in rows if row.get("album_id") == pk}
        return keys & self.world.rows[alias].keys()

    # --- Rules

    @initialize(shown=st.permutations(sorted(COLORS)), share=st.booleans())
    def begin_with_rows(self, shown: list[str], share: bool) -> None:
        for n, model in enumerate(self.models):
            self.create(model, shown[n % len(shown)], self.aliases[n % len(self.aliases)])
        if share:
            self.share_all()

    def share_all(self) -> None:
        """Let every other row name its neighbour's file, too."""
        keys = self.keys()
        for one, other in zip(keys[::2], keys[1::2], strict=False):
            handle, twin = self.load(*one), self.load(*other)
            self.assign_name(twin, twin.attname(0), handle.held[handle.attname(0)])
            self.save(twin)

    def create(
        self, model: type[Model], shown: str | None, alias: str, *, save: bool = True
    ) -> Handle:
        instance = model(**self.needed(model, alias))
        instance._state.db = alias
        handle = Handle(instance, dict.fromkeys(columns(model), ""))
        for attname in columns(model):
            handle.held[attname] = getattr(instance, attname).name or ""
            if shown:
                self.assign(handle, attname, shown)
        if save:
            self.save(handle)
        return handle

    def needed(self, model: type[Model], alias: str) -> dict[str, Any]:
        """Return what a new row cannot be without."""
        if model is not life.Page:
            return {}
        albums = [pk for table, pk in self.world.rows[alias] if table == "life_album"]
        if not albums:
            albums = [life.Album.objects.using(alias).create().pk]
            self.world.rows[alias]["life_album", albums[0]] = {}
        return {"album_id": albums[-1]}

    @rule(which=pick, shown=st.none() | color, alias=pick)
    def create_row(self, which: int, shown: str | None, alias: int) -> None:
        model = self.models[which % len(self.models)]
        self.create(model, shown, self.aliases[alias % len(self.aliases)])

    @rule(which=pick, at=pick, shown=color, how=st.sampled_from(["assign", "save", "store"]))
    def upload(self, which: int, at: int, shown: str, how: str) -> None:
        handle = self.choose(which)
        if handle is None or not self.touch(handle, attname := handle.attname(at)):
            return
        if how == "assign":
            self.assign(handle, attname, shown)
        else:
            upload = self.picture(handle, attname, shown)
            getattr(handle.instance, attname).save(upload.name, upload, save=False)
            self.store(handle, attname, shown)
        if how != "store":
            self.save(handle)

    @rule(which=pick, at=pick, how=st.sampled_from([None, "", "delete", "delete later"]))
    def clear(self, which: int, at: int, how: str | None) -> None:
        handle = self.choose(which)
        if handle is None or not self.touch(handle, attname := handle.attname(at)):
            return
        if how not in ("delete", "delete later"):
            self.assign_name(handle, attname, how)
            self.save(handle)
        elif (columns(handle.model)[attname], attname) not in KEEPING and self.can_save(handle):
            # Without a file Django does nothing, and saves nothing.
            held, is_new = handle.held[attname] or attname in handle.pending, handle.is_new
            getattr(handle.instance, attname).delete(save=how == "delete")
            handle.forget(attname, "")
            if held and how == "delete":
                self.saved(handle, is_new=is_new)

    @rule(which=pick)
    def delete(self, which: int) -> None:
        handle = self.choose(which)
        if handle is not None and handle.instance.pk is not None:
            self.delete_row(handle)

    @rule(which=pick)
    def read_row(self, which: int) -> None:
        """Read a row and its file, outside of any transaction in one that may not be nested."""
        keys = self.keys()
        if not keys:
            return
        model, key = keys[which % len(keys)]
        with transaction.atomic(using=key[0], durable=not self.levels(key[0])):
            handle = self.load(model, key)
            for attname, name in handle.held.items():
                if name in self.world.colors:
                    file = getattr(handle.instance, attname)
                    assert read(file.storage, file.name) == content(self.world.colors[name])


class Sharing:
    """Rows name other rows' files: one file is many rows', or another's."""

    models = (life.Photo, life.WithUUID, life.Pair, life.Elsewhere, life.Document, life.Plain)

    def two(self, one: int, other: int) -> tuple[Handle, Handle] | None:
        """Return two rows."""
        first, second = self.choose(one), self.choose(other)
        if first is None or second is None or first is second:
            return None
        is_same = row_of(first) == row_of(second)
        return None if is_same else (first, second)

    @rule(which=pick, at=pick, name=pick)
    def name_a_file(self, which: int, at: int, name: int) -> None:
        handle, names = self.choose(which), list(self.world.colors)
        if handle is not None:
            self.assign_name(handle, handle.attname(at), names[name % len(names)])
            self.save(handle)

    @rule(model=pick, name=pick)
    def create_sharing(self, model: int, name: int) -> None:
        """Make a row that names a file of one that has the same variants."""
        cls, names = self.models[model % len(self.models)], list(self.world.colors)
        handle = self.create(cls, None, self.aliases[0], save=False)
        for attname in handle.held:
            self.assign_name(handle, attname, names[name % len(names)])
        self.save(handle)

    @rule(one=pick, other=pick, ats=st.tuples(pick, pick))
    def swap(self, one: int, other: int, ats: tuple[int, int]) -> None:
        if pair := self.two(one, other):
            attnames = [each.attname(at) for each, at in zip(pair, ats, strict=True)]
            if all(map(self.touch, pair, attnames)) and all(map(self.can_save, pair)):
                names = [each.held[attname] for each, attname in zip(pair, attnames, strict=True)]
                with self.atomic(pair[0].alias), self.atomic(pair[1].alias):
                    for handle, attname, name in zip(pair, attnames, names[::-1], strict=True):
                        self.assign_name(handle, attname, name)
                        self.save(handle)

    @rule(one=pick, other=pick, ats=st.tuples(pick, pick), taken_first=st.booleans())
    def move(self, one: int, other: int, ats: tuple[int, int], taken_first: bool) -> None:
        """Move a name; in a transaction where the row that had it is saved first."""
        if pair := self.two(one, other):
            attnames = [each.attname(at) for each, at in zip(pair, ats, strict=True)]
            if all(map(self.touch, pair, attnames)) and all(map(self.can_save, pair)):
                self.assign_name(pair[1], attnames[1], pair[0].held[attnames[0]])
                self.assign_name(pair[0], attnames[0], "")
                if taken_first:
                    with self.atomic(pair[0].alias), self.atomic(pair[1].alias):
                        self.save(pair[0])
                        self.save(pair[1])
                else:
                    self.save(pair[1])
                    self.save(pair[0])

    @rule(which=pick)
    def copy_row(self, which: int) -> None:
        if (handle := self.choose(which)) and is_whole(handle):
            twin = copied(handle)
            twin.instance.pk = twin.instance.id = None
            twin.instance._state.adding = True
            self.save(twin)


class Looking:
    """Rows say where to look in their pictures, and look elsewhere."""

    models = (life.Aimed, life.Photo, life.Plain)

    @rule(which=pick, point=st.sampled_from(POINTS), alone=st.booleans())
    def look_elsewhere(self, which: int, point: str, alone: bool) -> None:
        handle = self.choose(which, [life.Aimed])
        if handle is not None:
            handle.instance.focus = point
            self.save(handle, ["focus"] if alone else None)


class Transactions:
    """Transactions and savepoints, committed and rolled back."""

    def levels_of(self, which: int) -> tuple[str, int]:
        alias = self.aliases[which % len(self.aliases)]
        return alias, self.levels(alias)

    @rule(alias=pick, durable=st.booleans())
    def begin(self, alias: int, durable: bool) -> None:
        using, levels = self.levels_of(alias)
        if levels < 3:
            self.enter(using, durable=durable and not levels)

    def enter(self, using: str, *, durable: bool = False) -> None:
        block = transaction.atomic(using=using, durable=durable)
        block.__enter__()
        self.world.begin(using)
        self.open.append((using, block))

    @rule(which=pick, at=pick, shown=color, again=st.none() | color)
    def retry(self, which: int, at: int, shown: str, again: str | None) -> None:
        """Upload, roll back, and save what is in memory still, or upload something else."""
        handle = self.choose(which)
        if handle is None or not self.touch(handle, attname := handle.attname(at)):
            return
        if not self.can_save(handle):
            return
        using = handle.alias
        self.enter(using)
        self.assign(handle, attname, shown)
        self.save(handle)
        self.leave(using, commit=False)
        if again:
            self.assign(handle, attname, again)
        self.save(handle)

    @precondition(lambda self: self.open)
    @rule()
    def begin_by_hand(self) -> None:
        """Make a savepoint that no `atomic()` knows of."""
        using = self.open[-1][0]
        if self.levels(using) < 4:
            self.world.begin(using)
            # The name that Django 6.1 has for it.
            create = getattr(transaction, "savepoint_create", transaction.savepoint)
            self.open.append((using, create(using=using)))

    @precondition(lambda self: self.open)
    @rule()
    def commit(self) -> None:
        self.leave(self.open[-1][0], commit=True)

    @precondition(lambda self: self.open)
    @rule()
    def roll_back(self) -> None:
        self.leave(self.open[-1][0], commit=False)

    @precondition(lambda self: self.open)
    @rule(commit=st.booleans())
    def end(self, commit: bool) -> None:
        """End all that one alias has open."""
        using = self.open[-1][0]
        while self.levels(using):
            self.leave(using, commit=commit)


class Handles:
    """Instances that are kept while their rows move on: every rule may act through one."""

    def keep(self, handle: Handle) -> None:
        self.handles = [*self.handles[-5:], handle]

    @rule(which=pick)
    def keep_fresh(self, which: int) -> None:
        if keys := self.keys():
            self.keep(self.load(*keys[which % len(keys)]))

    @rule(which=pick, at=pick)
    def keep_deferred(self, which: int, at: int) -> None:
        if keys := self.keys():
            model, key = keys[which % len(keys)]
            attnames = list(columns(model))
            self.keep(self.load(model, key, deferred=attnames[at % len(attnames)]))

    @precondition(lambda self: self.handles)
    @rule(which=pick, pickled=st.booleans())
    def keep_copy(self, which: int, pickled: bool) -> None:
        handle = self.handles[which % len(self.handles)]
        if not handle.pending:
            self.keep(copied(handle, pickled=pickled))

    @rule(which=pick, at=pick, shown=color)
    def assign_later(self, which: int, at: int, shown: str) -> None:
        """Assign a file, and save whenever a rule does."""
        handle = self.choose(which)
        if handle is not None:
            self.assign(handle, handle.attname(at), shown)
            if handle not in self.handles:
                self.keep(handle)

    @precondition(lambda self: self.handles)
    @rule(which=pick)
    def save_kept(self, which: int) -> None:
        self.save(self.handles[which % len(self.handles)])

    @precondition(lambda self: self.handles)
    @rule(which=pick, fields=pick)
    def save_fields(self, which: int, fields: int) -> None:
        """Save some fields: the title, one of the files, or all."""
        handle = self.handles[which % len(self.handles)]
        own = {each.attname for each in handle.model._meta.concrete_fields}
        choices = [each for each in ("title", *handle.held) if each in own]
        if choices:
            self.save(handle, choices[: fields % len(choices) + 1])

    @precondition(lambda self: self.handles)
    @rule(which=pick, at=pick)
    def refresh(self, which: int, at: int) -> None:
        handle = self.handles[which % len(self.handles)]
        row = self.world.row(handle.alias, handle.model, handle.instance.pk)
        if row is not None:
            attname = handle.attname(at)
            handle.instance.refresh_from_db(fields=[attname])
            handle.forget(attname, row[attname])

    @precondition(lambda self: self.handles)
    @rule()
    def forget(self) -> None:
        self.handles.pop(0)


class Inheritance:
    """Rows of several tables and classes, which come and go from every end."""

    models = (life.Photo, life.Child, life.Proxy, life.Unmanaged, life.Page, life.WithDefault)

    @rule(which=pick, several=st.integers(1, 7))
    def delete_query_set(self, which: int, several: int) -> None:
        """Delete some rows of one model with one query set."""
        keys = self.keys()
        if not keys:
            return
        model, (alias, _, _) = keys[which % len(keys)]
        same = [key for other, key in keys if other is model and key[0] == alias]
        pks = [pk for n, (_, _, pk) in enumerate(same[:3]) if several >> n & 1]
        going = {key for pk in pks for key in self.cascade(alias, model, pk)}
        if model is life.Unmanaged and any(table == "life_child" for table, _ in going):
            return
        QuerySet(model=model, using=alias).filter(pk__in=pks).delete()
        self.world.delete(alias, going)
        self.committed(alias)

    @rule(which=pick, by_query_set=st.booleans())
    def delete_album(self, which: int, by_query_set: bool) -> None:
        if keys := self.keys([life.Album]):
            model, (alias, _, pk) = keys[which % len(keys)]
            rows = model.objects.using(alias).filter(pk=pk)
            going = self.cascade(alias, model, pk)
            (rows if by_query_set else rows.get()).delete()
            self.world.delete(alias, going)
            self.committed(alias)

    @rule(which=pick)
    def delete_but_keep_the_parent(self, which: int) -> None:
        handle = self.choose(which, [life.Child])
        if handle is not None and handle.instance.pk is not None:
            self.delete_row(handle, keep_parents=True)


class Databases:
    """Rows in two databases, and some that go from one to the other."""

    aliases = ALIASES

    @rule(which=pick)
    def save_to_the_other(self, which: int) -> None:
        handle = self.choose(which)
        if handle is None or not is_whole(handle) or handle.model is life.Page:
            return
        pk, other = handle.instance.pk, ALIASES[handle.alias == "default"]
        has_row = self.world.row(other, handle.model, pk) is not None
        if has_row or isinstance(handle.instance._meta.pk, UUIDField):
            is_new = handle.is_new
            handle.instance.save(using=other)
            self.saved(handle, is_new=is_new)


class SharingLife(Sharing, Life):
    pass


class LookingLife(Looking, Sharing, Life):
    pass


class LookingBackLife(Looking, Transactions, Handles, Sharing, Life):
    """Whoever looks elsewhere may be stale, and may be rolled back."""


class TransactionLife(Transactions, Sharing, Life):
    pass


class HandleLife(Handles, Life):
    models = (life.Photo, life.WithUUID, life.Pair, life.Plain, life.WithDefault)


class RetryLife(Transactions, Handles, Life):
    """What was rolled back is saved again, by whoever still has it in memory."""

    models = (life.Photo, life.Pair, life.WithUUID)


class InheritanceLife(Inheritance, Sharing, Life):
    pass


class DatabaseLife(Databases, Transactions, Sharing, Life):
    models = (life.Photo, life.WithUUID, life.Pair)


class Everything(Looking, Databases, Inheritance, Handles, Transactions, Sharing, Life):
    models = (
        life.Aimed,
        life.Photo,
        life.Child,
        life.Proxy,
        life.Unmanaged,
        life.WithUUID,
        life.Pair,
        life.Elsewhere,
        life.Page,
        life.WithDefault,
        life.WithCallableDefault,
        life.Document,
        life.Plain,
    )


def row_of(handle: Handle) -> tuple[str, Any]:
    """Return what two classes of one row have in common."""
    root = [*handle.model._meta.parents, handle.model][0]
    return f"{handle.alias} {root._meta.db_table}", handle.instance.pk


def is_whole(handle: Handle) -> bool:
    """Say whether all fields are loaded, and stored."""
    return len(handle.held) == len(columns(handle.model)) and not handle.pending


def copied(handle: Handle, *, pickled: bool = False) -> Handle:
    """Return another instance that holds the same."""
    instance = handle.instance
    # Django's shallow copies share their file: what one clears has no name in the other.
    twin = pickle.loads(pickle.dumps(instance)) if pickled else copy.deepcopy(instance)  # noqa: S301
    stored = {attname: list(names) for attname, names in handle.stored.items()}
    return Handle(twin, dict(handle.held), {}, stored)


class Cell:
    """A row as the oracle looks at one; Django's own would equal that of another database."""

    def __init__(self, model: type[Model], pk: Any, alias: str) -> None:
        self._meta = model._meta
        self._state = SimpleNamespace(db=alias)
        setattr(self, model._meta.pk.attname, pk)


def variants(table: str, attname: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield alias of the storage and name of what is derived from a column's source."""
    for storage, name in derived(MODELS[table]._meta.get_field(attname), source):
        yield "default" if storage == default_storage else "elsewhere", name


#: Table → its model.
MODELS = {
    model._meta.db_table: model
    for model in apps.get_app_config("life").get_models()
    if model._meta.managed and not model._meta.proxy
}


@cache
def question(alias: str) -> tuple[str, tuple[Any, ...]]:
    """Return the query for table, attribute and name of all rows of one database."""
    parts = [
        QuerySet(model=model, using=alias)
        .order_by()
        .values_list(
            Cast(Value(table), CharField(max_length=200)),
            Cast(Value(each.attname), CharField(max_length=200)),
            Cast(each.attname, CharField(max_length=200)),
        )
        for table, model in MODELS.items()
        for each in model._meta.local_fields
        if isinstance(each, FileField)
    ]
    return parts[0].union(*parts[1:], all=True).query.get_compiler(alias).as_sql()


def names_in_rows(alias: str) -> list[tuple[str, str, str]]:
    """Return table, attribute and name of all that names something in one database."""
    with connections[alias].cursor() as cursor:
        cursor.execute(*question(alias))
        return [row for row in cursor.fetchall() if row[-1]]
