"""Which attachments are listed: those on rows of a model, on one row, covers alone."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from derived_images.attachments import registry
from derived_images.attachments.visible import key_of, model_of


class Wanted(serializers.Serializer[Any]):
    """What a list may be asked for."""

    content_type = serializers.CharField(
        required=False, help_text="Those on rows of this model: app_label.model."
    )
    object_id = serializers.CharField(
        required=False, help_text="Those on the row with this key; name the model, too."
    )
    is_cover = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Covers alone, or all others."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want no key without a model."""
        if "object_id" in attrs and "content_type" not in attrs:
            raise serializers.ValidationError("Give the content_type, too: whose key is it?")
        return attrs


class Ordering(OrderingFilter):
    """Orders by what is asked for; what is alike there by keys, so that pages don't overlap."""

    def get_ordering(self, request: Request, queryset: Any, view: APIView) -> Any:
        """Return the fields to order by."""
        return [*(super().get_ordering(request, queryset, view) or ()), "-pk"]


class OnRows(BaseFilterBackend):
    """Lists attachments by `content_type`, `object_id` and `is_cover`."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        """Return those that are wanted. Raises `ValidationError`."""
        wanted = Wanted(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        if data["is_cover"] is not None:
            queryset = queryset.filter(is_cover=data["is_cover"] or None)
        return _on(queryset, **data) if "content_type" in data else queryset

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return what OpenAPI is told of them."""
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": field.help_text,
                "schema": {"type": "boolean" if name == "is_cover" else "string"},
            }
            for name, field in Wanted().fields.items()
        ]


def _on(queryset: Any, content_type: str, object_id: str | None = None, **others: Any) -> Any:
    try:
        model = model_of(content_type)
        if object_id is None:
            return queryset.filter(content_type=registry.content_type_of(model))
        return queryset.of(model(pk=key_of(model, object_id)))
    except (LookupError, ValueError, ValidationError):
        return queryset.none()
