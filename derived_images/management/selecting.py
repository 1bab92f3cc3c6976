"""Which rows the arguments of a command mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.core.management.base import CommandError
from django.db.models import Field, IntegerField, Model, Q, QuerySet

from derived_images.references import Narrow

BOOLEANS = {"true": True, "false": False}


def narrowing(model: type[Model], lookups: list[tuple[str, Any]]) -> Narrow:
    """Return what leaves out the rows of which these lookups are not true. Raises `CommandError`."""

    def narrow(rows: QuerySet[Model]) -> QuerySet[Model]:
        # What is looked up may be many of a row's.
        return rows.filter(*map(Q, lookups)).distinct() if lookups else rows

    try:
        narrow(QuerySet(model=model))
    except (FieldError, ValueError, TypeError, ValidationError) as error:
        raise CommandError(f"{model._meta.label} cannot be asked so: {error}") from error
    return narrow


def keys_of(model: type[Model], texts: Iterable[str]) -> dict[str, Any]:
    """Return text → key, of those that can be keys; a composite key's parts have commas between."""
    fields = model._meta.pk_fields
    keys = {}
    for text in texts:
        parts = str(text).split(",") if len(fields) > 1 else [text]
        try:
            key = tuple(_python(*each) for each in zip(fields, parts, strict=True))
        except (ValueError, ValidationError):
            continue
        keys[text] = key if len(fields) > 1 else key[0]
    return keys


def _python(field: Field[Any, Any], text: str) -> Any:
    while field.remote_field:  # A child's key is its parent's.
        field = field.target_field  # type: ignore[attr-defined]
    key = field.to_python(text)
    if isinstance(field, IntegerField):  # Some databases fail over one that is too large.
        field.run_validators(key)
    return key


def text_of(model: type[Model], key: Any) -> str:
    """Return the text that means a key."""
    return ",".join(map(str, key)) if len(model._meta.pk_fields) > 1 else str(key)


def has_owner(model: type[Model]) -> bool:
    """Say whether the model's rows have an owner."""
    try:
        return bool(model._meta.get_field("owner").concrete)
    except FieldDoesNotExist:
        return False


def lookup_of(text: str) -> tuple[str, Any]:
    """Return lookup and value of ``lookup=value``. Raises `CommandError`."""
    lookup, sign, value = text.partition("=")
    if not lookup or not sign:
        raise CommandError(f"{text!r} is no filter. Give lookup=value, as in album__title=Rome.")
    if lookup.endswith("__in"):
        return lookup, value.split(",")
    if lookup.endswith("__isnull"):
        if value.lower() not in BOOLEANS:
            raise CommandError(f"{text!r} is no filter: say {lookup}=true, or false.")
        return lookup, BOOLEANS[value.lower()]
    return lookup, value
