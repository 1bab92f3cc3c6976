"""A storage that counts what it is asked, and that can be as slow as one far away."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class CountedStorage(FileSystemStorage):
    # The class's own: django-pictures makes storages anew.
    calls: ClassVar[Counter[str]] = Counter()
    #: Seconds that opening a file takes on top.
    delay: ClassVar[float] = 0

    def open(self, name: str, mode: str = "rb") -> File[Any]:
        self.calls["open"] += 1
        time.sleep(self.delay)
        return super().open(name, mode)

    def exists(self, name: str) -> bool:
        self.calls["exists"] += 1
        return super().exists(name)

    def size(self, name: str) -> int:
        self.calls["size"] += 1
        return super().size(name)


@contextmanager
def far_away(seconds: float) -> Iterator[None]:
    """Let every file take so long to open."""
    CountedStorage.delay = seconds
    try:
        yield
    finally:
        CountedStorage.delay = 0
