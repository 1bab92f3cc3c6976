"""`manage.py audit_images`: what is missing, what is left over, and how to be rid of it."""

from __future__ import annotations

import json
import re
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import chain
from typing import Any

from django.apps import apps
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
    OutputWrapper,
)
from django.db import Error
from django.db.models import ImageField
from django.template.defaultfilters import filesizeformat

from derived_images.audit import OF_FILES, Audit, Count, Finding, Unlistable, all_followed, title
from derived_images.conf import setting
from derived_images.fields import followed_fields
from derived_images.files import remove

MEANINGS = {
    "in use": "named by rows, or derived from what they name",
    "missing": "a row names it, and it is not there",
    "unrendered": "variants that are not made yet",
    "clash": "variants that are not made: another source has the name",
    "orphaned": "ours, and no row names it any more",
    "leftover": "temporary files of writers that were killed",
    "foreign": "not stored by our field, so never touched",
}
NOT_DELETED = "not deleted"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
EXAMPLES = """
examples:
  manage.py audit_images                       what is the matter, in numbers
  manage.py audit_images shop.Photo --list     of these rows only; every file by name
  manage.py audit_images --delete-orphans --delete-leftovers --dry-run
  manage.py audit_images --delete-orphans --older-than 7d
  manage.py audit_images --delete-orphans --include-unallocated --folder photos/old

exit status: 1 when something is missing, or could not be deleted; else 0.
"""


class Text:
    """Output for people."""

    def __init__(self, stdout: OutputWrapper) -> None:
        self.stdout = stdout

    def finding(self, what: str, found: Finding) -> None:
        size = "" if found.size is None else f"  {filesizeformat(found.size)}"
        row = found.row and f"  ({found.row})"
        self.stdout.write(f"{what:<14}{found.name}{size}{row}")

    def summary(self, counts: Mapping[str, Count]) -> None:
        for kind, meaning in MEANINGS.items():
            size = filesizeformat(counts[kind].bytes) if kind in OF_FILES else ""
            self.stdout.write(f"{kind:<14}{counts[kind].files:>9}  {size:>10}  {meaning}")


class JsonLines:
    """Output for programs: an object a line, the summary among them."""

    def __init__(self, stdout: OutputWrapper) -> None:
        self.stdout = stdout

    def finding(self, what: str, found: Finding) -> None:
        told = {"name": found.name, "size": found.size, "row": found.row}
        self.stdout.write(json.dumps({"is": what, "storage": title(found.storage), **told}))

    def summary(self, counts: Mapping[str, Count]) -> None:
        summary = {kind: count._asdict() for kind, count in counts.items()}
        self.stdout.write(json.dumps({"summary": summary}))


class Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's help, with examples that keep their lines."""


class Command(BaseCommand):
    """Prints what an `Audit` finds, and deletes what it is asked to."""

    help = "Compare what rows name with what storages hold; delete what is left over, if asked to."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.update(epilog=EXAMPLES, formatter_class=Formatter)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("fields", nargs="*", metavar="app.Model[.field]", help="look at these only")
        add("--list", action="store_true", help="name every file that is not in use")
        add("--json", action="store_true", help="print a JSON object a line")
        add("--delete-orphans", action="store_true", help="delete what is orphaned")
        add("--delete-leftovers", action="store_true", help="delete what is left over")
        add(
            "--older-than",
            metavar="AGE",
            help="delete only what is older: 90m, 12h, 7d (default: GRACE in the settings, or 1d)",
        )
        add(
            "--include-unallocated",
            action="store_true",
            help="in --folder, whatever no row names is orphaned, whoever stored it",
        )
        add("--folder", help="the folder that --include-unallocated is about")
        add("--dry-run", action="store_true", help="show what would be deleted; delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["include_unallocated"] != bool(options["folder"]):
            raise CommandError("--include-unallocated and --folder FOLDER go together.")
        before = time.time() - age(options["older_than"])
        folder = options["folder"] and f"{options['folder'].strip('/')}/"
        audit = Audit(chosen(options["fields"]), folder)
        self.run(audit)
        output = (JsonLines if options["json"] else Text)(self.stdout)
        if options["list"]:
            for kind in [*MEANINGS][1:]:
                for found in audit.findings(kind):
                    output.finding(kind, found)
        missing = audit.counts()["missing"].files
        output.summary(audit.counts())
        kinds = ["orphaned"] * options["delete_orphans"] + ["leftover"] * options[
            "delete_leftovers"
        ]
        failed = 0
        for found in chain.from_iterable(audit.free(kind, before) for kind in kinds):
            what = "would delete" if options["dry_run"] else delete(found)
            output.finding(what, found)
            failed += what == NOT_DELETED
        if missing or failed:
            raise CommandError(f"{missing} files are missing, {failed} could not be deleted.")

    def run(self, audit: Audit) -> None:
        try:
            audit.run(self.progress)
        except (Unlistable, Error) as error:
            raise CommandError(f"The audit was given up, nothing was deleted: {error}") from error
        finally:
            self.progress("")

    def progress(self, what: str, number: int | None = None) -> None:
        """Say on a terminal how far it is; what programs read stays clean."""
        if self.stderr.isatty():
            count = "" if number is None else f": {number}"
            self.stderr.write(f"\r\033[K{what}{count}", ending="")


def delete(found: Finding) -> str:
    """Delete a file, and say what became of it."""
    return "deleted" if remove(found.storage, [found.name]) else NOT_DELETED


def chosen(labels: Iterable[str]) -> set[ImageField]:
    """Return the fields of these labels, or all. Raises `CommandError` with the choices."""
    fields = set(chain.from_iterable(_labelled(label) for label in labels)) or all_followed()
    if not fields:
        raise CommandError(
            "There is no image field to look at: no model has variants, or cleans up."
        )
    return fields


def _labelled(label: str) -> Iterable[ImageField]:
    app_label, _, rest = label.partition(".")
    model_name, _, field_name = rest.partition(".")
    try:
        fields = followed_fields(apps.get_model(app_label, model_name))
    except (LookupError, ValueError) as error:
        raise CommandError(f"{label!r} is no app.Model or app.Model.field: {error}") from error
    if field_name not in ("", *fields) or not fields:
        choices = ", ".join(fields) or "none"
        raise CommandError(f"{label!r} is no image field that is followed. Choices are: {choices}.")
    return [fields[field_name]] if field_name else fields.values()


def age(text: str | None) -> float:
    """Return seconds, of a number and a unit, or the project's own period of grace."""
    if text is None:
        return (setting("GRACE") or timedelta(days=1)).total_seconds()
    match = re.fullmatch(r"(\d+)([smhdw])", text)
    if match is None:
        raise CommandError(f"{text!r} is no age. Give a number and a unit: 0s, 90m, 12h, 7d, 2w.")
    return int(match[1]) * SECONDS[match[2]]
