"""System checks: what is wrong with a declaration or a setting, and what to do about it."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning
from django.core.files.storage import storages
from django.db.models import (
    CharField,
    Field,
    ForeignKey,
    ImageField,
    Model,
    TextField,
    deletion,
)
from django.utils.module_loading import import_string

from derived_images import headers, rendering, tasks
from derived_images.conf import DEFAULTS, setting
from derived_images.fields import (
    AutoCleanupImageField,
    DerivedImagesManager,
    focus_fields,
    followed_fields,
    managers_of,
    source_of,
)
from derived_images.files import DerivedImages
from derived_images.naming import FORMAT_OF, Template, split
from derived_images.places import place
from derived_images.recipes import FORMATS, Recipe
from derived_images.references import file_fields, is_indexed

#: What Django 6.1 has to leave deletion to the database; ``None`` before.
DB_CASCADE = getattr(deletion, "DB_CASCADE", None)

#: What a variant of that name would hide.
RESERVED = {name for name in dir(DerivedImages) if not name.startswith("_")} | {"original"}

#: Key of the settings → what it may be.
CHOICES = {
    "URLS": ("storage", "view"),
    "MISSING": ("render", "source", "404"),
    "SERVE": ("stream", "X-Accel-Redirect", "X-Sendfile", "redirect"),
}

#: Names that any convention can be tried on: one of every extension, and one without.
PROBES = [*(f"folder/stem.{extension}" for extension in FORMAT_OF), "folder/stem"]


def check_managers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check every manager of these apps' models, where it is declared first."""
    models = [
        model for config in app_configs or apps.get_app_configs() for model in config.get_models()
    ]
    declared = [
        (model, name, manager)
        for model in models
        for name, manager in managers_of(model).items()
        if not _is_inherited(model, name, manager)
    ]
    messages = [
        message
        for model, name, manager in declared
        for message in check_manager(manager, model, f"{model._meta.label}.{name}")
    ]
    for model in dict.fromkeys(model for model, _, _ in declared):
        messages += check_shared_names(model)
    if any(isinstance(each, AutoCleanupImageField) for m in models for each in m._meta.fields):
        messages += check_indexes()
    messages += [message for model in models for message in check_cascades(model)]
    return messages


def check_cascades(model: type[Model]) -> Iterator[CheckMessage]:
    """Name the foreign keys by which the database deletes rows, of which nobody is told."""
    followed = ", ".join(followed_fields(model))
    for field in model._meta.fields if followed else ():
        told_above = field.model is not model and followed_fields(field.model)
        if is_deleted_by_database(field) and not told_above:
            yield Warning(
                f"The database deletes these rows itself, and their files in {followed} stay.",
                hint="Use on_delete=CASCADE, or run `manage.py audit_images --delete-orphans` "
                "from time to time.",
                obj=field,
                id="derived_images.W003",
            )


def _is_inherited(model: type[Model], name: str, manager: DerivedImagesManager) -> bool:
    """Say whether a table or proxy above has this manager, and was checked for it."""
    parents = (parent for parent in model.__mro__[1:] if hasattr(parent, "_meta"))
    return any(
        not parent._meta.abstract and managers_of(parent).get(name) is manager for parent in parents
    )


def check_manager(
    manager: DerivedImagesManager, model: type[Model], label: str
) -> Iterator[CheckMessage]:
    """Check what one manager declares."""
    if source_of(manager, model) is None:
        images = [field.name for field in model._meta.fields if isinstance(field, ImageField)]
        yield Error(
            f"{manager.source!r} is not an ImageField of {model._meta.label}.",
            hint=f"Name one of its image fields: {', '.join(images) or 'it has none yet'}.",
            obj=label,
            id="derived_images.E001",
        )
    if not manager.has_storage:
        yield Error(
            f"There is no storage {manager._storage!r}.",
            hint=f"STORAGES has these: {', '.join(storages.backends)}.",
            obj=label,
            id="derived_images.E008",
        )
    recipes: object = manager.recipes
    if not isinstance(recipes, Mapping):
        yield _no_recipe(f"The recipes are {recipes!r}, which is no mapping.", label)
        return
    for variant, recipe in manager.recipes.items():
        yield from check_variant_name(variant, label)
        yield from check_recipe(variant, recipe, manager.recipes, label)
    yield from check_focus(manager, model, label)
    yield from check_naming(manager, label)


