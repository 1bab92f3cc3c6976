"""What OpenAPI is told of serializer fields, where drf-spectacular is installed: the core alone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from derived_images.rest.fields import VariantsField


class VariantsExtension(OpenApiSerializerFieldExtension):
    """The URLs of variants."""

    target_class = "derived_images.rest.fields.VariantsField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return name → URL, or what else there is of each."""
        field: VariantsField = self.target
        entry: dict[str, Any] = {"type": "string"}
        if field.dimensions:
            side = {"type": "integer", "nullable": True, "description": "In pixels."}
            entry = {"type": "object", "properties": {"url": entry, "width": side, "height": side}}
        names = list(dict.fromkeys(["original", *(field.variants or ())]))
        return {
            "type": "object",
            "properties": dict.fromkeys(names, entry),
            "additionalProperties": entry if field.variants is None else False,
            "required": names,
            "readOnly": True,
        }
