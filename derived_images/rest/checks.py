"""System checks of the wing: addresses that tell of an owner, and a policy that must know them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import URLPattern, get_resolver

from derived_images.attachments.policy import Policy, policy
from derived_images.rest.api import OfOwner


def check_owners(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that the policy knows the owners that the API's addresses tell of."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    names = sorted(set(_captured(get_resolver().url_patterns, frozenset())))
    try:
        rules: object = policy()
    except Exception:  # E101 tells.
        return []
    if not names or not isinstance(rules, Policy) or type(rules).owner_at is not Policy.owner_at:
        return []
    return [
        Error(
            f"The API's addresses capture {', '.join(names)}, and the policy knows no owner by that.",
            hint="Give the policy a method `owner_at(self, user, …)`, or mount the API without it.",
            id="derived_images.E201",
        )
    ]


def _captured(patterns: Any, before: frozenset[str]) -> Iterator[str]:
    """Yield what is captured of an address before that of a view of libraries begins."""
    for each in patterns:
        names = before | set(each.pattern.regex.groupindex)
        names |= set(getattr(each, "default_kwargs", None) or getattr(each, "default_args", {}))
        if not isinstance(each, URLPattern):
            yield from _captured(each.url_patterns, names)
        elif issubclass(getattr(each.callback, "cls", object), OfOwner):
            yield from names - OfOwner.own_kwargs()
