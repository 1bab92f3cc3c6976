"""Images as people talk about them: with texts and a creator; many may show the same file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models, router
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from derived_images.attachments.locking import in_transaction, lock_in_order
from derived_images.attachments.policy import policy
from derived_images.attachments.uploads import content_of, returned
from derived_images.files import DerivedImages, SourceFile
from derived_images.references import locked

#: What images say of themselves, and attachments in their stead.
TEXTS = ("title", "alt_text", "description")


def owner_in(model: type[models.Model], owner: Any) -> dict[str, Any]:
    """Return the field that an owner goes into, if a project's own model has one.

    Raises `ValidationError` of nobody, where there must be somebody.
    """
    field = _owner_field(model)
    if field is None:
        return {}
    if owner is None and not field.null:
        told = _("A %s needs an owner.") % model._meta.verbose_name
        raise ValidationError(told, code="no_owner")
    return {field.name: owner}


def _owner_field(model: type[models.Model]) -> Any:
    return next((field for field in model._meta.fields if field.name == "owner"), None)


def given(texts: dict[str, Any]) -> dict[str, Any]:
    """Return the texts, and whatever else a model has; a text that is ``None`` is empty."""
    return {name: "" if text is None and name in TEXTS else text for name, text in texts.items()}


def check_fields(instance: models.Model, names: Iterable[str]) -> None:
    """Raise `ValidationError` of what a form would refuse in these fields, as a text too long."""
    instance.clean_fields({field.name for field in instance._meta.fields}.difference(names))


class ImageQuerySet(models.QuerySet[Any]):
    """Images, as people know them."""

    def upload(
        self, content: File[Any], *, owner: Any = None, creator: Any = None, **texts: str
    ) -> Any:
        """Make an image of a file, whose bytes are stored unless the owner has them already.

        `texts` are `title`, `alt_text` and `description`, and whatever fields your own model has.
        Raises `ValidationError` of what is no image.
        """
        content = content_of(content)
        texts = given(texts)
        # Before a byte is stored that would find none.
        owned = {"creator": creator} | owner_in(self.model, owner)
        check_fields(self.model(**owned, **texts), texts)
        name = posixpath.basename(content.name or "")

        def work() -> Any:
            stored = self.model.stored_files(self.db).store(content, owner)
            return self.create(stored=stored, name=name[:255], **owned, **texts)

        with returned(content):
            return in_transaction(self.db, work)

    upload.alters_data = True  # type: ignore[attr-defined]

    def lock(self) -> None:
        """Lock the images until the transaction ends, in one order."""
        keys = list(self.order_by().values_list("pk", flat=True))
        lock_in_order(self.model._base_manager.using(self.db), keys, "stored_id")

    def lock_with_all(self) -> None:
        """Lock the rows that the images are on, the images, and their stored files."""
        images = self.all()
        attachments: Any = self.model._meta.get_field("attachments").related_model
        attachments.objects.using(self.db).filter(image__in=images.order_by()).lock_rows()
        self.lock()
        stored = list(images.order_by().values_list("stored_id", flat=True))
        lock_in_order(self.model.stored_files(self.db), stored, "sha256")

    def delete(self) -> Any:
        """Delete them, off all their rows; each file goes with the last image that has it."""

        def work() -> Any:
            self.all().lock_with_all()
            return super(ImageQuerySet, self).delete()

        return in_transaction(self.db, work)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def owned_by(self, owner: Any) -> Any:
        """Return the images in an owner's library; ``None`` is nobody's."""
        return self.filter(stored__owner_key=policy().owner_key(owner))

    def unused(self) -> Any:
        """Return the images that are on no row, and that nothing else has a foreign key to."""
        unused = self.all()
        for field in foreign_keys_to(self.model):
            users = field.model._base_manager.using(self.db)
            image = {field.name: models.OuterRef(field.target_field.name)}
            unused = unused.exclude(models.Exists(users.filter(**image)))
        return unused

    def discard(self, pk: Any) -> None:
        """Delete an image that nothing uses, if the policy keeps none of those."""
        if not policy().keeps_unused:
            self.unused().filter(pk=pk).delete()

    discard.alters_data = True  # type: ignore[attr-defined]


def foreign_keys_to(model: type[models.Model]) -> list[Any]:
    """Return the fields of others that name an image: not its own children, nor what it names."""
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    return [
        each.field
        for each in relations
        if (each.one_to_many or each.one_to_one) and each.auto_created and not each.concrete
        if not each.field.remote_field.parent_link
        if each.related_model._meta.auto_created is not model  # The table of its many-to-many.
    ]


class AbstractImage(models.Model):
    """An image as people talk about it: many may show the same file."""

    stored = models.ForeignKey(
        "derived_images_attachments.StoredImage",
        # Between the last delete and the next upload of the same bytes this decides.
        on_delete=models.RESTRICT,
        related_name="images",
        editable=False,
    )
    #: What the file was called when it was uploaded.
    name = models.CharField(gettext_lazy("name"), max_length=255, blank=True, editable=False)
    title = models.CharField(gettext_lazy("title"), max_length=255, blank=True)
    alt_text = models.CharField(
        gettext_lazy("alt text"),
        max_length=1000,
        blank=True,
        help_text=gettext_lazy("What the image shows, for those who cannot see it."),
    )
    description = models.TextField(gettext_lazy("description"), blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created = models.DateTimeField(gettext_lazy("created"), auto_now_add=True)
    updated = models.DateTimeField(gettext_lazy("updated"), auto_now=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title or self.name

    def save(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        """Save it; a stored file that it had until now, and no other image has, goes."""
        alias = using or router.db_for_write(type(self), instance=self)
        if _owner_field(type(self)) is not None:
            owner = getattr(self, "owner", None)
            if policy().owner_key(owner) != self.owner_key:
                told = _("%(image)s is in another library than %(owner)s's.")
                raise ValidationError(told % {"image": self, "owner": owner}, code="owner")

        def work() -> None:
            rows = type(self)._base_manager.using(alias).filter(pk=self.pk)
            before = None if self._state.adding else locked(rows, ["stored_id"]).first()
            super(AbstractImage, self).save(*args, using=alias, **kwargs)
            if before and before.stored_id != self.stored_id:
                self.stored_files(alias).remove_unused(before.stored_id)

        in_transaction(alias, work)

    save.alters_data = True  # type: ignore[attr-defined]

    def delete(self, using: str | None = None, keep_parents: bool = False) -> Any:
        """Delete it, off all its rows; its file goes with the last image that has it."""
        alias = using or router.db_for_write(type(self), instance=self)

        def work() -> Any:
            # Whoever attaches it now comes first, or finds it gone.
            self.all_images(alias).filter(pk=self.pk).lock_with_all()
            return super(AbstractImage, self).delete(using=alias, keep_parents=keep_parents)

        return in_transaction(alias, work)

    delete.alters_data = True  # type: ignore[attr-defined]

    @classmethod
    def all_images(cls, using: str) -> ImageQuerySet:
        """Return all images of the database, whatever managers the model has."""
        return ImageQuerySet(model=cls, using=using)

    @classmethod
    def stored_files(cls, using: str) -> Any:
        """Return all stored files of the database."""
        stored: Any = cls._meta.get_field("stored").related_model
        return stored._default_manager.using(using)

    @property
    def file(self) -> SourceFile:
        """The file, as an `ImageField` has it."""
        return self.stored.file  # type: ignore[return-value]

    @property
    def variants(self) -> DerivedImages:
        """The variants of the file."""
        return self.stored.variants

    @property
    def url(self) -> str:
        """Where browsers get the file."""
        return self.file.url

    @property
    def thumbnail_url(self) -> str:
        """Where browsers get its `thumb`, or its first variant, if there is no such one."""
        return self.stored.thumbnail_url

    @property
    def owner_key(self) -> str:
        """Whose library it is in, as the policy tells."""
        return self.stored.owner_key
