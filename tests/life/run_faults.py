"""Faults at every call of a storage: `python -m tests.life.run_faults OSError disk`.

A program of its own: it forks a child for every kill, so it has a single thread, and a database in
a file. Of models it has but those of the life app: every question is asked of each.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.life.settings"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", help="OSError, OSError from then on, or SIGKILL")
    parser.add_argument("storage", help="of tests.life.faults.STORAGES")
    parser.add_argument("server", nargs="?", default="", help="the URL of an S3 server, if needed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder), arguments.storage, arguments.server)
        from tests.life.faults import operations, points

        for operation in operations(arguments.storage):
            print(operation.name, points(operation, arguments.kind), flush=True)


def set_up(folder: Path, storage: str, server: str) -> None:
    """Make an empty database, and files' home, in the folder, and make the storage the default."""
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "sqlite3",
        # It is processes that end here, no machines.
        "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},
    }
    settings.DATABASES = {"default": database}
    settings.MEDIA_ROOT = folder / "media"
    django.setup()
    # What fails on purpose is logged, and counted there, but not shown.
    logging.getLogger("derived_images").propagate = False
    logging.getLogger("derived_images").addHandler(logging.NullHandler())
    call_command("migrate", run_syncdb=True, verbosity=0)
    from tests.life.faults import backend

    settings.STORAGES = {**settings.STORAGES, "default": backend(storage, server)}


if __name__ == "__main__":
    main()
