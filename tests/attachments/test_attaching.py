"""What is done with the images of a row."""

import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from derived_images.attachments.attaching import RowImages
from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from tests.attachments.models import Badge, OnlyOne, Part, Product, Shelf, Shop
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def orders(part):
    return [each.image.name.partition(".")[0] for each in part.images.all()]


class TestAttach:
    def test_a_file_becomes_an_image(self, part, django_user_model):
        creator = django_user_model.objects.create(username="ada")
        attachment = part.attach(
            picture("cat.jpg"), title="Cat", alt_text="A cat.", creator=creator
        )

        image = attachment.image
        assert (image.name, image.title, image.alt_text) == ("cat.jpg", "Cat", "A cat.")
        assert (attachment.title, attachment.alt_text) == ("Cat", "A cat.")
        assert attachment.custom_title == ""
        assert image.creator == creator
        assert (image.stored.width, image.stored.height) == (60, 40)

    def test_the_first_is_the_cover_and_the_next_come_after_it(self, part, three):
        assert [each.order for each in three] == [0, 1, 2]
        assert part.cover == three[0]
        assert [each.is_cover for each in part.images.all()] == [True, None, None]

    def test_texts_of_an_image_that_exists_are_the_rows_own(self, part):
        image = Image.objects.upload(picture(), title="Cat", alt_text="A cat.")
        attachment = part.attach(image, title="Front")

        assert (attachment.custom_title, attachment.title) == ("Front", "Front")
        assert attachment.alt_text == "A cat."
        assert Part.objects.create().attach(attachment).title == "Cat"

    def test_an_image_is_attached_once(self, part, three):
        again = part.attach(three[1].image, title="Left")

        assert again == three[1]
        assert again.title == "Left"
        assert part.images.count() == 3

    def test_any_file_will_do(self, part, tmp_path):
        path = tmp_path / "dog.png"
        path.write_bytes(picture(format="PNG").read())
        with path.open("rb") as file:
            assert part.attach(file).image.name == "dog.png"
        assert part.attach(io.BytesIO(picture().read())).image.name == ""

    def test_a_file_of_a_field_will_do(self, part):
        Product.objects.create(photo=picture())
        photo = Product.objects.get().photo
        assert part.attach(photo).image.name == photo.name.partition("/")[2]
        assert photo.closed
        product = Product()
        product.photo.save("text.jpg", ContentFile(b"Lorem ipsum"))
        lost = Product(photo="products/lost.jpg")
        for refused in (product.photo, Product().photo, lost.photo):
            with pytest.raises(ValidationError):
                part.attach(refused)
        product.photo.close()

    def test_what_is_no_image_costs_nothing(self, part, stored):
        with pytest.raises(ValidationError):
            part.attach(ContentFile(b"Lorem ipsum", name="cat.jpg"))

        assert stored() == set()
        assert not Image.objects.exists()
        assert not StoredImage.objects.exists()

    def test_a_text_that_is_too_long_costs_nothing(self, part, stored):
        image = Image.objects.upload(picture())
        before = stored()
        for given in (image, picture(color="blue")):
            with pytest.raises(ValidationError):
                part.attach(given, title="t" * 256)
        assert not part.images.exists()
        assert Image.objects.count() == 1
        assert stored() == before

    def test_no_file_is_told_in_a_sentence(self, part):
        with pytest.raises(ValidationError) as error:
            part.attach(None)
        assert error.value.messages == ["There is no file."]
        with pytest.raises(TypeError, match=r"'cat.jpg' is neither an image nor a file\."):
            part.attach("cat.jpg")
        assert part.attach(picture(), title=None).title == ""

    def test_a_text_that_is_none_is_empty(self, part, three):
        assert part.attach(three[0], title=None).custom_title == ""
        assert part.attach(picture(color="white"), title=None).image.title == ""
        assert Image.objects.upload(picture(color="black"), title=None).title == ""

    def test_a_creator_that_is_nobody_costs_nothing(self, part, stored):
        with pytest.raises(ValueError, match="AnonymousUser"):
            part.attach(picture(), creator=AnonymousUser())
        assert not stored()

    def test_a_text_that_there_is_not_is_told(self, part):
        with pytest.raises(TypeError) as error:
            part.attach(picture(), titel="Cat")
        assert str(error.value) == (
            "Unknown text 'titel'. Choices are: title, alt_text, description."
        )

    def test_an_unsaved_row_is_told(self):
        with pytest.raises(ValidationError) as error:
            Part(name="nut").attach(picture())
        assert error.value.messages == ["<Part: nut> must be saved before it has images."]

    def test_a_row_that_has_gone_is_told(self, part, stored):
        Part.objects.all().delete()
        with pytest.raises(ValidationError) as error:
            part.attach(picture())
        assert error.value.messages == [f"There is no tests_attachments.Part '{part.pk}'."]
        assert stored() == set()

    def test_what_was_prefetched_is_read_again(self, part):
        (row,) = Part.objects.with_images()
        assert row.cover is None
        row.attach(picture())
        assert row.cover is not None


