"""What every test has: a folder of its own for files, and a look into it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from django.db.models import Model
from PIL import AvifImagePlugin, ImageFile, WebPImagePlugin


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings) -> Iterator[Path]:
    """Give the test an empty MEDIA_ROOT."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def stored(media: Path) -> Callable[[], set[str]]:
    """Return the names of all files in the default storage, when asked."""

    def names() -> set[str]:
        return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}

    return names


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Return the context in which what is done is committed, with all that follows from it."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def undecodable(monkeypatch):
    """Let nothing be decoded; what tries and hides that it failed is told at the end."""
    decoded = []

    def load(image):
        decoded.append(image)
        raise AssertionError("It was decoded.")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    for plugin in (WebPImagePlugin.WebPImageFile, AvifImagePlugin.AvifImageFile):
        monkeypatch.setattr(plugin, "load", load)
    yield
    assert decoded == []


@contextmanager
def without_table(model: type[Model], *aliases: str) -> Iterator[None]:
    """Let databases lack a table; no database's DDL is sure to be rolled back."""
    for alias in aliases:
        with connections[alias].schema_editor() as editor:
            editor.delete_model(model)
    try:
        yield
    finally:
        for alias in aliases:
            with connections[alias].schema_editor() as editor:
                editor.create_model(model)