def _no_recipe(message: str, label: str) -> Error:
    hint = "Give variant → recipe: Fit, Fill, or a subclass of Recipe of your own."
    return Error(message, hint=hint, obj=label, id="derived_images.E003")


def _has_recipes(manager: DerivedImagesManager) -> bool:
    recipes: object = manager.recipes
    return isinstance(recipes, Mapping) and all(
        isinstance(recipe, Recipe) for recipe in recipes.values()
    )


def check_variant_name(variant: str, label: str) -> Iterator[CheckMessage]:
    """Check that the variant can be reached as an attribute, and hides nothing."""
    if not isinstance(variant, str):
        variant = repr(variant)
    if not variant.isidentifier() or keyword.iskeyword(variant) or variant.startswith("_"):
        yield Error(
            f"The variant name {variant!r} cannot be an attribute.",
            hint="Use letters, digits and underscores, and begin with a letter.",
            obj=label,
            id="derived_images.E002",
        )
    if variant in RESERVED:
        yield Error(
            f"The variant name {variant!r} is reserved.",
            hint=f"Use another name than {', '.join(sorted(RESERVED))}.",
            obj=label,
            id="derived_images.E002",
        )


def check_recipe(
    variant: str, recipe: object, recipes: Mapping[str, Recipe], label: str
) -> Iterator[CheckMessage]:
    """Check that the recipe can be followed, and its format written."""
    if not isinstance(recipe, Recipe):
        yield _no_recipe(f"{variant!r} is {recipe!r}, which is no recipe.", label)
        return
    for fault in recipe.faults():
        yield Error(
            f"{variant!r}: {fault}",
            hint="Correct the recipe; one that draws in its own way has a kind of its own.",
            obj=label,
            id="derived_images.E003",
        )
    if recipe.format in FORMATS and not rendering.writable(recipe.format):
        yield Error(
            f"{variant!r}: this Pillow cannot write {recipe.format}.",
            hint="Install Pillow with that encoder, or choose another format.",
            obj=label,
            id="derived_images.E003",
        )
    if not rendering.is_color(recipe.background):
        yield Error(
            f"{variant!r}: background {recipe.background!r} is no colour.",
            hint="Give a name, like 'white', '#rrggbb', or a tuple of red, green and blue.",
            obj=label,
            id="derived_images.E003",
        )
    if recipe.of is not None:
        yield from check_lineage(variant, recipes, label)


def check_lineage(
    variant: str, recipes: Mapping[str, Recipe], label: str
) -> Iterator[CheckMessage]:
    """Check that following `of` from variant to variant ends at the source."""
    seen = [variant]
    # What is no recipe has been told already.
    while (parent := getattr(recipes[seen[-1]], "of", None)) is not None:
        if parent not in recipes or parent in seen:
            what = "goes in a circle" if parent in seen else "does not exist"
            others = ", ".join(name for name in recipes if name not in seen)
            yield Error(
                f"{variant!r} is made of {' of '.join(map(repr, [*seen[1:], parent]))}, which {what}.",
                hint=f"`of` may name one of these variants: {others}."
                if others
                else "Leave out `of`.",
                obj=label,
                id="derived_images.E006",
            )
            return
        seen.append(parent)


def check_focus(
    manager: DerivedImagesManager, model: type[Model], label: str
) -> Iterator[CheckMessage]:
    """Check that the row says where to look as recipes ask it, and that a name can tell it."""
    source = source_of(manager, model)
    names = sorted(manager.focus_fields)
    if not names or not source:
        return
    if not isinstance(source, AutoCleanupImageField):
        yield _no_focus(
            "No name on a plain ImageField tells a focal point.",
            f"Make {source.name} an AutoCleanupImageField.",
            label,
        )
    elif len(focus_fields(source)) > 1:
        several = " and ".join(sorted(focus_fields(source)))
        yield _no_focus(
            f"A picture has one focal point, and {several} would each be it.",
            "Give all recipes of a source the same focus.",
            label,
        )
    for name in names:
        told = next((field for field in source.model._meta.fields if field.name == name), None)
        if fault := _focus_fault(told, source):
            hint = f"Have {name} = models.CharField(max_length=20, blank=True) there."
            yield _no_focus(f"{name!r} is no text field {fault}.", hint, label)


