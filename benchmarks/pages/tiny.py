"""The alternative to names that carry a placeholder: a tiny variant, read once by each process."""

from __future__ import annotations

import base64

from django.template import Library

from derived_images.files import DerivedImages

register = Library()

#: Name → style, of what this process has read.
_read: dict[str, str] = {}


@register.simple_tag
def tiny_background(images: DerivedImages) -> str:
    """Return the style that shows the variant `tiny` behind the picture."""
    variant = images["tiny"]
    if variant.name not in _read:
        with variant.storage.open(variant.name) as file:
            content = base64.b64encode(file.read()).decode()
        _read[variant.name] = f"background:url(data:image/webp;base64,{content}) 0/100% 100%"
    return _read[variant.name]


def forget() -> None:
    """Be a process that has read nothing yet."""
    _read.clear()
