"""Faults: a storage that fails, or ends the process, at any one call; and what must hold after it.

A call is what a storage is asked from outside, and what touches names or bytes: `_save`, `_open`,
`delete`, `exists`, `listdir`, `size`, `get_modified_time`; on disk `path`, before a rename; on S3
`bucket`, before a listing. A fault strikes before a call; after one that writes, too, when all is
done and nobody has heard of it; and on disk within a write, when half the bytes are there.
"""

from __future__ import annotations

import itertools
import logging
import os
import posixpath
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from boto3.s3.transfer import TransferConfig
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management.base import CommandError
from django.db import connections
from storages.backends.s3 import S3Storage

from derived_images.files import TEMPORARY
from tests.life.candidate import audit
from tests.life.models import Photo
from tests.life.oracle import Truth, Verdict, files, judge, picture
from tests.life.stories import photo

READS = {"_open", "exists", "listdir", "size", "get_modified_time", "path", "bucket"}
WRITES = {"_save", "delete"}
#: What must be raised or logged when it fails; for an audit some questions have a safe answer.
TOLD = WRITES | {"_open", "path", "listdir", "bucket"}


# --- The storages


class Fault:
    """Strikes at one point of an operation; a `lasting` one at every point from there on."""

    def __init__(self, at: int, strike: Callable[[], Any], *, lasting: bool = False) -> None:
        self.at = at
        self.strike = strike
        self.lasting = lasting
        self.reached = ""  # the call that it struck at first
        self.points = 0
        self._is_inside = False

    def point(self, call: str) -> None:
        """Strike, if this is the point."""
        self.points += 1
        if self.points == self.at or (self.lasting and self.points > self.at):
            self.reached = self.reached or call
            self.strike()

    def around(self, call: str, value: Any) -> Any:
        """Return what a storage's attribute is while the fault is armed."""
        if self._is_inside:
            return value
        if callable(value):
            return partial(self._call, call, value)
        self.point(call)
        return value

    def _call(self, call: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.point(call)
        self._is_inside = True
        try:
            result = function(*args, **kwargs)
        finally:
            self._is_inside = False
        if call in WRITES:
            self.point(call)
        return result


_armed: Fault | None = None


@contextmanager
def armed(fault: Fault) -> Iterator[None]:
    """Let all storages of this module fail so."""
    global _armed
    _armed = fault
    try:
        yield
    finally:
        _armed = None


def fail() -> None:
    raise OSError("The storage fails, as it was told to.")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Faulty:
    """Passes every call by the armed fault."""

    def __getattribute__(self, name: str) -> Any:
        if _copy and name in READS:
            return getattr(_copy, name)
        value = super().__getattribute__(name)
        if _armed and name in READS | WRITES:
            return _armed.around(name, value)
        return value


class Disk(Faulty, FileSystemStorage):
    """A folder, into which contents are written by halves."""

    def _save(self, name: str, content: File[Any]) -> str:
        return super()._save(name, Halves(content, name))


class DiskByName(Disk):
    """A folder that is listed by name alone, and asked for sizes and times one by one."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return super().listdir(path)


class Halves(File):
    """A content in two chunks, with a point after each."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        self.seek(0)
        data = self.read()
        for half in (data[: len(data) // 2], data[len(data) // 2 :]):
            yield half
            if _armed:
                _armed.point("_save")


class Bucket(Faulty, S3Storage):
    """A bucket: one PUT is there whole or not at all."""

    def copy(self) -> InMemoryStorage:
        """Return a copy of all that it holds."""
        copy = InMemoryStorage()
        for found in self.bucket.objects.all():
            if found.e_tag not in _contents:
                _contents[found.e_tag] = found.get()["Body"].read()
            copy.save(found.key, ContentFile(_contents[found.e_tag]))
        return copy


#: What a bucket says of its contents → the bytes.
_contents: dict[str, bytes] = {}
_copy: InMemoryStorage | None = None


@contextmanager
def standing_still() -> Iterator[None]:
    """Read from a copy of a bucket: the oracle asks for every file by itself, which is slow."""
    global _copy
    _copy = default_storage.copy() if isinstance(default_storage, Bucket) else None
    try:
        yield
    finally:
        _copy = None


STORAGES = {"disk": Disk, "disk by name": DiskByName, "s3": Bucket, "s3 overwriting": Bucket}


def backend(storage: str, server: str) -> dict[str, Any]:
    """Return an entry of `STORAGES`; the URL of a server is for S3 alone."""
    options = {
        "bucket_name": "life",
        "endpoint_url": server,
        "region_name": "us-east-1",
        "access_key": "tests",
        "secret_key": "tests",
        "file_overwrite": storage == "s3 overwriting",
        # A child is forked without threads.
        "transfer_config": TransferConfig(use_threads=False),
    }
    is_disk = issubclass(STORAGES[storage], Disk)
    return {
        "BACKEND": f"{__name__}.{STORAGES[storage].__name__}",
        "OPTIONS": {} if is_disk else options,
    }


# --- The operations


#: Colour → the row that shows it.
Rows = dict[str, Photo]


@dataclass(frozen=True)
class Operation:
    name: str
    #: The colours of its rows, at first and when it is done; beside them is always a blue one.
    before: set[str]
    after: set[str]
    act: Callable[[Rows], object]


def _create(rows: Rows) -> None:
    photo("green", "green.png")


def _replace(rows: Rows) -> None:
    rows["red"].image = picture("green", "green.png")
    rows["red"].save()


def _delete(rows: Rows) -> None:
    Photo.objects.exclude(pk=rows["blue"].pk).delete()


def _render(rows: Rows) -> None:
    rows["blue"].variants.render()


def _audit(rows: Rows) -> None:
    audit()


OPERATIONS = [
    Operation("create", set(), {"green"}, _create),
    Operation("replace", {"red"}, {"green"}, _replace),
    Operation("delete", {"red", "violet"}, set(), _delete),
    Operation("render", set(), set(), _render),
    Operation("audit", set(), set(), _audit),
]
#: Storage → the operations that it makes a difference to; all of them, if it is not named.
OF_INTEREST = {"disk by name": {"audit"}, "s3 overwriting": {"create", "replace"}}


def operations(storage: str) -> list[Operation]:
    """Return what meets the faults of a storage."""
    return [each for each in OPERATIONS if each.name in OF_INTEREST.get(storage, {each.name})]


def litter() -> None:
    """Leave what an audit sweeps: the files of a row that nobody was told has gone, and a half."""
    row = photo("gray", "gray.png")
    Photo.objects.filter(pk=row.pk)._raw_delete("default")
    default_storage.save(f"photos/1234{TEMPORARY}", ContentFile(b"RIFF"))


def shown() -> Truth:
    """Return what the committed rows show: a source's name begins with its colour."""
    rows = Photo.objects.all()
    return {row: posixpath.basename(row.image.name).partition("_")[0] for row in rows}


# --- What must hold


class Trial:
    """An operation that meets one fault. What was there before is as it was, when it is over."""

    def __init__(self, operation: Operation, bystander: Photo) -> None:
        self.operation = operation
        self.rows = {color: photo(color, f"{color}.png") for color in operation.before}
        self.rows["blue"] = bystander
        if operation.name == "audit":
            litter()
        self.problems: list[str] = []
        with standing_still():
            self._were_there = set(files(default_storage))

    def act(self, fault: Fault) -> None:
        with armed(fault):
            self.operation.act(self.rows)

    def act_here(self, fault: Fault) -> None:
        """Act, and compare what was raised, and logged, with what was done."""
        raised = False
        with _logged() as messages:
            try:
                self.act(fault)
            except (OSError, CommandError):
                raised = True
        if _colors(shown()) != (self.operation.before if raised else self.operation.after):
            self._complain("raised, and done" if raised else "not done, and nothing raised")
        if raised and not fault.reached:
            self._complain("raised without a fault")
        if fault.reached in TOLD and not (raised or messages):
            self._complain("nothing raised, and nothing logged")

    def act_in_child(self, at: int) -> bool:
        """Act in a process that is killed at this point; say whether it came so far."""
        connections.close_all()  # No two processes may use one.
        child = os.fork()
        if not child:
            try:
                self.act(Fault(at, die))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert status in (0, signal.SIGKILL), f"the child ended with {status}"
        return status == signal.SIGKILL

    def judge(self, fault: Fault | None = None) -> None:
        """Say what is wrong as it stands: nothing named is lost, or half, or gone."""
        truth = shown()
        if _colors(truth) not in (self.operation.before, self.operation.after):
            self._complain(f"neither before nor after: {truth}")
        with standing_still():
            verdicts = judge(truth)
        missing = [each for each in verdicts if each.why == "the variant is not there"]
        leaks = [each for each in verdicts if each.kind == "LEAK"]
        self._complain(*(set(verdicts) - set(missing) - set(leaks)))
        self._complain(*(each for each in missing if each.name in self._were_there))
        if fault and not fault.lasting:
            self._judge_cost(fault, missing, leaks)

    def _judge_cost(self, fault: Fault, missing: list[Verdict], leaks: list[Verdict]) -> None:
        """Say where one call that failed once has cost more than one file."""
        if len(missing) > 1 and fault.reached != "_open":
            self._complain("more than one variant is missing", *missing)
        if len(leaks) > 1 and (self.operation.name != "audit" or fault.reached == "delete"):
            self._complain("more than one file is left", *leaks)
        if self.operation.name != "audit":  # The writer lives, and cleans up after itself.
            self._complain(*(each for each in leaks if each.name.endswith(TEMPORARY)))

    def heal(self) -> None:
        """Render what is missing, audit, and say what is wrong then: nothing may be."""
        truth = shown()
        for row in truth:
            missing = row.variants.missing()
            if missing:
                row.variants.render(*missing)
        audit()
        with standing_still():
            self._complain(*judge(truth))

    def _complain(self, *problems: object) -> None:
        self.problems += map(str, problems)

    def end(self) -> None:
        """Leave the bystander alone."""
        Photo.objects.exclude(pk=self.rows["blue"].pk).delete()


def _colors(truth: Truth) -> set[str]:
    return set(truth.values()) - {"blue"}


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what the library logs, of any weight."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("derived_images")
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


#: How a storage fails, or how the process ends.
KINDS = ("OSError", "OSError from then on", "SIGKILL")


def points(operation: Operation, kind: str) -> int:
    """Let a fault strike at every point in turn, until one is not reached.

    Return how many points there were; raises `AssertionError` with all that is wrong at one.
    """
    bystander = photo("blue", "blue.png")
    for at in itertools.count(1):
        trial = Trial(operation, bystander)
        if kind == "SIGKILL":
            fault, call = None, trial.act_in_child(at) and kind
        else:
            fault = Fault(at, fail, lasting=kind != "OSError")
            trial.act_here(fault)
            call = fault.reached
        trial.judge(fault)
        trial.heal()
        assert not trial.problems, "\n".join([f"{operation.name}, {at}: {call}", *trial.problems])
        trial.end()
        if not call:
            break
    bystander.delete()
    return at - 1
