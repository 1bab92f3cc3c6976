"""What follows when attachments and images go: the next cover, and the end of unused files."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import QuerySet, signals

from derived_images.attachments import registry
from derived_images.attachments.attached import AbstractImageAttachment
from derived_images.attachments.images import AbstractImage
from derived_images.attachments.swapping import get_image_model


def connect() -> None:
    """Follow the project's images and attachments, and proxies of them."""
    for model in apps.get_models():
        if issubclass(model, AbstractImageAttachment):
            signals.pre_delete.connect(lock_row, sender=model)
            signals.post_delete.connect(promote_next, sender=model)
            signals.post_delete.connect(delete_unused, sender=model)
        elif issubclass(model, AbstractImage):
            signals.post_delete.connect(remove_stored, sender=model)


def lock_row(
    instance: AbstractImageAttachment, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """Before an attachment goes, let nobody else change what is on its row."""
    if registry.is_of(instance.model_of_row(), _model_of(origin)):
        return  # In all likelihood the row itself goes.
    instance.lock_row(using)
    # The instance may be older than its row.
    own = instance.siblings(using).filter(pk=instance.pk)
    instance.is_cover = own.values_list("is_cover", flat=True).first()


def _model_of(origin: Any) -> type[Any]:
    """Return of which model the rows are whose deletion began it: one row, or a query set."""
    return origin.model if isinstance(origin, QuerySet) else type(origin)


def promote_next(instance: AbstractImageAttachment, using: str, **kwargs: Any) -> None:
    """When the cover goes, let the first of those that stay be it."""
    siblings = instance.siblings(using)
    if instance.is_cover and siblings.exists():
        instance.lock_row(using)
        following = siblings.first()
        if following is not None and not siblings.filter(is_cover=True).exists():
            siblings.filter(pk=following.pk).update(is_cover=True)


def delete_unused(
    instance: AbstractImageAttachment, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """When an image leaves its last row, let it go, if the policy keeps none that nobody uses."""
    image = get_image_model()
    if not issubclass(_model_of(origin), image):
        image.all_images(using).discard(instance.image_id)


def remove_stored(instance: AbstractImage, using: str, **kwargs: Any) -> None:
    """When an image goes, let its stored file go, unless another image has it."""
    instance.stored_files(using).remove_unused(instance.stored_id)
