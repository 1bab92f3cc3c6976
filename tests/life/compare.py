"""The stories, told of this library and of two others: `make compare`.

Each library runs in a process of its own, on SQLite and a folder; the others in an environment of
their own. A story is not told of a library where it uses what that one does not promise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import django

LIBRARIES = {
    "derived_images": "derived-images",
    "django_cleanup": "django-cleanup",
    "django_stdimage": "django-stdimage",
}
KINDS = ("LOST", "BROKEN", "LEAK", "ERROR")
COLUMNS = ("library", "Django", "stories", "passed", *KINDS, "originals lost")

#: What a reader must know to judge the others fairly.
NOTES = """
stories: those that use nothing which the library does not offer; LOST to ERROR: stories with one
originals lost: files that a row names, and that are gone or changed
django-cleanup says that it assumes one row a file; django-stdimage, that it leaves what code, and
not a form, replaces (most of its LEAK). Django itself deletes at once in image.delete().
"""

#: Story → kind and name of each verdict; None where the story is not told.
Result = dict[str, list[tuple[str, str, str]] | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("python", help="the interpreter of the environment with the others")
    parser.add_argument("--list", action="store_true", help="name every story that fails, and why")
    parser.add_argument("--tell", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tell:
        print(json.dumps({"versions": versions(), "stories": dict(told())}))
        return
    print(" | ".join(COLUMNS))
    for library in LIBRARIES:
        python = sys.executable if library == "derived_images" else arguments.python
        report = asked(python, library)
        print(" | ".join(map(str, row(report))), flush=True)
        if arguments.list:
            print("\n".join(failures(report["stories"])))
    print(NOTES)


def asked(python: str, library: str) -> dict[str, Any]:
    """Tell all stories of a library in a process of its own."""
    environment = {**os.environ, "LIFE_LIBRARY": library}
    command = [python, "-W", "ignore", "-m", "tests.life.compare", python, "--tell"]
    process = subprocess.run(
        command, env=environment, check=True, text=True, stdout=subprocess.PIPE
    )
    return json.loads(process.stdout)


def versions() -> tuple[str, str]:
    distribution = LIBRARIES[os.environ["LIFE_LIBRARY"]]
    return f"{distribution} {version(distribution)}", django.__version__


def row(report: dict[str, Any]) -> list[object]:
    """Return a row of the table: how many stories have at least one verdict of each kind."""
    stories = [verdicts for verdicts in report["stories"].values() if verdicts is not None]
    kinds = Counter(kind for verdicts in stories for kind in {kind for kind, _, _ in verdicts})
    lost = [{name for kind, name, _ in verdicts if kind == "LOST"} for verdicts in stories]
    passed = sum(not verdicts for verdicts in stories)
    counts = [kinds[kind] for kind in KINDS]
    return [*report["versions"], len(stories), passed, *counts, sum(map(len, lost))]


def failures(stories: Result) -> Iterator[str]:
    for name, verdicts in stories.items():
        if verdicts is None:
            yield f"  {name}: not told"
        for kind, file, why in verdicts or ():
            yield f"  {name}: {kind} {file}: {why.strip().splitlines()[-1]}"


def told() -> Iterator[tuple[str, list[tuple[str, str, str]] | None]]:
    """Tell every story, on empty databases and in an empty folder; yield its name and verdicts."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from django.db import connections
    from django.test.runner import DiscoverRunner
    from django.test.utils import override_settings

    from tests.life.stories import Untold, all_stories, tell

    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    for story in all_stories():
        with tempfile.TemporaryDirectory() as folder, override_settings(**storages(folder)):
            try:
                yield story.name, [(each.kind, each.name, each.why) for each in tell(story)]
            except Untold:
                yield story.name, None
        for alias in connections:
            options = {"interactive": False, "inhibit_post_migrate": True, "verbosity": 0}
            call_command("flush", database=alias, **options)
        ContentType.objects.clear_cache()
    runner.teardown_databases(databases)


def storages(folder: str) -> dict[str, Any]:
    from django.conf import settings

    default = {"BACKEND": "tests.life.stories.OnDisk"}
    return {"MEDIA_ROOT": folder, "STORAGES": {**settings.STORAGES, "default": default}}


if __name__ == "__main__":
    main()