def _focus_fault(told: Field[Any, Any] | None, source: ImageField) -> str:
    """Return what a field that says where to look lacks; "" where it is fine."""
    if not isinstance(told, CharField | TextField) or told.model is not source.model:
        return f"of {source.model._meta.label}, where {source.name} is"
    return "of 9 characters, as a focal point has" if (told.max_length or 9) < 9 else ""


def _no_focus(message: str, hint: str, label: str) -> Error:
    return Error(message, hint=hint, obj=label, id="derived_images.E011")


def check_naming(manager: DerivedImagesManager, label: str) -> Iterator[CheckMessage]:
    """Check that the convention works, and that names tell the format that is written."""
    faults = list(naming_faults(manager))
    for fault in faults:
        yield Error(
            f"naming: {fault}",
            hint="Give 'stdimage', a template like the default, '{dir}{stem}_{variant}.{ext}', or "
            "an object with name(*, source, variant, ext, fingerprint) and sources(variant_name).",
            obj=label,
            id="derived_images.E005",
        )
    lying = {} if faults else lying_names(manager)
    for variant, (name, written) in lying.items():
        yield Warning(
            f"{variant!r} is written as {written} under a name like {name!r}.",
            hint="Give the recipe format='source', or the naming template '.{ext}'.",
            obj=label,
            id="derived_images.W001",
        )


def naming_faults(manager: DerivedImagesManager) -> Iterator[str]:
    """Say, a sentence each, why no names can be made."""
    if isinstance(manager.naming, Template) and (faults := list(manager.naming.faults())):
        yield from faults
    elif _has_recipes(manager):
        try:
            manager.names(PROBES[0])
        except Exception as error:  # A naming object of the project's own may raise anything.
            yield f"{manager.naming!r} makes no names: {error}."


def lying_names(manager: DerivedImagesManager) -> dict[str, tuple[str, str]]:
    """Return variant → a name whose extension is of another format, and the format written."""
    lying: dict[str, tuple[str, str]] = {}
    for source, variant in product(PROBES, _sound(manager)):
        name, written = manager.name(source, variant), manager.format(source, variant)
        told = FORMAT_OF.get(split(name)[2].lower(), written)
        if told != written and written in FORMAT_OF.values():
            lying.setdefault(variant, (name, written))
    return lying


def _sound(manager: DerivedImagesManager) -> Iterable[str]:
    """Return the variants that have names: all, or, once a fault has been told, none."""
    sound = _has_recipes(manager) and manager.has_storage and not list(naming_faults(manager))
    return manager.recipes if sound else ()


def is_deleted_by_database(field: Field[Any, Any]) -> bool:
    """Say whether rows go by a foreign key with the row that it names, and nobody is told."""
    return isinstance(field, ForeignKey) and field.remote_field.on_delete is DB_CASCADE


