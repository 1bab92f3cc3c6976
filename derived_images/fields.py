"""What goes onto a model: the manager of derived images, and the field that cleans up."""

from __future__ import annotations

import math
import posixpath
from contextlib import suppress
from typing import Any, Self, TypeGuard, overload

from django import forms
from django.apps import apps
from django.core.exceptions import (
    FieldDoesNotExist,
    ImproperlyConfigured,
    ObjectDoesNotExist,
    SuspiciousFileOperation,
    ValidationError,
)
from django.core.files.base import File
from django.db.models import Field, ImageField, Model
from django.dispatch import Signal
from django.utils.translation import gettext as _

from derived_images import headers, mosaic, naming, rendering
from derived_images.declarations import Declaration, declarations, names_beside
from derived_images.files import DerivedImages, SourceFile, forget_content, source_file_class
from derived_images.focus import focal_point
from derived_images.mosaic import Mosaic
from derived_images.recipes import Dimensions, Point
from derived_images.rendering import Job

#: A manager was put onto a model, the `sender`, that had been prepared before.
manager_added = Signal()

#: What a folder of most file systems takes for one name, in bytes.
LONGEST_NAME = 255

#: Pixels of the largest upload that is decoded at once, for twenty of them, weighed as the budget
#: is: whoever uploads waits for it. And scans of a JPEG; encoders write ten or so.
SOON = 2**25
FEW_SCANS = 12


class DerivedImagesManager(Declaration):
    """Declares beside an image field which images are derived from it.

    `source` is the field's name; `recipes` are variant → recipe, the set in
    `DERIVED_IMAGES["RECIPES"]` if left out; `naming` is a template, ``"stdimage"``, or an object
    with `name()` and `sources()`; `storage` is a storage or an alias of `STORAGES`, the source's
    own if left out. On the class it is itself; on a row it is a `DerivedImages`.

    It is a plain descriptor and no field: no column, no migration, no form knows of it.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    def contribute_to_class(self, cls: type[Model], name: str) -> None:
        require_app(f"{cls.__name__}.{name}")
        self.attribute = name
        replaced = vars(cls).get(name)
        setattr(cls, name, self)
        if cls in cls._meta.apps.all_models[cls._meta.app_label].values():
            # Django has prepared it long ago: this is a model of somebody else's.
            if isinstance(replaced, DerivedImagesManager):
                _forget(replaced, cls)
            manager_added.send(sender=cls)

    @overload
    def __get__(self, instance: None, owner: type[Model]) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Model]) -> DerivedImages: ...
    def __get__(self, instance: Model | None, owner: type[Model]) -> Self | DerivedImages:
        return self if instance is None else DerivedImages(instance, self)

    def __set__(self, instance: Model, value: object) -> None:
        raise AttributeError(
            f"{type(instance).__name__}.{self.attribute} cannot be set: "
            f"assign the source, {self.source!r}, and its variants follow."
        )


def require_app(declaration: str) -> None:
    """Raise `ImproperlyConfigured` where the project forgot to install the app."""
    if apps.apps_ready and not apps.is_installed("derived_images"):
        raise ImproperlyConfigured(
            f"{declaration} needs 'derived_images' in INSTALLED_APPS: nothing would be rendered "
            "or cleaned up without it."
        )


def managers_of(model: type[Model]) -> dict[str, DerivedImagesManager]:
    """Return attribute → manager, as Python inherits them: the nearest class wins."""
    attributes: dict[str, Any] = {}
    for cls in model.__mro__:
        for name, value in vars(cls).items():
            attributes.setdefault(name, value)
    return {
        name: value for name, value in attributes.items() if isinstance(value, DerivedImagesManager)
    }


def prepare(model: type[Model]) -> list[ImageField]:
    """Make the sources of the model's managers say when a file is stored; return those fields.

    Forms refuse what is over the budget then.
    """
    sources = []
    for manager in managers_of(model).values():
        field = source_of(manager, model)
        if field is not None:
            field.attr_class = source_file_class(field.attr_class)
            if not {validate_source, validate_budget} & {*field.default_validators}:
                # The instance's own: migrations don't notice.
                field.default_validators = [*field.default_validators, validate_budget]
            models = declarations(field).setdefault(manager, set())
            models.add(model._meta.concrete_model or model)
            _validate_focus(model, field)
            sources.append(field)
    return sources


def _validate_focus(model: type[Model], field: ImageField) -> None:
    """Have the model's forms refuse what is no focal point."""
    for told in model._meta.fields:
        if told.name in focus_fields(field) and validate_focus not in told.validators:
            # Another list: that of an abstract base is shared by all its children.
            told.validators = [*told.validators, validate_focus]


