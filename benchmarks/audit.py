"""What an audit costs in time and memory: `python -m benchmarks.audit --names 1000000`.

Each size is a project of its own, in a child process: rows of an `AutoCleanupImageField` with four
variants, every file of theirs an empty one on disk, and one file in a hundred an orphan.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

#: A source and its variants.
FILES_OF_A_ROW = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=100_000, help="files of the largest project")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        measure(arguments.names)
        return
    print(f"{'names':>9} {'seconds':>8} {'names/s':>8} {'peak MB':>8}")
    for names in (arguments.names // 100, arguments.names // 10, arguments.names):
        command = [sys.executable, "-m", "benchmarks.audit", "--child", "--names", str(names)]
        subprocess.run(command, check=True)


def measure(names: int) -> None:
    """Make a project, audit it, and print a line."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        fill(names // FILES_OF_A_ROW)
        begun = time.perf_counter()
        call_command("audit_images", stdout=sys.stderr, verbosity=0)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{names:>9} {seconds:>8.1f} {names / seconds:>8.0f} {peak:>8.0f}", flush=True)


def set_up(folder: Path) -> None:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["derived_images", "benchmarks"],
        MEDIA_ROOT=folder / "media",
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def fill(rows: int) -> None:
    """Make rows and files, a thousand of each in a folder, with no more memory for more of them."""
    from benchmarks.models import Ours
    from derived_images.naming import allocate

    for first in range(0, rows, 1000):
        made = [
            Ours(image=allocate(f"ours/{first}/{row}.jpg", (3000, 2000), "jpg", lambda name: True))
            for row in range(first, min(first + 1000, rows))
        ]
        Ours.objects.bulk_create(made, batch_size=500)
        touch(
            name
            for row in made
            for name in (row.image.name, *Ours.variants.names(row.image.name).values())
        )
        orphans = [row.pk for row in made[::100]]
        Ours.objects.filter(pk__in=orphans)._raw_delete("default")


def touch(names: Iterable[str]) -> None:
    for name in names:
        path = Path(settings.MEDIA_ROOT, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


if __name__ == "__main__":
    main()
