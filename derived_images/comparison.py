"""Names that are there beside names that are wanted: compared on disk, so that millions fit.

Places are numbers here. Nothing knows of Django, storages or rows.
"""

from __future__ import annotations

import posixpath
import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple
from unicodedata import normalize

#: Rows that are read together; whoever reads may write in between.
PAGE = 500

_TABLES = """
    CREATE TABLE file (
        id INTEGER PRIMARY KEY, place, name, key, size, modified, identity, kind
    );
    CREATE TABLE want (
        id INTEGER PRIMARY KEY, place, name, key, origin, source, is_variant, row, is_shown, kind,
        UNIQUE (key, place, name, origin, source)
    );
"""
_INDEXES = """
    CREATE INDEX file_key ON file (key);
    CREATE INDEX file_identity ON file (identity);
"""
# A file is in use wherever it lies: two storages may be one folder.
_IN_USE = """
    UPDATE file SET kind = 'in use' WHERE EXISTS (
        SELECT 1 FROM want WHERE want.key = file.key
    );
    UPDATE file SET kind = 'in use' WHERE kind IS NULL AND identity IN (
        SELECT identity FROM file WHERE kind = 'in use'
    );
"""
_ABSENT = """NOT EXISTS (
    SELECT 1 FROM file
    WHERE file.key = want.key AND file.place = want.place AND nfc(file.name) = nfc(want.name)
)"""
_CLASHES = """
    UPDATE want SET kind = 'clash' WHERE is_shown AND is_variant AND EXISTS (
        SELECT 1 FROM want AS other
        WHERE other.key = want.key AND other.place = want.place AND other.name = want.name
        AND (other.origin, other.source) != (want.origin, want.source)
    )
"""
_MISSING = f"UPDATE want SET kind = 'missing' WHERE is_shown AND NOT is_variant AND {_ABSENT}"
_UNRENDERED = f"""
    UPDATE want SET kind = 'unrendered'
    WHERE is_shown AND is_variant AND kind IS NULL AND {_ABSENT}
    AND source NOT IN (SELECT name FROM want WHERE kind = 'missing')
"""


class File(NamedTuple):
    """A file that is there."""

    place: int
    name: str
    #: In bytes; ``None`` where nobody told.
    size: int | None
    #: In seconds since 1970; ``None`` where nobody told.
    modified: float | None
    #: The same for every name of one file, if there may be several.
    identity: str | None


class Want(NamedTuple):
    """A file that should be there: a source, or a variant of one."""

    place: int
    name: str
    #: The place of its source.
    origin: int
    source: str
    is_variant: bool
    #: Who wants it, in words.
    row: str
    #: Whether it is to be reported when it is not there.
    is_shown: bool


class Comparison:
    """Files and wants, each with its kind once it is known.

    Files that are wanted are ``in use``. A want whose file is not there is ``missing``, or, of a
    variant, ``unrendered``; a variant whose name another source has or derives is a ``clash``.
    Names that differ in case, in the spelling of their letters, or in slashes are one where that
    keeps a file.
    """

    def __init__(self) -> None:
        self._database = scratch(self, 65536)
        self._database.create_function("nfc", 1, _nfc, deterministic=True)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

    def add_files(self, files: Iterable[File]) -> None:
        """Add files that are there."""
        self._database.executemany(
            "INSERT INTO file (place, name, size, modified, identity, key) VALUES (?,?,?,?,?,?)",
            ((*file, _key(file.name)) for file in files),
        )

    def add_wants(self, wants: Iterable[Want]) -> None:
        """Add files that should be there; what several rows want is kept once."""
        self._database.executemany(
            "INSERT INTO want (place, name, origin, source, is_variant, row, is_shown, key) "
            "VALUES (?,?,?,?,?,?,?,?) "
            "ON CONFLICT DO UPDATE SET is_shown = max(is_shown, excluded.is_shown)",
            ((*want, _key(want.name)) for want in wants),
        )

    def settle(self, shown: Collection[int]) -> None:
        """Work out the kinds, once all is added. Files of other places than these are forgotten.

        Files that nobody wants have no kind yet: they are for the caller to judge.
        """
        self._database.execute("COMMIT")
        self._database.executescript(_INDEXES + _IN_USE)
        for statement in (_CLASHES, _MISSING, _UNRENDERED):
            self._database.execute(statement)
        places = ", ".join(map(str, shown))
        self._database.execute(f"DELETE FROM file WHERE place NOT IN ({places})")

    def has_file_in(self, folder: str) -> bool:
        """Say whether a file's name begins so."""
        found = self._database.execute(
            "SELECT 1 FROM file WHERE substr(name, 1, ?) = ? LIMIT 1", (len(folder), folder)
        )
        return found.fetchone() is not None

    def files(self, kind: str | None) -> Iterator[tuple[int, File]]:
        """Yield number and file, of all of this kind; of ``None``, those that nobody judged."""
        for number, *values in self._pages("file", "size, modified, identity", kind):
            yield number, File(*values)

    def wants(self, kind: str) -> Iterator[tuple[int, Want]]:
        """Yield number and want, of all of this kind."""
        for number, *values in self._pages(
            "want", "origin, source, is_variant, row, is_shown", kind
        ):
            yield number, Want(*values)

    def _pages(self, table: str, columns: str, kind: str | None) -> Iterator[tuple[Any, ...]]:
        question = (
            f"SELECT id, place, name, {columns} FROM {table} WHERE kind IS ? AND id > ? "
            f"ORDER BY id LIMIT {PAGE}"
        )
        last = 0
        while page := self._database.execute(question, (kind, last)).fetchall():
            yield from page
            last = page[-1][0]

    def others(self, want: Want) -> list[tuple[str, str]]:
        """Return who else wants a variant's name, in words, and each one's source."""
        others = self._database.execute(
            "SELECT row, source FROM want WHERE key = ? AND place = ? AND name = ? "
            "AND ((origin, source) != (?, ?) OR NOT is_variant)",
            (_key(want.name), want.place, want.name, want.origin, want.source),
        )
        return others.fetchall()

    def judge(self, number: int, kind: str, size: int | None) -> None:
        """Give a file its kind, and its size, which may have been asked for by now."""
        values = kind, size, number
        self._database.execute("UPDATE file SET kind = ?, size = ? WHERE id = ?", values)

    def withdraw(self, number: int) -> None:
        """Take a want for granted after all."""
        self._database.execute("UPDATE want SET kind = NULL WHERE id = ?", (number,))

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return kind → how many there are, and how many bytes, as far as known."""
        counts = self._database.execute(
            "SELECT kind, count(*), total(size) FROM file GROUP BY kind UNION ALL "
            "SELECT kind, count(*), 0 FROM want WHERE kind IS NOT NULL GROUP BY kind"
        )
        return {kind: (number, int(size)) for kind, number, size in counts}


def scratch(owner: object, memory: int) -> sqlite3.Connection:
    """Return a database on disk that goes with its owner, and takes so many KiB of memory."""
    # "" is a file that SQLite makes by itself, and takes away again.
    # Whichever thread collects garbage closes it.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    # Python 3.13 complains of a connection that nobody has closed.
    weakref.finalize(owner, database.close)
    database.executescript(f"PRAGMA journal_mode = off; PRAGMA cache_size = -{memory};")
    return database


def _nfc(name: str) -> str:
    return normalize("NFC", name)


def _key(name: str) -> str:
    # As storages read them: "./a", "a//b" and "/a" are "a", "a/b" and "a".
    return _nfc(posixpath.normpath(name.replace("\\", "/").lstrip("/"))).casefold()
