"""`manage.py backfill_image_variants`: makes the variants that rows lack, here or by an engine."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error, connections
from django.db.models import Model

from derived_images.backfill import CHUNK, Backfill, NotTaken, Stopped, Tally, sight_of
from derived_images.conf import setting
from derived_images.management.selecting import (
    has_owner,
    keys_of,
    lookup_of,
    narrowing,
    text_of,
)
from derived_images.management.terminal import Bar, TerminalCommand
from derived_images.naming import CURE
from derived_images.selections import NoSelection, Picture, Selection, selections
from derived_images.workers import NoWorkers, Outcome, Workers

#: Pictures in one payload for an engine.
PAYLOAD = 20
#: What shells are told by a command that was interrupted.
INTERRUPTED = 130
EXAMPLES = """
examples:
  manage.py backfill_image_variants                           whatever is missing
  manage.py backfill_image_variants shop.Photo --dry-run      how much that is
  manage.py backfill_image_variants shop.Photo.variants --variants thumb,sm --workers 4
  manage.py backfill_image_variants shop.Photo --ids 12 15 --force
  manage.py backfill_image_variants shop.Photo --filter album__title=Rome --enqueue
  manage.py backfill_image_variants --owner 7 --limit 1000

exit status: 1 when something failed, or, of --dry-run, is missing; 130 after Ctrl-C or SIGTERM; else
0. A clash is named and counted, and is no failure.
"""


class Command(TerminalCommand):
    """Has a `Backfill` make what is missing, and says what became of it."""

    help = "Render the variants that are missing, and leave the others alone."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add(
            "labels",
            nargs="*",
            metavar="app.Model[.manager]",
            help="whose variants (default: those of all models)",
        )
        add(
            "--ids",
            nargs="+",
            default=[],
            metavar="ID",
            help="only rows with these keys, of every model",
        )
        add(
            "--filter",
            action="append",
            default=[],
            metavar="LOOKUP=VALUE",
            help="only rows of which this is true, as in album__title=Rome; may be repeated",
        )
        add(
            "--owner",
            metavar="ID",
            help="only rows of which owner=ID is true; models without an owner are left out",
        )
        add(
            "--limit",
            type=positive,
            metavar="N",
            help="end after N pictures that lack something, whether they can be made or not",
        )
        add("--start-after", metavar="ID", help="only rows with greater keys, of one model")
        add("--variants", default="", metavar="A,B", help="only these variants")
        add("--force", action="store_true", help="render what is there already, too")
        add("--dry-run", action="store_true", help="say what is missing; render nothing")
        add(
            "--workers",
            type=positive,
            default=1,
            metavar="N",
            help="render in N processes, each with the memory that its largest picture needs",
        )
        add("--enqueue", action="store_true", help="leave the rendering to PROCESSOR's engine")
        add("--verbose", action="store_true", help="say what becomes of every variant")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse(options)
        self.options = options
        begun = time.monotonic()
        try:
            selected = chosen(options)
            total = sum(selection.count() for selection in selected)
        except (NoSelection, Error, OverflowError) as error:
            raise CommandError(str(error)) from error
        self.backfill = Backfill(
            sight_of(selected, total, self.reading),
            force=options["force"],
            limit=options["limit"],
            tell=self.tell,
        )
        problem = ""
        with Bar(self, total, options["verbose"]) as self.bar, interruptible(self.backfill):
            try:
                self.run(self.backfill, selected)
            except (Stopped, KeyboardInterrupt):
                self.backfill.is_stopped = True
            except (NoWorkers, NotTaken, Error, sqlite3.Error) as error:
                problem = str(error)
        where = position(self.backfill, selected)
        if self.backfill.is_at_limit:
            self.stdout.write(where)
        self.summary(self.backfill.tally, time.monotonic() - begun)
        self.conclude(self.backfill, problem, where)

    def reading(self, what: str, number: int) -> None:
        """Say how far the reading is, which Ctrl-C ends at once. Raises `Stopped`."""
        if self.backfill.is_stopped:
            raise Stopped
        self.progress(what, number)

    def run(self, backfill: Backfill, selected: list[Selection]) -> None:
        """Have it made by whoever was asked for."""
        pages = (page for selection in selected for page in selection.pages())
        number = self.options["workers"]
        if self.options["dry_run"]:
            backfill.run(pages, backfill.nothing)
        elif self.options["enqueue"]:
            backfill.run(pages, backfill.enqueue, PAYLOAD)
        elif number == 1:
            backfill.run(pages, backfill.here)
        else:
            with Workers(number) as workers:
                backfill.run(pages, backfill.by(workers), CHUNK * number)

    def tell(self, picture: Picture, outcome: Outcome) -> None:
        """Name the clashes of a picture that is done, and of --verbose everything else."""
        lines = [f"clash     {clash}, wanted by {row_of(picture)}" for clash in picture.clashes]
        if self.options["verbose"]:
            told = {*outcome.made, *outcome.there}
            lines += [f"created   {name}" for name in outcome.made]
            lines += [f"skipped   {target.name}" for target in picture.there]
            lines += [f"skipped   {name}" for name in outcome.there]
            for reason, names in outcome.failures.items():
                lines += [f"failed    {name}: {reason}" for name in names]
                told.update(names)
            untold = "missing" if self.options["dry_run"] else "enqueued"
            lines += [f"{untold:<10}{each.name}" for each in picture.due if each.name not in told]
        if lines:
            self.bar.clear()
            self.stdout.write("\n".join(lines))
        self.bar.advance()

    def summary(self, tally: Tally, seconds: float) -> None:
        """Say what became of how many, and why some failed."""
        for reason, failures in tally.reasons.items():
            more = "" if failures.pictures == len(failures.examples) else ", …"
            names = ", ".join(failures.examples)
            self.stdout.write(f"failed    {failures.number} × {reason} ({names}{more})")
        if tally.clashed:
            self.stdout.write(
                f"Those that clash are told apart by naming={CURE!r} on their manager, which names "
                "all of its variants anew; or store one of the sources under another name."
            )
        made = f"created {tally.created}"
        if self.options["dry_run"]:
            made = f"missing {tally.missing}"
        elif self.options["enqueue"]:
            made = f"enqueued {tally.missing}"
        rate = tally.processed / seconds if seconds else 0
        self.stdout.write(
            f"processed {tally.processed}, {made}, skipped {tally.skipped}, "
            f"clashed {tally.clashed}, failed {tally.failed} "
            f"in {seconds:.1f} s ({rate:.1f} pictures/s)"
        )

    def conclude(self, backfill: Backfill, problem: str, where: str) -> None:
        """Raise `CommandError` unless all went well."""
        if backfill.is_stopped and not problem:
            raise CommandError(f"Interrupted. {where}", returncode=INTERRUPTED)
        if problem:
            end = "" if problem.endswith((".", "?")) else "."
            raise CommandError(f"{problem}{end} {where}")
        if backfill.tally.failed:
            raise CommandError(f"Not all is well: failed: {backfill.tally.failed}.")
        if self.options["dry_run"] and backfill.tally.missing:
            raise CommandError(f"Not all is there: missing: {backfill.tally.missing}.")


def positive(text: str) -> int:
    """Return a number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not 1 or more.")
    return int(text)


