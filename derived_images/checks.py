"""System checks: what is wrong with a declaration or a setting, and what to do about it."""

from __future__ import annotations

import keyword
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning
from django.core.files.storage import InvalidStorageError, storages
from django.db.models import ImageField, Model
from django.utils.module_loading import import_string

from derived_images import rendering, tasks
from derived_images.conf import DEFAULTS, setting
from derived_images.fields import (
    AutoCleanupImageField,
    DerivedImagesManager,
    managers_of,
    source_of,
)
from derived_images.files import DerivedImages, place
from derived_images.naming import FORMAT_OF, Template, split
from derived_images.recipes import FORMATS, Recipe
from derived_images.references import file_fields

#: What a variant of that name would hide.
RESERVED = {name for name in dir(DerivedImages) if not name.startswith("_")} | {"original"}

#: A name that any convention can be tried on.
PROBE = "folder/stem.jpg"


def check_managers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check every manager of these apps' models, where it is declared first."""
    models = [
        model for config in app_configs or apps.get_app_configs() for model in config.get_models()
    ]
    messages = [
        message
        for model in models
        for name, manager in managers_of(model).items()
        if not _is_inherited(model, name, manager)
        for message in check_manager(manager, model, f"{model._meta.label}.{name}")
    ]
    messages += [message for model in models for message in check_shared_names(model)]
    if any(isinstance(each, AutoCleanupImageField) for m in models for each in m._meta.fields):
        messages += check_indexes()
    return messages


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
    if not _has_storage(manager):
        yield Error(
            f"There is no storage {manager._storage!r}.",
            hint=f"STORAGES has these: {', '.join(storages.backends)}.",
            obj=label,
            id="derived_images.E008",
        )
    for variant, recipe in manager.recipes.items():
        yield from check_variant_name(variant, label)
        yield from check_recipe(variant, recipe, manager.recipes, label)
    yield from check_naming(manager, label)


def _has_storage(manager: DerivedImagesManager) -> bool:
    try:
        _ = manager.storage
    except InvalidStorageError:
        return False
    return True


def check_variant_name(variant: str, label: str) -> Iterator[CheckMessage]:
    """Check that the variant can be reached as an attribute, and hides nothing."""
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
        yield Error(
            f"{variant!r} is {recipe!r}, which is no recipe.",
            hint="Use Fit, Fill, or a subclass of Recipe of your own.",
            obj=label,
            id="derived_images.E003",
        )
        return
    for fault in recipe.faults():
        yield Error(
            f"{variant!r}: {fault}",
            hint="Correct the recipe.",
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
    if recipe.of is not None:
        yield from check_lineage(variant, recipes, label)


def check_lineage(
    variant: str, recipes: Mapping[str, Recipe], label: str
) -> Iterator[CheckMessage]:
    """Check that following `of` from variant to variant ends at the source."""
    seen = [variant]
    while (parent := recipes[seen[-1]].of) is not None:
        if parent not in recipes or parent in seen:
            what = "goes in a circle" if parent in seen else "does not exist"
            yield Error(
                f"{variant!r} is made of {' of '.join(map(repr, [*seen[1:], parent]))}, which {what}.",
                hint=f"Let `of` name another of these variants: {', '.join(recipes)}.",
                obj=label,
                id="derived_images.E006",
            )
            return
        seen.append(parent)


def check_naming(manager: DerivedImagesManager, label: str) -> Iterator[CheckMessage]:
    """Check that names can be told apart, and tell the format that is written."""
    faults = list(manager.naming.faults()) if isinstance(manager.naming, Template) else []
    for fault in faults:
        yield Error(
            f"naming: {fault}",
            hint="The default is naming='{dir}{stem}_{variant}.{ext}'.",
            obj=label,
            id="derived_images.E005",
        )
    if faults:
        return
    for variant in _sound(manager.recipes):
        extension = split(manager.name(PROBE, variant))[2]
        written = manager.format(PROBE, variant)
        if FORMAT_OF.get(extension.lower(), written) != written:
            yield Warning(
                f"{variant!r} is written as {written} under a name that ends in .{extension}.",
                hint="Give the recipe format='source', or the naming template '.{ext}'.",
                obj=label,
                id="derived_images.W001",
            )


def _sound(recipes: Mapping[str, Recipe]) -> list[str]:
    return [variant for variant, recipe in recipes.items() if isinstance(recipe, Recipe)]


def check_shared_names(model: type[Model]) -> Iterator[CheckMessage]:
    """Check that no two variants of one source, and no variant and its source, share a name."""
    users: dict[tuple[str, Hashable, str], list[str]] = defaultdict(list)
    for attribute, manager in managers_of(model).items():
        field = source_of(manager, model)
        faulty = isinstance(manager.naming, Template) and any(manager.naming.faults())
        if field is None or faulty or not _has_storage(manager):
            continue
        source = (manager.source, place(field.storage), PROBE)
        users[source] = [f"the source {manager.source!r}"]
        for variant in _sound(manager.recipes):
            where = place(manager.storage_beside(field))
            users[manager.source, where, manager.name(PROBE, variant)].append(
                f"{attribute}.{variant}"
            )
    for (_, _, name), sharers in users.items():
        if len(sharers) > 1:
            yield Error(
                f"{' and '.join(sharers)} would share one file, {name!r} for {PROBE!r}.",
                hint="Rename a variant, or give one manager another naming or storage.",
                obj=model,
                id="derived_images.E004",
            )


def check_indexes() -> Iterator[CheckMessage]:
    """Name the fields that are searched without an index whenever a file is to go."""
    scanned = [
        f"{field.model._meta.label}.{field.name}"
        for field in file_fields()
        if field.model._meta.managed and not (field.db_index or field.unique)  # type: ignore[attr-defined]
    ]
    if scanned:
        yield Info(
            f"Before a file is deleted, these are searched without an index: {', '.join(scanned)}.",
            hint="Give the large ones db_index=True.",
            id="derived_images.I001",
        )


def check_settings(app_configs: object = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the keys of DERIVED_IMAGES, and that its dotted paths can be imported."""
    for key in sorted(getattr(settings, "DERIVED_IMAGES", {}).keys() - DEFAULTS.keys()):
        yield Error(
            f"DERIVED_IMAGES has no key {key!r}.",
            hint=f"Choices are: {', '.join(DEFAULTS)}.",
            id="derived_images.E007",
        )
    for key, load in (("PROCESSOR", tasks.processor), ("KEEP", _load_keep)):
        try:
            load()
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            yield Error(
                f"DERIVED_IMAGES[{key!r}] is {setting(key)!r}, which cannot be imported: {error}",
                hint="Give the dotted path of a callable, for PROCESSOR also 'inline' or 'none'.",
                id="derived_images.E007",
            )


def _load_keep() -> None:
    if setting("KEEP") is not None:
        import_string(setting("KEEP"))
