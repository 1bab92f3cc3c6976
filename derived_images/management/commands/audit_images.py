"""`manage.py audit_images`: what is missing, what is left over, and how to be rid of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import Error
from django.db.models import ImageField
from django.template.defaultfilters import filesizeformat

from derived_images.audit import (
    OF_FILES,
    Audit,
    Count,
    Finding,
    NoFolder,
    Unlistable,
    all_followed,
    title,
)
from derived_images.conf import setting
from derived_images.fields import followed_fields
from derived_images.files import remove
from derived_images.management.terminal import TerminalCommand
from derived_images.references import KeepFailed

MEANINGS = {
    "in use": "named by rows, or derived from what they name",
    "missing": "a row names it, and it is not there",
    "unrendered": "variants that are not made yet",
    "clash": "variants that are not made: another source has the name",
    "orphaned": "ours (or claimed by --folder), and no row names it",
    "leftover": "temporary files of writers that were killed",
    "foreign": "not stored by our field, so never touched",
}
#: Kind → the option that deletes it.
DELETABLE = {"orphaned": "delete_orphans", "leftover": "delete_leftovers"}
DAY = timedelta(days=1)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
EXAMPLES = """
examples:
  manage.py audit_images                       what is the matter, in numbers
  manage.py audit_images shop.Photo --list     of these rows, and all files of their storages
  manage.py audit_images --delete-orphans --delete-leftovers --dry-run
  manage.py audit_images --delete-orphans --older-than 7d
  manage.py audit_images --include-unallocated --folder photos/old --delete-orphans --dry-run

exit status: 1 when something is missing, or could not be deleted; else 0.
"""


@dataclass
class Deletion:
    """What becomes of the files of one kind."""

    kind: str
    dry_run: bool
    deleted: int = 0
    bytes: int = 0
    failed: int = 0
    #: Those that are not old enough.
    younger: int = 0

    def of(self, found: Finding) -> str:
        """Delete a file unless it is a dry run, and say what became of it."""
        if not self.dry_run and not remove(found.storage, [found.name]):
            self.failed += 1
            return "not deleted"
        self.deleted += 1
        self.bytes += found.size or 0
        return "would delete" if self.dry_run else "deleted"


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

    def deletion(self, done: Deletion) -> None:
        what = "would be deleted" if done.dry_run else "deleted"
        failed = f", {done.failed} not" if done.failed else ""
        younger = f"; {done.younger} younger than --older-than stay" if done.younger else ""
        size = filesizeformat(done.bytes)
        self.stdout.write(f"{done.kind}: {done.deleted} {what} ({size}){failed}{younger}")


class JsonLines:
    """Output for programs: an object a line, the summary among them."""

    def __init__(self, stdout: OutputWrapper) -> None:
        self.stdout = stdout

    def finding(self, what: str, found: Finding) -> None:
        told = {"name": found.name, "size": found.size, "row": found.row or None}
        self.stdout.write(json.dumps({"is": what, "storage": title(found.storage), **told}))

    def summary(self, counts: Mapping[str, Count]) -> None:
        summary = {kind: count._asdict() for kind, count in counts.items()}
        self.stdout.write(json.dumps({"summary": summary}))

    def deletion(self, done: Deletion) -> None:
        self.stdout.write(json.dumps({"deletion": asdict(done)}))


class Command(TerminalCommand):
    """Prints what an `Audit` finds, and deletes what it is asked to."""

    help = "Compare what rows name with what storages hold; delete what is left over, if asked to."

    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add(
            "fields",
            nargs="*",
            metavar="app.Model[.field]",
            help="what these rows name, and whatever lies in the same storages (default: all)",
        )
        add("--list", action="store_true", help="name every file that is not in use")
        add("--json", action="store_true", help="print a JSON object a line")
        add("--delete-orphans", action="store_true", help="delete what is orphaned")
        add("--delete-leftovers", action="store_true", help="delete what is left over")
        add(
            "--older-than",
            metavar="AGE",
            help="delete only what is older: 0s, 90m, 12h, 7d, 2w (default: GRACE, at least 1d)",
        )
        add(
            "--include-unallocated",
            action="store_true",
            help="in --folder, whatever no row names is orphaned, whoever stored it",
        )
        add("--folder", help="from the top of a storage, as in photos/old; only there is deleted")
        add("--dry-run", action="store_true", help="show what would be deleted; delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["include_unallocated"] != bool(options["folder"]):
            raise CommandError("--include-unallocated and --folder FOLDER go together.")
        before = time.time() - age(options["older_than"])
        folder = options["folder"].strip("/") + "/" if options["folder"] else ""
        audit = Audit(chosen(options["fields"]), folder)
        output = (JsonLines if options["json"] else Text)(self.stdout)
        try:
            self.report(audit, output, options["list"])
            deletions = [
                self.delete(audit, output, before, Deletion(kind, options["dry_run"]))
                for kind, option in DELETABLE.items()
                if options[option]
            ]
        except (Unlistable, NoFolder, KeepFailed, Error) as error:
            raise CommandError(f"The audit was given up: {error}.") from error
        missing = audit.counts()["missing"].files
        failed = sum(deletion.failed for deletion in deletions)
        wrong = [f"missing: {missing}"] * bool(missing) + [f"not deleted: {failed}"] * bool(failed)
        if wrong:
            raise CommandError(f"Not all is well: {', '.join(wrong)}.")

    def report(self, audit: Audit, output: Text | JsonLines, with_list: bool) -> None:
        try:
            audit.run(self.progress)
        finally:
            self.progress("")
        for kind in [*MEANINGS][1:] if with_list else ():
            for found in audit.findings(kind):
                output.finding(kind, found)
        output.summary(audit.counts())

    def delete(
        self, audit: Audit, output: Text | JsonLines, before: float, deletion: Deletion
    ) -> Deletion:
        for found in audit.free(deletion.kind, before):
            output.finding(deletion.of(found), found)
        deletion.younger = audit.younger(deletion.kind, before)
        output.deletion(deletion)
        return deletion


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
    if not fields:
        raise CommandError(f"{label!r} has no image field with variants, or that cleans up.")
    if field_name not in ("", *fields):
        choices = ", ".join(fields)
        raise CommandError(f"{label!r} is no image field that is followed. Choices are: {choices}.")
    return [fields[field_name]] if field_name else fields.values()


def age(text: str | None) -> float:
    """Return seconds, of a number and a unit, or the project's own period of grace."""
    if text is None:
        return max(setting("GRACE") or DAY, DAY).total_seconds()
    match = re.fullmatch(r"(\d+)([smhdw])", text)
    if match is None:
        raise CommandError(f"{text!r} is no age. Give a number and a unit: 0s, 90m, 12h, 7d, 2w.")
    return int(match[1]) * SECONDS[match[2]]
