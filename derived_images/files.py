"""Files by name: sources, variants, and how they are written and removed.

Everything here speaks to a storage; nothing here looks at pixels or asks a database.
"""

from __future__ import annotations

import logging
import os
import secrets
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unicodedata import normalize

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage
from django.db import Error
from django.db.models import ImageField, Model
from django.db.models.fields.files import ImageFieldFile
from django.dispatch import Signal

from derived_images import mosaic
from derived_images.declarations import Declaration, names_beside, variants_beside
from derived_images.naming import split
from derived_images.places import address
from derived_images.recipes import Dimensions, Recipe

logger = logging.getLogger("derived_images")

#: A source was stored. Sent with `instance`, `field` and `name`, before its row is saved.
source_stored = Signal()
#: May these files be written, or removed? Sent with `instance`, `field`, `source` and `files`,
#: pairs of storage and name; receivers answer with the names that other rows hold or derive.
names_wanted = Signal()
#: Variants are to be rendered now. Sent with `instance`, `manager`, `source` and `variants`; one
#: receiver answers with the names of those that were made.
render_wanted = Signal()

#: Ends the names of files that are being written, so that those of killed writers can be swept.
TEMPORARY = ".derived-images.tmp"


class NoSource(ValueError):
    """There is no source, so no variant has a name. Templates pass over it in silence."""

    silent_variable_failure = True


class SourceFile(ImageFieldFile):
    """The file of a field that variants are derived from. It says when one is stored."""

    field: ImageField
    storage: Storage

    def save(self, name: str, content: File[Any], save: bool = True) -> None:
        """Store `content` under a name that is nobody else's, and put it on the row."""
        name = self.field.generate_filename(self.instance, name)
        # One spelling of é: some disks and databases take two for one name, others do not.
        name = self.free_name(normalize("NFC", name), content)
        self.name = self.storage.save(name, content, max_length=self.field.max_length)
        self._set_instance_attribute(self.name, content)  # type: ignore[attr-defined]
        self._committed = True
        source_stored.send(
            sender=type(self.instance), instance=self.instance, field=self.field, name=self.name
        )
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]

    def free_name(self, name: str, content: File[Any]) -> str:
        """Return `name`, or, where it or a variant's name is taken, another one like it."""
        name = self.storage.get_available_name(name, max_length=self.field.max_length)
        while self._is_taken(name):
            folder, stem, extension = split(name)
            other = self.storage.get_alternative_name(stem, extension and f".{extension}")
            name = self.storage.get_available_name(folder + other, self.field.max_length)
        _reserve(self.instance, [name, *names_beside(self.field, name)])
        return name

    def _is_taken(self, name: str) -> bool:
        variants = list(variants_beside(self.field, name))
        files = [(self.storage, name), *variants]
        # Where the storage overwrites a file of this name, its variants lie there rightly.
        return (
            _is_reserved(self.instance, self.field, {each for _, each in files})
            or self._is_in_use(name, files)
            or (
                any(storage.exists(variant) for storage, variant in variants)
                and not self.storage.exists(name)
            )
        )

    def _is_in_use(self, name: str, files: list[tuple[Storage, str]]) -> bool:
        try:
            return bool(names_in_use(self.instance, self.field, name, files))
        except Error:
            # An upload is not refused for it: before variants are written it is asked again.
            logger.exception("Cannot ask who uses %r.", name)
            return False

    @property
    def url(self) -> str:
        """Where browsers get it: from the storage, or from the media view."""
        self._require_file()  # type: ignore[attr-defined]
        return address(self.storage, self.name or "") or super().url

    @property
    def known_dimensions(self) -> Dimensions | None:
        """Upright dimensions in pixels, where they are known without opening the file."""
        return None

    @property
    def pixels(self) -> str:
        """Twenty pixels of the picture, as the text of a `mosaic`, where the name carries them."""
        return ""

    @property
    def color(self) -> str:
        """The picture's average colour, like ``"#7a6b5c"``; "" where the name does not tell."""
        pixels, dimensions = self.pixels, self.known_dimensions
        return mosaic.color(pixels, dimensions) if pixels and dimensions else ""

    @property
    def placeholder(self) -> str:
        """A data URI of twenty pixels of the picture; "" where the name does not tell."""
        pixels, dimensions = self.pixels, self.known_dimensions
        return mosaic.data_uri(pixels, dimensions) if pixels and dimensions else ""

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the field: its attr_class may be made at run time, where pickle finds none.
        return _empty_file, (self.field,), self.__getstate__()


