"""Random lives of images and rows, beside a model that knows by itself what must be there.

`World` is the model: images and rows as Python dicts, told by the machine what it does, never
asking the library. What holds whatever was done, `oracle` knows.
"""

from __future__ import annotations

import copy
import hashlib
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model, QuerySet
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from tests.attachments.models import (
    Badge,
    Company,
    Organization,
    Part,
    Place,
    Restaurant,
    Shelf,
)
from tests.attachments.oracle import ailments
from tests.pictures import plain

#: Color → bytes.
CONTENT = {color: plain("RGB", color) for color in ("red", "lime", "blue", "white")}
SHA256 = {color: hashlib.sha256(content).hexdigest() for color, content in CONTENT.items()}
OWNERS = ("first", "second", None)
#: Model, and which organization its row is of.
KINDS: tuple[tuple[type[Model], str | None], ...] = (
    (Part, "first"),
    (Part, "second"),
    (Part, None),
    (Company, None),
    (Restaurant, None),
    (Badge, None),
    (Shelf, None),
)
#: Which of several: everything is chosen from lists in the order of their making.
pick = st.integers(0, 1000)
several = st.lists(pick, min_size=1, max_size=3)
color = st.sampled_from(sorted(CONTENT))


class Refused(Exception):
    """The model refuses what it was told, with the code of the `ValidationError`."""


class RollBack(Exception):
    """What was done is not to be."""


@dataclass
class Shown:
    """A row: what is on it, by keys of images."""

    model: type[Model]
    owner: str | None
    images: list[Any] = field(default_factory=list)
    cover: Any = None

    @property
    def limit(self) -> int | None:
        return {Badge: 1, Shelf: 3}.get(self.model)


class World:
    """What rows and images there are, worked out from what was done to them."""

    def __init__(self, *, keeps_unused: bool) -> None:
        self.keeps_unused = keeps_unused
        #: Key → owner and color.
        self.images: dict[Any, tuple[str | None, str]] = {}
        #: Model and key → row.
        self.rows: dict[tuple[type[Model], Any], Shown] = {}

    def check_room(self, row: Shown) -> None:
        if row.limit not in (None, 1) and len(row.images) >= row.limit:
            raise Refused("images_limit")

    def attach(self, row: Shown, image: Any, *, is_cover: bool = False) -> None:
        if image not in row.images:
            self.check_room(row)
            if self.images[image][0] != row.owner:
                raise Refused("no_image")
            replaced = row.images if row.limit == 1 else []
            self.leave(row, list(replaced))
            row.images.append(image)
            if is_cover or len(row.images) == 1:
                row.cover = image

    def leave(self, row: Shown, images: Collection[Any]) -> None:
        """Take images off a row: the first that stays follows a cover."""
        row.images = [each for each in row.images if each not in images]
        if row.cover not in row.images:
            row.cover = row.images[0] if row.images else None
        if not self.keeps_unused:
            used = {image for each in self.rows.values() for image in each.images}
            for image in {*images} - used:
                self.images.pop(image, None)

    def reorder(self, row: Shown, images: list[Any], position: int) -> None:
        others = [each for each in row.images if each not in images]
        if position < 0:
            position = max(0, len(others) + 1 + position)
        row.images = [*others[:position], *images, *others[position:]]

    def copy(self, row: Shown, other: Shown) -> None:
        is_bare = not other.images
        for image in [each for each in row.images if other.limit != 1 or each == row.cover]:
            self.attach(other, image)
            if image == row.cover and is_bare:
                other.cover = image

    def delete_images(self, images: Collection[Any]) -> None:
        for image in images:
            del self.images[image]
        for row in self.rows.values():
            self.leave(row, images)

    def delete_rows(self, keys: Collection[Any]) -> None:
        gone = [self.rows.pop(key) for key in keys]
        for row in gone:
            self.leave(row, list(row.images))


