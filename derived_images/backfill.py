"""Backfill: what sources lack is looked for, a page at a time, and made: here, or elsewhere."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.core.files.storage import Storage
from django.db.models import ImageField

from derived_images import references, tasks
from derived_images.audit import Audit
from derived_images.inventory import Inventory
from derived_images.references import Clash, NoTable, paged
from derived_images.selections import PAGE, NoSelection, Picture, Selection, selections
from derived_images.workers import Order, Outcome, Workers, carry_out, order

logger = logging.getLogger("derived_images")

#: Rows that are asked about one by one. For more of them folders are listed.
FEW = 100
#: Pictures that each process is given together.
CHUNK = 64
#: Reasons that are told apart, and pictures that are named for each.
REASONS = 50
EXAMPLES = 3

Progress = Callable[[str, int], None]


class NotTaken(Exception):
    """The engine did not take what it was handed."""


class Stopped(Exception):
    """It was to end before it had begun."""


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
            for each in references.file_fields():
                with suppress(NoTable):  # What has no table has no row that clashes.
                    self._audit.read(each, self._progress)
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
        #: Whether there may be more than the limit.
        self.is_at_limit = False
        #: Set it, from a signal's handler, say, and the pictures in hand are the last.
        self.is_stopped = False
        #: The last picture of those that are done with all before them.
        self.last: Picture | None = None
        #: Those that were found to lack something and are not done yet.
        self._pending = 0

    def run(self, pages: Iterable[list[Picture]], maker: Maker, together: int = CHUNK) -> Tally:
        """Have made what is due of these pictures, so many of them given to the maker together."""
        for chunk in paged(self._limited(self._due(pages)), together):
            if self.is_stopped:
                break
            if self.force:
                _spare(chunk)
            made = []
            # The maker first: it is asked once more when the pictures are at an end.
            for outcome, picture in zip(maker(chunk), chunk, strict=False):
                self._pending -= 1
                self.last = picture
                self._done(picture, outcome)
                if outcome.made:
                    made.append(picture)
            _take_back(made)
        return self.tally

    def _limited(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        for number, picture in enumerate(pictures, 1):
            yield picture
            if number == self.limit:
                self.is_at_limit = True
                return

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
            raise NotTaken(f"The engine took no more: {tasks.said_by(error)}.") from error
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
        files: dict[str, list[tuple[Storage, str]]] = defaultdict(list)
        for picture in page:
            files[picture.source] += [(target.storage, target.name) for target in picture.targets]
        clashes = defaultdict(list)
        for clash in self.sight.clashes(page[0].selection.field, files):
            clashes[clash.wanted_by].append(clash)
        for picture in page:
            picture.clashes = clashes[picture.source]
            self._judge(picture)

    def _judge(self, picture: Picture) -> None:
        names = {target.name for target in picture.targets}
        picture.clashes = [clash for clash in picture.clashes if clash.name in names]
        clashing = {clash.name for clash in picture.clashes}
        inventory = self.sight.inventory
        is_there = inventory.knows if self.force else inventory.has
        for target in picture.targets:
            if target.name in clashing:
                continue
            if is_there(target.storage, target.name):
                picture.there.append(target)
            else:
                picture.due.append(target)
                # Another row of the same source does not want it again.
                inventory.add(target.storage, [target.name])

    def _done(self, picture: Picture, outcome: Outcome) -> None:
        if outcome.failures and any(_unnamed([picture])):
            # Its row has gone meanwhile, or has another picture.
            picture.due.clear()
            outcome = Outcome()
        self.tally.add(picture, outcome)
        self.tell(picture, outcome)


def _spare(pictures: list[Picture]) -> None:
    """Leave out what a row names as its source by now: force makes what is there again, not that."""
    names = {
        target.name
        for picture in pictures
        if picture.holder and tasks.shareable(picture.selection.field, {picture.source: ()})
        for target in picture.due
    }
    holders = references.holders(names) if names else {}
    for picture in pictures:
        for target in [target for target in picture.due if target.name in holders]:
            holder = ", ".join(sorted(map(str, holders[target.name])))
            picture.due.remove(target)
            picture.clashes.append(Clash(target.name, picture.source, holder, target.name))


def _unnamed(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Yield the pictures whose rows do not name them any more."""
    for selection, each in groupby(pictures, key=lambda picture: picture.selection):
        holders = {picture.holder: picture for picture in each if picture.holder}
        still = references.still_naming(selection.model, selection.field.attname, holders)
        yield from (picture for holder, picture in holders.items() if holder not in still)


def _take_back(pictures: list[Picture]) -> None:
    """Remove what was made of sources that no row names any more."""
    sources: dict[tuple[ImageField, str], set[str]] = defaultdict(set)
    for picture in _unnamed(pictures):
        if picture.holder:
            sources[picture.selection.field, picture.holder.using].add(picture.source)
    for (of, using), each in sources.items():
        tasks.take_back(of, each - references.holders(each).keys(), using)


def render_names(
    label: str, names: Iterable[str], *, variants: Collection[str] = (), workers: int = 1
) -> Tally:
    """Render the variants that sources of these names lack, and ask no database.

    For data migrations, whose models are not today's: what `label`, ``"shop.Photo.variants"``, say,
    declares now is made, unless there is a file of that name. Two of the `names` that would share
    a variant's name clash, and neither has it: give all names in one call, as others are not seen.
    What is not made is logged, and told by the `Tally`. Raises `NoSelection`.
    """
    selected = selections([label], variants)
    if not selected:
        raise NoSelection(f"{label!r} has no variants.")
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
        backfill.run(pages, backfill.here)
    else:
        with Workers(workers) as processes:
            backfill.run(pages, backfill.by(processes), CHUNK * workers)
    _log(label, backfill.tally)
    return backfill.tally


def _log(label: str, tally: Tally) -> None:
    if tally.clashed or tally.failed:
        reasons = [
            f"{each.number} × {reason} ({', '.join(each.examples)})"
            for reason, each in tally.reasons.items()
        ]
        logger.warning(
            "Not rendered for %s: %d that clash, %d that failed. %s",
            *(label, tally.clashed, tally.failed, " ".join(reasons)),
        )
