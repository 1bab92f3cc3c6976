"""Which rows are meant, and which of their variants: by name, or all that are declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import ImageField, Model, QuerySet

from derived_images import references, tasks
from derived_images.declarations import Declaration, declarations
from derived_images.fields import followed_fields, managers_of, source_of
from derived_images.references import Clash, Holder, Narrow, paged
from derived_images.tasks import Target

#: Rows that are looked at together.
PAGE = 500

#: Manager → names of its variants.
Variants = Mapping[Declaration, list[str]]


class NoSelection(Exception):
    """Somebody asked for what is not there: a model, a manager, a variant."""


@dataclass
class Picture:
    """A source, and which of its variants are due."""

    source: str
    #: The row that it was found on; ``None`` of a name that somebody gave.
    holder: Holder | None
    selection: Selection
    targets: list[Target]
    due: list[Target] = field(default_factory=list)
    there: list[Target] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


@dataclass(frozen=True)
class Selection:
    """Rows of a model, and the variants of theirs that are wanted."""

    model: type[Model]
    field: ImageField
    variants: Variants
    narrow: Narrow = QuerySet.all

    def count(self) -> int:
        """Ask the database how many rows there are."""
        return references.count_in_rows(self.model, self.field.attname, self.narrow)

    def pages(self) -> Iterator[list[Picture]]:
        """Yield the rows' pictures by key, in bounded memory."""
        rows = references.names_in_rows(self.model, self.field.attname, self.narrow)
        for page in paged(rows, PAGE):
            lacking = self._lacking(page)
            yield [
                self.picture(
                    row.name,
                    row,
                    {
                        manager: names
                        for manager, names in self.variants.items()
                        if (manager, row.using, row.key) not in lacking
                    },
                )
                for row in page
            ]

    def picture(self, source: str, holder: Holder | None, variants: Variants) -> Picture:
        """Return a source with where these variants of it lie."""
        return Picture(source, holder, self, tasks.targets_of(self.field, source, variants))

    def _lacking(self, page: list[Holder]) -> set[tuple[Declaration, str, Any]]:
        """Return manager, database and key of the rows that have no row of the manager's child."""
        lacking = set()
        keys = defaultdict(set)
        for row in page:
            keys[row.using].add(row.key)
        for manager, children in self._of_children().items():
            for using, asked in keys.items():
                having = (references.having_row(child, asked, using) for child in children)
                lacking |= {(manager, using, key) for key in asked.difference(*having)}
        return lacking

    def _of_children(self) -> dict[Declaration, set[type[Model]]]:
        """Return the managers that only children of the model have."""
        return {
            manager: models
            for manager, models in declarations(self.field).items()
            if manager in self.variants
            and not any(issubclass(self.model, model) for model in models)
        }


def selections(labels: Collection[str] = (), variants: Collection[str] = ()) -> list[Selection]:
    """Return what ``app.Model`` and ``app.Model.manager`` mean, or all that is declared.

    Raises `NoSelection`, with the choices.
    """
    found: dict[tuple[type[Model], ImageField], dict[Declaration, list[str]]] = defaultdict(dict)
    known: set[str] = set()
    for model, of, manager in _labelled(labels) if labels else _declared():
        known |= manager.recipes.keys()
        names = [name for name in manager.recipes if not variants or name in variants]
        if names:
            found[model, of][manager] = names
    unknown = sorted({*variants} - known)
    if unknown:
        raise NoSelection(f"{unknown[0]!r} is no variant. Choices are: {', '.join(sorted(known))}.")
    return [Selection(model, of, managers) for (model, of), managers in found.items()]


def _declared() -> Iterator[tuple[type[Model], ImageField, Declaration]]:
    for model in apps.get_models():
        for each in followed_fields(model).values():
            if each.model is model:
                for manager in declarations(each):
                    yield model, each, manager


def _labelled(labels: Iterable[str]) -> Iterator[tuple[type[Model], ImageField, Declaration]]:
    for label in labels:
        app_label, _, rest = label.partition(".")
        model_name, _, attribute = rest.partition(".")
        try:
            model = apps.get_model(app_label, model_name)
        except (LookupError, ValueError) as error:
            raise NoSelection(f"{label!r} is no app.Model or app.Model.manager: {error}") from error
        managers = managers_of(model)
        if not managers:
            raise NoSelection(f"{label!r} has no manager of variants.")
        if attribute not in ("", *managers):
            choices = ", ".join(managers)
            raise NoSelection(f"{label!r} is no manager of variants. Choices are: {choices}.")
        for name, manager in managers.items():
            of = source_of(manager, model)
            if of and attribute in ("", name):
                yield model, of, manager
