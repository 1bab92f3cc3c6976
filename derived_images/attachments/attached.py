"""An image on a row: in its place, perhaps as the cover, with texts of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from derived_images.attachments import registry
from derived_images.attachments.locking import in_transaction
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import IMAGE_MODEL
from derived_images.references import locked


class ImageAttachmentQuerySet(models.QuerySet[Any]):
    """Images on rows."""

    def of(self, row: models.Model) -> Any:
        """Return those on a row. Raises `ValidationError`, if its model is not registered."""
        column = registry.column_of(type(row))
        content_type = registry.content_type_of(type(row), self.db)
        return self.filter(content_type=content_type, **{column: row.pk})

    def uncover(self) -> None:
        """Let none of these be a cover."""
        self.filter(is_cover=True).update(is_cover=None)

    uncover.alters_data = True  # type: ignore[attr-defined]

    def lock_rows(self) -> None:
        """Lock the rows that they are on until the transaction ends, in one order."""
        rows = {(each.content_type_id, each.object_id): each for each in self}
        for key in sorted(rows):
            rows[key].lock_row(self.db)

    def with_images(self) -> Any:
        """Read their images and files in the same query."""
        return self.select_related("image__stored")

    def with_rows(self) -> Any:
        """Read the rows that they are on, in one query for each model."""
        return self.prefetch_related(*RELATIONS.values())


#: Fields that cannot be saved without a look at the row.
_RULED = {"image", "image_id", "content_type", "content_type_id", "is_cover", *registry.COLUMNS}

#: Column of keys → the generic foreign key that it belongs to.
RELATIONS = {"object_int": "row_int", "object_uuid": "row_uuid", "object_str": "row_str"}


class AbstractImageAttachment(models.Model):
    """An image on a row of any registered model."""

    image = models.ForeignKey(
        IMAGE_MODEL, on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s_set"
    )
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", editable=False
    )
    object_int = models.BigIntegerField(null=True, editable=False)
    object_uuid = models.UUIDField(null=True, editable=False)
    object_str = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    #: True or NULL, so that a plain unique constraint holds on every database.
    is_cover = models.BooleanField(gettext_lazy("cover"), null=True, blank=True, default=None)
    order = models.PositiveIntegerField(gettext_lazy("order"), blank=True)
    #: The row's own texts; where they are empty, the image's stand.
    custom_title = models.CharField(gettext_lazy("title"), max_length=255, blank=True)
    custom_alt_text = models.CharField(gettext_lazy("alt text"), max_length=1000, blank=True)
    custom_description = models.TextField(gettext_lazy("description"), blank=True)

    #: The class of the row that it was made for; ``None`` is the registered one.
    _kind: Any = None

    row_int = GenericForeignKey("content_type", "object_int")
    row_uuid = GenericForeignKey("content_type", "object_uuid")
    row_str = GenericForeignKey("content_type", "object_str")

    objects = ImageAttachmentQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["order", "pk"]
        constraints: ClassVar = [
            *(
                models.UniqueConstraint(
                    fields=["content_type", column, what],
                    name=f"%(app_label)s_%(class)s_{what}_{column}",
                )
                for column in registry.COLUMNS
                for what in ("image", "is_cover")
            ),
            models.CheckConstraint(
                condition=Q(object_int__isnull=False, object_uuid=None, object_str=None)
                | Q(object_int=None, object_uuid__isnull=False, object_str=None)
                | Q(object_int=None, object_uuid=None, object_str__isnull=False),
                name="%(app_label)s_%(class)s_one_key",
            ),
            models.CheckConstraint(
                condition=Q(is_cover=None) | Q(is_cover=True),
                name="%(app_label)s_%(class)s_cover_or_null",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.image) if self.image_id else ""

    def save(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        """Save it. A new one takes the next place; the first on its row becomes the cover.

        One that is the cover stays so until another one is. Raises `ValidationError`, if the row
        takes no more images, or not this one.
        """
        alias = using or router.db_for_write(type(self), instance=self)
        fields = kwargs.get("update_fields")
        given = self.order, self.is_cover or None

        def work() -> None:
            # The second time, if there is one, begins as the first.
            self.order, self.is_cover = given
            if self._state.adding:
                self._claim_image(self.take_place(alias), alias)
            elif fields is None or not _RULED.isdisjoint(fields):
                self._keep_rules(alias)
            super(AbstractImageAttachment, self).save(*args, using=alias, **kwargs)

        in_transaction(alias, work)

    save.alters_data = True  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Let "no cover" be NULL, as the database has it."""
        self.is_cover = self.is_cover or None

    def validate_constraints(self, exclude: Any = None) -> None:
        """Leave the cover out: `save()` takes it from the one that has it."""
        super().validate_constraints({*(exclude or ()), "is_cover"})

    @property
    def title(self) -> str:
        """Its own, else the image's."""
        return self.custom_title or self.image.title

    @property
    def alt_text(self) -> str:
        """Its own, else the image's."""
        return self.custom_alt_text or self.image.alt_text

    @property
    def description(self) -> str:
        """Its own, else the image's."""
        return self.custom_description or self.image.description

    @property
    def object_id(self) -> str:
        """The key of the row, as text. Set it after the content type."""
        keys = (getattr(self, column) for column in registry.COLUMNS)
        return next((str(key) for key in keys if key is not None), "")

    @object_id.setter
    def object_id(self, value: Any) -> None:
        model = registry.root_of(self.model_of_row())
        key = model._meta.pk.to_python(value)
        own = registry.column_of(model)
        for column in registry.COLUMNS:
            setattr(self, column, key if column == own else None)

    def model_of_row(self) -> type[models.Model]:
        """Return the model of the row; `Model` itself, if it is not set, or not installed any more."""
        if self.content_type_id is None:
            return models.Model
        # By key: Django keeps those that it has read.
        types = ContentType.objects.db_manager(self._state.db)
        return types.get_for_id(self.content_type_id).model_class() or models.Model

    @property
    def content_object(self) -> models.Model | None:
        """The row; ``None`` if it has gone."""
        model = self.model_of_row()
        if not registry.is_registered(model):
            return None
        return getattr(self, RELATIONS[registry.column_of(model)])  # type: ignore[no-any-return]

    @content_object.setter
    def content_object(self, row: models.Model) -> None:
        self.content_type = registry.content_type_of(type(row), row._state.db)
        self.object_id = row.pk
        self.is_on(row)

    def is_on(self, row: models.Model) -> None:
        """Take rules from the class of this row: the registered one is its parent, perhaps."""
        self._kind = type(row)

    def siblings(self, using: str) -> Any:
        """Return the attachments of the same row, this one among them."""
        keys = {column: getattr(self, column) for column in registry.COLUMNS}
        attachments = type(self)._default_manager.using(using)
        return attachments.filter(content_type=self.content_type_id, **keys)

    def lock_row(self, using: str) -> models.Model | None:
        """Return the row, locked until the transaction ends; ``None`` if it has gone."""
        if not registry.is_registered(self.model_of_row()):
            return None
        model = registry.root_of(self.model_of_row())
        key = getattr(self, registry.column_of(model))
        rows = model._base_manager.using(using).filter(pk=key)
        row = locked(rows, [model._meta.pk.attname]).first()
        if row is not None and self._kind not in (None, model):
            # A child's limit, or owner, is its own.
            row = self._kind._base_manager.using(using).filter(pk=key).first()
        return row

    def take_place(self, using: str) -> models.Model:
        """Find a new one's place on its row, and return the row, which is locked for it.

        Raises `ValidationError`, if there is no such row, or it takes no more images.
        """
        row = self.required_row(using)
        siblings = self.siblings(using).exclude(pk=self.pk)
        self._make_room(siblings, row)
        found = siblings.aggregate(last=Max("order"), covers=models.Count("is_cover"))
        if self.order is None:
            self.order = 0 if found["last"] is None else found["last"] + 1
        if not found["covers"]:
            self.is_cover = True
        elif self.is_cover:
            siblings.uncover()
        return row

    def required_row(self, using: str) -> models.Model:
        """Return the row, locked until the transaction ends. Raises `ValidationError`."""
        row = self.lock_row(using)
        if row is None:
            # Says so itself of a model that is not registered.
            name = registry.root_of(self.model_of_row())._meta.label
            told = _("There is no %(model)s %(key)r.") % {"model": name, "key": self.object_id}
            raise ValidationError(told, code="no_row")
        return row

    def _keep_rules(self, using: str) -> None:
        """Let the row have one cover, and its owner's images, whatever is known of it here."""
        row = self.required_row(using)
        before = type(self)._base_manager.using(using).filter(pk=self.pk).first()
        if before is None:
            raise ValidationError(_("%s is not attached any more.") % self, code="not_attached")
        if (before.content_type_id, before.object_id) != (self.content_type_id, self.object_id):
            raise ValidationError(
                _("%s stays on its row: attach its image to the other one.") % self, code="moved"
            )
        if before.image_id != self.image_id:
            self._claim_image(row, using)
        if self.is_cover:
            self.siblings(using).exclude(pk=self.pk).uncover()
        else:
            self.is_cover = before.is_cover

    def _make_room(self, siblings: Any, row: models.Model) -> None:
        limit = getattr(row, "images_limit", None)
        if limit == 1:
            siblings.delete()
        elif limit is not None and siblings.count() >= limit:
            told = _("%(row)s has %(limit)d images already, and takes no more.")
            raise ValidationError(told % {"row": row, "limit": limit}, code="images_limit")

    def _claim_image(self, row: models.Model, using: str) -> None:
        """See that the image is there, and stays, and is of the row's library."""
        model: Any = self._meta.get_field("image").related_model
        images = model._base_manager.using(using).filter(pk=self.image_id)
        # The image alone: rows that take images of the same file don't wait for each other.
        list(locked(images, ["stored_id"]).values_list("pk"))
        key = images.values_list("stored__owner_key", flat=True).first()
        rules = policy()
        if key is None or key != rules.owner_key(rules.owner_of(row)):
            # As if there were none: what other libraries hold is none of the caller's business.
            raise ValidationError(_("There is no image %r here.") % self.image_id, code="no_image")
