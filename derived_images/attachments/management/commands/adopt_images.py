"""`manage.py adopt_images`: attaches the images that rows have in a field of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from derived_images.attachments.adoption import Adoption
from derived_images.management.terminal import Bar, TerminalCommand

EXAMPLES = """
examples:
  manage.py adopt_images shop.Product.photo --dry-run   what would be attached, joined, missing
  manage.py adopt_images shop.Product.photo
  manage.py adopt_images shop.Product.photo --reverse   give the field its names back

No file is written, moved or deleted. It can be stopped, and run again.

exit status: 1 when a file is missing, or cannot be read; else 0.
"""


class Command(TerminalCommand):
    """Has an `Adoption` move the images of one field, and says what became of them."""

    help = "Attach the images that rows have in an image field, each file stored once."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("field", metavar="app.Model.field", help="where the images are")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--dry-run", action="store_true", help="read it all, and change nothing")
        way.add_argument(
            "--reverse", action="store_true", help="let rows have their image in the field alone"
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), metavar="ALIAS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        adoption = self._adoption(options["field"], options["database"])
        done = "given back" if options["reverse"] else "moved"
        ways = {"reverse": adoption.give_back, "dry_run": adoption.preview}
        work = next((ways[way] for way in ways if options[way]), adoption.move)
        with Bar(self, adoption.count(), is_hidden=options["verbosity"] == 0) as self.bar:
            tally = work(self.advance)
        shown = {done: tally.moved} | {k: v for k, v in asdict(tally).items() if k != "moved"}
        self.stdout.write(", ".join(f"{kind} {number}" for kind, number in shown.items()))
        if tally.missing or tally.failed:
            raise CommandError(f"Not all could be {done}: see above.")

    def _adoption(self, label: str, using: str) -> Adoption:
        model, _, field = label.rpartition(".")
        if model.count(".") != 1:
            raise CommandError(f"{label}: Give app.Model.field, as in shop.Product.photo.")
        try:
            adoption = Adoption(apps, model, field, using, self.tell)
        except (LookupError, ValueError, ImproperlyConfigured) as error:
            raise CommandError(f"{label}: {error}") from error
        if not adoption.is_registered:
            raise CommandError(
                f"{label}: let {adoption.model.__name__} inherit ImagesMixin, or register() it."
            )
        return adoption

    def advance(self, rows: int) -> None:
        """Move the bar on."""
        for _ in range(rows):
            self.bar.advance()

    def tell(self, key: Any, name: str, reason: str) -> None:
        """Name a file that stays where it is."""
        self.bar.clear()
        self.stdout.write(f"{key}: {name!r}: {reason}")
