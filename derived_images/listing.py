"""What a storage holds: every file, in one walk, with no call per file where a listing tells all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, TypeGuard

from django.core.files.storage import FileSystemStorage, Storage

from derived_images.places import key_prefix


class Listed(NamedTuple):
    """A file as a listing tells of it; ``None`` is what the listing does not tell."""

    name: str
    #: In bytes.
    size: int | None = None
    #: In seconds since 1970.
    modified: float | None = None
    #: The same for every name of one file: links, or storages of which one lies in the other.
    identity: str | None = None


def listing(storage: Storage) -> Iterator[Listed]:
    """Yield every file of the storage, in any order, in bounded memory."""
    if isinstance(storage, FileSystemStorage) and not _lists_otherwise(storage):
        yield from _on_disk(str(storage.location), "", frozenset())
    elif _is_bucket(storage):
        yield from _in_bucket(storage)
    else:
        yield from _by_folder(storage, "")


def names_in(storage: Storage, folder: str) -> Iterator[str]:
    """Yield the names of the files of one folder, such as ``photos/`` or ``""``, not below it."""
    if isinstance(storage, FileSystemStorage) and not _lists_otherwise(storage):
        yield from _in_folder(storage.path(folder), folder)
    elif _is_bucket(storage):
        prefix = key_prefix(storage)
        for found in storage.bucket.objects.filter(Prefix=prefix + folder, Delimiter="/"):
            yield found.key.removeprefix(prefix)
    else:
        with suppress(FileNotFoundError):
            yield from (folder + name for name in storage.listdir(folder.rstrip("/"))[1])


def _in_folder(path: str, folder: str) -> Iterator[str]:
    with suppress(FileNotFoundError), os.scandir(path) as entries:
        for entry in entries:
            if entry.is_file() and _is_name(entry.name):
                yield folder + entry.name


def _is_name(name: str) -> bool:
    """Say whether a row can have such a name: a disk's may be no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_bucket(storage: Storage) -> TypeGuard[Any]:
    return hasattr(getattr(storage, "bucket", None), "objects")


def _lists_otherwise(storage: FileSystemStorage) -> bool:
    return storage.__class__.listdir is not FileSystemStorage.listdir


def _on_disk(root: str, folder: str, above: frozenset[tuple[int, int]]) -> Iterator[Listed]:
    """Walk one folder. Links are followed, but never back into a folder that is `above`."""
    try:
        here = os.stat(os.path.join(root, folder))
        entries = os.scandir(os.path.join(root, folder))
    except FileNotFoundError:  # Nothing was ever stored, or it has just gone.
        return
    above |= {(here.st_dev, here.st_ino)}
    folders = []
    with entries:
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if not _is_name(name):
                continue
            try:
                found = os.stat(entry.path)
            except OSError as error:
                # A link that leads nowhere, or to itself, or a file that has just gone.
                if error.errno in (errno.ENOENT, errno.ELOOP):
                    continue
                raise
            if not stat.S_ISDIR(found.st_mode):
                identity = f"{found.st_dev}:{found.st_ino}"
                yield Listed(name, found.st_size, found.st_mtime, identity)
            elif (found.st_dev, found.st_ino) not in above:
                folders.append(name)
    for name in folders:
        yield from _on_disk(root, name, above)


def _in_bucket(storage: Any) -> Iterator[Listed]:
    """List an S3 bucket by boto3, which tells sizes and times in the same answer."""
    prefix = key_prefix(storage)
    for found in storage.bucket.objects.filter(Prefix=prefix):
        name = found.key.removeprefix(prefix)
        if name and not name.endswith("/"):
            identity = f"{getattr(storage, 'endpoint_url', '')}/{storage.bucket.name}/{found.key}"
            yield Listed(name, found.size, found.last_modified.timestamp(), identity)


def _by_folder(storage: Storage, folder: str) -> Iterator[Listed]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    path = f"{folder}/" if folder else ""
    # Another storage of the class may lie in this one, or this one in it.
    inside = str(getattr(storage, "location", "")).strip("/")
    for name in names:
        if name:
            whole = f"{inside}/{path}{name}".lstrip("/")
            yield Listed(path + name, identity=f"{storage.__class__.__qualname__}:{whole}")
    for each in folders:
        if each:
            yield from _by_folder(storage, path + each)
