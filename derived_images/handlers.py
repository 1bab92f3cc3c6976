"""What happens when rows are saved and deleted: connected per model, here, and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.files.storage import Storage
from django.db.models import ImageField, Model, signals

from derived_images import references, tasks
from derived_images.declarations import Declaration
from derived_images.fields import focus_fields, followed_fields, manager_added, prepare
from derived_images.files import (
    VariantFile,
    image_field,
    mark_stored,
    names_wanted,
    render_wanted,
    source_stored,
    stored_sources,
)
from derived_images.focus import focal_point
from derived_images.naming import is_same_upload

#: Model → attribute → field, of the fields whose files are followed.
_followed: dict[type[Model], dict[str, ImageField]] = {}


def connect() -> None:
    """Follow every model that is prepared from now on. Before any is, so in `apps`."""
    signals.class_prepared.connect(follow)
    manager_added.connect(follow)
    source_stored.connect(mark)
    names_wanted.connect(answer_who_uses)
    render_wanted.connect(render_now)


def follow(sender: type[Model], **kwargs: Any) -> None:
    """Prepare a model's image fields, and connect to the rows of all that have them."""
    if sender.__module__ == "__fake__":  # The models of migrations have no managers.
        return
    models = {sender}
    for field in prepare(sender):
        # A manager of a child or a proxy is about rows that are saved as its parent, too.
        models.update(_family(field.model))
    for model in models:
        _connect(model)


def _family(model: type[Model]) -> Iterator[type[Model]]:
    """Yield the model and what inherits from it, as far as it has been made by now."""
    yield model
    for child in model.__subclasses__():
        yield from _family(child)


def _connect(model: type[Model]) -> None:
    _followed[model] = followed_fields(model)
    if _followed[model]:
        # Per model: receivers without a sender would end Django's fast deletes everywhere, and
        # those of a model are not called for its proxies and children.
        signals.pre_save.connect(remember_names, sender=model)
        signals.post_save.connect(schedule_work, sender=model)
        signals.pre_delete.connect(remove_deleted, sender=model)


def mark(instance: Model, field: ImageField, name: str, **kwargs: Any) -> None:
    """Keep in mind that a file was stored, until its row is saved."""
    stored = stored_sources(instance)
    mark_stored(instance, {**stored, field.attname: (*stored.get(field.attname, ()), name)})


def remember_names(
    sender: type[Model],
    instance: Model,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,
) -> None:
    """Before a save, keep in mind which names the row has until now."""
    written = {
        attname: field
        for attname, field in _followed[sender].items()
        if attname in instance.__dict__ and _is_written(field, update_fields)
    }
    for attname in written:
        value = getattr(instance, attname)
        if isinstance(value, VariantFile):
            value.refuse_as_source()
    if not raw:
        aimed = _aimed(sender, update_fields)
        asked = {**written, **aimed}.items()
        known = {name: field for name, field in asked if not _is_new(instance, field)}
        for field in aimed.values():
            _refuse_no_point(instance, field, field.attname in known, using)
        before = dict.fromkeys(known, "") | _names_in_row(instance, known, using)
        instance._state.derived_images_before = before  # type: ignore[attr-defined]
        for attname in written.keys() & known.keys():
            _catch_up(instance, attname, before[attname])


def _catch_up(instance: Model, attname: str, name: str) -> None:
    """Let an instance that is older than its row have the name that its source has got meanwhile.

    Its own is that of a file which has gone, though the picture is the same: somebody has looked at
    it from elsewhere.
    """
    file = getattr(instance, attname)
    if file and name != file.name and file._committed and is_same_upload(file.name, name):
        setattr(instance, attname, name)


def _refuse_no_point(instance: Model, field: ImageField, has_row: bool, using: str) -> None:
    """Raise `ValueError` of a text that is no focal point, unless the row has it already."""
    for name in focus_fields(field) & instance.__dict__.keys():
        text = instance.__dict__[name]
        try:
            focal_point(text if isinstance(text, str) else None)
        except ValueError:
            key = tasks.key_of(instance, field)
            kept = references.names_before(field.model, key, [name], using) if has_row else {}
            if kept.get(name) != text:
                raise


