"""What lies in a storage under a name: its size, its age, and any part of its bytes."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from django.core.files.storage import FileSystemStorage, Storage

from derived_images.http import PIECE
from derived_images.places import key_prefix

#: What a disk says of a name that nothing lies under.
_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)

#: Where django-storages has its storage of buckets.
S3 = "storages.backends.s3"


@dataclass(frozen=True)
class Content:
    """What lies under a name. Close it when it is not read."""

    #: In bytes.
    size: int
    #: In seconds since 1970; ``None`` where the storage does not tell.
    modified: float | None
    #: An entity tag, quoted, which other bytes under this name would not have, if that can be told.
    etag: str | None
    #: Start and end → a file of these bytes, and perhaps of more after them.
    part: Callable[[int, int], IO[bytes]]
    close: Callable[[], object]


def content(storage: Storage, name: str) -> Content | None:
    """Return what lies under a name, ``None`` if nothing does, or nothing that is the storage's."""
    if lies_as_it_is(storage):
        return _on_disk(storage, name)
    if _is_bucket(storage):
        return _in_bucket(storage, name)
    return _anywhere(storage, name)


def exists(storage: Storage, name: str) -> bool:
    """Say whether a file lies under a name, which some storages' own `exists()` doesn't know."""
    found = content(storage, name)
    if found:
        found.close()
    return found is not None


def lies_as_it_is(storage: Storage) -> bool:
    """Say whether the storage's files are files of a disk, byte for byte."""
    if not isinstance(storage, FileSystemStorage):
        return False
    methods = [("_open", vars(FileSystemStorage)["_open"]), ("open", vars(Storage)["open"])]
    return all(getattr(storage.__class__, name) is method for name, method in methods)


def _is_bucket(storage: Storage) -> bool:
    """Say whether it is S3 as django-storages has it, and no subclass that makes other bytes of it."""
    cls = storage.__class__
    own = getattr(getattr(cls, "_open", None), "__module__", "")
    return own == S3 and getattr(cls, "open", None) is vars(Storage)["open"]


def _on_disk(storage: Any, name: str) -> Content | None:
    """Open a regular file, and ask the open one: another may take its name at any moment."""
    try:
        path = os.path.realpath(storage.path(name), strict=True)
        root = os.path.realpath(storage.location)
        # A pipe would be waited for.
        if not path.startswith(os.path.join(root, "")) or not stat.S_ISREG(os.stat(path).st_mode):
            return None
        file = io.FileIO(path)
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise
    status = os.fstat(file.fileno())
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    return Content(status.st_size, status.st_mtime, etag, _part_of(file), file.close)


def _in_bucket(storage: Any, name: str) -> Content | None:
    """Ask S3 by boto3: the storage's own files are downloaded whole before a byte is read."""
    from boto3.s3.transfer import S3Transfer
    from botocore.exceptions import ClientError

    given = storage.get_object_parameters(name)
    options = {key: given[key] for key in S3Transfer.ALLOWED_DOWNLOAD_ARGS if key in given}
    options |= {"Bucket": storage.bucket.name, "Key": f"{key_prefix(storage)}{name}"}
    client = storage.bucket.meta.client
    try:
        found = client.head_object(**options)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    size, etag = found["ContentLength"], found["ETag"]

    def part(start: int, end: int) -> IO[bytes]:
        if start == end:  # No range says that.
            return io.BytesIO()
        # Other bytes that came under this name meanwhile have another length.
        wanted = {"Range": f"bytes={start}-{end - 1}", "IfMatch": etag}
        return client.get_object(**options, **wanted)["Body"]  # type: ignore[no-any-return]

    return Content(size, found["LastModified"].timestamp(), etag, part, lambda: None)


def _anywhere(storage: Storage, name: str) -> Content | None:
    try:
        file = storage.open(name)
    except Exception:  # Which exception says that nothing is there, only the storage knows.
        if storage.exists(name):
            raise
        return None
    try:
        size, modified = file.size, _modified(storage, name)
    except BaseException:
        file.close()
        if storage.exists(name):
            raise
        return None
    # Without an age other bytes of the same length would look alike.
    etag = None if modified is None else f'"{int(modified * 1_000_000):x}-{size:x}"'
    return Content(size, modified, etag, _part_of(file), file.close)


def _modified(storage: Storage, name: str) -> float | None:
    try:
        return storage.get_modified_time(name).timestamp()
    except NotImplementedError:
        return None


def _part_of(file: Any) -> Callable[[int, int], IO[bytes]]:
    def part(start: int, end: int) -> IO[bytes]:
        if start and file.seekable():
            file.seek(start)
            return file  # type: ignore[no-any-return]
        while start and (passed := file.read(min(start, PIECE))):
            start -= len(passed)
        return file  # type: ignore[no-any-return]

    return part
