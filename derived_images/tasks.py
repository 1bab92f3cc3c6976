"""Work after commit: render a row's variants, and remove what nobody names."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, TypeVar

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import ImageField, Model, QuerySet
from django.utils.module_loading import import_string

from derived_images import references, rendering
from derived_images.conf import setting
from derived_images.declarations import Declaration, declarations, variants_beside
from derived_images.fields import AllocatedFile, AutoCleanupImageField, focus_of
from derived_images.files import image_field, remove, touch, write
from derived_images.headers import UnreadableImage
from derived_images.naming import CURE, is_aimed, is_allocated, is_same_upload
from derived_images.places import place
from derived_images.reading import exists
from derived_images.recipes import Point
from derived_images.references import Clash, row_naming
from derived_images.rendering import Job

logger = logging.getLogger("derived_images")

#: Sources in one question before a removal.
BATCH = 100

#: A small dict that JSON can carry: what a processor is handed.
Payload = dict[str, Any]

Item = TypeVar("Item")


@dataclass(frozen=True)
class Target:
    """One file to make: a variant of a source, where it lies."""

    manager: Declaration
    variant: str
    storage: Storage
    name: str


@dataclass
class Report:
    """What became of the variants of one source."""

    made: list[Target] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    #: What went wrong → the names of the variants that it was told of.
    failures: dict[str, list[str]] = field(default_factory=dict)
    #: Why the source could not be read to its end, which costs all that was not made before.
    unreadable: str = ""
    #: Whether the row named another source by then, or none.
    is_late: bool = False
    #: Whether a storage failed, which may go well later; a picture that is broken stays so.
    is_retriable: bool = False

    def log(self, owner: str, source: str) -> None:
        """Say once what was not made for a row, and what can be done."""
        problems = [*map(str, self.clashes), *starmap(_failure, self.failures.items())]
        if self.unreadable:
            problems.append(f"{source!r} cannot be read: {self.unreadable}")
        cure = f" Tell them apart with naming={CURE!r}." if self.clashes else ""
        if problems:
            said = "; ".join(problem.rstrip(".") for problem in problems)
            logger.warning("Not rendered for %s: %s.%s", owner, said, cure)


def _failure(reason: str, names: list[str]) -> str:
    return f"{', '.join(map(repr, names))} cannot be made: {reason}"


def key_of(instance: Model, field: ImageField) -> Any:
    """Return the key of the row that the field's column is on: a parent's, if inherited."""
    key = getattr(instance, field.model._meta.pk.attname)
    # A child that is not saved yet may be linked to a parent that is.
    link = instance._meta.get_ancestor_link(field.model) if key is None else None
    return getattr(instance, link.attname) if link else key


def after_commit(using: str, work: Callable[[], object]) -> None:
    """Do the work once the transaction is committed; what it raises is logged, not raised."""
    try:
        transaction.on_commit(work, using=using, robust=True)
    except transaction.TransactionManagementError:
        # Autocommit is off and the project commits by itself: nobody tells us when.
        logger.exception("Nothing is rendered or removed for a row; an audit will find it.")


# --- Focal points


def aim(instance: Model, field: ImageField, name: str, using: str) -> None:
    """See that the source that a row names tells where to look, as the instance has it.

    If not, it is stored again under a name that does: its variants are made anew, and the old ones
    go with the old name. If the row moves on meanwhile, or the source is not there, all stays.
    """
    focus = focus_of(instance, field)
    if not _looks_elsewhere(field, name, focus):
        return
    try:
        aimed = AllocatedFile(instance, field, name).store_aimed(focus)
    except Exception:  # Storages raise whatever they like; the row is saved by now.
        logger.exception("Cannot look elsewhere in %r.", name)
        return
    rows: QuerySet[Model] = QuerySet(model=field.model, using=using)
    naming_it = rows.filter(pk=key_of(instance, field), **{field.attname: name})
    if not naming_it.update(**{field.attname: aimed}):
        schedule_removal(field, aimed, using)
        return
    held = str(instance.__dict__.get(field.attname))
    if held == name or is_same_upload(held, name):
        setattr(instance, field.attname, aimed)
    schedule_rendering(instance, field, aimed, using)
    schedule_removal(field, name, using)


def _looks_elsewhere(field: ImageField, name: str, focus: Point | None) -> bool:
    if is_allocated(name):
        return not is_aimed(name, focus)
    is_default = name in references.defaults(field) or _may_be_default(field, name)
    return bool(name and focus) and not is_default


# --- Rendering


def schedule_rendering(instance: Model, field: ImageField, source: str, using: str) -> None:
    """Once the row is committed, hand the rendering of its variants to the processor."""
    if not declarations(field):
        return
    # The row that has the column: a parent's may outlive the child that it was saved as.
    key = references.row_key(instance, field.model)
    payload = payload_of(field.model, key, field.attname, source, using)
    after_commit(using, lambda: processor()(payload))


def payload_of(
    model: type[Model], key: dict[str, str], attname: str, source: str, using: str
) -> Payload:
    """Return what asks for all variants of a source, of the row with this key."""
    return {
        "model": model._meta.label,
        "key": key,
        "field": attname,
        "source": source,
        "using": using,
    }


#: What `PROCESSOR` calls ours → its dotted path.
PROCESSORS = {
    "inline": "derived_images.tasks.inline",
    "none": "derived_images.tasks.none",
    "django_tasks": "derived_images.processors.django_tasks.enqueue",
    "celery": "derived_images.processors.celery.enqueue",
}


def processor() -> Callable[[Payload], object]:
    """Return what `PROCESSOR` names: one of ours, or a dotted path. Raises `ImportError`."""
    name = setting("PROCESSOR")
    return import_string(PROCESSORS.get(name, name))  # type: ignore[no-any-return]


def inline(payload: Payload) -> None:
    """Render here and now."""
    for each in _each(payload):
        render_payload(each)


def none(payload: Payload) -> None:
    """Render nothing: for tests that need no pictures."""


class NotRendered(Exception):
    """A storage failed; it may go well later."""


def render_or_raise(payload: Payload) -> None:
    """Render what a payload asks for. Raises `NotRendered` for a retry, once all has been tried."""
    failed = [each["source"] for each in _each(payload) if not _is_rendered(each)]
    if failed:
        # Reasons are for the log: what a storage says may be none of an engine's business.
        names = ", ".join(map(repr, failed))
        raise NotRendered(f"Variants of {names} are missing; the log says why.")


def _is_rendered(payload: Payload) -> bool:
    """Render, and say no where it may go well later."""
    try:
        return not render_payload(payload).is_retriable
    except Exception:  # One picture that a storage, or the database, fails stops no other.
        logger.exception("Not rendered: %r.", payload["source"])
        return False


def batch_of(payloads: list[Payload]) -> Payload:
    """Return one payload that asks for what all of these do."""
    return {"batch": payloads}


def _each(payload: Payload) -> list[Payload]:
    return payload.get("batch", [payload])  # type: ignore[no-any-return]


def render_payload(payload: Payload) -> Report:
    """Render what a payload asks for, however often it comes.

    If the row has moved on meanwhile, see instead that nothing of the source is left.
    """
    model, source, using = apps.get_model(payload["model"]), payload["source"], payload["using"]
    field = image_field(model, payload["field"])
    instance = row_naming(model, payload["key"], field.attname, source, using)
    if instance is None:
        schedule_removal(field, source, using)
        return Report()
    variants = {
        manager: _asked_for(payload, field, manager) for manager in managers_on(instance, field)
    }
    report = render(instance, field, source, variants)
    if report.is_late:
        schedule_removal(field, source, using)
    return report


def _asked_for(payload: Payload, field: ImageField, manager: Declaration) -> list[str]:
    """Return the variants that a payload asks for: all, or those of its names that are not there."""
    names = manager.names(payload["source"])
    if "names" not in payload:
        return list(names)
    storage, names_wanted = manager.storage_beside(field), {*payload["names"]}
    return [
        variant
        for variant, name in names.items()
        if name in names_wanted and (payload["force"] or not exists(storage, name))
    ]


def managers_on(instance: Model, field: ImageField) -> list[Declaration]:
    """Return the managers on the field that this row has, whatever class it was loaded as."""
    return [
        manager
        for manager, models in declarations(field).items()
        if any(_is_row_of(each, instance, field) for each in models)
    ]


def _is_row_of(model: type[Model], instance: Model, field: ImageField) -> bool:
    """Say whether the row is one of the model's, whatever class it was loaded as."""
    if isinstance(instance, model):
        return True
    key, using = key_of(instance, field), instance._state.db
    is_child = issubclass(model, instance._meta.concrete_model or model)
    return is_child and bool(references.having_row(model, [key], using))


