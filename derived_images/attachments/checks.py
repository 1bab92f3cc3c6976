"""System checks of the wing: what is wrong with models and policy, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Warning
from django.db.models import Model

from derived_images.attachments import registry
from derived_images.attachments.images import AbstractImage
from derived_images.attachments.mixin import GIVEN
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import Policy, policy
from derived_images.attachments.swapping import IMAGE_MODEL, IMAGE_SETTING, get_image_model
from derived_images.checks import is_deleted_by_database
from derived_images.conf import setting


def check_attachments(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check what the project says of images on its models."""
    models = [
        model for config in app_configs or apps.get_app_configs() for model in config.get_models()
    ]
    return [
        *check_policy(),
        *check_image_model(),
        *(message for model in models for message in check_names(model)),
        *(message for model in models for message in check_limit(model)),
        *(message for model in models for message in check_key(model)),
        *(message for model in models for message in check_cascades(model)),
    ]


def check_policy() -> Iterator[CheckMessage]:
    """Check that `POLICY` names a policy."""
    try:
        given: object = policy()
    except Exception as error:
        given = error
    if not isinstance(given, Policy):
        yield Error(
            f"DERIVED_IMAGES['POLICY'] is {setting('POLICY')!r}, which is no policy: {given!r}.",
            hint="Give it the dotted path of a subclass of derived_images.attachments.Policy.",
            id="derived_images.E101",
        )


def check_image_model() -> Iterator[CheckMessage]:
    """Check that `DERIVED_IMAGES_IMAGE_MODEL` names a model of images."""
    try:
        model: Any = get_image_model()
    except (LookupError, ValueError):
        model = None
    if model is None or not issubclass(model, AbstractImage):
        yield Error(
            f"{IMAGE_SETTING} is {IMAGE_MODEL!r}, which is no model of images.",
            hint="Give it the app.Model of a subclass of AbstractImage, whose app is installed.",
            id="derived_images.E103",
        )


def check_names(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that nothing of a model's own hides what the mixin gives its rows."""
    if not registry.is_registered(model):
        return
    own = [*model._meta.local_fields, *model._meta.local_many_to_many, *model._meta.private_fields]
    names = {field.name: field for field in own if not isinstance(field, registry.Images)}
    names |= {str(each.get_accessor_name()): each.field for each in model._meta.related_objects}
    for name in ("images", *GIVEN):
        if name in names:
            yield Error(
                f"{name!r} of {model._meta.label} hides what ImagesMixin has of that name.",
                hint="Rename the field, whose column may stay (db_column), or its related_name.",
                obj=names[name],
                id="derived_images.E102",
            )


def check_limit(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that `images_limit` of a model with images is a number of them."""
    limit = getattr(model, "images_limit", None)
    is_number = limit is None or (isinstance(limit, int) and limit > 0)
    if registry.is_registered(model) and not is_number:
        yield Error(
            f"images_limit of {model._meta.label} is {limit!r}, which is no number of images.",
            hint="Let it be 1 or more, or None for as many as there are.",
            obj=model,
            id="derived_images.E104",
        )


def check_key(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that keys of a model with images fit in the column that is for them."""
    if not registry.is_registered(model) or registry.root_of(model) is not model:
        return
    most = ImageAttachment._meta.get_field("object_str").max_length or 0
    key: Any = registry.key_of(model)
    if registry.column_of(model) == "object_str" and (key.max_length or most + 1) > most:
        yield Error(
            f"A key of {model._meta.label} may be longer than {most} characters.",
            hint=f"Images are found by keys of at most {most}: give it that max_length, or less.",
            obj=key,
            id="derived_images.E105",
        )


def check_cascades(model: type[Model]) -> Iterator[CheckMessage]:
    """Name the foreign keys by which the database deletes rows, of which nobody is told."""
    for field in model._meta.local_fields if registry.is_registered(model) else ():
        if is_deleted_by_database(field):
            yield Warning(
                "The database deletes these rows itself, and what is attached to them stays.",
                hint="Use on_delete=CASCADE.",
                obj=field,
                id="derived_images.W106",
            )