def _is_written(field: ImageField, update_fields: Collection[str] | None) -> bool:
    return update_fields is None or field.name in update_fields or field.attname in update_fields


def _aimed(model: type[Model], update_fields: Collection[str] | None) -> dict[str, ImageField]:
    """Return attribute → field, of those whose focal points this save writes."""
    return {
        attname: field
        for attname, field in _followed[model].items()
        if (told := focus_fields(field))
        and (update_fields is None or not told.isdisjoint(update_fields))
    }


def _is_new(instance: Model, field: ImageField) -> bool:
    """Say whether the field's table surely has no such row: Django then inserts without looking.

    A child may be new to its own table and not to its parent's.
    """
    pk = field.model._meta.pk
    chosen = pk.has_default() or pk.has_db_default()
    key = tasks.key_of(instance, field)
    is_set = None not in (key if isinstance(key, tuple) else (key,))
    return not is_set or (instance._state.adding and chosen)


def _names_in_row(instance: Model, fields: Mapping[str, ImageField], using: str) -> dict[str, str]:
    """Return attribute → name as the database has it; a parent's columns are its table's."""
    tables: dict[type[Model], list[ImageField]] = defaultdict(list)
    for field in fields.values():
        tables[field.model].append(field)
    names: dict[str, str] = {}
    for model, columns in tables.items():
        key = tasks.key_of(instance, columns[0])
        names |= references.names_before(model, key, [each.attname for each in columns], using)
    return names


def schedule_work(
    sender: type[Model],
    instance: Model,
    raw: bool,
    using: str,
    created: bool,
    update_fields: Collection[str] | None,
    **kwargs: Any,
) -> None:
    """After a save, see to what it set free, and to what was stored for it."""
    before = instance._state.__dict__.pop("derived_images_before", {})
    if raw:
        return
    fields, stored = _followed[sender], stored_sources(instance)
    changed = fields if created else {*before, *stored}
    written = {name for name in changed if _is_written(fields[name], update_fields)}
    for attname in written:
        name, new = getattr(instance, attname).name, stored.get(attname, ())
        # A file may be new to its row without a mark: when a save that was rolled back is retried,
        # or when a row is made with another's name. All rows have their default from the beginning.
        until_now = before.get(attname, fields[attname].get_default() if created else name)
        if name and (name in new or until_now != name):
            tasks.schedule_rendering(instance, fields[attname], name, using)
        for freed in {before.get(attname), *new} - {name}:
            if freed:
                tasks.schedule_removal(fields[attname], freed, using)
    mark_stored(instance, {name: stored[name] for name in stored.keys() - written})
    for attname, field in _aimed(sender, update_fields).items():
        name = getattr(instance, attname).name if attname in written else before.get(attname)
        tasks.aim(instance, field, name or "", using)


def remove_deleted(
    sender: type[Model], instance: Model, using: str, origin: object = None, **kwargs: Any
) -> None:
    """Before a row is deleted, see to the files that it sets free."""
    fields, stored = _followed[sender], stored_sources(instance)
    if origin is instance:
        # This instance may be older than its row. Those of a query set come fresh from it.
        names = _names_in_row(instance, fields, using)
    else:
        names = {attname: getattr(instance, attname).name for attname in fields}
    for attname, field in fields.items():
        for name in {names.get(attname), *stored.get(attname, ())}:
            if name:
                tasks.schedule_removal(field, name, using, origin)


def answer_who_uses(
    instance: Model,
    field: ImageField,
    source: str,
    files: list[tuple[Storage, str]],
    **kwargs: Any,
) -> set[str]:
    """Answer which of these names other rows hold or derive."""
    key = tasks.key_of(instance, field)
    return {clash.name for clash in tasks.clashes_of(field, {source: files}, key)}


def render_now(
    instance: Model, manager: Declaration, source: str, variants: Collection[str], **kwargs: Any
) -> list[str]:
    """Render these variants of a row, and answer with those that were made."""
    field = image_field(instance, manager.source)
    report = tasks.render(instance, field, source, {manager: variants})
    return [target.variant for target in report.made]
