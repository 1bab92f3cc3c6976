"""Celery: a worker renders what its broker hands it, and again later what a storage refused."""

from __future__ import annotations

from celery import shared_task

from derived_images.tasks import Payload, render_or_raise


@shared_task(  # type: ignore[untyped-decorator]
    name="derived_images.render",
    ignore_result=True,
    # What a worker had in hand when it died is rendered again, which does no harm, but not for ever:
    # it may have died of it.
    acks_late=True,
    retry_on_worker_lost=True,
    default_retry_delay=5,
    autoretry_for=(Exception,),
    retry_backoff=True,
    max_retries=8,
)
def render(payload: Payload) -> None:
    """Render what the payload asks for."""
    render_or_raise(payload)


def enqueue(payload: Payload) -> None:
    """Hand the payload to the project's broker."""
    render.delay(payload)
