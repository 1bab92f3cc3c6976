"""What requests may say: which images, which file, which texts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from derived_images.attachments.images import TEXTS
from derived_images.rest.serializers import key_field, number_field
from derived_images.rest.uploads import UploadField, most_files

#: Of one request.
MOST_KEYS = 500


class Texts(serializers.Serializer[Any]):
    """What is said of an image."""

    title = serializers.CharField(max_length=255, required=False, allow_blank=True)
    alt_text = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)


class Upload(Texts):
    """A file, and what is said of it."""

    file = UploadField()


class AnyFile(serializers.FileField):
    """What should be a file: whether it is, is answered where it is stored."""

    def to_internal_value(self, data: Any) -> Any:
        """Return it."""
        return data


class Files(serializers.Serializer[Any]):
    """Several files. Whether each is an image is answered one by one."""

    files = serializers.ListField(child=AnyFile(), allow_empty=False)

    def validate_files(self, files: list[Any]) -> list[Any]:
        """Return them, if they are not too many."""
        return most_files(files)


class Keys(serializers.Serializer[Any]):
    """Images, by their ids."""

    ids = serializers.ListField(child=key_field(), allow_empty=False, max_length=MOST_KEYS)


class Numbers(serializers.Serializer[Any]):
    """Attachments, by their ids."""

    ids = serializers.ListField(child=number_field(), allow_empty=False, max_length=MOST_KEYS)


class Key(serializers.Serializer[Any]):
    """One image, by its id."""

    id = key_field()


class Order(Keys):
    """Images in their new order, and the position, from 0, of the first of them."""

    position = serializers.IntegerField(default=0, min_value=-MOST_KEYS, max_value=MOST_KEYS)


class Attach(Texts):
    """Images by their ids, or a file and what is said of it."""

    ids = serializers.ListField(
        child=key_field(), allow_empty=False, max_length=MOST_KEYS, required=False
    )
    file = UploadField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want one or the other."""
        return exactly_one(attrs, "ids", "file")


class AttachToRow(Texts):
    """A row of a registered model, and a file, or an image of its owner's library."""

    content_type = serializers.CharField(max_length=201, help_text="app_label.model")
    object_id = serializers.CharField(max_length=255)
    file = UploadField(required=False)
    image_id = key_field(required=False)
    image_name = serializers.CharField(max_length=255, required=False)
    is_cover = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want one of the three."""
        return exactly_one(attrs, "file", "image_id", "image_name")


def exactly_one(attrs: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the attributes. Raises `ValidationError`, unless one of these is there."""
    if sum(name in attrs for name in names) != 1:
        raise serializers.ValidationError(f"Give one of these: {', '.join(names)}.")
    return attrs


def texts_of(data: dict[str, Any]) -> dict[str, str]:
    """Return the texts that were given."""
    return {name: data[name] for name in TEXTS if name in data}
