"""Processors: engines that are imported only when they are named, and try again what may go well."""

import os
import subprocess
import sys
from types import SimpleNamespace
from uuid import uuid4

import pytest

from derived_images import tasks
from tests.shop import models as shop
from tests.test_tasks import payload

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", tasks.PROCESSORS)
def test_each_of_ours_is_there(name, settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": name}

    assert callable(tasks.processor())


def test_none_is_imported_unless_it_is_named():
    imported = "import sys, tests.shop.models; print(*sys.modules)"
    setup = f"import django; django.setup(); {imported}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", setup]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)

    assert not {"celery", "django_tasks", "django.tasks"} & set(run.stdout.split())


@pytest.mark.parametrize("defers", [True, False])
def test_django_s_tasks_put_off_what_failed_where_they_can(defers, monkeypatch):
    from derived_images.processors import django_tasks

    enqueued = []
    backend = SimpleNamespace(supports_defer=defers)
    later = SimpleNamespace(enqueue=lambda *args: enqueued.append(args))
    task = SimpleNamespace(get_backend=lambda: backend, using=lambda **options: later)
    call = django_tasks.render.func
    monkeypatch.setattr(django_tasks, "render", task)
    row = shop.WithUUID(pk=uuid4(), image="uuid/gone.jpg")
    row.save()

    if defers:
        call(payload(row), 3)
    else:
        with pytest.raises(tasks.NotRendered):
            call(payload(row), 3)
    with pytest.raises(tasks.NotRendered):
        call(payload(row), django_tasks.ATTEMPTS)
    assert enqueued == ([(payload(row), 4)] if defers else [])
