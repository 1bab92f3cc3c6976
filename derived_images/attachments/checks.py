"""System checks of the wing: what is wrong with models and policy, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.db.models import Model

from derived_images.attachments.mixin import GIVEN, ImagesMixin
from derived_images.attachments.policy import Policy, policy
from derived_images.conf import setting


def check_attachments(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check what the project says of images on its models."""
    models = [
        model for config in app_configs or apps.get_app_configs() for model in config.get_models()
    ]
    return [*check_policy(), *(message for model in models for message in check_names(model))]


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


def check_names(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that nothing of a model's own hides what the mixin gives its rows."""
    if not issubclass(model, ImagesMixin):
        return
    own = [*model._meta.local_fields, *model._meta.local_many_to_many]
    names = {field.name: field for field in own}
    names |= {str(each.get_accessor_name()): each.field for each in model._meta.related_objects}
    for name in ("images", *GIVEN):
        if name in names:
            yield Error(
                f"{name!r} of {model._meta.label} hides what ImagesMixin has of that name.",
                hint="Rename the field, whose column may stay (db_column), or its related_name.",
                obj=names[name],
                id="derived_images.E102",
            )
