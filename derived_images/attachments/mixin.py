"""Images for a model of yours, by inheritance, or for one that is not yours, by registration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Prefetch, prefetch_related_objects, signals

from derived_images.attachments import registry
from derived_images.attachments.attaching import ImageLike, RowImages
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

Row = TypeVar("Row", bound=models.Model)


def with_images(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """Return the rows, with their images and files read in one query for all."""
    return rows.prefetch_related(images_with_files())


def images_with_files() -> Prefetch[str]:
    """Return what reads the rows' images, and their files, in one query for all."""
    return Prefetch("images", queryset=ImageAttachment.objects.with_images())


def read_images(rows: Sequence[models.Model]) -> None:
    """Read the images and files of rows in one query for all, unless they have been read."""
    # Whoever has read attachments has not read images and files, perhaps.
    prefetch_related_objects(rows, images_with_files(), "images__image__stored")


class ImagesQuerySet(models.QuerySet[Row]):
    """Rows with images. A model with a query set of its own lets that inherit this one."""

    def with_images(self) -> models.QuerySet[Row]:
        """Read the rows' images and files in one query for all."""
        return with_images(self)


class ImagesMixin(models.Model):
    """Gives the rows of a model images: ``class Part(ImagesMixin, models.Model)``. No migration.

    `images` are the attachments, in order.
    """

    #: How many images a row may have: 1 replaces the one that is there, more are refused.
    images_limit: ClassVar[int | None] = None

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        images: RelatedManager[ImageAttachment]
        objects = ImagesQuerySet.as_manager()

    @property
    def cover(self) -> ImageAttachment | None:
        """The attachment that stands for the row; ``None`` if it has no image."""
        images = self.images.all()
        if "images" not in getattr(self, "_prefetched_objects_cache", {}):
            images = images.filter(is_cover=True).select_related("image__stored")
        return next((each for each in images if each.is_cover), None)

    @property
    def image_url(self) -> str | None:
        """Where browsers get the cover; ``None`` if there is none."""
        cover = self.cover
        return cover.image.url if cover else None

    @property
    def thumbnail_url(self) -> str:
        """Where browsers get the cover's thumbnail, or the policy's placeholder."""
        cover = self.cover
        return cover.image.thumbnail_url if cover else policy().placeholder_url(self)

    def attach(self, file_or_image: Any, *, creator: Any = None, **texts: str) -> ImageAttachment:
        """Put an image on the row, as the last in order; the first one is its cover.

        Takes a file, an image, or an attachment for its image. `creator`, `title`, `alt_text` and
        `description` are those of the new image; an image that was there before keeps its creator,
        and the texts are what it says on this row. An image that is on the row already stays where
        it is. Raises `ValidationError` of what is no image, or not in the library of the row's
        owner, or one too many.
        """
        return RowImages(self).attach(file_or_image, creator, texts)

    attach.alters_data = True  # type: ignore[attr-defined]

    def detach(self, image: ImageLike) -> bool:
        """Take an image off the row, and say whether it was on it. The image itself stays."""
        return RowImages(self).detach(image)

    detach.alters_data = True  # type: ignore[attr-defined]

    def reorder(self, images: ImageLike | Iterable[ImageLike], position: int = 0) -> None:
        """Move an image, or several in their new order, to a position, counted from 0.

        Raises `ValidationError`, if one is not on the row.
        """
        RowImages(self).reorder(images, position)

    reorder.alters_data = True  # type: ignore[attr-defined]

    def set_cover(self, image: ImageLike) -> ImageAttachment:
        """Let an image stand for the row. Raises `ValidationError`, if it is not on the row."""
        return RowImages(self).set_cover(image)

    set_cover.alters_data = True  # type: ignore[attr-defined]

    def unset_cover(self) -> None:
        """Let no image stand for the row, until one is set, or attached next."""
        RowImages(self).unset_cover()

    unset_cover.alters_data = True  # type: ignore[attr-defined]

    def copy_images_to(self, other: models.Model) -> list[ImageAttachment]:
        """Put the row's images on another row, too, in their order, with their texts and cover.

        Files are not copied. Raises `ValidationError`, as `attach()` does; nothing is copied then.
        """
        return RowImages(self).copy_to(RowImages(other))

    copy_images_to.alters_data = True  # type: ignore[attr-defined]


#: What each row with images has, beside `images`.
GIVEN = (
    "cover",
    "image_url",
    "thumbnail_url",
    "attach",
    "detach",
    "reorder",
    "set_cover",
    "unset_cover",
    "copy_images_to",
)


def register(model: type[models.Model], *, images_limit: int | None = None) -> None:
    """Give images to a model that is not yours, in `ready()` of an app of yours.

    Its rows then have what those of an `ImagesMixin` have; `with_images()` takes its query sets.
    Raises `TypeError` of what is no model, `ImproperlyConfigured`, if the model has something else
    under one of those names.
    """
    if not (isinstance(model, type) and issubclass(model, models.Model)):
        raise TypeError(f"{model!r} is no model.")
    model = model._meta.concrete_model or model
    if images_limit is not None:
        model.images_limit = images_limit  # type: ignore[attr-defined]
    if registry.is_registered(model):
        return
    taken = [name for name in ("images", *GIVEN) if hasattr(model, name)]
    if taken:
        raise ImproperlyConfigured(
            f"Images cannot be attached to {model._meta.label}: it has {taken[0]!r} already."
        )
    registry.enroll(model)
    for name in GIVEN:
        setattr(model, name, vars(ImagesMixin)[name])


def enroll_prepared(sender: type[models.Model], **kwargs: Any) -> None:
    """Give each model that inherits the mixin its attachments, and those that have none a manager."""
    if not issubclass(sender, ImagesMixin) or sender._meta.swapped:
        return
    registry.enroll(sender)
    managers = sender._meta.local_managers
    for plain in [each for each in managers if each.auto_created]:
        # Django's own, of a model that has none. One of the mixin's would hide those of other bases.
        managers.remove(plain)
        own: Any = ImagesQuerySet.as_manager()
        own.auto_created = True
        sender.add_to_class(plain.name, own)


signals.class_prepared.connect(enroll_prepared)
