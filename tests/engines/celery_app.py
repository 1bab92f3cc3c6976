"""The site's Celery, as its documentation has it."""

from celery import Celery

app = Celery("engines")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
