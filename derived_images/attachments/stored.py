"""Bytes: stored once for each owner, whoever uploads them, and gone with the last image of them."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import connections, models
from django.utils.translation import gettext as _

from derived_images import AutoCleanupImageField, DerivedImagesManager
from derived_images.attachments.policy import policy
from derived_images.attachments.uploads import facts
from derived_images.reading import exists
from derived_images.references import locked


class StoredImageQuerySet(models.QuerySet[Any]):
    """Stored files, by their bytes."""

    def store(self, content: File[Any], owner: Any = None) -> Any:
        """Return what holds these bytes in the owner's library, locked; store them if nothing does.

        Whoever comes second with the same bytes waits for the first, and finds what that one has
        stored. Call it in a transaction. Raises `ValidationError` of what is no image.
        """
        known = facts(content)
        owner_key = policy().owner_key(owner)
        same = self.filter(owner_key=owner_key, sha256=known.sha256)
        stored = locked(same, ["sha256"]).first()
        if stored is None:
            # The row first: the database lets one of many in, and no other stores a byte. Not by
            # an error: MariaDB lets all who get one hold what each of them then waits for.
            self.bulk_create(
                [self.model(owner_key=owner_key, **known._asdict())],
                update_conflicts=True,
                update_fields=["sha256"],
                unique_fields=self._unique_fields(),
            )
            stored = same.get()
        # If its file was lost, here it is again.
        if not stored.file or not exists(stored.file.storage, stored.file.name):
            stored.file.save(posixpath.basename(content.name or "image"), content, save=False)
            stored.save(using=self.db, update_fields=["file"])
        return stored

    store.alters_data = True  # type: ignore[attr-defined]

    def _unique_fields(self) -> list[str] | None:
        has_target = connections[self.db].features.supports_update_conflicts_with_target
        return ["owner_key", "sha256"] if has_target else None

    def remove_unused(self, pk: Any) -> None:
        """Delete one, and its files after commit, unless an image still has it."""
        # The foreign key decides, once whoever stores the same bytes is through.
        stored = locked(self.filter(pk=pk), ["sha256"]).first()
        if stored:
            with suppress(models.RestrictedError, models.ProtectedError):
                stored.delete()

    remove_unused.alters_data = True  # type: ignore[attr-defined]


class AbstractStoredImage(models.Model):
    """Bytes, stored once for each owner."""

    file = AutoCleanupImageField(upload_to="images/", max_length=255, editable=False)
    #: Which owner's library it is in, as the policy tells; "" is nobody's.
    owner_key = models.CharField(max_length=255, default="", blank=True, editable=False)
    #: Of the file's bytes, in hexadecimal.
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    #: In bytes.
    size = models.PositiveBigIntegerField(editable=False)
    #: In pixels, upright; nothing of a file that was moved in and is no image.
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)

    variants = DerivedImagesManager("file")
    objects = StoredImageQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            # The upsert of `store()` rests on it.
            models.UniqueConstraint(
                fields=["owner_key", "sha256"], name="%(app_label)s_%(class)s_once"
            )
        ]

    def __str__(self) -> str:
        return self.file.name or self.sha256

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it. Raises `ValidationError` of other bytes: images share these, and know their hash."""
        if self.file and not self.file._committed:  # type: ignore[attr-defined]
            told = _("%s keeps its bytes: upload another image.") % self
            raise ValidationError(told, code="bytes")
        super().save(*args, **kwargs)

    save.alters_data = True  # type: ignore[attr-defined]

    @property
    def thumbnail_url(self) -> str:
        """Where browsers get its `thumb`, or its first variant, if there is no such one."""
        names = ["thumb"] if "thumb" in self.variants else [*self.variants][:1]
        return self.variants[names[0]].url if names else self.file.url
