"""Where a file lies, and where it is found on the web: a storage's place, and the media view's."""

from __future__ import annotations

from collections.abc import Hashable

from django.conf import DEFAULT_STORAGE_ALIAS, settings
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.urls import NoReverseMatch, reverse
from django.utils.encoding import filepath_to_uri
from django.utils.functional import LazyObject, empty

from derived_images.conf import setting

#: The media view, as `reverse` knows it.
VIEW = "derived_images_media"


def place(storage: Storage) -> Hashable:
    """Return what two storage objects have in common that keep one file under one name."""
    if isinstance(storage, FileSystemStorage):
        return str(storage.location)
    if isinstance(storage, LazyObject):
        # Whoever asked for its class has set it up.
        storage = storage._wrapped
    where = [getattr(storage, key, "") for key in ("endpoint_url", "bucket_name", "location")]
    return tuple(where) if where[1] else id(storage)


def unwrapped(storage: Storage) -> Storage:
    """Return the default storage itself: its wrapper takes a fifth of a URL's time."""
    if storage is not default_storage:
        return storage
    wrapped = object.__getattribute__(storage, "_wrapped")
    return storage if wrapped is empty else wrapped  # Until its first use there is nothing in it.


def key_prefix(storage: Storage) -> str:
    """Return what a bucket's keys begin with, before the names of this storage."""
    location = getattr(storage, "location", "").strip("/")
    return f"{location}/" if location else ""


def address(storage: Storage, name: str) -> str | None:
    """Return where the media view serves a file; ``None`` where that is the storage's business."""
    return mounted_address(storage, name) if setting("URLS") == "view" else None


def mounted_address(storage: Storage, name: str) -> str | None:
    """Return where the media view is mounted for this storage, and the name there."""
    where = place(storage)
    if where == place(storages[DEFAULT_STORAGE_ALIAS]):
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
    for alias in storages.backends if getattr(settings, "ROOT_URLCONF", None) else ():
        try:
            mounted = reverse(VIEW, kwargs={"storage": alias, "name": "."})
        except NoReverseMatch:
            continue
        if where == place(storages[alias]):
            # One way to quote for all: reverse() has another.
            return f"{mounted.removesuffix('.')}{filepath_to_uri(name)}"
    return None
