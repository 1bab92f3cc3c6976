"""Celery: a worker renders what its broker hands it, and again later what a storage refused."""

from __future__ import annotations

from celery import shared_task

from derived_images.tasks import Payload, render_or_raise


@shared_task(  # type: ignore[untyped-decorator]
    name="derived_images.render",
    ignore_result=True,
    # A worker that dies gives back what it had in hand: to render twice does no harm.
    acks_late=True,
    reject_on_worker_lost=True,
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
