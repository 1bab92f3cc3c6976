"""Django's own tasks, or their backport: whatever backend is the project's default renders.

Of RQ's workers one must have `--with-scheduler`: what is put off waits for it.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from derived_images.tasks import Payload, render_or_raise

try:
    from django.tasks import task
except ImportError:  # Before Django 6.0
    from django_tasks import task  # type: ignore[no-redef]

#: How often what a storage refused is tried, where the backend can put it off.
ATTEMPTS = 8


@task()
def render(payload: Payload, attempt: int = 1) -> None:
    """Render what the payload asks for; if that fails, again later, twice as late each time."""
    try:
        render_or_raise(payload)
    except Exception:
        if attempt == ATTEMPTS or not render.get_backend().supports_defer:
            raise
        later = timezone.now() + timedelta(seconds=2**attempt)
        render.using(run_after=later).enqueue(payload, attempt + 1)


def enqueue(payload: Payload) -> None:
    """Hand the payload to the project's default backend."""
    render.enqueue(payload)
