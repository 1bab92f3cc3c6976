"""The project's own rules: whose images are whose, who may do what, and what becomes of the unused."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.templatetags.static import static
from django.utils.module_loading import import_string

from derived_images.attachments.swapping import get_image_model
from derived_images.conf import setting


class Policy:
    """What a project may decide. Subclass it, and name yours in ``DERIVED_IMAGES["POLICY"]``."""

    #: Whether an image stays in its library when it leaves the last row that it was on.
    keeps_unused = True

    #: What an upload through the API or the admin may have at most: bytes of one file, pixels of one
    #: side, files and bytes of one request.
    max_bytes = 32 * 1024 * 1024
    max_side = 32_767
    max_files = 50
    max_total = 128 * 1024 * 1024

    def owner_of(self, row: Model) -> Any:
        """Return whom images on this row belong to: an organization, a user; ``None`` is nobody.

        Rows have images of their owner's library alone.
        """
        return None

    @property
    def has_owners(self) -> bool:
        """Whether there are libraries of several owners, and not just one of nobody's."""
        return type(self).owner_of is not Policy.owner_of

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

    def may_enter(self, user: Any) -> bool:
        """Say whether the API speaks to this user at all: by default, to who has logged in."""
        return bool(user and user.is_authenticated)

    def owner_at(self, user: Any, **captured: str) -> Any:
        """Return the owner that an address tells of, ``None`` if the user sees no such one.

        `captured` is what your `path()` takes from the address before the API's own begins.
        """
        raise ImproperlyConfigured(
            f"{type(self).__name__}.owner_at() must tell whose {captured} is."
        )

    def visible_images(self, user: Any, images: QuerySet[Any]) -> QuerySet[Any]:
        """Return which of these images the user sees: by default, all."""
        return images

    def visible_attachments(self, user: Any, attachments: QuerySet[Any]) -> QuerySet[Any]:
        """Return which of these attachments, whose images the user sees, are on rows that are seen.

        By default, all. Where all rows are listed together, `sees_row()` is not asked of each.
        """
        return attachments

    def sees_row(self, user: Any, row: Model) -> bool:
        """Say whether the user sees that there is this row, and what is on it: by default, yes."""
        return True

    def may_attach_to(self, user: Any, row: Model) -> bool:
        """Say whether the user may change what is on this row, one that is seen.

        By default, who may change rows of its model. Of a row that the admin is about to make, who
        may add them.
        """
        return _may(user, "add" if row._state.adding else "change", type(row))

    def may_upload(self, user: Any, owner: Any) -> bool:
        """Say whether the user may add images to the library of this owner, ``None`` is nobody's."""
        return _may(user, "add", get_image_model())

    def may_change(self, user: Any, image: Model) -> bool:
        """Say whether the user may change this image, one that is seen, everywhere, or delete it."""
        return _may(user, "change", type(image))

    def placeholder_url(self, row: Model) -> str:
        """Return what stands for the thumbnail of a row that has no image."""
        return static("derived_images/placeholder.svg")


def _may(user: Any, action: str, model: type[Model]) -> bool:
    options = model._meta
    codename = get_permission_codename(action, options)
    return bool(user and user.has_perm(f"{options.app_label}.{codename}"))


def policy() -> Policy:
    """Return the project's policy. Raises `ImportError`."""
    return import_string(setting("POLICY"))()  # type: ignore[no-any-return]
