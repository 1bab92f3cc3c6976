"""Pictures made side by side, by processes of their own, which ask no database."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import NamedTuple, Self

import django
from django.apps import apps
from django.db.models import ImageField

from derived_images import tasks
from derived_images.declarations import declarations
from derived_images.files import image_field
from derived_images.reading import exists
from derived_images.rendering import cores
from derived_images.tasks import Report, Target

#: What is said of a picture that its process did not outlive, for want of memory, say.
KILLED = "The process that rendered it was killed."


class NoWorkers(Exception):
    """The processes do not start."""


class Order(NamedTuple):
    """What a process is told to make: names and numbers alone."""

    model: str
    field: str
    source: str
    #: Managers, by their number among the field's, and variants.
    variants: tuple[tuple[int, str], ...]
    #: Whether those that are there are made again.
    force: bool


@dataclass
class Outcome:
    """What became of an order: names of variants."""

    made: list[str] = field(default_factory=list)
    #: Those that somebody else has made meanwhile.
    there: list[str] = field(default_factory=list)
    #: Why → those that were not made.
    failures: dict[str, list[str]] = field(default_factory=dict)


def order(targets: list[Target], field: ImageField, source: str, force: bool) -> Order:
    """Return the order of these variants of a source."""
    numbers = {manager: number for number, manager in enumerate(declarations(field))}
    variants = tuple((numbers[each.manager], each.variant) for each in targets)
    return Order(field.model._meta.label, field.attname, source, variants, force)


def carry_out(order: Order, threads: int | None = None) -> Outcome:
    """Make the variants of an order, without those that are there by now."""
    field, targets = _targets(order)
    there = []
    try:
        if not order.force:
            there = [each for each in targets if exists(each.storage, each.name)]
    except Exception as error:  # Storages raise whatever they like.
        return Outcome(failures={tasks.said_by(error): _names(targets)})
    due = [target for target in targets if target not in there]
    report = tasks.make(field, order.source, due, threads)
    return Outcome(_names(report.made), _names(there), _failures(report, due))


def _targets(order: Order) -> tuple[ImageField, list[Target]]:
    field = image_field(apps.get_model(order.model), order.field)
    managers = list(declarations(field))
    return field, [
        target
        for number, variant in order.variants
        for target in tasks.targets_of(field, order.source, {managers[number]: [variant]})
    ]


def _failures(report: Report, due: list[Target]) -> dict[str, list[str]]:
    """Return why → names, of all that were not made."""
    told = {name for names in report.failures.values() for name in names}
    told.update(_names(report.made))
    untold = [name for name in _names(due) if name not in told]
    if untold:
        report.failures.setdefault(report.unreadable, []).extend(untold)
    return report.failures


def _names(targets: list[Target]) -> list[str]:
    return [target.name for target in targets]


class Workers:
    """Processes that carry out orders. They are started anew, not forked: a Django of its own each.

    Raises `NoWorkers` when they do not start.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool = self._started(number)
        self._is_broken = False
        self._single: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if kind and issubclass(kind, KeyboardInterrupt):
            for process in active_children():
                process.terminate()
        for pool in (self._pool, self._single):
            if pool:
                pool.shutdown(cancel_futures=True)

    def carry_out(self, orders: list[Order], is_stopped: Callable[[], bool]) -> Iterator[Outcome]:
        """Yield the outcome of each order, in order; once it is stopped, of those begun."""
        if self._is_broken:
            self._pool, self._is_broken = self._started(self.number), False
        futures = [self._pool.submit(carry_out, order, self._threads) for order in orders]
        for order, future in zip(orders, futures, strict=True):
            if is_stopped():
                for each in futures:
                    each.cancel()
            if future.cancelled():
                return
            try:
                yield future.result()
            except BrokenProcessPool:
                if is_stopped():
                    return
                self._is_broken = True
                yield self._again(order)

    def _again(self, order: Order) -> Outcome:
        """Carry out by itself what was lost with a process, perhaps by another's fault."""
        self._single = self._single or self._started(1)
        try:
            return self._single.submit(carry_out, order, self._threads).result()
        except BrokenProcessPool:
            self._single = None
            return Outcome(failures={KILLED: _names(_targets(order)[1])})

    @property
    def _threads(self) -> int:
        return max(1, cores() // self.number)

    def _started(self, number: int) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(number, get_context("spawn"), _begin)
        # All at once: one that starts while another dies would be waited for, for ever.
        with _undisturbed():
            started = [pool.submit(os.getpid) for _ in range(number)]
        try:
            for future in started:
                future.result()
        except BrokenProcessPool as error:
            raise NoWorkers("The processes do not start; what they said stands above.") from error
        return pool


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let processes that are started here never hear of Ctrl-C, not while they start either."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a process: Ctrl-C is its parent's business, and it ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    django.setup()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
