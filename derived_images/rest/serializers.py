"""Images, attachments, and rows with images, as JSON has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, router
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from derived_images.attachments.attaching import RowImages
from derived_images.attachments.images import TEXTS
from derived_images.attachments.locking import in_transaction
from derived_images.attachments.mixin import read_images
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.swapping import get_image_model
from derived_images.rest.fields import VariantsField
from derived_images.rest.uploads import UploadField

__all__ = [
    "AttachmentSerializer",
    "ImageSerializer",
    "ImageSerializerMixin",
    "UploadField",
    "VariantsField",
]


def creator_of(request: Any) -> Any:
    """Return who uploads; ``None`` is nobody that is known."""
    user = getattr(request, "user", None)
    return user if isinstance(user, get_user_model()) else None


def number_field(**kwargs: Any) -> serializers.IntegerField:
    """Return a field for keys that are numbers."""
    return serializers.IntegerField(
        min_value=1, max_value=models.BigIntegerField.MAX_BIGINT, **kwargs
    )


def key_field(**kwargs: Any) -> serializers.Field[Any, Any, Any, Any]:
    """Return a field for keys of the project's images."""
    key = get_image_model()._meta.pk
    if isinstance(key, models.IntegerField):
        return number_field(**kwargs)
    if isinstance(key, models.UUIDField):
        return serializers.UUIDField(**kwargs)
    return serializers.CharField(max_length=255, **kwargs)


class ImageSerializer(serializers.ModelSerializer[Any]):
    """An image of a library, with the URLs of its variants, and facts of its file."""

    id = key_field(source="pk", read_only=True)
    url = serializers.CharField(read_only=True)
    variants = VariantsField()
    #: In pixels.
    width = serializers.IntegerField(source="stored.width", read_only=True, allow_null=True)
    height = serializers.IntegerField(source="stored.height", read_only=True, allow_null=True)
    #: In bytes.
    size = serializers.IntegerField(source="stored.size", read_only=True)

    class Meta:
        model = get_image_model()
        fields: ClassVar = [
            "id",
            "url",
            "variants",
            "name",
            *TEXTS,
            "width",
            "height",
            "size",
            "creator",
            "created",
            "updated",
        ]
        read_only_fields: ClassVar = ["name", "creator"]

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Change texts."""
        return save_given(instance, {**validated_data, "updated": timezone.now()})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take no other bytes: images share them."""
        if "file" in self.initial_data:
            told = _("An image keeps its bytes: upload another one.")
            raise serializers.ValidationError({"file": told})
        return attrs


def save_given(instance: Any, given: dict[str, Any]) -> Any:
    """Save these fields, and no other: somebody else may have changed those meanwhile."""
    for name, value in given.items():
        setattr(instance, name, value)
    if given:
        try:
            instance.save(update_fields=list(given))
        # As Django 6 calls it.
        except getattr(type(instance), "NotUpdated", DatabaseError) as error:
            raise NotFound from error
    return instance


class CoverFlag(serializers.BooleanField):
    """True or false, where the database has true or NULL."""

    def get_attribute(self, instance: ImageAttachment) -> bool:
        return bool(instance.is_cover)


class AttachmentSerializer(serializers.ModelSerializer[ImageAttachment]):
    """An image on a row; `title`, `alt_text` and `description` are its own, else the image's."""

    image = ImageSerializer(read_only=True)
    is_cover = CoverFlag(required=False)
    title = serializers.CharField(read_only=True)
    alt_text = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    content_type = serializers.SerializerMethodField()
    object_id = serializers.CharField(read_only=True)

    class Meta:
        model = ImageAttachment
        fields: ClassVar = [
            "id",
            "image",
            "is_cover",
            "order",
            *TEXTS,
            *(f"custom_{name}" for name in TEXTS),
            "content_type",
            "object_id",
        ]
        read_only_fields: ClassVar = ["order"]

    def get_content_type(self, attachment: ImageAttachment) -> str:
        """Return the model of the row: app_label.model."""
        return ".".join(attachment.content_type.natural_key())

    def update(self, instance: ImageAttachment, validated_data: dict[str, Any]) -> ImageAttachment:
        """Change texts, and whether it is the cover."""
        is_cover = validated_data.pop("is_cover", None)

        def work() -> None:
            save_given(instance, validated_data)
            if is_cover:
                save_given(instance, {"is_cover": True})
            elif is_cover is False and instance.is_cover:
                _row_of(instance).unset_cover()

        in_transaction(router.db_for_write(ImageAttachment, instance=instance), work)
        instance.refresh_from_db(fields=["is_cover", "order"])
        return instance


