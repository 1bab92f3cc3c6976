"""Which models may have images, and how their rows are found: by a key column of the right type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.contenttypes.fields import (
    GenericRelation,
    ReverseGenericManyToOneDescriptor,
)
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import (
    CharField,
    Field,
    IntegerField,
    Model,
    TextField,
    UUIDField,
    signals,
)
from django.db.models.fields.related import lazy_related_operation, resolve_relation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

#: The model of attachments, before there is one.
ATTACHMENT = "derived_images_attachments.ImageAttachment"

#: Type of a primary key → the column of `ImageAttachment` that such keys are in. One column of text
#: for all is compared to no number on PostgreSQL, and to no UUID on SQLite.
_COLUMNS: dict[type[Field[Any, Any]], str] = {
    IntegerField: "object_int",
    UUIDField: "object_uuid",
    CharField: "object_str",
    TextField: "object_str",
}
COLUMNS = tuple(dict.fromkeys(_COLUMNS.values()))

_registered: dict[type[Model], str] = {}


def enroll(model: type[Model]) -> None:
    """Let images be attached to rows of a model. Raises `ImproperlyConfigured`."""
    unknown = _unknown_key(model._meta.pk)
    if unknown:
        # Its type is known when that model is.
        lazy_related_operation(lambda own, _: enroll(own), model, unknown)
    elif not is_registered(model):
        column = column_for(model)
        _registered[model] = column
        for each in _family(model):
            each.add_to_class("images", Images(ATTACHMENT, object_id_field=column))
    elif root_of(model) is not model._meta.concrete_model and not _has_key_of_parent(model):
        raise ImproperlyConfigured(
            f"{model._meta.label} has images as a {root_of(model).__name__}, so its key must be "
            "the one of its parent."
        )


def _unknown_key(key: Any) -> str:
    """Return the model, not made yet, whose key a key is; "" of one whose type is known."""
    while key.remote_field:
        if isinstance(key.remote_field.model, str):
            return str(resolve_relation(key.model, key.remote_field.model))
        key = key.remote_field.model._meta.pk
    return ""


def _family(model: type[Model]) -> Iterator[type[Model]]:
    """Yield the model and what inherits from it, as far as it has been made by now."""
    yield model
    for child in model.__subclasses__():
        yield from _family(child)


def _has_key_of_parent(model: type[Model]) -> bool:
    link: Any = (model._meta.concrete_model or model)._meta.pk.remote_field
    return bool(link and link.parent_link)


def is_registered(model: type[Model]) -> bool:
    """Say whether images may be attached to rows of a model, or of one of its parents."""
    return next(_lineage(model), None) is not None


def is_of(model: type[Model], other: type[Any]) -> bool:
    """Say whether rows of the other model are rows of this one, as far as images go."""
    return is_registered(model) and root_of(model) in other.__mro__


def root_of(model: type[Model]) -> type[Model]:
    """Return the model that is registered: this one, or its parent. Raises `ValidationError`."""
    root = next(_lineage(model), None)
    if root is None:
        name = _("a model that is not installed") if model is Model else model._meta.label
        told = _("Nothing can be attached to %s: it is not registered.") % name
        raise ValidationError(told, code="not_registered")
    return root


def column_of(model: type[Model]) -> str:
    """Return the column with keys of a registered model. Raises `ValidationError`."""
    return _registered[root_of(model)]


def content_type_of(model: type[Model], using: str | None = None) -> ContentType:
    """Return the content type of a registered model. Raises `ValidationError`."""
    return ContentType.objects.db_manager(using).get_for_model(root_of(model))


def _lineage(model: type[Model]) -> Iterator[type[Model]]:
    return (each for each in reversed(model.__mro__) if each in _registered)


def column_for(model: type[Model]) -> str:
    """Return the column that a model's keys fit in. Raises `ImproperlyConfigured`."""
    key = key_of(model)
    for kind, column in _COLUMNS.items():
        if isinstance(key, kind):
            return column
    raise ImproperlyConfigured(
        f"Images cannot be attached to {model._meta.label}: its key is a {type(key).__name__}, "
        "and neither an integer, nor a UUID, nor text."
    )


def key_of(model: type[Model]) -> Any:
    """Return the field that a model's keys are of: its own, or that of the rows that are its keys."""
    key: Any = model._meta.pk
    while key.remote_field:
        key = key.target_field
    return key


class Images(GenericRelation):
    """The attachments of a row. Rows of a child are rows of the registered parent."""

    def contribute_to_class(self, cls: type[Model], name: str, **kwargs: Any) -> None:  # type: ignore[override]
        super().contribute_to_class(cls, name, **kwargs)
        setattr(cls, name, _ImagesDescriptor(self.remote_field))  # type: ignore[arg-type]
        signals.post_delete.connect(self.detach_late, sender=cls)

    def get_content_type(self) -> ContentType:
        return content_type_of(self.model)

    def detach_late(self, instance: Model, using: str, **kwargs: Any) -> None:
        """When a row has gone, let go what was attached while it was being deleted."""
        self.bulk_related_objects([instance], using).delete()

    def bulk_related_objects(self, objs: Any, using: str = "default") -> Any:
        rows = self.remote_field.model._base_manager.using(using)
        if root_of(self.model) is not self.model._meta.concrete_model:
            return rows.none()  # They are the parent's, which may stay.
        keys = [each.pk for each in objs]
        return rows.filter(
            content_type=content_type_of(self.model, using),
            **{f"{self.object_id_field_name}__in": keys},
        )


class _ImagesDescriptor(ReverseGenericManyToOneDescriptor):
    """Gives a row the manager of its attachments."""

    @cached_property
    def related_manager_cls(self) -> Any:
        manager: Any = super().related_manager_cls

        class ImagesManager(manager):  # type: ignore[misc]
            def __init__(self, instance: Model) -> None:
                super().__init__(instance)
                self.get_content_type = lambda row: content_type_of(type(row), row._state.db)
                self.content_type = self.get_content_type(instance)  # type: ignore[no-untyped-call]
                self.core_filters[f"{self.content_type_field_name}__pk"] = self.content_type.pk

            def add(self, *objs: Any, bulk: bool = True) -> None:
                # Not by an update, which would go past order, cover, limit and owner.
                super().add(*objs, bulk=False)

        return ImagesManager