def _forget(manager: DerivedImagesManager, model: type[Model]) -> None:
    """Let a manager that another one has replaced declare nothing any more."""
    field = source_of(manager, model)
    if field is not None:
        declarations(field).pop(manager, None)


def followed_fields(model: type[Model]) -> dict[str, ImageField]:
    """Return attribute → field, of those that clean up or that variants are derived from."""
    return {field.attname: field for field in model._meta.fields if is_followed(field)}


def is_followed(field: Field[Any, Any]) -> TypeGuard[ImageField]:
    """Say whether the field cleans up, or variants are derived from it."""
    return isinstance(field, AutoCleanupImageField) or (
        isinstance(field, ImageField) and bool(declarations(field))
    )


def source_of(manager: Declaration, model: type[Model]) -> ImageField | None:
    """Return the model's field that the manager names, if it is an image field."""
    try:
        field = model._meta.get_field(manager.source)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, ImageField) else None


class AllocatedFile(SourceFile):
    """A file under a name that nothing else ever had, and that tells its dimensions."""

    def free_name(self, name: str, content: File[Any]) -> str:
        """Return a new name, with what it is to tell of the content in it."""
        try:
            return self._allocated(name, content, focus_of(self.instance, self.field))
        except ValueError as error:
            raise SuspiciousFileOperation(str(error)) from error

    def _allocated(self, name: str, content: File[Any], focus: Point | None) -> str:
        identity = _identity(content)
        dimensions, extension = _contents(name, identity)
        wanted = identity if getattr(self.field, "placeholder", False) else None
        pixels = _pixels(content, wanted) if wanted else ""
        return naming.allocate(name, dimensions, extension, self._fits, pixels=pixels, focus=focus)

    def store_aimed(self, focus: Point | None) -> str:
        """Store the file once more, and return the name, which tells where to look now.

        The row is not touched. Raises `ValueError` when there is no such name, or what storages do.
        """
        name = str(self.name)
        with self.storage.open(name) as content:
            if naming.is_allocated(name):
                other = naming.aimed(name, focus, self._fits)
            else:
                other = self._allocated(name, content, focus)
            stored = self.storage.save(other, File(content), max_length=self.field.max_length)
        if stored != other:
            self.storage.delete(stored)
            raise FileExistsError(f"{type(self.storage).__name__} stored {other!r} as {stored!r}.")
        return stored

    def _fits(self, name: str) -> bool:
        names = (name, *names_beside(self.field, name))
        longest = max(len(posixpath.basename(each).encode()) for each in names)
        max_length = self.field.max_length
        return longest <= LONGEST_NAME and (max_length is None or len(name) <= max_length)

    def delete(self, save: bool = True) -> None:
        """Take the file off the row. It goes once a committed row no longer names it."""
        if not self:
            return
        forget_content(self)
        self.name = None
        setattr(self.instance, self.field.attname, None)
        self._committed = False
        if save:
            self.instance.save()

    delete.alters_data = True  # type: ignore[attr-defined]

    @property
    def known_dimensions(self) -> Dimensions | None:
        return naming.dimensions_in(self.name) if self.name and self._committed else None

    @property
    def pixels(self) -> str:
        return naming.pixels_in(self.name) if self.name and self._committed else ""

    def _get_image_dimensions(self) -> Dimensions:
        """Return upright dimensions, unlike Django, which reads them before EXIF turns them."""
        known = self.known_dimensions
        if known is not None:
            return known
        if "_dimensions_cache" not in self.__dict__:
            was_closed = self.closed
            self.open()
            identity = _identity(self.file)
            self._dimensions_cache = identity.dimensions if identity else (None, None)
            if was_closed:
                self.close()
        return self._dimensions_cache  # type: ignore[return-value]


def _contents(name: str, identity: headers.Identity | None) -> tuple[Dimensions, str]:
    """Return dimensions and extension of what is about to be stored under some name."""
    extension = naming.split(name)[2].lower()
    unknown = extension if extension.isascii() and extension.isalnum() else ""
    if identity is None:
        return (0, 0), unknown
    return identity.dimensions, naming.CANONICAL_EXTENSION[identity.format]


