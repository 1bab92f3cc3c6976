"""System checks of the wing: what is wrong with models and policy, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from derived_images.attachments.policy import Policy, policy
from derived_images.conf import setting


def check_attachments(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check what the project says of images on its models."""
    try:
        given: object = policy()
    except Exception as error:
        given = error
    if isinstance(given, Policy):
        return []
    return [
        Error(
            f"DERIVED_IMAGES['POLICY'] is {setting('POLICY')!r}, which is no policy: {given!r}.",
            hint="Give it the dotted path of a subclass of derived_images.attachments.Policy.",
            id="derived_images.E101",
        )
    ]