def check_shared_names(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that no two variants of one source, and no variant and its source, share a name."""
    told = set()
    for probe in PROBES:
        for (_, _, name), sharers in _users_of_names(model, probe).items():
            if len(sharers) > 1 and sharers not in told:
                told.add(sharers)
                yield Error(
                    f"{' and '.join(sharers)} would share one file, {name!r} for {probe!r}.",
                    hint="Rename a variant, or give one manager another naming or storage.",
                    obj=model,
                    id="derived_images.E004",
                )


def _users_of_names(
    model: type[Model], source: str
) -> dict[tuple[str, Hashable, str], tuple[str, ...]]:
    """Return field, place and name → who would have it for this source."""
    users: dict[tuple[str, Hashable, str], tuple[str, ...]] = {}
    for attribute, manager in managers_of(model).items():
        field = source_of(manager, model)
        if field is not None:
            own = manager.source, place(field.storage), source
            users.setdefault(own, (f"the source {manager.source!r}",))
            for variant in _sound(manager):
                where = place(manager.storage_beside(field))
                key = manager.source, where, manager.name(source, variant)
                users[key] = (*users.get(key, ()), f"{attribute}.{variant}")
    return users


def check_indexes() -> Iterator[CheckMessage]:
    """Name the fields that are searched without an index whenever a file is to go."""
    scanned = [
        f"{field.model._meta.label}.{field.name}"
        for field in file_fields()
        if field.model._meta.managed and not is_indexed(field)
    ]
    if scanned:
        yield Info(
            f"Before a file is deleted, these are searched without an index: {', '.join(scanned)}.",
            hint="Give the large ones db_index=True, and silence this in SILENCED_SYSTEM_CHECKS.",
            id="derived_images.I001",
        )


def check_settings(app_configs: object = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the keys of DERIVED_IMAGES, and that its dotted paths lead to callables."""
    given: object = getattr(settings, "DERIVED_IMAGES", {})
    if not isinstance(given, dict):
        yield _wrong_setting(f"DERIVED_IMAGES must be a dict, not {given!r}.", "Give a dict.")
        return
    for key in sorted(given.keys() - DEFAULTS.keys(), key=str):
        choices = f"Choices are: {', '.join(DEFAULTS)}."
        yield _wrong_setting(f"DERIVED_IMAGES has no key {key!r}.", choices)
    if not isinstance(setting("RECIPES"), Mapping):
        yield _wrong_setting(
            f"DERIVED_IMAGES['RECIPES'] is {setting('RECIPES')!r}, which is no mapping.",
            "Give variant → recipe.",
        )
    yield from check_budget()
    grace = setting("GRACE")
    if not isinstance(grace, timedelta | None) or (grace is not None and grace < timedelta()):
        yield _wrong_setting(
            f"DERIVED_IMAGES['GRACE'] must be a timedelta of no less than 0 or None, not {grace!r}.",
            "Give a datetime.timedelta.",
        )
    for key, allowed in CHOICES.items():
        if setting(key) not in allowed:
            yield _wrong_setting(
                f"DERIVED_IMAGES[{key!r}] is {setting(key)!r}.",
                f"Choices are: {', '.join(map(repr, allowed))}.",
            )
    yield from check_callable("PROCESSOR", tasks.processor)
    for key in ("KEEP", "AUTHORIZE"):
        yield from check_callable(key, partial(_imported, key))


def _imported(key: str) -> object:
    return setting(key) and import_string(setting(key))


def check_budget() -> Iterator[CheckMessage]:
    """Check the largest source that is to be decoded."""
    if not isinstance(setting("MAX_PIXELS"), int):
        yield _wrong_setting(
            f"DERIVED_IMAGES['MAX_PIXELS'] must be a number, not {setting('MAX_PIXELS')!r}.",
            "Give the pixels × frames of the largest source that is to be decoded.",
        )
    elif setting("MAX_PIXELS") > headers.most_pixels():
        yield Warning(
            f"DERIVED_IMAGES['MAX_PIXELS'] is {setting('MAX_PIXELS')}, but Pillow refuses pictures "
            f"of more than {headers.most_pixels()} pixels.",
            hint="Raise PIL.Image.MAX_IMAGE_PIXELS in your project, to half as much, or lower this.",
            id="derived_images.W002",
        )


def check_callable(key: str, load: Callable[[], object]) -> Iterator[CheckMessage]:
    """Check that what a setting names can be imported and called."""
    ours = f"{', '.join(tasks.PROCESSORS)} or " if key == "PROCESSOR" else ""
    hint = f"Give {ours}the dotted path of a callable."
    try:
        loaded = load()
    except Exception as error:  # Importing a project's module may raise anything.
        yield _wrong_setting(
            f"DERIVED_IMAGES[{key!r}] is {setting(key)!r}, which cannot be imported: {error}", hint
        )
    else:
        if loaded is not None and not callable(loaded):
            yield _wrong_setting(
                f"DERIVED_IMAGES[{key!r}] is {setting(key)!r}, which cannot be called.", hint
            )


def _wrong_setting(message: str, hint: str) -> Error:
    return Error(message, hint=hint, id="derived_images.E007")
