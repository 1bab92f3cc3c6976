"""What is declared: which variants of which sources, and what each of them is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.files.storage import InvalidStorageError, Storage, storages
from django.db.models import Field, FileField, ImageField, Model

from derived_images import recipes as arithmetic
from derived_images.conf import setting
from derived_images.naming import (
    Naming,
    Template,
    focus_in,
    naming_for,
    written_extension,
    written_format,
)
from derived_images.places import unwrapped
from derived_images.recipes import Dimensions, Fill, Recipe

#: Source name → the name of one variant.
Convention = Callable[[str], str]


class _Known(NamedTuple):
    """What follows from recipes, by variant."""

    recipes: dict[str, Recipe]
    fingerprints: dict[str, str]
    #: What names the variant.
    conventions: dict[str, Convention]
    #: What reads such a name backwards: the sources that it may be of.
    inverses: dict[str, Callable[[str], Iterable[str]]]


class Declaration:
    """What a manager declares: recipes, a convention, a storage. Names by arithmetic alone."""

    #: The attribute that it was declared as.
    attribute: str

    def __init__(
        self,
        source: str,
        recipes: Mapping[str, Recipe] | None = None,
        *,
        naming: str | Naming | None = None,
        storage: Storage | str | None = None,
    ) -> None:
        self.source = source
        self.naming = naming_for(naming)
        self._recipes = recipes
        self._storage = storage
        self._known = _Known({}, {}, {}, {})

    @property
    def recipes(self) -> Mapping[str, Recipe]:
        """Variant → recipe, the project's default set where none is declared."""
        return setting("RECIPES") if self._recipes is None else self._recipes

    @property
    def focus_fields(self) -> set[str]:
        """The names of the fields that say where to look in a row's source."""
        recipes: object = self.recipes
        given = recipes.values() if isinstance(recipes, Mapping) else ()  # A check tells of it.
        fills = (each for each in given if isinstance(each, Fill))
        return {each.focus for each in fills if isinstance(each.focus, str)}

    @property
    def storage(self) -> Storage | None:
        """Where variants lie; ``None`` is beside their source."""
        return storages[self._storage] if isinstance(self._storage, str) else self._storage

    @property
    def has_storage(self) -> bool:
        """Whether there is a storage of the alias that was given."""
        try:
            _ = self.storage
        except InvalidStorageError:
            return False
        return True

    def storage_beside(self, field: FileField) -> Storage:
        """Return the storage of the variants of this field's sources."""
        storage = self.storage
        return unwrapped(field.storage) if storage is None else storage

    def name(self, source: str, variant: str) -> str:
        """Return the name of a variant of the source of that name."""
        return self.conventions[variant](source)

    def names(self, source: str) -> dict[str, str]:
        """Return variant → name, for every variant."""
        return {variant: convention(source) for variant, convention in self.conventions.items()}

    @property
    def conventions(self) -> dict[str, Convention]:
        """Variant → what names it."""
        return self._worked_out().conventions

    def fingerprint(self, variant: str) -> str:
        """Return what changes with the variant's recipe, and with those that it is made from."""
        return self._worked_out().fingerprints[variant]

    def _worked_out(self) -> _Known:
        """Return what follows from the recipes, worked out once for a set, which may be a dict."""
        recipes, known = self.recipes, self._known
        if known.recipes != recipes:
            known = _Known(dict(recipes), {}, {}, {})
            for variant, recipe in recipes.items():
                fingerprint = arithmetic.fingerprint(recipes, variant)
                known.fingerprints[variant] = fingerprint
                known.conventions[variant] = self._convention(recipe.format, variant, fingerprint)
                known.inverses[variant] = self._inverse(recipe.format, variant, fingerprint)
            self._known = known
        return known

    @property
    def names_fingerprint(self) -> bool:
        """Whether a variant's name changes with its recipe."""
        return type(self.naming) is Template and self.naming.has_fingerprint

    def _convention(self, format: str, variant: str, fingerprint: str) -> Convention:
        if type(self.naming) is Template and format != "source":
            return self.naming.filled_in(variant, format, fingerprint)
        return lambda source: self.naming.name(
            source=source,
            variant=variant,
            ext=written_extension(format, source),
            fingerprint=fingerprint,
        )

    def _inverse(
        self, format: str, variant: str, fingerprint: str
    ) -> Callable[[str], Iterable[str]]:
        naming = self.naming
        if type(naming) is not Template:
            return self.readings
        known = variant, None if format == "source" else format, fingerprint
        recognizes = naming.recognizes(*known)
        return lambda name: naming.sources_of(name, *known) if recognizes(name) else ()

    def sources(self, name: str) -> Iterator[str]:
        """Yield the source names, in the usual spellings, that have a variant of this name.

        None of a naming object that has no inverse.
        """
        yield from dict.fromkeys(source for source, _ in self.derivations(name))

    def derivations(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield those sources, each with the variant that has this name."""
        known = self._worked_out()
        for variant, inverse in known.inverses.items():
            for source in dict.fromkeys(inverse(name)):
                if known.conventions[variant](source) == name:
                    yield source, variant

    @property
    def has_inverse(self) -> bool:
        """Whether a variant's name tells which sources it may be of."""
        return hasattr(self.naming, "sources")

    def readings(self, name: str) -> Iterable[str]:
        """Return the sources that one of these variants may be of, by an earlier recipe, too."""
        if isinstance(self.naming, Template):
            return self.naming.sources(name, self.recipes)
        return self.naming.sources(name) if self.has_inverse else ()

    def recipe(self, source: str, variant: str) -> Recipe:
        """Return how this source's variant is made: at the focal point that its name tells."""
        return self.recipes[variant].aimed(focus_in(source))

    def format(self, source: str, variant: str) -> str:
        """Return the format that this variant is written in."""
        return written_format(self.recipes[variant].format, source)

    def dimensions(self, variant: str, source_dimensions: Dimensions) -> Dimensions:
        """Return the variant's dimensions, along the variants that it is made from."""
        for name in (*reversed(self.lineage(variant)), variant):
            source_dimensions = self.recipes[name].dimensions(source_dimensions)
        return source_dimensions

    def lineage(self, variant: str) -> list[str]:
        """Return the variants that this one is made from, the nearest first."""
        return arithmetic.ancestry(self.recipes, variant)


def variants_beside(field: FileField, source: str) -> Iterator[tuple[Storage, str]]:
    """Yield storage and name of every variant of a source, of all managers on the field."""
    for manager in declarations(field):
        for name in manager.names(source).values():
            yield manager.storage_beside(field), name


def names_beside(field: ImageField, source: str) -> list[str]:
    """Return the names of every variant of a source."""
    return [name for _, name in variants_beside(field, source)]


def declarations(field: Field[Any, Any]) -> dict[Declaration, set[type[Model]]]:
    """Return the managers whose source this field is, each with the models it stands on."""
    return field.__dict__.setdefault("derived_images", {})  # type: ignore[no-any-return]
