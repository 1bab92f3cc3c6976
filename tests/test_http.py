"""Ranges and pieces: what of a file is sent, and how."""

import io

import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory
from django.utils.http import http_date

from derived_images.http import PIECE, AsyncPieces, Pieces, Unsatisfiable, wanted_range

ETAG, MODIFIED = '"5f0c-64"', 1_700_000_000


def wanted(size=100, method="GET", etag=ETAG, modified=MODIFIED, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return wanted_range(
        RequestFactory().generic(method, "/", headers=headers), size, etag, modified
    )


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=99-99", 99, 100),
        ("bytes=90-", 90, 100),
        ("bytes=90-900", 90, 100),
        ("bytes=-10", 90, 100),
        ("bytes=-1000", 0, 100),
        ("Bytes= 5-6", 5, 7),
    ],
)
def test_one_range_is_given(asked, start, end):
    assert wanted(Range=asked) == (start, end)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,4-5",
        "bytes=a-b",
        "bytes=٣-٤",
        "bytes=1--2",
        "pages=1-2",
        "bytes 1-2",
        f"bytes=0-{'9' * 400}",
    ],
)
def test_what_is_no_single_range_is_ignored(asked):
    assert wanted(Range=asked) is None


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_where_no_bytes_are_there_is_no_range(asked):
    with pytest.raises(Unsatisfiable):
        wanted(Range=asked)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_nothing_has_no_part(asked):
    with pytest.raises(Unsatisfiable):
        wanted(0, Range=asked)


def test_only_get_has_ranges():
    assert wanted(method="HEAD", Range="bytes=0-1") is None


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (ETAG, True),
        ('"other"', False),
        (f"W/{ETAG}", False),
        (http_date(MODIFIED), True),
        (http_date(MODIFIED + 1), False),
        (http_date(MODIFIED - 1), False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_range_may_be_wanted_of_these_very_bytes_only(condition, holds):
    assert (wanted(Range="bytes=0-1", If_Range=condition) is not None) is holds


def test_a_weak_tag_and_no_time_never_name_the_very_bytes():
    weak = 'W/"64"'

    assert wanted(Range="bytes=0-1", If_Range=weak, etag=weak) is None
    assert wanted(Range="bytes=0-1", If_Range=http_date(MODIFIED), modified=None) is None
    assert wanted(Range="bytes=0-1", If_Range=weak, etag=None) is None


@pytest.mark.parametrize("length", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
def test_pieces_are_so_many_bytes_and_no_more(length):
    whole = bytes(range(256)) * (PIECE // 64)
    file = io.BytesIO(whole)
    pieces = Pieces(file, length)

    found = list(pieces)
    pieces.close()

    assert b"".join(found) == whole[:length]
    assert all(0 < len(piece) <= PIECE for piece in found)
    assert file.closed


def test_a_file_that_ends_early_ends_its_pieces():
    assert list(Pieces(io.BytesIO(b"abc"), 10)) == [b"abc"]


def test_an_event_loop_gets_the_same_pieces():
    whole = bytes(range(256)) * (PIECE // 64)
    file = io.BytesIO(whole)

    async def read():
        pieces = AsyncPieces(Pieces(file, PIECE + 5))
        found = [piece async for piece in pieces]
        pieces.close()
        return b"".join(found)

    assert async_to_sync(read)() == whole[: PIECE + 5]
    assert file.closed