def render(
    instance: Model,
    field: ImageField,
    source: str,
    variants: Mapping[Declaration, Iterable[str]],
) -> Report:
    """Render these variants of a row's source, each whole or not at all; log what is not made.

    If the row or its source has gone by then, what was written is taken back.
    """
    targets = targets_of(field, source, variants)
    files = {source: [(target.storage, target.name) for target in targets]}
    clashes = clashes_of(field, files, key_of(instance, field))
    clashing = {clash.name for clash in clashes}
    report = make(field, source, [each for each in targets if each.name not in clashing])
    report.clashes = clashes
    report.is_late = bool(report.made) and _has_gone(instance, field, source)
    if report.is_late:
        take_back(field, [source], instance._state.db or DEFAULT_DB_ALIAS)
        report.made.clear()
    report.log(f"{instance._meta.label} {instance.pk}", source)
    return report


def targets_of(
    field: ImageField, source: str, variants: Mapping[Declaration, Iterable[str]]
) -> list[Target]:
    """Return where these variants of a source lie, by manager and in the order of the recipes."""
    return [
        Target(manager, name, manager.storage_beside(field), manager.name(source, name))
        for manager, names in variants.items()
        for name in names
    ]


def clashes_of(
    field: ImageField, files: Mapping[str, Iterable[tuple[Storage, str]]], key: Any = None
) -> list[Clash]:
    """Ask who else uses the names of sources' files; nobody does where the field allocated it."""
    files = shareable(field, files)
    return references.clashes(field, files, key) if files else []


