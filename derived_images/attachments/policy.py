"""The project's own rules: whose images are whose, and what becomes of those that nobody uses."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.templatetags.static import static
from django.utils.module_loading import import_string

from derived_images.conf import setting


class Policy:
    """What a project may decide. Subclass it, and name yours in ``DERIVED_IMAGES["POLICY"]``."""

    #: Whether an image stays in its library when it leaves the last row that it was on.
    keeps_unused = True

    def owner_of(self, row: Model) -> Any:
        """Return whom images on this row belong to: an organization, a user; ``None`` is nobody.

        Rows have images of their owner's library alone.
        """
        return None

    def owner_key(self, owner: Any) -> str:
        """Return what tells this owner from others: 255 characters at most, "" for nobody.

        The same bytes are stored once for each key. Keys differ by more than the case of letters.
        """
        if owner is None:
            return ""
        if not isinstance(owner, Model):
            raise TypeError(
                f"{owner!r} is no owner: give a row of a model, or write `owner_key()`."
            )
        if owner.pk is None:
            raise ValueError(f"{owner!r} must be saved before it owns anything.")
        model = owner._meta.concrete_model or type(owner)
        return f"{model._meta.label_lower}:{owner.pk}"

    def owner(self, key: str) -> Any:
        """Return the owner of that key, ``None`` if there is none any more."""
        if not key:
            return None
        label, _, pk = key.partition(":")
        try:
            return apps.get_model(label)._base_manager.filter(pk=pk).first()
        except (LookupError, ValueError):  # Of a model that is gone, or by other rules than these.
            return None

    def placeholder_url(self, row: Model) -> str:
        """Return what stands for the thumbnail of a row that has no image."""
        return static("derived_images/placeholder.svg")


def policy() -> Policy:
    """Return the project's policy. Raises `ImportError`."""
    return import_string(setting("POLICY"))()  # type: ignore[no-any-return]