def refuse(options: Mapping[str, Any]) -> None:
    """Raise `CommandError` of options that do not go together."""
    if options["enqueue"] and options["workers"] > 1:
        raise CommandError("--enqueue and --workers do not go together: the engine has its own.")
    if options["enqueue"] and setting("PROCESSOR") in ("inline", "none"):
        raise CommandError(
            f"--enqueue needs an engine, but PROCESSOR is {setting('PROCESSOR')!r}: "
            "set it to 'celery', 'django_tasks', or a callable of yours."
        )
    if options["workers"] > 1 and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        raise CommandError("--workers needs DJANGO_SETTINGS_MODULE: processes read their settings.")


def chosen(options: Mapping[str, Any]) -> list[Selection]:
    """Return what is selected. Raises `CommandError` and `NoSelection`."""
    ids, owner, start = options["ids"], options["owner"], options["start_after"]
    variants = [name for name in options["variants"].split(",") if name]
    selected = selections(options["labels"], variants)
    if owner is not None:
        selected = [selection for selection in selected if has_owner(selection.model)]
        if not selected:
            raise CommandError("--owner: none of the models has a field of that name.")
    if start is not None and len(selected) > 1:
        raise CommandError("--start-after needs one model, and the managers of one field.")
    for text in [*ids, *([] if start is None else [start])]:
        if not any(keys_of(selection.model, [text]) for selection in selected):
            raise CommandError(f"{text!r} is no key of any model that is selected.")
    return [
        replace(selection, narrow=narrowing(selection.model, lookups_of(selection.model, options)))
        for selection in selected
    ]


def lookups_of(model: type[Model], options: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return lookups and values of the rows that are meant. Raises `CommandError`."""
    lookups = [lookup_of(text) for text in options["filter"]]
    if options["owner"] is not None:
        lookups.append(("owner", options["owner"]))
    if options["ids"]:
        lookups.append(("pk__in", [*keys_of(model, options["ids"]).values()]))
    if options["start_after"] is not None:
        lookups += [("pk__gt", key) for key in keys_of(model, [options["start_after"]]).values()]
    return lookups


@contextmanager
def interruptible(backfill: Backfill) -> Iterator[None]:
    """Let Ctrl-C end it after the pictures in hand; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*args: object) -> None:
        backfill.is_stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if sys.stderr.isatty():
            os.write(2, b"\nFinishing the pictures in hand; press again to end at once.\n")

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def row_of(picture: Picture) -> str:
    """Return what people call the picture's row."""
    model = picture.selection.model
    return f"{model._meta.label} {text_of(model, picture.holder.key if picture.holder else '')}"


def position(backfill: Backfill, selected: list[Selection]) -> str:
    """Say where it stood, and how to go on."""
    if backfill.last is None or backfill.last.holder is None:
        return "Nothing was done yet."
    where = f"It stood after {row_of(backfill.last)}."
    if not backfill.force:
        where += " The next run skips what is there."
    # Keys begin anew in each field, and in each database.
    if len(selected) == len([*connections]) == 1:
        key = text_of(backfill.last.selection.model, backfill.last.holder.key)
        where += f" With --start-after {key} it begins where this one ended."
    return where