def _row_of(attachment: ImageAttachment) -> RowImages:
    row: Any = attachment.content_object
    return RowImages(row)


class ChangeSerializer(AttachmentSerializer):
    """What may be changed of an attachment where it is by itself: its picture, too."""

    file = UploadField(required=False, write_only=True)

    class Meta(AttachmentSerializer.Meta):
        fields: ClassVar = [*AttachmentSerializer.Meta.fields, "file"]

    def update(self, instance: ImageAttachment, validated_data: dict[str, Any]) -> ImageAttachment:
        """Put another image in its place, if there is a file, and change the rest."""
        file = validated_data.pop("file", None)
        change = super().update

        def work() -> ImageAttachment:
            changed = instance
            if file is not None:
                creator = creator_of(self.context.get("request"))
                changed = _row_of(instance).replace(instance, file, creator)
            return change(changed, dict(validated_data))

        return in_transaction(router.db_for_write(ImageAttachment, instance=instance), work)


class ThumbnailSerializer(serializers.Serializer[Any]):
    """A file, and on how many rows it is seen."""

    url = serializers.CharField(source="file.url")
    thumbnail = serializers.CharField(source="thumbnail_url")
    count = serializers.IntegerField()


class _Prefetching:
    """Reads the images of a list's rows in one query for all."""

    def to_representation(self, data: Any) -> Any:
        rows = list(data.all() if isinstance(data, models.Manager) else data)
        if all(isinstance(row, models.Model) for row in rows):
            read_images(rows)
        lists: Any = super()
        return lists.to_representation(rows)


class CoverField(UploadField):
    """The URL of a row's cover, or null. A file comes in its place; null detaches it."""

    def to_representation(self, value: Any) -> Any:
        """Return the URL as it is; a file that is not stored yet has none."""
        return value if isinstance(value, str) else None


class ImageSerializerMixin(serializers.Serializer[Any]):
    """Adds `image` and `thumbnail` to a serializer of rows with images.

    ``class PartSerializer(ImageSerializerMixin, ModelSerializer)``; `Meta.fields` need not name
    them. `image` is the URL of the cover, or null; `thumbnail` a URL in any case. A file that is
    sent as `image` comes in the cover's place; null detaches the cover, and no other takes its
    place. Who may do so is your view's business.
    """

    image = CoverField(source="image_url", required=False, allow_null=True)
    thumbnail = serializers.CharField(source="thumbnail_url", read_only=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Else schemas would describe your rows by what is said of this class.
        cls.__doc__ = cls.__doc__ or ""

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a list, of whatever class lists have here, that reads its rows' images at once."""
        given: Any = super()
        rows = given.many_init(*args, **kwargs)
        kind = type(rows)
        rows.__class__ = type(kind.__name__, (_Prefetching, kind), {})
        return rows

    def get_field_names(self, declared_fields: Any, info: Any) -> Any:
        """Name these two, too."""
        given: Any = super()
        names = list(given.get_field_names(declared_fields, info))
        added = [name for name in ("image", "thumbnail") if name in declared_fields]
        return names + [name for name in added if name not in names]

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Make the row, with its cover."""
        return self._with_cover(super().create, None, validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Change the row, and its cover."""
        return self._with_cover(partial(super().update, instance), instance, validated_data)

    def _with_cover(self, save: Callable[[Any], Any], instance: Any, data: dict[str, Any]) -> Any:
        is_given, file = "image_url" in data, data.pop("image_url", None)
        model = self.Meta.model  # type: ignore[attr-defined]

        def work() -> Any:
            row = save(dict(data))
            if file is not None:
                self._cover(row, file)
            elif is_given:
                RowImages(row).detach_cover()
            return row

        return in_transaction(router.db_for_write(model, instance=instance), work)

    def _cover(self, row: Any, file: Any) -> None:
        try:
            RowImages(row).put_cover(file, creator_of(self.context.get("request")))
        except ValidationError as error:
            raise serializers.ValidationError({"image": error.messages}) from error
