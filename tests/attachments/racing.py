"""Races: threads with connections of their own, which begin together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, connections

#: Seconds until whoever waits for one that does not come gives up.
PATIENCE = 60

Work = Callable[[], Any]


class Racers:
    """Threads that keep their connections from race to race."""

    def __init__(self, count: int) -> None:
        self.count = count
        #: What the database ended for another's sake; the library does such work again.
        self.ended: list[OperationalError] = []
        self._executor = ThreadPoolExecutor(count)

    def race(self, *works: Work) -> list[Any]:
        """Return what each returned, or the `ValidationError` that it raised."""
        assert len(works) <= self.count
        return self._together(partial(self._run, work) for work in works)

    def close(self) -> None:
        # One each: nobody takes a second before all have come.
        self._together([connections.close_all] * self.count)
        self._executor.shutdown()

    def _together(self, works: Iterable[Work]) -> list[Any]:
        works = list(works)
        barrier = Barrier(len(works), timeout=PATIENCE)

        def begin(work: Work) -> Any:
            barrier.wait()
            return work()

        running = [self._executor.submit(begin, work) for work in works]
        return [each.result(PATIENCE) for each in running]

    def _run(self, work: Work) -> Any:
        with connection.execute_wrapper(self._note):
            try:
                return work()
            except ValidationError as refusal:
                return refusal

    def _note(self, execute: Callable[..., Any], *args: Any) -> Any:
        try:
            return execute(*args)
        except OperationalError as error:
            self.ended.append(error)
            raise
