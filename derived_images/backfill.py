"""Backfill: what sources lack is looked for, a page at a time, and made: here, or elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.apps import apps
from django.core.files.storage import Storage
from django.db.models import ImageField, Model, QuerySet

from derived_images import references, tasks
from derived_images.audit import Audit
from derived_images.declarations import Declaration, declarations
from derived_images.fields import followed_fields, managers_of, source_of
from derived_images.inventory import Inventory
from derived_images.references import Clash, Holder, Narrow, paged
from derived_images.tasks import Target
from derived_images.workers import Order, Outcome, Workers, carry_out, order

#: Rows that are asked about one by one. For more of them folders are listed.
FEW = 100
#: Rows that are looked at together.
PAGE = 500
#: Pictures that each process is given together.
CHUNK = 64
#: Reasons that are told apart, and pictures that are named for each.
REASONS = 50
EXAMPLES = 3

Progress = Callable[[str, int], None]


class NoSelection(Exception):
    """Somebody asked for what is not there: a model, a manager, a variant."""


class NotTaken(Exception):
    """The engine did not take what it was handed."""


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
    variants: Mapping[Declaration, list[str]]
    narrow: Narrow = QuerySet.all

    def count(self) -> int:
        """Ask the database how many rows there are."""
        return references.count_in_rows(self.model, self.field.attname, self.narrow)

    def pages(self) -> Iterator[list[Picture]]:
        """Yield the rows' pictures by key, in bounded memory."""
        rows = references.names_in_rows(self.model, self.field.attname, self.narrow)
        for page in paged(rows, PAGE):
            lacking = self._of_children(page)
            yield [self.picture(row.name, row, lacking.get(row.key, self.variants)) for row in page]

    def picture(
        self, source: str, holder: Holder | None, variants: Mapping[Declaration, list[str]]
    ) -> Picture:
        """Return a source with where these variants of it lie."""
        return Picture(source, holder, self, tasks.targets_of(self.field, source, variants))

    def _of_children(self, page: list[Holder]) -> dict[object, Mapping[Declaration, list[str]]]:
        """Return the key of a row → its variants, where a child's manager is selected, too."""
        children = {
            manager: models
            for manager, models in declarations(self.field).items()
            if manager in self.variants
            and not any(issubclass(self.model, model) for model in models)
        }
        if not children:
            return {}
        keys = {
            manager: {
                key
                for using in {row.using for row in page}
                for model in models
                for key in references.having_row(model, [row.key for row in page], using)
            }
            for manager, models in children.items()
        }
        return {
            row.key: {
                manager: names
                for manager, names in self.variants.items()
                if row.key in keys.get(manager, (row.key,))
            }
            for row in page
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


class Sight(NamedTuple):
    """How it is found out what is there, and who else uses a name."""

    inventory: Inventory
    clashes: Callable[[ImageField, Mapping[str, list[tuple[Storage, str]]]], list[Clash]]


def sight_of(selected: Collection[Selection], rows: int, progress: Progress) -> Sight:
    """Return how so many rows are looked at: few are asked about, for many all is read once."""
    if rows <= FEW:
        return Sight(Inventory(lists=False), tasks.clashes_of)
    return Sight(Inventory(), _Read({each.field for each in selected}, progress).clashes)


class _Read:
    """All rows of all file fields, read once a source comes whose names somebody may share."""

    def __init__(self, fields: Collection[ImageField], progress: Progress) -> None:
        self._fields = fields
        self._progress = progress
        self._audit: Audit | None = None

    def clashes(
        self, field: ImageField, files: Mapping[str, list[tuple[Storage, str]]]
    ) -> list[Clash]:
        files = tasks.shareable(field, files)
        if files and self._audit is None:
            self._audit = Audit(self._fields)
            self._audit.read(self._progress)
        return self._audit.clashes(field, files) if self._audit else []


@dataclass
class Failures:
    """How many variants, of how many pictures, failed for one reason, and some of those."""

    number: int = 0
    pictures: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Tally:
    """What became of it all: sources are processed, the rest are variants."""

    processed: int = 0
    created: int = 0
    #: They were there already.
    skipped: int = 0
    clashed: int = 0
    failed: int = 0
    #: Not made yet: by a dry run, or by an engine that has been told.
    missing: int = 0
    reasons: dict[str, Failures] = field(default_factory=dict)

    def add(self, picture: Picture, outcome: Outcome) -> None:
        """Count what became of a picture."""
        failed = sum(map(len, outcome.failures.values()))
        self.processed += 1
        self.created += len(outcome.made)
        self.skipped += len(picture.there) + len(outcome.there)
        self.clashed += len({clash.name for clash in picture.clashes})
        self.failed += failed
        self.missing += len(picture.due) - len(outcome.made) - len(outcome.there) - failed
        for reason, names in outcome.failures.items():
            if reason not in self.reasons and len(self.reasons) >= REASONS:
                reason = "Other reasons."
            failures = self.reasons.setdefault(reason, Failures())
            failures.number += len(names)
            failures.pictures += 1
            if len(failures.examples) < EXAMPLES:
                failures.examples.append(picture.source)


#: Makes pictures, and yields the outcome of each, in order; of fewer, once it is stopped.
Maker = Callable[[list[Picture]], Iterator[Outcome]]


class Backfill:
    """Looks for what sources lack, and has it made.

    `tell` is told of each picture that is done. `limit` counts pictures that lack something.
    """

    def __init__(
        self,
        sight: Sight,
        *,
        force: bool = False,
        limit: int | None = None,
        tell: Callable[[Picture, Outcome], None] = lambda picture, outcome: None,
    ) -> None:
        self.sight = sight
        self.force = force
        self.limit = limit
        self.tell = tell
        self.tally = Tally()
        #: Set it, from a signal's handler, say, and the pictures in hand are the last.
        self.is_stopped = False
        #: The last picture of those that are done with all before them.
        self.last: Picture | None = None
        #: Those that were found to lack something and are not done yet.
        self._pending = 0

    def run(self, pages: Iterable[list[Picture]], maker: Maker, together: int = CHUNK) -> Tally:
        """Have made what is due of these pictures, so many of them given to the maker together."""
        for chunk in paged(islice(self._due(pages), self.limit), together):
            if self.is_stopped:
                break
            made = []
            for picture, outcome in zip(chunk, maker(chunk), strict=False):
                self._pending -= 1
                self.last = picture
                self._done(picture, outcome)
                if outcome.made:
                    made.append(picture)
            _take_back(made)
        return self.tally

    def here(self, pictures: list[Picture]) -> Iterator[Outcome]:
        """Make pictures in this process, one after another."""
        for picture in pictures:
            if self.is_stopped:
                return
            yield carry_out(self._order(picture))

    def by(self, workers: Workers) -> Maker:
        """Return the maker that has these processes work."""
        return lambda pictures: workers.carry_out(
            [self._order(picture) for picture in pictures], lambda: self.is_stopped
        )

    def enqueue(self, pictures: list[Picture]) -> Iterator[Outcome]:
        """Hand pictures to the processor in one payload. Raises `NotTaken`."""
        payloads = [
            tasks.payload_of(
                picture.selection.model,
                references.row_key(picture.selection.model(pk=picture.holder.key)),
                picture.selection.field.attname,
                picture.source,
                picture.holder.using,
            )
            | {"names": [target.name for target in picture.due], "force": self.force}
            for picture in pictures
            if picture.holder
        ]
        try:
            tasks.processor()(tasks.batch_of(payloads))
        except Exception as error:  # Engines raise whatever they like.
            raise NotTaken(f"The engine took no more: {tasks.said_by(error)}") from error
        return self.nothing(pictures)

    def nothing(self, pictures: list[Picture]) -> Iterator[Outcome]:
        """Make nothing, for a dry run."""
        return (Outcome() for _ in pictures)

    def _order(self, picture: Picture) -> Order:
        return order(picture.due, picture.selection.field, picture.source, self.force)

    def _due(self, pages: Iterable[list[Picture]]) -> Iterator[Picture]:
        """Yield the pictures that lack something; the others are done."""
        for page in pages:
            self._look_at(page)
            for picture in page:
                if self.is_stopped:
                    return
                if picture.due:
                    self._pending += 1
                    yield picture
                else:
                    self._done(picture, Outcome())
                    if not self._pending:
                        self.last = picture

    def _look_at(self, page: list[Picture]) -> None:
        """Say of each variant whether it is due, there, or a clash."""
        files = {
            picture.source: [(target.storage, target.name) for target in picture.targets]
            for picture in page
        }
        clashes = defaultdict(list)
        for clash in self.sight.clashes(page[0].selection.field, files):
            clashes[clash.wanted_by].append(clash)
        is_there = self.sight.inventory.knows if self.force else self.sight.inventory.has
        for picture in page:
            names = {target.name for target in picture.targets}
            picture.clashes = [each for each in clashes[picture.source] if each.name in names]
            clashing = {clash.name for clash in picture.clashes}
            for target in picture.targets:
                if target.name in clashing:
                    continue
                if is_there(target.storage, target.name):
                    picture.there.append(target)
                else:
                    picture.due.append(target)
                    # Another row of the same source does not want it again.
                    self.sight.inventory.add(target.storage, [target.name])

    def _done(self, picture: Picture, outcome: Outcome) -> None:
        self.tally.add(picture, outcome)
        self.tell(picture, outcome)


def _take_back(pictures: Iterable[Picture]) -> None:
    """Remove what was made of sources that no row names any more."""
    made: dict[tuple[ImageField, str], set[str]] = defaultdict(set)
    for picture in pictures:
        if picture.holder:
            made[picture.selection.field, picture.holder.using].add(picture.source)
    for (of, using), sources in made.items():
        gone = sources - references.holders(sources).keys()
        if gone:
            tasks.take_back(of, gone, using)


def render_names(
    label: str, names: Iterable[str], *, variants: Collection[str] = (), workers: int = 1
) -> Tally:
    """Render the variants that sources of these names lack, and ask no database.

    For data migrations, whose models are not today's: what `label`, ``"shop.Photo.variants"``, say,
    declares now is made, unless there is a file of that name. Two of the `names` that would share
    a variant's name clash, and neither has it. Raises `NoSelection`.
    """
    selected = selections([label], variants)
    if len(selected) > 1:
        raise NoSelection(f"{label!r} has several image fields: name one of its managers.")
    selection, sources = selected[0], sorted({*filter(None, names)})
    audit = Audit({selection.field})
    audit.take(selection.field, sources)
    backfill = Backfill(Sight(Inventory(len(sources) > FEW), audit.clashes))
    pages = (
        [selection.picture(source, None, selection.variants) for source in page]
        for page in paged(sources, PAGE)
    )
    if workers == 1:
        return backfill.run(pages, backfill.here)
    with Workers(workers) as processes:
        return backfill.run(pages, backfill.by(processes), CHUNK * workers)
