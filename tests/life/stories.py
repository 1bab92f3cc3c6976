"""Named life stories: how they are told, and judged. What they tell is in `stories_*`.

A story is a function that does something to rows and yields, whenever it may be judged, what must
be seen at that moment: row → colour, or a `Moment`. It uses Django's public API and the models of
the life app alone, so that it can be told of other libraries, too.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db import connection, connections
from django.db.models import Model

from tests.life import models as life
from tests.life.candidate import audit, derived
from tests.life.oracle import Truth, Verdict, judge, picture


@dataclass(frozen=True)
class Moment:
    """What must be seen now; `stays` are names that nothing need name, or name → colour."""

    truth: Truth = field(default_factory=dict)
    stays: Iterable[str] = ()


@dataclass(frozen=True)
class Story:
    name: str
    #: What it guards, in a sentence.
    guards: str
    function: Callable[[], Iterator[Truth | Moment]]
    #: That something goes wrong, and is logged, is part of the story.
    logs_errors: bool


class Untold(Exception):
    """The story cannot be told here, and why."""


_stories: dict[str, Story] = {}


def story(function: Any = None, *, logs_errors: bool = False) -> Any:
    """Register a function as a story, by its name."""
    if function is None:
        return lambda function: story(function, logs_errors=logs_errors)
    guards = function.__doc__.partition("\n\n")[0]
    _stories[function.__name__] = Story(function.__name__, guards, function, logs_errors)
    return function


def all_stories() -> list[Story]:
    """Return every story, in the order of the modules and of their lines."""
    for path in sorted(Path(__file__).parent.glob("stories_*.py")):
        import_module(f"tests.life.{path.stem}")
    return list(_stories.values())


def tell(each: Story) -> list[Verdict]:
    """Tell a story, judge its moments, and return what is wrong; raises `Untold`."""
    verdicts: list[Verdict] = []
    with _errors_logged() as logged:
        try:
            for moment in each.function():
                moment = moment if isinstance(moment, Moment) else Moment(moment)
                verdicts += judge(moment.truth, moment.stays)
        except Untold:
            raise
        except Exception:
            verdicts.append(Verdict("ERROR", each.name, traceback.format_exc()))
    if not each.logs_errors:
        verdicts += [Verdict("ERROR", each.name, message) for message in logged]
    return verdicts


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """Collect what anybody logs as an error: after a commit libraries raise nothing."""
    messages: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: messages.append(handler.format(record))
    logging.getLogger().addHandler(handler)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(handler)


# --- What stories are told with


def tell_only_if(condition: object, reason: str) -> None:
    if not condition:
        raise Untold(reason)


def new(model: type[Model], color: str, name: str = "cat.png", **values: Any) -> Any:
    """Return a row that shows this colour."""
    return model._base_manager.create(image=picture(color, name), **values)


def photo(color: str, name: str = "cat.png") -> life.Photo:
    return new(life.Photo, color, name)


def again(row: Model) -> Any:
    """Return another instance of the row, as a second request has it."""
    return type(row)._default_manager.using(row._state.db).get(pk=row.pk)


def files_of(row: Model, attname: str = "image") -> list[str]:
    """Return the names of a source and of all that is derived from it."""
    image = getattr(row, attname)
    return [image.name, *(name for _, name in derived(image.field, image.name))]


def swept(truth: Truth, stays: Iterable[str]) -> Iterator[Moment]:
    """Yield two moments: these files may stay until an audit, where the library has one."""
    yield Moment(truth, stays)
    if audit():
        yield Moment(truth)


# --- Storages, one of which has no path()

_undeletable: set[str] = set()


class _Fragile:
    def delete(self, name: str) -> None:
        if name in _undeletable:
            raise OSError(f"{name} cannot be deleted")
        super().delete(name)


class OnDisk(_Fragile, FileSystemStorage):
    """A folder."""


class InMemory(_Fragile, InMemoryStorage):
    """No folder, and no `path()`."""


@contextmanager
def undeletable(name: str) -> Iterator[None]:
    """Let the default storage fail to delete this file."""
    _undeletable.add(name)
    try:
        yield
    finally:
        _undeletable.clear()


# --- A second session

#: Vendor → how many sessions wait for a lock.
_WAITING = {
    "postgresql": "SELECT count(*) FROM pg_locks WHERE NOT granted",
    "mysql": "SELECT variable_value FROM information_schema.global_status "
    "WHERE variable_name = 'Innodb_row_lock_current_waits'",
}


@contextmanager
def second_session() -> Iterator[Callable[..., Future[Any]]]:
    """Yield what starts work on a connection of its own."""
    tell_only_if(connection.vendor in _WAITING, "SQLite has one writer at a time")

    def closing(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        yield lambda work, *args, **kwargs: pool.submit(closing, work, *args, **kwargs)


def wait_until_blocked(work: Future[Any]) -> None:
    """Return when the other session waits for a lock, or has nothing more to do."""
    waiting = 0
    while not waiting and not work.done():
        with connection.cursor() as cursor:
            cursor.execute(_WAITING[connection.vendor])
            waiting = int(cursor.fetchone()[0])