class TestLimits:
    def test_one_replaces(self):
        badge = Badge.objects.create()
        first = badge.attach(picture("a.jpg", color="red"))
        second = badge.attach(picture("b.jpg", color="blue"))

        assert list(badge.images.all()) == [second]
        assert badge.cover == second
        assert Image.objects.filter(pk=first.image_id).exists()

    def test_one_stays_if_the_other_is_no_image(self):
        badge = Badge.objects.create()
        first = badge.attach(picture())
        with transaction.atomic(), pytest.raises(ValidationError):
            badge.attach(ContentFile(b"Lorem ipsum", name="cat.jpg"))

        assert badge.cover == first

    def test_the_same_again_replaces_nothing(self):
        badge = Badge.objects.create()
        first = badge.attach(picture())
        assert badge.attach(first.image) == first
        assert badge.cover == first

    def test_one_too_many_is_refused_and_stores_nothing(self, stored):
        shelf = Shelf.objects.create()
        for color in ("red", "lime", "blue"):
            shelf.attach(picture(color=color))
        before = stored()
        with pytest.raises(ValidationError) as error:
            shelf.attach(picture(color="white"))

        assert error.value.messages == [f"{shelf} has 3 images already, and takes no more."]
        assert stored() == before
        assert Image.objects.count() == 3

    def test_all_copies_are_refused_with_one(self):
        full, shelf = Part.objects.create(), Shelf.objects.create()
        for color in ("red", "lime", "blue", "white"):
            full.attach(picture(color=color))
        with pytest.raises(ValidationError):
            full.copy_images_to(shelf)

        assert not shelf.images.exists()

    def test_of_one_the_cover_is_copied(self, part, three):
        part.set_cover(three[1])
        badge = Badge.objects.create()
        (copy,) = part.copy_images_to(badge)
        assert badge.cover == copy
        assert copy.image == three[1].image

    def test_a_proxy_has_its_own(self):
        row = OnlyOne.objects.create()
        for color in ("red", "blue"):
            row.attach(picture(f"{color}.jpg", color=color))
        assert orders(row) == ["blue"]


class TestOwners:
    @pytest.fixture
    def parts(self, owners):
        return [Part.objects.create(organization=owner) for owner in owners]

    def test_each_has_its_own_bytes(self, parts, owners):
        attached = [part.attach(picture()) for part in [*parts, *parts]]

        files = [each.image.stored for each in attached]
        assert files[0] == files[2]
        assert files[1] == files[3]
        assert files[0] != files[1]
        assert files[0].file.name != files[1].file.name
        assert [each.image.owner for each in attached[:2]] == owners
        assert list(Image.objects.owned_by(owners[0])) == [attached[2].image, attached[0].image]

    def test_anothers_image_looks_like_none(self, parts):
        image = parts[1].attach(picture()).image
        with pytest.raises(ValidationError) as hidden:
            parts[0].attach(image)
        with pytest.raises(ValidationError) as missing:
            parts[0].attach(Image(pk=image.pk + 1))

        told = [
            str(error.value).replace(str(key), "…")
            for error, key in ((hidden, image.pk), (missing, image.pk + 1))
        ]
        assert told[0] == told[1] == "['There is no image … here.']"
        assert not parts[0].images.exists()

    def test_a_child_has_its_own(self, owners):
        shop = Shop.objects.create(slug="roma", organization=owners[1])
        assert shop.attach(picture()).image.owner == owners[1]

    def test_the_row_is_asked_and_not_an_instance_that_is_older(self, owners):
        part = Part.objects.create(organization=owners[0])
        Part.objects.update(organization=owners[1])
        assert part.attach(picture()).image.owner == owners[1]

    def test_images_are_not_copied_to_anothers_row(self, parts):
        parts[0].attach(picture())
        with pytest.raises(ValidationError):
            parts[0].copy_images_to(parts[1])


class TestDetach:
    def test_it_says_whether_it_was_there(self, part, three):
        assert part.detach(three[0].image)
        assert not part.detach(three[0].image)
        assert part.detach(three[1])

    def test_the_image_stays(self, part, three):
        part.detach(three[0])
        assert Image.objects.count() == 3

    def test_the_first_that_stays_is_the_cover(self, part, three):
        part.reorder(three[2])
        part.detach(three[0])
        assert part.cover == three[2]

    def test_other_rows_keep_it(self, part, three):
        other = Part.objects.create()
        other.attach(three[0].image)
        part.detach(three[0].image)
        assert other.cover.image == three[0].image


