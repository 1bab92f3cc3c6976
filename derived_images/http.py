"""Bytes over HTTP: one range of them, and pieces that are sent while the next one is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.utils.http import parse_http_date_safe

#: Bytes that are read together.
PIECE = 2**17

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """A range begins where no bytes are any more."""


def wanted_range(
    request: HttpRequest, size: int, etag: str | None, modified: int | None
) -> tuple[int, int] | None:
    """Return start and end of the bytes that are asked for; ``None`` for all of them.

    Whatever is no single range of bytes is ignored, as RFC 9110 has it, and so is one of a file
    that has changed since. Raises `Unsatisfiable`.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if request.method != "GET" or match is None or not any(match.groups()):
        return None
    if not _is_of_these_bytes(request.headers.get("If-Range"), etag, modified):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return None
    if start >= size or (not first and int(last) == 0):
        raise Unsatisfiable
    return start, end


def _is_of_these_bytes(condition: str | None, etag: str | None, modified: int | None) -> bool:
    """Evaluate `If-Range`: by a strong entity tag, or the very second."""
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag and not condition.startswith("W/")
    return modified is not None and parse_http_date_safe(condition) == modified


class Pieces:
    """So many bytes of a file, piece by piece; closes it."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        self.file = file
        self.left = length

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.next():
            yield piece

    def next(self) -> bytes:
        """Read the next piece, empty at the end."""
        piece = self.file.read(min(PIECE, self.left))
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


class AsyncPieces:
    """The same for an event loop, which is free while a thread reads."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self.close = pieces.close

    def __aiter__(self) -> AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        piece = await sync_to_async(self.pieces.next)()
        if not piece:
            raise StopAsyncIteration
        return piece
