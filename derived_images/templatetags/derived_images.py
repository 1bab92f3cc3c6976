"""Django's template tags: the functions of `markup`, with errors that tell the template.

    {% load derived_images %}
    {% picture photo.variants "sm" "md" "lg" sizes="(min-width: 60em) 50vw, 100vw" alt=photo.title %}

Each takes ``as name``, for `{% if name %}` where there may be no source.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.template import Library, TemplateSyntaxError

from derived_images import markup

register = Library()


def _tag(function: Callable[..., str]) -> Callable[..., str]:
    @wraps(function)
    def tag(*args: Any, **kwargs: Any) -> str:
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            raise TemplateSyntaxError(f"{{% {function.__name__} %}}: {error}") from error

    return tag


for function in (markup.img, markup.picture, markup.source, markup.srcset):
    register.simple_tag(_tag(function), name=function.__name__)
