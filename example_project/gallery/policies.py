"""Content-Security-Policy: nothing inline, but what the gallery's pages need."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

try:
    from django.views.decorators.csp import csp_override
except ImportError:  # Before Django 6.0.
    csp_override = None

View = Callable[..., Any]


def with_styles(view: View) -> View:
    """Let a page have `style` attributes: dimensions for its layout, and placeholders."""
    if csp_override is None:
        return view
    return csp_override({**settings.SECURE_CSP, "style-src-attr": ["'unsafe-inline'"]})(view)