class TestReorder:
    @pytest.mark.parametrize(
        ("moved", "position", "after"),
        [
            ("blue", 0, ["blue", "red", "lime"]),
            ("red", 2, ["lime", "blue", "red"]),
            ("red", 1, ["lime", "red", "blue"]),
            ("red", -1, ["lime", "blue", "red"]),
            ("red", 99, ["lime", "blue", "red"]),
            ("lime", -99, ["lime", "red", "blue"]),
            ("blue lime", 0, ["blue", "lime", "red"]),
            ("blue lime red", 0, ["blue", "lime", "red"]),
            ("lime lime", 2, ["red", "blue", "lime"]),
        ],
    )
    def test_one_or_several_move(self, part, three, moved, position, after):
        by_name = {each.image.name.partition(".")[0]: each for each in three}
        chosen = [by_name[name] for name in moved.split()]
        part.reorder(chosen[0].image if len(chosen) == 1 else chosen, position)

        assert orders(part) == after
        assert part.cover == three[0]

    def test_what_is_not_on_the_row_changes_nothing(self, part, three):
        stranger = Part.objects.create().attach(picture(color="white"))
        with pytest.raises(ValidationError) as error:
            part.reorder([three[2], stranger])
        assert error.value.messages == [f"Image {stranger.image.pk!r} is not attached to bolt."]
        assert orders(part) == ["red", "lime", "blue"]

    def test_several_that_are_no_list_are_told(self, part, three):
        with pytest.raises(TypeError, match="is no position: give several images as a list"):
            part.reorder(three[2], three[1])
        assert orders(part) == ["red", "lime", "blue"]


class TestSetCover:
    def test_there_is_one(self, part, three):
        assert part.set_cover(three[2].image) == three[2]
        assert part.cover == three[2]
        assert ImageAttachment.objects.filter(is_cover=True).count() == 1

    def test_to_a_lower_key(self, part, three):
        part.set_cover(three[2])
        part.set_cover(three[0])
        assert part.cover == three[0]

    def test_of_what_is_not_on_the_row(self, part, three):
        stranger = Part.objects.create().attach(picture(color="white"))
        with pytest.raises(ValidationError):
            part.set_cover(stranger)
        assert part.cover == three[0]

    @pytest.mark.parametrize("nothing", [None, 1, "cat.jpg"])
    def test_of_what_is_no_image(self, part, three, nothing):
        for change in (part.set_cover, part.detach, lambda each: part.reorder([each])):
            with pytest.raises(TypeError, match=f"{nothing!r} is neither an image nor an attach"):
                change(nothing)
        assert part.cover == three[0]


class TestWithoutACover:
    def test_it_is_unset_until_the_next_is_attached(self, part, three):
        part.unset_cover()
        assert part.cover is None
        assert part.images.count() == 3
        assert part.attach(picture(color="white")).is_cover

    def test_it_leaves_and_no_other_takes_its_place(self, part, three):
        assert RowImages(part).detach_cover()
        assert part.cover is None
        assert orders(part) == ["lime", "blue"]
        assert not RowImages(part).detach_cover()


class TestReplace:
    def test_another_file_comes_in_its_place_with_its_texts(self, part, three, django_user_model):
        user = django_user_model.objects.create(username="ada")
        old = three[1].image
        old.title = "Lime"
        old.save()
        other = Part.objects.create()
        other.attach(old)
        attachment = RowImages(part).replace(three[1], picture("new.jpg", color="white"), user)

        assert attachment == three[1]
        assert orders(part) == ["red", "new", "blue"]
        assert (attachment.image.title, attachment.image.creator) == ("Lime", user)
        assert other.cover.image == old

    def test_the_old_one_goes_if_nobody_uses_it(self, part, three, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        RowImages(part).replace(three[0], picture(color="white"), None)
        assert Image.objects.count() == 3
        assert not Image.objects.filter(pk=three[0].image_id).exists()

    def test_what_is_no_image_replaces_nothing(self, part, three, stored):
        before = stored()
        with pytest.raises(ValidationError):
            RowImages(part).replace(three[0], ContentFile(b"Lorem ipsum", "cat.jpg"), None)
        assert orders(part) == ["red", "lime", "blue"]
        assert stored() == before


class TestCopy:
    def test_order_cover_and_texts_are_kept(self, part, three, stored):
        part.reorder(three[2])
        part.set_cover(three[1])
        part.attach(three[1].image, title="Lime")
        files, other = stored(), Part.objects.create()
        copies = part.copy_images_to(other)

        assert orders(other) == orders(part) == ["blue", "red", "lime"]
        assert other.cover.image == three[1].image
        assert other.cover.title == "Lime"
        assert list(other.images.all()) == copies
        assert [each.is_cover for each in copies] == [None, None, True]
        assert stored() == files

    def test_what_the_other_has_stays_first(self, part, three):
        other = Part.objects.create()
        own = other.attach(picture("own.jpg", color="white"))
        part.copy_images_to(other)

        assert orders(other) == ["own", "red", "lime", "blue"]
        assert other.cover == own

    def test_to_another_model(self, part, three):
        shelf = Shelf.objects.create()
        part.copy_images_to(shelf)
        assert orders(shelf) == ["red", "lime", "blue"]
