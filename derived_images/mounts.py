"""Checks of the media view: whether URLs lead to it, and whether it serves what they name."""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Iterator, Mapping, Set
from typing import Any
from urllib.parse import urlsplit

from django.conf import DEFAULT_STORAGE_ALIAS, settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, default_storage, storages
from django.db.models import ImageField
from django.urls import (
    NoReverseMatch,
    Resolver404,
    ResolverMatch,
    URLResolver,
    get_resolver,
    get_script_prefix,
    resolve,
    reverse,
)

from derived_images import lookup, views
from derived_images.conf import setting
from derived_images.declarations import Declaration, declarations
from derived_images.places import VIEW, place
from derived_images.reading import lies_as_it_is
from derived_images.references import is_indexed

#: What is asked for to see who answers.
PROBE = "folder/probe.jpg"


def check_media_view(app_configs: object = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check that the media view is where URLs lead, and can answer what is asked there."""
    mounts = list(mounted())
    aliases = {_alias(options) for options in mounts}
    places = {_place_of(alias) for alias in aliases} - {None}
    is_missed = not mounts or (DEFAULT_STORAGE_ALIAS not in aliases and _is_default_storage_used())
    if setting("URLS") == "view" and is_missed:
        yield Error(
            "DERIVED_IMAGES['URLS'] is 'view', but the media view is not mounted at MEDIA_URL.",
            hint=f"Write {_line(settings.MEDIA_URL)}.",
            id="derived_images.E009",
        )
    for options in mounts:
        yield from check_mount(options)
    for field in lookup.followed() if mounts else ():
        yield from check_field(field, places)
    yield from check_others(places)


def _place_of(alias: str) -> Hashable:
    """Return a storage's place; ``None`` of one that cannot be used, which others tell."""
    try:
        return place(storages[alias])
    except (ImproperlyConfigured, InvalidStorageError):
        return None


def _is_default_storage_used() -> bool:
    return any(place(field.storage) == place(default_storage) for field in lookup.followed())


def mounted() -> Iterator[dict[str, Any]]:
    """Yield, of every mount of the media view in the project's URLs, what it is given."""
    if getattr(settings, "ROOT_URLCONF", None):
        yield from _mounts(get_resolver(), {})


def _mounts(resolver: URLResolver, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _mounts(each, {**options, **each.default_kwargs})
        elif each.callback is views.media:
            yield {**options, **each.default_args}


def _line(url: str, alias: str = DEFAULT_STORAGE_ALIAS) -> str:
    """Return what to write into a URLconf."""
    storage = "" if alias == DEFAULT_STORAGE_ALIAS else f', {{"storage": "{alias}"}}'
    path = urlsplit(url).path.lstrip("/")
    return f'path("{path}", include("derived_images.urls"){storage})'


def check_mount(options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Check that a mount is of a storage, and where that says that its files are."""
    alias = _alias(options)
    if options.keys() - {"storage"}:
        yield Error(
            f"A mount of the media view is given {dict(options)!r}.",
            hint='All that it takes is {"storage": alias}.',
            id="derived_images.E010",
        )
    elif alias not in storages.backends:
        yield Error(
            f"The media view is mounted for {alias!r}, which is no storage.",
            hint=f"STORAGES has these: {', '.join(storages.backends)}.",
            id="derived_images.E008",
        )
    else:
        yield from check_address(alias)


def check_address(alias: str) -> Iterator[CheckMessage]:
    """Check that the media view answers where a storage says that its files are."""
    is_default = alias == DEFAULT_STORAGE_ALIAS
    if not is_default and not _has_address(alias):
        yield Error(
            f"The address of the media view for {alias!r} is not known: its mount has a namespace.",
            hint="Include derived_images.urls in URLs that have none.",
            id="derived_images.E010",
        )
        return
    url = settings.MEDIA_URL if is_default else _own_address(alias)
    match = _match(f"{urlsplit(url).path}{PROBE}") if url else None
    served = match and (match.func, match.kwargs.get("name"), _alias(match.kwargs))
    if url and served != (views.media, PROBE, alias):
        where = "MEDIA_URL" if is_default else f"the base_url of the storage {alias!r}"
        yield Error(
            f"The media view is not what answers at {where}, {url!r}, but "
            f"{match._func_path if match else 'nobody'}.",
            hint=f"Write {_line(url, alias)}, before whatever else takes such addresses"
            + ("." if is_default else ", or give the storage a base_url of its own."),
            id="derived_images.E010",
        )


def _alias(options: Mapping[str, Any]) -> str:
    return str(options.get("storage", DEFAULT_STORAGE_ALIAS))


def _has_address(alias: str) -> bool:
    try:
        return bool(reverse(VIEW, kwargs={"storage": alias, "name": PROBE}))
    except NoReverseMatch:
        return False


def _own_address(alias: str) -> str:
    """Return where a storage has its files on this site; "" if it does not say, and any mount will do."""
    url = str(getattr(storages[alias], "base_url", None) or "")
    return "" if url == settings.MEDIA_URL or urlsplit(url).netloc else url


def _match(path: str) -> ResolverMatch | None:
    prefix = get_script_prefix()
    try:
        return resolve(path if prefix == "/" else f"/{path.removeprefix(prefix)}")
    except Resolver404:
        return None


def check_field(field: ImageField, places: Set[Hashable]) -> Iterator[CheckMessage]:
    """Check that the media view finds a field's files, and finds them fast."""
    label = f"{field.model._meta.label}.{field.name}"
    beside = [each.storage_beside(field) for each in declarations(field) if each.has_storage]
    if places & {place(each) for each in (field.storage, *beside)} and not is_indexed(field):
        yield Warning(
            f"The media view searches {label} without an index.",
            hint="Give the field db_index=True.",
            obj=field,
            id="derived_images.W004",
        )
    yield from check_links(field, label)
    for manager in declarations(field) if setting("URLS") == "view" else ():
        fault, hint = unserved(manager, field, places)
        if fault:
            yield Warning(
                f"The media view does not serve {manager.attribute!r} of {label}: {fault}.",
                hint=hint,
                obj=field,
                id="derived_images.W005",
            )


def check_links(field: ImageField, label: str) -> Iterator[CheckMessage]:
    """Name a folder of uploads that is a link out of its storage: the media view does not follow it."""
    if lies_as_it_is(field.storage):
        root = os.path.realpath(field.storage.path(""))
        uploads = os.path.realpath(os.path.join(root, lookup.folder_of(field) or ""))
        if uploads != root and not uploads.startswith(os.path.join(root, "")):
            yield Warning(
                f"Uploads of {label} are linked out of their storage, to {uploads}: the media view does "
                "not follow.",
                hint=f"Let {root} be the link instead, or mount the other disk in it.",
                obj=field,
                id="derived_images.W008",
            )


def unserved(
    manager: Declaration, field: ImageField, places: Collection[Hashable]
) -> tuple[str, str]:
    """Return why the view does not serve the manager's variants, and what to do; "" if it does."""
    if not manager.has_inverse:
        return "naming has no inverse", "Give the naming object a method sources(variant_name)."
    storage = manager.storage_beside(field) if manager.has_storage else None
    if storage is None or place(storage) in places:
        return "", ""
    aliases = [alias for alias in storages.backends if _place_of(alias) == place(storage)]
    lines = [_line(getattr(storage, "base_url", None) or f"{alias}/", alias) for alias in aliases]
    return (
        "their storage has no mount",
        f"Write {lines[0]}." if lines else "Give their storage an alias in STORAGES, and a mount.",
    )


def check_others(places: Collection[Hashable]) -> Iterator[CheckMessage]:
    """Name the fields whose files lie where the media view answers, and are none of its own."""
    others = [
        f"{field.model._meta.label}.{field.name}"
        for field in lookup.unfollowed()
        if place(field.storage) in places
    ]
    if others:
        yield Warning(
            f"The media view answers for the files of {', '.join(others)}, and does not serve them.",
            hint="Give them a storage with an address of its own; images may have a "
            "DerivedImagesManager instead.",
            id="derived_images.W007",
        )


def check_authorization(app_configs: object = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Say, before a project goes out, that its pictures are everybody's."""
    if setting("AUTHORIZE") is None and list(mounted()):
        yield Warning(
            "The media view shows every picture to whoever has its address.",
            hint="Set DERIVED_IMAGES['AUTHORIZE'] to the dotted path of f(request, file) → bool; if "
            "all of them are public, silence this in SILENCED_SYSTEM_CHECKS.",
            id="derived_images.W006",
        )