class Gallery(RuleBasedStateMachine):
    """Images come, are shown on rows, and go."""

    policy = "tests.attachments.policies.OfOrganizations"
    keeps_unused = True

    def __init__(self) -> None:
        super().__init__()
        self.environment = override_settings(
            DERIVED_IMAGES={"PROCESSOR": "none", "POLICY": self.policy}
        )
        self.environment.enable()
        self.media = Path(settings.MEDIA_ROOT)
        shutil.rmtree(self.media)
        self.media.mkdir()
        models = (Part, Company, Restaurant, Place, Badge, Shelf, Organization)
        for model in (ImageAttachment, Image, StoredImage, *models):
            rows: QuerySet[Model] = QuerySet(model=model)
            rows._raw_delete("default")
        self.owners: dict[str | None, Organization | None] = {
            name: Organization.objects.create(name=name) for name in OWNERS if name
        }
        self.owners[None] = None
        self.world = World(keeps_unused=self.keeps_unused)
        self.made = 0

    def teardown(self) -> None:
        self.environment.disable()

    # --- What must hold

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert ailments(self.media) == []

    @invariant()
    def images_are_the_model_s(self) -> None:
        names = {self.key_of(owner): owner for owner in OWNERS}
        colors = {sha256: color for color, sha256 in SHA256.items()}
        found = Image.objects.values_list("pk", "stored__owner_key", "stored__sha256")
        assert {pk: (names[key], colors[it]) for pk, key, it in found} == self.world.images
        assert StoredImage.objects.count() == len({*self.world.images.values()})

    @invariant()
    def rows_are_the_model_s(self) -> None:
        for (model, pk), shown in self.world.rows.items():
            attachments = list(model._default_manager.get(pk=pk).images.all())
            assert [each.image_id for each in attachments] == shown.images
            covers = [each.image_id for each in attachments if each.is_cover]
            assert covers == [shown.cover] * bool(shown.images)

    def key_of(self, owner: str | None) -> str:
        organization = self.owners[owner]
        return f"tests_attachments.organization:{organization.pk}" if organization else ""

    # --- How rules do it

    def row(self, which: int) -> tuple[Any, Shown]:
        """Return one of the rows, as the database and as the model has it."""
        (model, pk), shown = list(self.world.rows.items())[which % len(self.world.rows)]
        return model._default_manager.get(pk=pk), shown

    def image(self, which: int) -> Any:
        images = list(self.world.images)
        return Image.objects.get(pk=images[which % len(images)])

    def on_row(self, shown: Shown, which: list[int]) -> list[Any]:
        """Return keys of some images that are on the row."""
        return list(dict.fromkeys(shown.images[each % len(shown.images)] for each in which))

    def upload(self, shown: str) -> SimpleUploadedFile:
        self.made += 1
        return SimpleUploadedFile(f"{self.made}.png", CONTENT[shown])

    def do(self, work: Callable[[], Any], model: Callable[[Any], None]) -> None:
        """Do work, and tell the model its result: both refuse it for the same reason, or neither."""
        before = copy.deepcopy(self.world)
        result = told = expected = None
        try:
            result = work()
        except ValidationError as error:
            told = error.code
        try:
            model(result)
        except Refused as refusal:
            expected = str(refusal)
            self.world = before
        assert told == expected

    # --- Rules

    @initialize(shown=color)
    def begin_with_rows(self, shown: str) -> None:
        """Begin with a row of each kind, two of some, most of which have images."""
        for model, owner in [*KINDS, *KINDS[:2]]:
            self.make_row(KINDS.index((model, owner)))
        for which in range(len(KINDS)):
            self.attach_file(which, shown)
            self.attach_file(which, "red")

    @rule(kind=pick)
    def make_row(self, kind: int) -> None:
        model, owner = KINDS[kind % len(KINDS)]
        self.made += 1
        values: dict[str, Any] = {}
        if model is Part:
            values["organization"] = self.owners[owner]
        if model is Restaurant:
            values["slug"] = f"place-{self.made}"
        row = model._default_manager.create(**values)
        self.world.rows[model, row.pk] = Shown(model, owner)

    @rule(owner=st.sampled_from(OWNERS), shown=color)
    def upload_for_no_row(self, owner: str | None, shown: str) -> None:
        image = Image.objects.upload(self.upload(shown), owner=self.owners[owner])
        self.world.images[image.pk] = owner, shown

    @rule(which=pick, shown=color)
    def attach_file(self, which: int, shown: str) -> None:
        row, known = self.row(which)

        def model(attachment: Any) -> None:
            self.world.check_room(known)
            self.world.images[attachment.image_id] = known.owner, shown
            self.world.attach(known, attachment.image_id)

        self.do(lambda: row.attach(self.upload(shown)), model)

    @rule(which=pick, image=pick)
    def attach_image(self, which: int, image: int) -> None:
        if self.world.images:
            (row, known), chosen = self.row(which), self.image(image)
            self.do(lambda: row.attach(chosen), lambda _: self.world.attach(known, chosen.pk))

    @rule(which=pick, image=pick, is_cover=st.booleans())
    def save_new_attachment(self, which: int, image: int, is_cover: bool) -> None:
        """Attach an image as a form does."""
        if self.world.images:
            (row, known), chosen = self.row(which), self.image(image)
            if chosen.pk not in known.images:
                new = ImageAttachment(content_object=row, image=chosen, is_cover=is_cover)
                self.do(
                    new.save,
                    lambda _: self.world.attach(known, chosen.pk, is_cover=is_cover),
                )

    @rule(which=pick, at=pick, is_cover=st.booleans())
    def save_attachment(self, which: int, at: int, is_cover: bool) -> None:
        """Make one the cover, or no cover, as a form does: a row with images has one."""
        row, known = self.row(which)
        if known.images:
            attachment = row.images.get(image=self.on_row(known, [at])[0])
            attachment.is_cover = is_cover
            attachment.save()
            if is_cover:
                known.cover = attachment.image_id

    @rule(which=pick, at=pick)
    def set_cover(self, which: int, at: int) -> None:
        row, known = self.row(which)
        if known.images:
            (known.cover,) = self.on_row(known, [at])
            row.set_cover(Image.objects.get(pk=known.cover))

    @rule(which=pick, at=several, position=st.integers(-4, 4))
    def reorder(self, which: int, at: list[int], position: int) -> None:
        row, known = self.row(which)
        if known.images:
            moved = self.on_row(known, at)
            found = Image.objects.in_bulk(moved)
            row.reorder([found[each] for each in moved], position)
            self.world.reorder(known, moved, position)

    @rule(which=pick, at=pick)
    def detach(self, which: int, at: int) -> None:
        row, known = self.row(which)
        if known.images:
            images = self.on_row(known, [at])
            assert row.detach(Image.objects.get(pk=images[0]))
            self.world.leave(known, images)

    @rule(which=pick, at=several)
    def delete_attachments(self, which: int, at: list[int]) -> None:
        row, known = self.row(which)
        if known.images:
            images = self.on_row(known, at)
            row.images.filter(image__in=images).delete()
            self.world.leave(known, images)

    @rule(which=pick, at=pick, other=pick)
    def delete_what_became_the_cover(self, which: int, at: int, other: int) -> None:
        """Delete an attachment that was read before it became the cover, or was it no more."""
        row, known = self.row(which)
        if known.images:
            image, cover = self.on_row(known, [at])[0], self.on_row(known, [other])[0]
            read = row.images.get(image=image)
            row.set_cover(row.images.get(image=cover))
            known.cover = cover
            read.delete()
            self.world.leave(known, [image])

    @rule(which=pick, other=pick)
    def copy_images(self, which: int, other: int) -> None:
        (row, known), (to, shown) = self.row(which), self.row(other)
        self.do(lambda: row.copy_images_to(to), lambda _: self.world.copy(known, shown))

    @rule(which=pick, roll_back=st.booleans())
    def delete_image(self, which: int, roll_back: bool) -> None:
        if self.world.images:
            image = self.image(which)
            with suppress(RollBack), transaction.atomic():
                key = image.pk
                image.delete()
                if roll_back:
                    raise RollBack
                self.world.delete_images([key])

    @rule(which=several)
    def delete_images(self, which: list[int]) -> None:
        if self.world.images:
            keys = {self.image(each).pk for each in which}
            Image.objects.filter(pk__in=keys).delete()
            self.world.delete_images(keys)

    @rule()
    def delete_unused_images(self) -> None:
        used = {image for row in self.world.rows.values() for image in row.images}
        Image.objects.unused().delete()
        self.world.delete_images(self.world.images.keys() - used)

    @rule(which=pick, roll_back=st.booleans())
    def delete_row(self, which: int, roll_back: bool) -> None:
        if len(self.world.rows) > 1:
            row, known = self.row(which)
            key = known.model, row.pk
            with suppress(RollBack), transaction.atomic():
                row.delete()
                if roll_back:
                    raise RollBack
                self.world.delete_rows([key])

    @rule(which=several)
    def delete_rows(self, which: list[int]) -> None:
        """Delete some rows of one model with one query set."""
        model = self.row(which[0])[1].model
        same = [key for key in self.world.rows if key[0] is model]
        going = {same[each % len(same)] for each in which}
        if len(self.world.rows) > len(going):
            model._default_manager.filter(pk__in=[pk for _, pk in going]).delete()
            self.world.delete_rows(going)


class DiscardingGallery(Gallery):
    """An image goes when it leaves its last row."""

    policy = "tests.attachments.policies.DiscardingOfOrganizations"
    keeps_unused = False
