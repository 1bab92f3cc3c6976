"""Which files are there: each folder is listed once and kept on disk, so that millions fit."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable

from django.core.files.storage import Storage

from derived_images.comparison import scratch
from derived_images.listing import names_in
from derived_images.naming import split
from derived_images.places import place
from derived_images.reading import exists

logger = logging.getLogger("derived_images")

#: For what was looked up last, in KiB: names that are asked for together lie together.
MEMORY = 8192
_TABLES = """
    CREATE TABLE file (place, name, PRIMARY KEY (place, name)) WITHOUT ROWID;
    CREATE TABLE folder (place, name, is_listed, PRIMARY KEY (place, name)) WITHOUT ROWID;
"""


class Inventory:
    """Says whether files are there, without a call for each where a storage lists its folders.

    A folder is listed when the first of its names is asked for. Without `lists`, for few names in
    large folders, and where a storage cannot list, each name is asked for.
    """

    def __init__(self, lists: bool = True) -> None:
        self._lists = lists
        self._database = scratch(self, MEMORY)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._numbers: dict[Hashable, int] = {}

    def has(self, storage: Storage, name: str) -> bool:
        """Say whether there is a file of this name, or one was added; no, where nobody can tell."""
        is_listed = self._is_listed(storage, split(name)[0])
        if self.knows(storage, name):
            return True
        # Some disks give letters back in another spelling than they were given.
        return not (is_listed and name.isascii()) and _is_there(storage, name)

    def knows(self, storage: Storage, name: str) -> bool:
        """Say whether the name was listed or added; nothing is asked of the storage."""
        question = "SELECT 1 FROM file WHERE place = ? AND name = ?"
        return bool(self._database.execute(question, self._key(storage, name)).fetchone())

    def add(self, storage: Storage, names: Iterable[str]) -> None:
        """Take these files for being there."""
        self._database.executemany(
            "INSERT OR IGNORE INTO file VALUES (?, ?)",
            (self._key(storage, name) for name in names),
        )

    def _key(self, storage: Storage, name: str) -> tuple[int, str]:
        return self._numbers.setdefault(place(storage), len(self._numbers)), name

    def _is_listed(self, storage: Storage, folder: str) -> bool:
        if not self._lists:
            return False
        question = "SELECT is_listed FROM folder WHERE place = ? AND name = ?"
        known = self._database.execute(question, self._key(storage, folder)).fetchone()
        return bool(known[0]) if known else self._list(storage, folder)

    def _list(self, storage: Storage, folder: str) -> bool:
        is_listed = True
        try:
            self.add(storage, names_in(storage, folder))
        except Exception as error:  # Storages raise whatever they like, as they may list nothing.
            logger.warning("%r cannot be listed; each file is asked for: %r", folder, error)
            is_listed = False
        key = self._key(storage, folder)
        self._database.execute("INSERT INTO folder VALUES (?, ?, ?)", (*key, is_listed))
        return is_listed


def _is_there(storage: Storage, name: str) -> bool:
    try:
        return exists(storage, name)
    except Exception:  # Storages raise whatever they like; so will the writing, and be told of.
        return False