def shareable(field: ImageField, files: Mapping[str, Item]) -> dict[str, Item]:
    """Return, of source → its files, those whose names somebody else may use."""
    is_ours = isinstance(field, AutoCleanupImageField)
    return {
        source: each for source, each in files.items() if not (is_ours and is_allocated(source))
    }


def make(
    field: ImageField, source: str, targets: Iterable[Target], threads: int | None = None
) -> Report:
    """Render these variants of a source, whoever names it. No database is asked."""
    due = {(target.manager, target.variant): target for target in targets}
    report = Report()
    try:
        if due:
            with field.storage.open(source) as file:
                for key, result in rendering.render(file, _jobs(due, source), threads):
                    _store(due[key], result, report)
    except FileNotFoundError:
        report.unreadable, report.is_retriable = "It is not there.", True
    except Exception as error:  # Storages raise whatever they like; no upload is lost by it.
        report.unreadable = said_by(error)
        report.is_retriable |= not isinstance(error, UnreadableImage)
    # They come as they are ready, and are told of in the order of the recipes.
    report.made.sort(key=list(due.values()).index)
    order = [target.name for target in due.values()]
    for names in report.failures.values():
        names.sort(key=order.index)
    return report


def take_back(field: ImageField, sources: Iterable[str], using: str) -> None:
    """Remove, once all is committed, what was rendered of sources that no row names any more.

    The sources are not removed: their rows may not be saved yet.
    """
    files = {source: variants_beside(field, source) for source in sources}
    after_commit(using, lambda: remove_free(field, files))


def _jobs(
    due: Iterable[tuple[Declaration, str]], source: str
) -> dict[tuple[Declaration, str], Job]:
    """Return a job for every variant that is due, and for all that those are made from."""
    due = list(due)
    lineage = [(manager, name) for manager, variant in due for name in manager.lineage(variant)]
    jobs = {}
    for manager, variant in [*due, *lineage]:
        recipe = manager.recipe(source, variant)
        of = (manager, recipe.of) if recipe.of else None
        written = (manager, variant) in due
        jobs[manager, variant] = Job(recipe, manager.format(source, variant), of, written)
    return jobs


