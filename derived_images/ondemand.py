"""A missing variant, rendered when it is asked for: by one of all that ask, a few at a time."""

from __future__ import annotations

import logging
import os
import tempfile
import time
import zlib
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import locks
from django.db.models import Model

from derived_images import tasks
from derived_images.lookup import MediaFile
from derived_images.places import place
from derived_images.reading import exists
from derived_images.rendering import cores

logger = logging.getLogger("derived_images")

#: Seconds that others wait for the one who renders.
PATIENCE = 3.0
#: Seconds between two looks whether it is done.
LOOK = 0.02
#: Seconds until what could not be made is tried again.
RESPITE = 60.0
#: Failures that a process remembers.
MEMORY = 1000

#: Place and name → when it may be tried again.
_failed: dict[Hashable, float] = {}


def make(file: MediaFile) -> bool:
    """Render the variant unless somebody else does, and say whether it is there now.

    Who meets somebody rendering waits for a little while. What fails is left alone for a minute.
    """
    row = _row_of(file)
    if row is None or _has_failed(file):
        return False
    try:
        with _turn(file.name) as is_ours:
            # Another one may have tried meanwhile.
            if not is_ours or _has_failed(file):
                return False
            if not exists(file.storage, file.name):
                _render(file, row)
            made = exists(file.storage, file.name)
    except OSError:  # A disk is full, say; whoever asks gets the source.
        logger.exception("Cannot render %r.", file.name)
        made = False
    if not made:
        _remember_failure(file)
    return made


def _row_of(file: MediaFile) -> Model | None:
    """Return a row that has the manager: one of a parent's has none of its child's."""
    having = (row for row in file.rows if file.manager in tasks.managers_on(row, file.field))
    return next(having, None)


def _render(file: MediaFile, row: Model) -> None:
    if file.manager and file.variant:
        source = str(getattr(row, file.field.attname).name)
        tasks.render(row, file.field, source, {file.manager: [file.variant]})


def _has_failed(file: MediaFile) -> bool:
    return _failed.get((place(file.storage), file.name), 0.0) > time.monotonic()


def _remember_failure(file: MediaFile) -> None:
    if len(_failed) >= MEMORY:
        _failed.clear()
    _failed[place(file.storage), file.name] = time.monotonic() + RESPITE


@contextmanager
def _turn(name: str) -> Iterator[bool]:
    """Wait for one of as many turns as there are cores; a name has always the same one.

    They are locks on files, so a process that dies gives its own back. Yields whether it is ours.
    """
    number = zlib.crc32(name.encode()) % cores()
    with open(_folder() / f"turn-{number}", "wb") as file:
        deadline = time.monotonic() + PATIENCE
        while not (is_ours := locks.lock(file, locks.LOCK_EX | locks.LOCK_NB)):
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK)
        try:
            yield is_ours
        finally:
            if is_ours:
                locks.unlock(file)


def _folder() -> Path:
    """Return a folder that only this user can write to."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir(), f"derived-images-{user}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.lstat().st_uid != user:
        raise PermissionError(f"{folder} belongs to somebody else.")
    return folder