def _empty_file(field: ImageField) -> SourceFile:
    return field.attr_class.__new__(field.attr_class)  # type: ignore[return-value]


def source_file_class(attr_class: type[ImageFieldFile]) -> type[SourceFile]:
    """Return a class of `SourceFile`s that are all that a field's own files are."""
    if issubclass(attr_class, SourceFile):
        return attr_class
    if attr_class is ImageFieldFile:
        return SourceFile
    return type(attr_class.__name__, (attr_class, SourceFile), {})


# Sources stored by this process, by every name they stand for, while their rows may not be in the
# database yet: in bulk_create() all files are stored before the first row.
_reserved: weakref.WeakValueDictionary[str, Model] = weakref.WeakValueDictionary()


def _reserve(instance: Model, names: Iterable[str]) -> None:
    for name in names:
        _reserved[name] = instance


def _is_reserved(instance: Model, field: ImageField, names: set[str]) -> bool:
    holders = (_reserved.get(name) for name in names)
    if any(_waits(each) for each in holders if each is not None and each is not instance):
        return True
    own = {
        name
        for other, source in _waiting(instance)
        if other != field
        for name in (source, *names_beside(other, source))
    }
    return not own.isdisjoint(names)


def _waits(instance: Model) -> bool:
    """Say whether a file of the instance waits for its row to be saved, and is still there."""
    return any(field.storage.exists(source) for field, source in _waiting(instance))


def _waiting(instance: Model) -> Iterator[tuple[ImageField, str]]:
    for attname, sources in stored_sources(instance).items():
        for source in sources:
            yield image_field(instance, attname), source


def stored_sources(instance: Model) -> dict[str, tuple[str, ...]]:
    """Return attribute → names of the sources stored since this row was last saved."""
    return getattr(instance._state, "derived_images_stored", {})


def mark_stored(instance: Model, sources: dict[str, tuple[str, ...]]) -> None:
    """Keep attribute → names of new sources on the instance's state until it is saved."""
    instance._state.__dict__.pop("derived_images_stored", None)
    if sources:
        instance._state.derived_images_stored = sources  # type: ignore[attr-defined]


def names_in_use(
    instance: Model, field: ImageField, source: str, files: list[tuple[Storage, str]]
) -> set[str]:
    """Return the names of those files that rows hold, or derive from another source than this."""
    answers = names_wanted.send(
        sender=type(instance), instance=instance, field=field, source=source, files=files
    )
    return {name for _, taken in answers for name in taken or ()}


