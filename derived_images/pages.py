"""System checks of templates: what our tags name there, before a visitor meets it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.template import Engine, Origin, Template, engines, library
from django.template.backends.django import DjangoTemplates
from django.template.base import FilterExpression, Variable

from derived_images.fields import DerivedImagesManager, managers_of
from derived_images.markup import PLACEHOLDERS
from derived_images.recipes import Dimensions

#: What a template says that has our tags.
LOADS = re.compile(rb"{%\s*load\s[^%]*\bderived_images\b")
#: Bytes of the largest file that is looked at, and a folder that has none of the project's.
LARGEST = 2**20
ELSEWHERES = "node_modules"

#: Of a source that is larger than any variant; and by how much shapes differ that are one.
PROBE: Dimensions = (30_000, 20_000)
ALIKE = 0.05


def check_templates(app_configs: object = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Read the files of templates that load our tags, and check the variants that they name.

    Those are told by their last part: of ``photo.variants``, by all managers called ``variants``.
    """
    for backend in engines.all():
        if isinstance(backend, DjangoTemplates) and "derived_images" in backend.engine.libraries:
            for file in _files(backend.engine):
                yield from _check(backend.engine, file)


def _files(engine: Engine) -> Iterator[Path]:
    """Yield the files that the engine finds templates in, if they load our tags."""
    loaders = [*engine.template_loaders]
    for loader in loaders:
        loaders += getattr(loader, "loaders", [])
    roots = [each for loader in loaders for each in getattr(loader, "get_dirs", list)()]
    for root in dict.fromkeys(roots):
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(
                each for each in folders if each != ELSEWHERES and not each.startswith(".")
            )
            yield from (file for name in sorted(names) if _loads(file := Path(folder, name)))


def _loads(file: Path) -> bool:
    try:
        is_small = file.is_file() and file.stat().st_size <= LARGEST
        return is_small and LOADS.search(file.read_bytes()) is not None
    except OSError:  # Whoever wants to see it will be told.
        return False


def _check(engine: Engine, file: Path) -> Iterator[CheckMessage]:
    try:
        text = file.read_text(engine.file_charset)
        template = Template(text, Origin(str(file)), file.name, engine)
    except Exception as error:  # Tags of other libraries may raise anything.
        said = str(error).removeprefix(f"Template: {file}, ")
        yield _fault(said, "Correct it, or the page that is made of it fails.", file)
        return
    nodes: list[Any] = template.nodelist.get_nodes_by_type(library.SimpleNode)
    for node in nodes:
        if node.func.__module__ == "derived_images.markup":
            for message, hint in _faults(node):
                tag = f"{{% {node.func.__name__} %}}"
                yield _fault(f"{tag} {message}", hint, f"{file}:{node.token.lineno}")


def _faults(node: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a tag, as far as it is written there, and what can be done."""
    images, *variants = node.args or [None]
    managers = _managers(images) if images else []
    known = dict.fromkeys(variant for manager in managers for variant in manager.recipes)
    named = [str(each.var) for each in variants if _is_literal(each)]
    for variant in named:
        if known and variant not in known:
            yield f"names {variant!r}, which {images.token} does not have.", _choices(known)
    if any(_has_shapes(manager, named) for manager in managers):
        yield (
            f"names variants of different shapes: {', '.join(named)}.",
            "Browsers take any of them for the same picture. Put a {% source %} with `media` before.",
        )
    placeholder = node.kwargs.get("placeholder")
    if placeholder and _is_literal(placeholder) and placeholder.var not in PLACEHOLDERS:
        yield f"has no placeholder {str(placeholder.var)!r}.", _choices(filter(None, PLACEHOLDERS))


def _choices(names: Any) -> str:
    return f"Choices are: {', '.join(names)}."


def _is_literal(expression: FilterExpression) -> bool:
    return not isinstance(expression.var, Variable) and not expression.filters


def _managers(images: FilterExpression) -> list[DerivedImagesManager]:
    """Return all managers that are called so."""
    name = images.token.rpartition(".")[2]
    managers = (managers_of(model).get(name) for model in apps.get_models())
    return list(dict.fromkeys(manager for manager in managers if manager))


def _has_shapes(manager: DerivedImagesManager, variants: list[str]) -> bool:
    """Say whether these variants are the manager's, and of different shapes."""
    if not variants or not {*variants} <= {*manager.recipes}:
        return False
    try:
        dimensions = [manager.dimensions(variant, PROBE) for variant in variants]
    except Exception:  # A recipe of the project's own may raise anything.
        return False
    shapes = [width / height for width, height in dimensions]
    return max(shapes) / min(shapes) > 1 + ALIKE


def _fault(message: str, hint: str, where: object) -> CheckMessage:
    return Warning(message, hint=hint, obj=where, id="derived_images.W009")