def _store(target: Target, result: bytes | Exception, report: Report) -> None:
    error: Exception | None = None
    if isinstance(result, Exception):
        error = result
    else:
        try:
            write(target.storage, target.name, ContentFile(result))
        except Exception as refusal:  # One variant that fails stops no other.
            error, report.is_retriable = refusal, True
    if error:
        report.failures.setdefault(said_by(error), []).append(target.name)
    else:
        report.made.append(target)


def said_by(error: Exception) -> str:
    """Return what is the matter, without the names that are told beside it."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _has_gone(instance: Model, field: ImageField, source: str) -> bool:
    if instance._state.adding:
        return False
    using = instance._state.db
    key = references.row_key(instance)
    return row_naming(type(instance), key, field.attname, source, using) is None


# --- Removal


class Removal:
    """Sources that a transaction set free."""

    def __init__(self, using: str, origin: object) -> None:
        self.using = using
        self.origin = origin
        self.sources: dict[ImageField, set[str]] = defaultdict(set)

    def run(self) -> None:
        """Remove those that nobody names, once nothing is open that may be rolled back."""
        unfinished = references.open_transaction(self.using)
        if unfinished:
            self.using = unfinished
            after_commit(unfinished, self.run)
            return
        for each, sources in self.sources.items():
            remove_unnamed(each, sources)


def schedule_removal(
    field: ImageField, source: str, using: str, origin: object | None = None
) -> None:
    """Once the transaction is committed, remove the source's files if nobody names them.

    What one `delete()`, the `origin`, sets free is asked for together.
    """
    hooks = transaction.get_connection(using).run_on_commit
    last = getattr(hooks[-1][1], "__self__", None) if hooks else None
    if origin is not None and isinstance(last, Removal) and last.origin is origin:
        last.sources[field].add(source)
        return
    removal = Removal(using, origin)
    removal.sources[field].add(source)
    after_commit(using, removal.run)


def remove_unnamed(field: ImageField, sources: Iterable[str]) -> None:
    """Remove the variants of the sources that no committed row names any more.

    Of a field that cleans up, remove those sources too; never a default.
    """
    for batch in references.batches(sources, BATCH):
        remove_free(field, {source: _files_of(field, source) for source in batch})


def remove_free(field: ImageField, files: Mapping[str, Iterable[tuple[Storage, str]]]) -> None:
    """Remove, of source → its files, those that `free` tells, or put it off by `GRACE`."""
    for source, storage, name in free(field, files):
        if setting("GRACE") and _is_known_again(field, source, name):
            touch(storage, name)
        else:
            remove(storage, [name])


def _is_known_again(field: ImageField, source: str, name: str) -> bool:
    """Say whether an audit would tell by its name that a file is ours."""
    if not isinstance(field, AutoCleanupImageField) or not is_allocated(source):
        return False
    return name == source or any(
        source in manager.readings(name) for manager in declarations(field)
    )


def free(
    field: ImageField, files: Mapping[str, Iterable[tuple[Storage, str]]]
) -> Iterator[tuple[str, Storage, str]]:
    """Yield, of source → its files, those that no row names and no row's source needs."""
    files = {source: list(each) for source, each in files.items()}
    names = {name for each in files.values() for _, name in each} | files.keys()
    holders, kept = references.holders(names), references.kept(names)
    clashing = {(clash.wanted_by, clash.name) for clash in clashes_of(field, files)}
    for source in files.keys() - kept:
        needed = {
            (place(storage), name)
            for other in holders.get(source, ())
            for storage, name in variants_beside(other, source)
        }
        for storage, name in files[source]:
            in_use = name in holders or name in kept or (source, name) in clashing
            if not in_use and (place(storage), name) not in needed:
                yield source, storage, name


def _files_of(field: ImageField, source: str) -> Iterator[tuple[Storage, str]]:
    if isinstance(field, AutoCleanupImageField) and not _may_be_default(field, source):
        yield field.storage, source
    yield from variants_beside(field, source)


def _may_be_default(field: ImageField, source: str) -> bool:
    """Say whether a callable may have given the name, which may give another one each time."""
    return field.has_default() and callable(field.default) and not is_allocated(source)