class VariantFile(ImageFieldFile):
    """One variant of a row's source, whether its file is there or not.

    Unlike its parent it never touches the row: `save()` writes this one file, under exactly this
    name, and `delete()` removes it.
    """

    name: str
    _committed = True

    def __init__(self, images: DerivedImages, variant: str, name: str) -> None:
        # Without Django's, which costs more than the name: all that it sets follows from these.
        self.images = images
        self.variant = variant
        self.name = name

    @property
    def recipe(self) -> Recipe:
        """How this variant is made, at the source's focal point."""
        return self.images._manager.recipe(self.source.name or "", self.variant)

    @property
    def format(self) -> str:
        """The format that this variant is written in, like ``"webp"``."""
        return self.images._manager.format(self.source.name or "", self.variant)

    @property
    def source(self) -> SourceFile:
        """The file that this variant is made of."""
        return getattr(self.instance, self.field.attname)  # type: ignore[no-any-return]

    @property
    def field(self) -> ImageField:  # type: ignore[override]
        """The field that the source is in."""
        return source_field(self.images)

    @property
    def storage(self) -> Storage:  # type: ignore[override]
        """Where this variant lies."""
        return self.images._manager.storage_beside(source_field(self.images))

    @property
    def instance(self) -> Model:
        """The row that the source is on."""
        return self.images._instance

    @instance.setter
    def instance(self, instance: Model) -> None:
        # Django's descriptor moves a file that it finds on another row over to that row.
        if instance is not self.instance:
            self.refuse_as_source()

    def refuse_as_source(self) -> None:
        """Raise `ValueError`: a file that comes and goes with its source cannot be one."""
        raise ValueError(
            f"{self.name!r} is a variant and cannot be assigned as a source. Copy it: "
            f"row.{self.field.name}.save(name, ContentFile(variant.open().read()))."
        )

    @property
    def url(self) -> str:
        """Where browsers get it: from the storage, or from the media view.

        There its query changes with the recipe, so that caches may keep what it names.
        """
        self._require_file()
        manager = self.images._manager
        served = address(self.storage, self.name) if manager.has_inverse else None
        if served is None:
            return self.storage.url(self.name)
        return served if manager.names_fingerprint else f"{served}?v={self.fingerprint}"

    @property
    def fingerprint(self) -> str:
        """Eight characters that change with the recipe, and with those that it is made from."""
        return self.images._manager.fingerprint(self.variant)

    def dimensions_of(self, source_dimensions: Dimensions) -> Dimensions:
        """Say how large the variant of a source of these dimensions is."""
        return self.images._manager.dimensions(self.variant, source_dimensions)

    def exists(self) -> bool:
        """Ask the storage whether this variant has been made."""
        return bool(self) and self.storage.exists(self.name)

    def save(self, content: File[Any]) -> None:  # type: ignore[override]
        """Write `content` under exactly this name, or raise; the row is not touched."""
        self._claim()
        forget_content(self)
        write(self.storage, self.name, content)

    save.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> None:  # type: ignore[override]
        """Remove this one file, if it is there; the row is not touched."""
        if self:
            self._claim()
            forget_content(self)
            self.storage.delete(self.name)

    delete.alters_data = True  # type: ignore[attr-defined]

    def _claim(self) -> None:
        self._require_file()
        self.images._claim([self.name])

    def _require_file(self) -> None:
        if not self.name:
            raise NoSource(f"{self.instance!r} has no {self.field.name}, so it has no variants.")

    def _get_image_dimensions(self) -> Dimensions | tuple[None, None]:
        self._require_file()
        known = self.source.known_dimensions
        if known is not None:
            return self.dimensions_of(known)
        try:
            return super()._get_image_dimensions()  # type: ignore[misc, no-any-return]
        except FileNotFoundError:
            # As of a file that is no picture: a page is not lost over a missing thumbnail.
            return None, None

    def __reduce__(self) -> tuple[Any, ...]:
        return VariantFile, (self.images, self.variant, self.name)


def forget_content(file: ImageFieldFile) -> None:
    """Close a file whose content is about to be another one, with all that was read of it."""
    file.close()
    file.__dict__.pop("_file", None)
    file.__dict__.pop("_dimensions_cache", None)


class DerivedImages(Mapping[str, VariantFile]):
    """A row's variants, by name and by attribute: nothing is asked to tell their names and URLs.

    It is true when the row has a source. Without one each variant is there, but false.
    """

    __slots__ = ("_instance", "_manager")
    _instance: Model
    _manager: Declaration

    def __init__(self, instance: Model, manager: Declaration) -> None:
        object.__setattr__(self, "_instance", instance)
        object.__setattr__(self, "_manager", manager)

    def __getitem__(self, variant: str) -> VariantFile:
        return self._variant(variant, KeyError)

    def __getattr__(self, variant: str) -> VariantFile:
        # Names with an underscore are asked for by copy and pickle, before there is any state.
        if variant.startswith("_"):
            raise AttributeError(variant)
        return self._variant(variant, AttributeError)

    def _variant(self, variant: str, error: type[KeyError | AttributeError]) -> VariantFile:
        convention = self._manager.conventions.get(variant)
        if convention is None:
            raise error(self._unknown(variant))
        source = self._source_name()
        return VariantFile(self, variant, convention(source) if source else "")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self} is read-only: variants follow from their source.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{self} is read-only: variants follow from their source.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._manager.recipes)

    def __len__(self) -> int:
        return len(self._manager.recipes)

    def __contains__(self, variant: object) -> bool:
        return variant in self._manager.recipes

    def __bool__(self) -> bool:
        return bool(self._source_name())

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DerivedImages):
            return NotImplemented
        return self._manager is other._manager and self._instance == other._instance

    def __hash__(self) -> int:
        return hash((id(self._manager), self._instance))

    def __str__(self) -> str:
        return f"{type(self._instance).__name__}.{self._manager.attribute}"

    def __repr__(self) -> str:
        return f"<{self} of {self._source_name()!r}: {', '.join(self)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._instance, self._manager.attribute)

    def urls(self) -> dict[str, str]:
        """Return variant → URL, `original` first; every one is "" without a source."""
        if not self:
            return dict.fromkeys(["original", *self], "")
        return {name: file.url for name, file in source_and_variants(self).items()}

    def missing(self) -> list[str]:
        """Ask the storage, and return the variants that are not there."""
        return [name for name, variant in self.items() if not variant.exists()] if self else []

    def render(self, *variants: str) -> list[str]:
        """Render these variants, or all, now; return those that were made, log the others."""
        for variant in variants:
            self[variant]
        if not self:
            return []
        answers = render_wanted.send(
            sender=type(self._instance),
            instance=self._instance,
            manager=self._manager,
            source=self._source_name(),
            variants=variants or tuple(self),
        )
        return [variant for _, made in answers for variant in made or ()]

    render.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> None:
        """Remove the files of all variants, by exact name; row and source are not touched."""
        if self:
            names = [variant.name for variant in self.values()]
            self._claim(names)
            remove(self._manager.storage_beside(source_field(self)), names)

    delete.alters_data = True  # type: ignore[attr-defined]

    def _source_name(self) -> str:
        value: Any = self._instance.__dict__.get(self._manager.source)
        if not isinstance(value, str):
            value = getattr(self._instance, source_field(self).attname)
            # What is not stored yet has no name yet either.
            return value.name or "" if value._committed else ""
        return value

    def _claim(self, names: Iterable[str]) -> None:
        field = source_field(self)
        files = [(self._manager.storage_beside(field), name) for name in names]
        taken = names_in_use(self._instance, field, self._source_name(), files)
        if taken:
            raise FileExistsError(f"Other rows use {', '.join(map(repr, sorted(taken)))}.")

    def _unknown(self, variant: str) -> str:
        return f"Unknown variant {variant!r} of {self}. Choices are: {', '.join(self)}."


