"""The settings: one dict, `DERIVED_IMAGES`, its defaults in one table, read when used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.functional import empty

from derived_images.recipes import Fit

DEFAULTS: dict[str, Any] = {
    # The variants of a manager that declares none of its own.
    "RECIPES": {
        "thumb": Fit(160, 160, quality=65),
        "sm": Fit(640, 640, quality=80),
        "md": Fit(1024, 1024, quality=85),
        "lg": Fit(2048, 2048, quality=85),
    },
    # Where rendering runs: "inline", "none", "django_tasks", "celery", or the dotted path of a
    # callable of yours, which takes a small dict that JSON can carry.
    "PROCESSOR": "inline",
    # Pixels × frames of the largest JPEG that is decoded. Whatever needs more memory may be smaller:
    # progressive and CMYK JPEG, PNG and GIF half of it, AVIF a third, WebP a quarter.
    "MAX_PIXELS": 16384 * 8192,
    # The dotted path of f(names) → names to keep, for names that live outside of file fields.
    "KEEP": None,
    # How long files stay that no row names any more, for pages in caches: a timedelta. None
    # deletes them after commit; else `audit_images --delete-orphans` does, once they are so old.
    "GRACE": None,
    # Where URLs of sources and variants lead: to the "storage", or to the media "view".
    "URLS": "storage",
    # What the media view answers where a variant is missing: "render" makes it there and then,
    # "source" gives what it would be made of, "404" nothing.
    "MISSING": "render",
    # The dotted path of f(request, file) → whether the media view shows it, sync or async. None
    # shows all to everybody.
    "AUTHORIZE": None,
    # Who sends the bytes: the view as a "stream"; the server in front of it, by the header
    # "X-Accel-Redirect" (nginx) or "X-Sendfile" (Apache); or the storage, by "redirect".
    "SERVE": "stream",
    # The dotted path of the rules of images on any model, a subclass of this one.
    "POLICY": "derived_images.attachments.policy.Policy",
}


def setting(key: str) -> Any:
    """Return the project's value, or the default."""
    # Past Django's wrapper, which takes as long as a name to tell what a project does not set.
    holder = object.__getattribute__(settings, "_wrapped")
    given = getattr(settings if holder is empty else holder, "DERIVED_IMAGES", DEFAULTS)
    # A check tells who gave something else than a dict.
    return given.get(key, DEFAULTS[key]) if isinstance(given, dict) else DEFAULTS[key]
