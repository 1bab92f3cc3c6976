"""What the server pays for a page, rows included: time, queries, and what the storage is asked."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import connection

from benchmarks.pages.gallery import WAYS, Way
from benchmarks.pages.storages import CountedStorage


class Visit(NamedTuple):
    """One page that was built."""

    seconds: float
    calls: Counter[str]


def visits(rounds: int) -> dict[str, list[Visit]]:
    """Return, of each way, its visits in every round but the first, one way after the other."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, way in WAYS.items():
            for when, visit in _visited(way):
                if number:
                    found[name + when].append(visit)
    return found


def _visited(way: Way) -> Iterator[tuple[str, Visit]]:
    """Yield what is told of the way, and its visit; two of a way that remembers anything."""
    way.html()  # Whoever comes after itself finds the processor's caches warm.
    if way.forget is None:
        yield "", _visit(way)
        return
    way.forget()
    yield ", cold", _visit(way)
    yield ", warm", _visit(way)


def _visit(way: Way) -> Visit:
    CountedStorage.calls.clear()
    with connection.execute_wrapper(_count):
        started = time.perf_counter()
        way.html()
        seconds = time.perf_counter() - started
    return Visit(seconds, CountedStorage.calls.copy())


def _count(execute: Callable[..., Any], *arguments: Any) -> Any:
    CountedStorage.calls["queries"] += 1
    return execute(*arguments)