def _pixels(content: File[Any], identity: headers.Identity) -> str:
    """Return the text of the picture's twenty pixels; "" of what is transparent, broken, or large."""
    if math.prod(identity.dimensions) * identity.weight > SOON or identity.scans > FEW_SCANS:
        return ""
    try:
        with headers.returning(content):
            [(_, drawn)] = rendering.render(content, {"": Job(Mosaic(animated=False), "png")})
    except headers.UnreadableImage:
        return ""
    return "" if isinstance(drawn, Exception) else mosaic.text_of(drawn)


def focus_of(instance: Model, field: ImageField) -> Point | None:
    """Return where to look in a row's source, if one of its recipes goes by it.

    What is no focal point, and what only the database knows, is none.
    """
    for name in focus_fields(field):
        if name in instance.get_deferred_fields():
            with suppress(ObjectDoesNotExist):
                instance.refresh_from_db(fields=[name])
        text = instance.__dict__.get(name)
        with suppress(ValueError):
            return focal_point(text) if isinstance(text, str) else None
    return None


def focus_fields(field: ImageField) -> set[str]:
    """Return the names of the fields that say where to look in this one's sources: one, or none.

    Only names that our field allocates can tell it.
    """
    if not isinstance(field, AutoCleanupImageField):
        return set()
    return {name for manager in declarations(field) for name in manager.focus_fields}


def _identity(content: File[Any]) -> headers.Identity | None:
    """Return what the header says; `None` of what cannot be read."""
    try:
        return identified(content)
    except headers.UnreadableImage:
        return None


def identified(content: File[Any]) -> headers.Identity:
    """Return what a file's header says, opening it if need be. Raises `UnreadableImage`."""
    if content.closed:
        content.open()
    if not content.seekable():
        raise headers.UnreadableImage(_("It can be read but once."))
    return headers.identify(content)


def validate_source(file: File[Any]) -> None:
    """Refuse an upload that no variant could be made of; what is stored already is let be."""
    _validate(file, headers.UnreadableImage)


def validate_budget(file: File[Any]) -> None:
    """Refuse an upload over the budget; which formats a plain field takes is its own business."""
    _validate(file, headers.OverBudget)


def _validate(file: File[Any], refused: type[headers.UnreadableImage]) -> None:
    if not getattr(file, "_committed", False):
        try:
            headers.check_budget(identified(file))
        except headers.UnreadableImage as error:
            if isinstance(error, refused):
                raise ValidationError(str(error), code="unreadable_image") from error


def validate_focus(text: str) -> None:
    """Refuse a text that is no focal point."""
    try:
        focal_point(text)
    except ValueError as error:
        told = _(
            "%r is no focal point: give how far it is from the left and from the top, like 30%% 70%%."
        )
        raise ValidationError(told % text, code="focus") from error


class SourceFormField(forms.ImageField):
    """Says by how much an upload is too large before Django says that it is no image."""

    def to_python(self, data: Any) -> Any:
        if data:
            validate_budget(data)
        return super().to_python(data)


class AutoCleanupImageField(ImageField):
    """An image field whose files follow its rows.

    A source that no committed row names any more goes, with its variants; one that is still in
    use anywhere stays. It is indexed, for the question who uses a file, unless `db_index=False`.
    With `placeholder=True` the names of uploads carry twenty of their pixels, for pages to show
    until the picture is there. To migrations it is Django's own `ImageField`.
    """

    attr_class = AllocatedFile
    default_validators = [validate_source]
    db_index: bool

    def __init__(self, *args: Any, placeholder: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"db_index": True, **kwargs})
        self.placeholder = placeholder

    def contribute_to_class(  # type: ignore[override]
        self, cls: type[Model], name: str, **kwargs: Any
    ) -> None:
        if cls.__module__ != "__fake__":  # The models of migrations clean nothing up.
            require_app(f"{cls.__name__}.{name}")
        super().contribute_to_class(cls, name, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": SourceFormField, **kwargs})

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if type(self) is AutoCleanupImageField:
            path = "django.db.models.ImageField"
        else:
            kwargs["db_index"] = self.db_index
        return name, path, args, kwargs

    def clone(self) -> Self:
        # Django's own would lose an index that was declined, and what migrations need not know.
        clone = super().clone()
        clone.db_index = self.db_index
        clone.placeholder = self.placeholder
        return clone
