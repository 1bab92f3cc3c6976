"""What is done with the images of one row: attach, detach, reorder, cover. All or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import Model
from django.utils.translation import gettext as _

from derived_images.attachments.attached import AbstractImageAttachment
from derived_images.attachments.images import (
    TEXTS,
    AbstractImage,
    check_fields,
    given,
)
from derived_images.attachments.locking import in_transaction
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import get_image_model
from derived_images.attachments.uploads import content_of

Result = TypeVar("Result")

#: What is, or has, an image.
ImageLike = AbstractImage | AbstractImageAttachment


class RowImages:
    """The images of a row, and what may be done with them; the row is locked meanwhile."""

    def __init__(self, row: Model) -> None:
        self.row = row
        self.using = router.db_for_write(ImageAttachment, instance=row)

    def attach(self, file_or_image: Any, creator: Any, texts: dict[str, str]) -> ImageAttachment:
        """Put an image on the row, or find it there. See `ImagesMixin.attach()`."""
        unknown = [name for name in texts if name not in TEXTS]
        if unknown:
            raise TypeError(f"Unknown text {unknown[0]!r}. Choices are: {', '.join(TEXTS)}.")
        texts = given(texts)
        if isinstance(file_or_image, ImageLike):
            return self._settle(lambda: self._attach_image(image_of(file_or_image), texts))
        content = content_of(file_or_image)
        return self._settle(lambda: self._attach_file(content, creator, texts))

    def _attach_image(self, image: Any, texts: dict[str, str]) -> ImageAttachment:
        attachment = self._on_row(image) or self._new()
        attachment.image = image
        own = {f"custom_{name}": text for name, text in texts.items()}
        for name, text in own.items():
            setattr(attachment, name, text)
        check_fields(attachment, own)
        attachment.save(using=self.using)
        return attachment

    def _attach_file(self, file: Any, creator: Any, texts: dict[str, str]) -> ImageAttachment:
        attachment = self._new()
        row = attachment.take_place(self.using)  # Before a byte is stored that would find none.
        attachment.image = self._images().upload(
            file, owner=policy().owner_of(row), creator=creator, **texts
        )
        attachment.save(using=self.using)
        return attachment

    def detach(self, image: ImageLike) -> bool:
        """Take an image off the row, and say whether it was on it."""

        def work() -> bool:
            attachment = self._on_row(image)
            return attachment is not None and bool(attachment.delete(using=self.using))

        return self._settle(work)

    def reorder(self, images: ImageLike | Iterable[ImageLike], position: int) -> None:
        """Move these images, in their order, to a position. Raises `ValidationError`."""
        if not isinstance(position, int):
            raise TypeError(f"{position!r} is no position: give several images as a list.")
        moved = [images] if isinstance(images, ImageLike) else list(images)

        def work() -> None:
            there = {each.image_id: each for each in self.attachments()}
            keys = dict.fromkeys(_key_of(image) for image in moved)
            chosen = [there.get(key) or self._missing(key) for key in keys]
            others = [each for key, each in there.items() if key not in keys]
            place = position if position >= 0 else max(0, len(others) + 1 + position)
            changed = []
            for number, each in enumerate([*others[:place], *chosen, *others[place:]]):
                if each.order != number:
                    each.order = number
                    changed.append(each)
            self.attachments().bulk_update(changed, ["order"])

        self._settle(work)

    def set_cover(self, image: ImageLike) -> ImageAttachment:
        """Let an image stand for the row. Raises `ValidationError`."""

        def work() -> ImageAttachment:
            attachment = self._required(image)
            attachment.is_cover = True
            attachment.save(using=self.using, update_fields=["is_cover"])
            return attachment

        return self._settle(work)

    def unset_cover(self) -> None:
        """Let no image stand for the row."""
        self._settle(lambda: self.attachments().uncover())

    def detach_cover(self) -> bool:
        """Take the cover off the row, and let no other take its place. Say whether there was one."""

        def work() -> bool:
            cover = self._cover()
            self.attachments().uncover()
            return cover is not None and bool(cover.delete(using=self.using))

        return self._settle(work)

    def replace(self, image: ImageLike, file: Any, creator: Any) -> ImageAttachment:
        """Put a new image, with the texts of the old one, in its place. Raises `ValidationError`.

        On other rows, and in the library, the old one stays.
        """
        content = content_of(file)
        return self._settle(lambda: self._replace(self._required(image), content, creator))

    def put_cover(self, file: Any, creator: Any) -> ImageAttachment:
        """Put a new image in the cover's place, or let it be the cover. Raises `ValidationError`."""
        content = content_of(file)

        def work() -> ImageAttachment:
            cover = self._cover()
            if cover is not None:
                return self._replace(cover, content, creator)
            return self.set_cover(self._attach_file(content, creator, {}))

        return self._settle(work)

    def _replace(self, attachment: ImageAttachment, content: Any, creator: Any) -> ImageAttachment:
        old = attachment.image
        texts = {name: getattr(old, name) for name in TEXTS}
        owner = policy().owner_of(attachment.required_row(self.using))
        attachment.image = self._images().upload(content, owner=owner, creator=creator, **texts)
        attachment.save(using=self.using, update_fields=["image"])
        self._images().discard(old.pk)
        return attachment

    def copy_to(self, other: RowImages) -> list[ImageAttachment]:
        """Attach the row's images to another row, with order, texts and cover."""

        def work() -> list[ImageAttachment]:
            self._images().filter(attachments__in=self.attachments()).lock()
            is_bare = not other.attachments().exists()
            images = self.attachments().with_images()
            if getattr(other.row, "images_limit", None) == 1:
                images = images.filter(is_cover=True)
            copies: list[Any] = []
            for each in images:
                own = {name: text for name in TEXTS if (text := getattr(each, f"custom_{name}"))}
                copies.append(other._attach_image(each.image, own))
                if each.is_cover and is_bare:
                    other.set_cover(each.image)
            # As they are now: the first one is not the cover any more.
            return list(other.attachments().with_images().filter(pk__in=[c.pk for c in copies]))

        return other._settle(work)

    def _images(self) -> Any:
        return get_image_model().all_images(self.using)

    def lock(self) -> None:
        """Let nobody else change them until the transaction ends."""
        self._new().lock_row(self.using)

    def attachments(self) -> Any:
        """Return the row's attachments, in order."""
        return ImageAttachment.objects.using(self.using).of(self.row)

    def _settle(self, work: Callable[[], Result]) -> Result:
        """Do the work while nobody else changes the row's images."""
        if self.row.pk is None:
            raise ValidationError(
                _("%r must be saved before it has images.") % self.row, code="no_row"
            )

        def locked_work() -> Result:
            self.lock()
            return work()

        result = in_transaction(self.using, locked_work)
        # What was read before is not true any more.
        getattr(self.row, "_prefetched_objects_cache", {}).pop("images", None)
        return result

    def _new(self) -> ImageAttachment:
        attachment = ImageAttachment()
        attachment.content_object = self.row
        return attachment

    def _on_row(self, image: ImageLike) -> ImageAttachment | None:
        return self._known(self.attachments().filter(image=_key_of(image)).first())

    def _cover(self) -> ImageAttachment | None:
        return self._known(self.attachments().filter(is_cover=True).first())

    def _known(self, attachment: ImageAttachment | None) -> ImageAttachment | None:
        """Let the attachment know of which class its row is: a child's owner, or limit, is its own."""
        if attachment is not None:
            attachment.is_on(self.row)
        return attachment

    def _required(self, image: ImageLike) -> ImageAttachment:
        attachment = self._on_row(image)
        return attachment or self._missing(_key_of(image))

    def _missing(self, key: Any) -> NoReturn:
        # By its key: a title may be none of the caller's business.
        told = {"image": key, "row": self.row}
        raise ValidationError(
            _("Image %(image)r is not attached to %(row)s.") % told, code="not_attached"
        )


def _key_of(image: Any) -> Any:
    """Return the key of the image that is meant, without reading it. Raises `TypeError`."""
    return image.image_id if isinstance(image, AbstractImageAttachment) else image_of(image).pk


def image_of(image: Any) -> Any:
    """Return the image that an attachment has, or the image itself. Raises `TypeError`."""
    if not isinstance(image, ImageLike):
        raise TypeError(f"{image!r} is neither an image nor an attachment.")
    return image.image if isinstance(image, AbstractImageAttachment) else image
