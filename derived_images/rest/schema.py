"""What OpenAPI is told of the views, where drf-spectacular is installed: bodies, errors, examples."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension, OpenApiViewExtension
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.settings import api_settings

from derived_images.rest import bodies
from derived_images.rest.serializers import (
    AttachmentSerializer,
    ChangeSerializer,
    ImageSerializer,
    ThumbnailSerializer,
    key_field,
)

_URL = "/media/images/bolt_1200x800_x7kq2mz9"
_IMAGE = {
    "id": 7,
    "url": f"{_URL}.jpg",
    "variants": {
        "original": f"{_URL}.jpg",
        **{name: f"{_URL}_{name}.webp" for name in ("thumb", "sm", "md", "lg")},
    },
    "name": "bolt.jpg",
    "title": "A bolt",
    "alt_text": "A steel bolt on a grey table.",
    "description": "",
    "width": 1200,
    "height": 800,
    "size": 184320,
    "creator": 3,
    "created": "2026-01-31T12:00:00Z",
    "updated": "2026-01-31T12:00:00Z",
}
_ATTACHMENT = {
    "id": 12,
    "image": _IMAGE,
    "is_cover": True,
    "order": 0,
    "title": "Front",
    "alt_text": "A steel bolt on a grey table.",
    "description": "",
    "custom_title": "Front",
    "custom_alt_text": "",
    "custom_description": "",
    "content_type": "shop.part",
    "object_id": "42",
}


class Failure(serializers.Serializer[Any]):
    """What went wrong, in a sentence; of a body that is wrong, field by field, too."""

    detail = serializers.CharField()
    errors = serializers.JSONField(required=False)  # type: ignore[assignment]


class Uploaded(serializers.Serializer[Any]):
    """What became of one file: an image, or a sentence that says why not."""

    name = serializers.CharField()
    image = ImageSerializer(required=False)
    detail = serializers.CharField(required=False)


class Results(serializers.Serializer[Any]):
    """What became of each file, in their order."""

    results = Uploaded(many=True)


class FailedResults(Results):
    """What became of each file: none could be stored."""

    detail = serializers.CharField(required=False)
    errors = serializers.JSONField(required=False)  # type: ignore[assignment]
    results = Uploaded(many=True, required=False)


class Deleted(serializers.Serializer[Any]):
    """The ids of those that were there."""

    deleted = serializers.ListField(child=key_field())


class DeletedAttachments(serializers.Serializer[Any]):
    """The ids of those that were there."""

    deleted = serializers.ListField(child=serializers.IntegerField())


class Detached(serializers.Serializer[Any]):
    """The ids of those that were there."""

    detached = serializers.ListField(child=key_field())


class Attached(serializers.Serializer[Any]):
    """Attachments, in order."""

    attached = AttachmentSerializer(many=True)


def _example(value: Any) -> list[OpenApiExample]:
    return [OpenApiExample("An example", value, response_only=True, status_codes=["200", "201"])]


_FORM = "multipart/form-data"
_FAILURES = dict.fromkeys((400, 401, 403, 404, 405, 406, 409, 413, 415, 429, 500), Failure)
_NOTHING = OpenApiResponse(description="It is done.")


def _of(response: Any, code: int = 200, request: Any = None, example: Any = None) -> Any:
    """Describe an action: what it takes, what it answers, and that it may fail."""
    return extend_schema(
        request=request,
        responses={code: response, **_FAILURES},
        examples=_example(example) if example else None,
    )


def _collection(serializer: Any, change: Any, example: Any) -> dict[str, Any]:
    """Describe what all collections have."""
    return {
        "list": _of(serializer(many=True), example=example),
        "retrieve": _of(serializer, example=example),
        "partial_update": _of(serializer, request=change, example=example),
        "destroy": _of(_NOTHING, 204),
    }


class ImagesExtension(OpenApiViewExtension):
    """The library of images."""

    target_class = "derived_images.rest.views.Images"

    def view_replacement(self) -> Any:
        """Return the view with what is told of it."""

        @extend_schema_view(
            **_collection(ImageSerializer, ImageSerializer, _IMAGE),
            create=_of(ImageSerializer, 201, {_FORM: bodies.Upload}, _IMAGE),
            bulk_upload=extend_schema(
                request={_FORM: bodies.Files},
                responses={201: Results, 207: Results, **_FAILURES, 400: FailedResults},
            ),
            bulk_delete=_of(Deleted, request=bodies.Keys),
        )
        class Described(self.target_class):  # type: ignore[misc, name-defined]
            pass

        return Described


class _OfRow(api_settings.DEFAULT_SCHEMA_CLASS):  # type: ignore[misc, name-defined]
    """Tells operations on a row's images from those on a library's, which have the same names."""

    def get_operation_id(self) -> str:
        """Return the name of the operation."""
        return f"{super().get_operation_id()}_of_row"


def _named(method: Any) -> Any:
    method.kwargs = {"schema": _OfRow}
    return method


class ImagesOfRowExtension(OpenApiViewExtension):
    """The images of a row."""

    target_class = "derived_images.rest.views.ImagesOfRow"

    def view_replacement(self) -> Any:
        """Return the view with what is told of it."""
        attached = {"attached": [_ATTACHMENT]}
        told = {
            **_collection(AttachmentSerializer, AttachmentSerializer, _ATTACHMENT),
            "create": _of(Attached, 201, bodies.Attach, attached),
            "bulk_attach": _of(Attached, 201, bodies.Keys, attached),
            "bulk_detach": _of(Detached, request=bodies.Keys),
            "reorder": _of(Attached, request=bodies.Order, example=attached),
            "set_cover": _of(AttachmentSerializer, request=bodies.Key, example=_ATTACHMENT),
            "unset_cover": _of(_NOTHING, 204),
        }

        @extend_schema_view(**{name: [_named, each] for name, each in told.items()})
        class Described(self.target_class):  # type: ignore[misc, name-defined]
            pass

        return Described


class AttachmentsExtension(OpenApiViewExtension):
    """The attachments of all rows."""

    target_class = "derived_images.rest.views.Attachments"

    def view_replacement(self) -> Any:
        """Return the view with what is told of it."""

        @extend_schema_view(
            **_collection(AttachmentSerializer, ChangeSerializer, _ATTACHMENT),
            create=_of(AttachmentSerializer, 201, bodies.AttachToRow, _ATTACHMENT),
            bulk_delete=_of(DeletedAttachments, request=bodies.Numbers),
            thumbs=_of(ThumbnailSerializer(many=True)),
        )
        class Described(self.target_class):  # type: ignore[misc, name-defined]
            pass

        return Described


class FileExtension(OpenApiSerializerFieldExtension):
    """A file that is sent."""

    target_class = "derived_images.rest.uploads.UploadField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the type of a file."""
        return {"type": "string", "format": "binary"}


class AnyFileExtension(FileExtension):
    """A file that is sent with others."""

    target_class = "derived_images.rest.bodies.AnyFile"


class CoverExtension(OpenApiSerializerFieldExtension):
    """The cover of a row: its URL is told, and a file may be sent."""

    target_class = "derived_images.rest.serializers.CoverField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the type of a file that is sent, or of a URL that is told; both may be null."""
        is_sent = direction == "request"
        return {"type": "string", "nullable": True, **({"format": "binary"} if is_sent else {})}
