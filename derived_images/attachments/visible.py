"""What a user sees of rows, images and attachments. What is hidden looks as if it were not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import Http404
from django.utils.translation import gettext as _

from derived_images.attachments import registry
from derived_images.attachments.attached import RELATIONS
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import get_image_model
from derived_images.references import paged

#: Attachments whose rows are read together.
TOGETHER = 100


def row_of(user: Any, label: str, key: str) -> Model:
    """Return a row that the user sees, of a registered model. Raises `Http404`."""
    try:
        model = model_of(label)
        row = model._default_manager.filter(pk=key_of(model, key)).first()
    except (LookupError, ValueError, ValidationError):
        row = None
    if row is None or not policy().sees_row(user, row):
        raise Http404(_("There is no such row."))
    return row


def new_row(label: str) -> Model:
    """Return a row of a registered model that is not made yet. Raises `Http404`."""
    try:
        return model_of(label)()
    except (LookupError, ValueError, ValidationError):
        raise Http404(_("There is no such model.")) from None


def model_of(label: str) -> type[Model]:
    """Return a registered model. Raises `LookupError`, `ValueError`, or `ValidationError`."""
    model = apps.get_model(label)
    registry.root_of(model)
    return model


def key_of(model: type[Model], key: str) -> Any:
    """Return a key as the model has it. Raises `ValidationError`, or `ValueError`."""
    if "\0" in key:
        raise ValueError("No key has null characters.")
    # As a form takes it: a number that is too large for the column is none.
    options: Any = model._meta
    return options.pk.clean(key, None)


def images_of(user: Any, owner_key: str | None = None) -> QuerySet[Any]:
    """Return the images that the user sees, of one owner's library or of all, with their files."""
    images = get_image_model()._default_manager.select_related("stored")
    if owner_key is not None:
        images = images.filter(stored__owner_key=owner_key)
    return policy().visible_images(user, images)


def images_for(user: Any, row: Model) -> QuerySet[Any]:
    """Return the images that the user sees, of the library that the row's are from."""
    rules = policy()
    return images_of(user, rules.owner_key(rules.owner_of(row)))


def chosen(images: QuerySet[Any], keys: Iterable[Any], field: str = "ids") -> list[Any]:
    """Return the images with these keys, in their order. Raises `ValidationError`, naming others."""
    wanted = list(dict.fromkeys(keys))
    found = {image.pk: image for image in images.filter(pk__in=wanted)}
    bad = [key for key in wanted if key not in found]
    if bad:
        raise ValidationError({field: [_("There is no image %s here.") % key for key in bad]})
    return [found[key] for key in wanted]


def attachments_of(user: Any) -> Any:
    """Return the attachments of images that the user sees, with them and their files."""
    attachments = ImageAttachment.objects.with_images().select_related("content_type")
    attachments = attachments.filter(image__in=images_of(user).select_related(None))
    return policy().visible_attachments(user, attachments)


def rows_with(user: Any, image: Any, most: int) -> list[Model]:
    """Return the first rows that an image is on, as far as the user sees them; one more than most."""
    attachments = attachments_of(user).filter(image=image).order_by("content_type", "pk")
    seen = on_seen_rows(user, attachments.iterator(TOGETHER))
    return [each.content_object for each in islice(seen, most + 1)]  # type: ignore[misc]


def on_seen_rows(user: Any, attachments: Iterable[ImageAttachment]) -> Iterator[ImageAttachment]:
    """Yield those of these attachments whose row the user sees; rows are read some at a time."""
    for some in paged(attachments, TOGETHER):
        # Not of a model that is not installed any more.
        known = [each for each in some if registry.is_registered(each.model_of_row())]
        prefetch_related_objects(known, *RELATIONS.values())
        yield from (each for each in known if is_on_seen_row(user, each))


def is_on_seen_row(user: Any, attachment: ImageAttachment) -> bool:
    """Say whether the user sees the row that an attachment is on."""
    row = attachment.content_object
    return row is not None and policy().sees_row(user, row)