def source_and_variants(images: DerivedImages) -> dict[str, ImageFieldFile]:
    """Return name → file; the source comes first, as `original`."""
    source = getattr(images._instance, source_field(images).attname)
    return {"original": source, **images}


def source_field(images: DerivedImages) -> ImageField:
    """Return the field of the row that the variants are derived from."""
    return image_field(images._instance, images._manager.source)


def image_field(model: type[Model] | Model, name: str) -> ImageField:
    """Return the field of that name, which is known for an image field."""
    return model._meta.get_field(name)  # type: ignore[return-value]


def write(storage: Storage, name: str, content: File[Any]) -> None:
    """Store `content` under exactly `name`, whole or not at all, over what lay there.

    Readers find the old file or the new one, never a part. Raises `OSError`, or whatever the
    storage does, when it cannot be stored so.
    """
    content = content if isinstance(content, File) else File(content)
    if isinstance(storage, FileSystemStorage):
        _write_beside(storage, name, content)
        return
    if isinstance(storage, InMemoryStorage):
        # It writes over the old bytes and leaves what was longer.
        storage.delete(name)
    # Past get_available_name(), which would choose another name. One PUT is atomic.
    stored = storage._save(name, content)  # type: ignore[attr-defined]
    if stored != name:
        storage.delete(stored)
        raise FileExistsError(f"{type(storage).__name__} stored {name!r} as {stored!r}.")


def _write_beside(storage: FileSystemStorage, name: str, content: File[Any]) -> None:
    """Write a temporary file in the same folder, through the storage, and rename it."""
    temporary = f"{split(name)[0]}{secrets.token_hex(8)}{TEMPORARY}"
    try:
        temporary = storage.save(temporary, content)
        os.replace(storage.path(temporary), storage.path(name))
    except BaseException:
        storage.delete(temporary)
        raise


def remove(storage: Storage, names: Iterable[str]) -> list[str]:
    """Delete the files of exactly these names, and return those that were deleted.

    One that fails is logged and stops no other.
    """
    removed = []
    for name in names:
        try:
            storage.delete(name)
        except Exception:
            logger.exception("Cannot delete %r; an audit will find it.", name)
        else:
            removed.append(name)
    return removed


def touch(storage: Storage, name: str) -> None:
    """Make a file, if it is there, as old as if it had just been written."""
    try:
        if isinstance(storage, FileSystemStorage):
            os.utime(storage.path(name))
        else:
            with storage.open(name) as file:
                write(storage, name, ContentFile(file.read()))
    except FileNotFoundError:
        return
    except Exception:
        logger.exception("Cannot touch %r; an audit may delete it early.", name)
