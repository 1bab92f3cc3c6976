"""Races: processes with connections of their own that do something to the same rows, in step.

`Racers` are the processes, `lent` is the test's database as they can open it, and the functions
below `in_step` are what they do.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

import django
from django.apps import apps
from django.db import connections, transaction
from django.test import override_settings

if not apps.ready:
    # A racer begins here. The fewer models, the cheaper each question who uses a file.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.life.settings"
    django.setup()

from tests.life.models import Photo
from tests.life.oracle import COLORS, picture

#: Seconds until whoever waits for racers that do not come gives up.
PATIENCE = 120

Racer = Callable[[], Any]


@dataclass(frozen=True)
class Track:
    """Where racers run."""

    #: Alias → name.
    databases: dict[str, str]
    media: str
    processor: str


class Racers:
    """So many processes, which wait for their next race."""

    def __init__(self, count: int) -> None:
        # Not forked: a connection is nothing to share.
        context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(count, timeout=PATIENCE)
        self._executor = ProcessPoolExecutor(count, context, _wait_here, (self._barrier,))

    def start(self, track: Track, racers: Iterable[Racer]) -> list[Future[Any]]:
        """Let each racer run in a process of its own; there must be one for each process."""
        self._barrier.reset()
        return [self._executor.submit(_run, track, racer) for racer in racers]

    def race(self, track: Track, racers: Iterable[Racer]) -> list[Any]:
        """Return what the racers returned, once all of them have; raise what one raised."""
        return self.finish(self.start(track, racers))

    def finish(self, running: Iterable[Future[Any]]) -> list[Any]:
        """Wait for all; raise the error of the one that the others then did not wait for."""
        running = list(running)
        errors = [error for each in running if (error := each.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, BrokenBarrierError)):
            raise error
        return [each.result() for each in running]

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)


@contextmanager
def lent(folder: Path) -> Iterator[dict[str, str]]:
    """Yield alias → name of databases that other processes can open.

    A database in memory is copied into a file, and back again.
    """
    if connections["default"].vendor != "sqlite":
        yield {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
        return
    names = {alias: str(folder / f"{alias}.sqlite3") for alias in connections}
    for alias, name in names.items():
        with closing(sqlite3.connect(name)) as file:
            connections[alias].ensure_connection()
            connections[alias].connection.backup(file)
    yield names
    for alias, name in names.items():
        with closing(sqlite3.connect(name)) as file:
            file.backup(connections[alias].connection)


# --- In the racers' processes

_barrier: Any = None


def _wait_here(barrier: Any) -> None:
    global _barrier
    _barrier = barrier


def _run(track: Track, racer: Racer) -> Any:
    for alias, name in track.databases.items():
        connections[alias].settings_dict["NAME"] = name
    processor = {"PROCESSOR": track.processor}
    try:
        with override_settings(MEDIA_ROOT=track.media, DERIVED_IMAGES=processor), _errors() as told:
            result = racer()
    except BaseException:
        _barrier.abort()  # Nobody need wait for this one.
        raise
    finally:
        connections.close_all()
    assert not told, "\n".join(told)
    return result


@contextmanager
def _errors() -> Iterator[list[str]]:
    """Yield what is logged as an error: what fails after commit is not raised."""
    told: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.setFormatter(logging.Formatter())
    handler.emit = lambda record: told.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield told
    finally:
        logging.getLogger().removeHandler(handler)


def in_step(items: Iterable[Any]) -> Iterator[Any]:
    """Yield each item when every racer has come to it."""
    for item in items:
        _barrier.wait()
        yield item


def _block(in_transaction: bool) -> AbstractContextManager[Any]:
    return transaction.atomic() if in_transaction else nullcontext()


def replace(keys: Sequence[Any], *, in_transaction: bool) -> None:
    """Store a new picture on each of the rows, some of which may be the same.

    The rows are loaded before, and are stale by then; one that was deleted is made again.
    """
    rows = Photo.objects.in_bulk(keys)
    colors = itertools.cycle(COLORS)
    for key in in_step(keys):
        with _block(in_transaction):
            rows[key].image = picture(next(colors))
            rows[key].save()


def replace_locked(keys: Sequence[Any]) -> None:
    """Store a new picture on each of the rows that is still there, while it cannot be deleted."""
    rows = Photo.objects.in_bulk(keys)
    colors = itertools.cycle(COLORS)
    for key in in_step(keys):
        with transaction.atomic():
            if _lock(key):
                rows[key].image = picture(next(colors))
                rows[key].save()


def delete(keys: Sequence[Any], *, in_transaction: bool) -> None:
    """Delete each of the rows, by an instance that was loaded before."""
    rows = Photo.objects.in_bulk(keys)
    for key in in_step(keys):
        with _block(in_transaction):
            rows[key].delete()
            rows[key].pk = key


def delete_by_query_set(keys: Sequence[Any]) -> None:
    """Delete each of the rows, by a query set."""
    for key in in_step(keys):
        Photo.objects.filter(pk=key).delete()


def share(names: dict[Any, str]) -> list[str]:
    """Make a new row for each of the rows, which names the file that the row named.

    Return the names of those that were still there after the new row was committed.
    """
    in_time = []
    for key, name in in_step(names.items()):
        Photo.objects.create(image=name)
        if Photo.objects.filter(pk=key).exists():
            in_time.append(name)
    return in_time


def share_locked(keys: Sequence[Any]) -> int:
    """Make a new row for each of the rows that names its file, while the row cannot be deleted.

    Return how many were still there.
    """
    shared = 0
    for key in in_step(keys):
        with transaction.atomic():
            if _lock(key):
                Photo.objects.create(image=Photo.objects.get(pk=key).image.name)
                shared += 1
    return shared


def _lock(key: Any) -> bool:
    """Lock the row as every database can, by an update; say whether it is there."""
    return bool(Photo.objects.filter(pk=key).update(title="locked"))


def render(key: Any, rounds: int) -> None:
    """Render one variant of the row, over and over."""
    row = Photo.objects.get(pk=key)
    for _ in in_step(range(rounds)):
        assert row.variants.render("thumb") == ["thumb"]
