"""One package in one long-lived process, told by lines of JSON what to do.

Imports, settings and tables come before anything is measured.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.management import call_command
from django.db import connection


def configure(folder: Path, more_apps: tuple[str, ...] = (), **more: Any) -> None:
    """Set up a project with these apps, whose files lie in the folder."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "benchmarks.peers", *more_apps],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        MEDIA_ROOT=str(folder / "media"),
        MEDIA_URL="/media/",
        FILE_UPLOAD_TEMP_DIR=str(folder),
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIGRATION_MODULES={app.rpartition(".")[2]: None for app in ("contenttypes", *more_apps)},
        USE_TZ=True,
        SECRET_KEY="benchmarks",  # noqa: S106
        **more,
    )
    django.setup()


def make_tables() -> None:
    """Make the tables of all apps, and of the models that were declared here."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("peers").get_models():
            editor.create_model(model)


class Worker:
    """Uploads pictures to one package."""

    def __init__(self, name: str, format: str, folder: Path) -> None:
        from benchmarks.peers.packages import PACKAGES

        package = PACKAGES[name]
        (folder / "media").mkdir(parents=True)
        configure(folder, package.apps, **package.settings(format))
        self.media = folder / "media"
        self.upload = package.declare(format)
        self.count = 0
        make_tables()

    def measure(self, path: str, keep: str | None = None) -> dict[str, Any]:
        """Upload the file at the path, and say what it took and what came of it.

        The files are removed, or moved into the folder `keep`.
        """
        self.count += 1
        upload = uploaded(Path(path), f"photo{self.count}.jpg")
        processor, started = time.process_time(), time.monotonic()
        self.upload(upload)
        ended = time.monotonic()
        cpu = time.process_time() - processor
        memory = peak_memory()
        upload.close()
        made = [each for each in self.media.rglob("*") if each.is_file()]
        sizes = sorted(each.stat().st_size for each in made)
        sizes.remove(Path(path).stat().st_size)  # the original
        if keep:
            for each in made:
                shutil.move(each, Path(keep) / each.name)
        shutil.rmtree(self.media)
        self.media.mkdir()
        return {
            "started": started,
            "ended": ended,
            "cpu": cpu,
            "memory": memory,
            "sizes": sizes,
        }


def uploaded(path: Path, name: str) -> TemporaryUploadedFile:
    """Return what a request with so large a file hands to the form: a temporary file."""
    file = TemporaryUploadedFile(name, "image/jpeg", path.stat().st_size, None)
    with path.open("rb") as source:
        shutil.copyfileobj(source, file.file)
    file.seek(0)
    return file


def peak_memory() -> float:
    """Return the most that this process had in memory so far, in megabytes of 10⁶ bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    name, format, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever packages print

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    try:
        worker = Worker(name, format, Path(folder))
        answer(memory=peak_memory())
        for line in sys.stdin:
            answer(**worker.measure(**json.loads(line)))
    except Exception as error:
        answer(error=f"{type(error).__name__}: {error}")
        raise


if __name__ == "__main__":
    main()
