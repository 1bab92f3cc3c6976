"""What an upload is: its hash, taken while its bytes come in, and whether it is an image."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from derived_images import headers
from derived_images.attachments.policy import policy
from derived_images.fields import identified


class Facts(NamedTuple):
    """What is known of bytes before they are stored."""

    sha256: str
    #: In bytes.
    size: int
    width: int | None
    height: int | None


def content_of(file: Any) -> File[Any]:
    """Return a file, or what can be read, as Django's. Raises `ValidationError` of none at all."""
    if file is None:
        raise ValidationError(_("There is no file."), code="no_file")
    if isinstance(file, File):
        return file
    if not hasattr(file, "read"):
        raise TypeError(f"{file!r} is neither an image nor a file.")
    return File(file)


@contextmanager
def returned(content: File[Any]) -> Iterator[None]:
    """Close a file again that was closed before, as that of a field is."""
    was_closed = content.closed
    try:
        yield
    finally:
        if was_closed:
            content.close()


def facts(content: File[Any]) -> Facts:
    """Return what is known of an upload, read once. Raises `ValidationError` of what is no image."""
    dimensions = _dimensions(content)
    return Facts(digest(content), content.size, *dimensions)


def check_limits(content: File[Any]) -> None:
    """Hold what people upload to the policy's limits. Raises `ValidationError`.

    Its code is ``too_large`` of too many bytes.
    """
    rules = policy()
    if content.size > rules.max_bytes:
        most = filesizeformat(rules.max_bytes)
        raise ValidationError(
            _("A file may have %s, and this one has more.") % most, code="too_large"
        )
    width, height = _dimensions(content)
    if max(width, height) > rules.max_side:
        told = {"most": rules.max_side, "width": width, "height": height}
        raise ValidationError(
            _("A side may have %(most)d pixels, and this image is %(width)d × %(height)d.") % told
        )


def check_request(*, files: int = 0, size: int = 0) -> None:
    """Hold the number of files, or bytes, of a request to the policy's. Raises `ValidationError`."""
    rules = policy()
    if files > rules.max_files:
        told = {"most": rules.max_files, "number": files}
        raise ValidationError(
            _("A request may have %(most)d files, and this one has %(number)d.") % told
        )
    if size > rules.max_total:
        most = filesizeformat(rules.max_total)
        raise ValidationError(_("A request may have %s, and this one has more.") % most)


def _dimensions(content: File[Any]) -> tuple[int, int]:
    try:
        identity = identified(content)
        headers.check_budget(identity)
    except (ValueError, FileNotFoundError) as error:  # Of a field that is empty, too.
        raise ValidationError(str(error), code="unreadable_image") from error
    return identity.dimensions


def digest(content: File[Any]) -> str:
    """Return the SHA-256 of a file, in hexadecimal: the one taken on its way in, if there is one."""
    file, length, taken = getattr(content, "derived_images_sha256", (None, 0, ""))
    # A form may have put another file in its place, or less in the same one.
    if file is not None and file is content.file and content.seek(0, os.SEEK_END) == length:
        content.seek(0)
        return taken
    sha256 = hashlib.sha256()
    for piece in content.chunks():
        sha256.update(piece)
    content.seek(0)
    return sha256.hexdigest()


class _Hashing(FileUploadHandler):
    """Takes the hash of what another handler keeps."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._sha256 = hashlib.sha256()
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if getattr(self, "activated", True):  # Else the next handler keeps it.
            self._sha256.update(raw_data)
        return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        file = super().file_complete(file_size)
        if file is not None:
            taken = file.file, file_size, self._sha256.hexdigest()
            file.derived_images_sha256 = taken  # type: ignore[attr-defined]
        return file


class HashingMemoryFileUploadHandler(_Hashing, MemoryFileUploadHandler):
    """Keeps small uploads in memory, as Django's does, and takes their hash as they come in."""


class HashingTemporaryFileUploadHandler(_Hashing, TemporaryFileUploadHandler):
    """Keeps large uploads on disk, as Django's does, and takes their hash as they come in."""
