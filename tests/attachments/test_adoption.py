"""Images that rows have in a field of their own, taken into the library and given back."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage

from derived_images.attachments.adoption import Adoption, Tally
from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from tests.attachments.models import Coin, Place, Product, Restaurant
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class Run:
    """An adoption, and whom it has told of what."""

    def __init__(self, field="photo", model="Product"):
        self.told = []
        self.adoption = Adoption(
            apps,
            f"tests_attachments.{model}",
            field,
            "default",
            lambda *told: self.told.append(told),
        )
        self.preview = self.adoption.preview
        self.move = self.adoption.move
        self.give_back = self.adoption.give_back


def product(name, color="tomato", **values):
    photo = default_storage.save(f"products/{name}", picture(color=color)) if name else ""
    return Product.objects.create(photo=photo, **values)


def contents(media):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files(media)}


def files(media: Path):
    return [path for path in media.rglob("*") if path.is_file()]


class TestMove:
    def test_no_byte_is_written(self, media):
        products = [product("a.jpg"), product("b.jpg", "blue")]
        before = contents(media)
        assert Run().move() == Tally(moved=2)

        assert contents(media) == before
        for row in products:
            assert row.cover.image.file.name == row.photo.name
            assert (row.cover.image.stored.width, row.cover.image.stored.height) == (60, 40)

    def test_the_same_bytes_are_joined(self):
        products = [product(f"{number}.jpg") for number in range(3)]
        assert Run().move() == Tally(moved=3, joined=2)

        assert StoredImage.objects.get().file.name == "products/0.jpg"
        assert [row.cover.image.name for row in products] == ["0.jpg", "1.jpg", "2.jpg"]

    def test_they_are_joined_to_what_was_uploaded(self):
        stored = Image.objects.upload(picture()).stored
        row = product("a.jpg")
        Run().move()
        assert row.cover.image.stored == stored

    def test_empty_missing_and_unreadable_are_reported(self, media):
        product("")
        gone, broken = product("gone.jpg"), product("broken.jpg", "blue")
        Path(gone.photo.path).unlink()
        Path(broken.photo.path).write_bytes(b"Lorem ipsum")
        folder = Product.objects.create(photo="products")
        run = Run()

        assert run.move() == Tally(moved=1, empty=1, missing=1, failed=1)
        assert run.told == [
            (gone.pk, "products/gone.jpg", "It is not there."),
            (folder.pk, "products", "Is a directory"),
        ]
        assert (broken.cover.image.stored.size, broken.cover.image.stored.width) == (11, None)

    def test_a_preview_tells_the_same_and_changes_nothing(self, media):
        Image.objects.upload(picture(color="white"))
        names = {"a.jpg": "red", "b.jpg": "red", "c.jpg": "white", "d.jpg": "blue", "": "red"}
        rows = [product(*each) for each in names.items()]
        Product.objects.create(photo=rows[0].photo.name)
        Path(rows[3].photo.path).unlink()
        preview = Run()

        assert preview.preview() == Tally(moved=4, joined=2, empty=1, missing=1)
        assert not ImageAttachment.objects.exists()
        assert StoredImage.objects.count() == 1
        run = Run()
        assert run.move() == preview.adoption.tally
        assert run.told == preview.told

    def test_a_row_that_changes_meanwhile_is_left_to_the_next_run(self, monkeypatch):
        row = product("a.jpg")
        other = default_storage.save("products/b.jpg", picture(color="blue"))
        run = Run()
        found = run.adoption._find_all([row.pk])
        Product.objects.update(photo=other)
        monkeypatch.setattr(run.adoption, "_find_all", lambda keys: found)

        assert run.move() == Tally(there=1)
        assert row.cover is None
        assert Run().move() == Tally(moved=1)

    def test_a_second_run_moves_nothing(self):
        for number in range(3):
            product(f"{number}.jpg")
        Run().move()
        rows = list(ImageAttachment.objects.values())

        assert Run().move() == Tally(there=3)
        assert list(ImageAttachment.objects.values()) == rows

    def test_a_run_that_was_stopped_goes_on(self, monkeypatch):
        monkeypatch.setattr("derived_images.attachments.adoption.PAGE", 2)
        for number in range(5):
            product(f"{number}.jpg")

        def stop(done):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Run().move(stop)
        assert ImageAttachment.objects.count() == 2
        done = []
        assert Run().move(done.append) == Tally(moved=3, joined=3, there=2)
        assert done == [2, 2, 1]

    def test_what_a_row_has_stays_first(self):
        row = product("a.jpg")
        cover = row.attach(picture(color="blue"))
        Run().move()

        assert row.cover == cover
        assert [each.order for each in row.images.all()] == [0, 1]

    def test_each_owner_has_its_own(self, owners):
        rows = [product(f"{number}.jpg", organization=owners[number % 2]) for number in range(4)]
        assert Run().move() == Tally(moved=4, joined=2)

        assert [row.cover.image.owner for row in rows] == owners * 2

    def test_a_file_that_the_library_has_outlives_its_product(self, committed, stored):
        row = product("a.jpg")
        Run().move()
        with committed():
            row.delete()
        assert stored() == {"products/a.jpg"}
        with committed():
            Image.objects.all().delete()
        assert stored() == set()

    def test_a_name_that_is_too_long_stays(self, monkeypatch):
        monkeypatch.setattr("derived_images.attachments.adoption.MAX_LENGTH", 9)
        product("a.jpg")
        run = Run()
        assert run.move() == Tally(failed=1)
        assert run.told[0][2] == "Its name has more than 9 characters."

    def test_bytes_that_the_library_has_lost_are_found_again(self, media):
        stored = Image.objects.upload(picture()).stored
        (media / stored.file.name).unlink()
        row = product("a.jpg")
        Run().move()
        assert row.cover.image.stored == stored
        assert row.cover.image.file.name == "products/a.jpg"

    def test_images_of_a_child_are_its_parents(self):
        restaurant = Restaurant.objects.create(slug="roma", menu=picture())
        Adoption(apps, "tests_attachments.Restaurant", "menu", "default", print).move()

        assert Place.objects.get().cover.image.file.name == restaurant.menu.name

    def test_another_storage_is_refused(self):
        with pytest.raises(ImproperlyConfigured) as error:
            Run("private")
        assert str(error.value) == (
            "The files of tests_attachments.Product.private are in another storage than those of "
            "images: copy them to the same names there, and give the field that storage, before "
            "they are moved."
        )

    @pytest.mark.parametrize("field", ["name", "nothing"])
    def test_what_is_no_image_field_is_refused(self, field):
        with pytest.raises(ImproperlyConfigured) as error:
            Run(field)
        assert str(error.value) == f"{field!r} is not an ImageField of tests_attachments.Product."


class TestGiveBack:
    @pytest.fixture
    def products(self):
        return [product("a.jpg"), product("b.jpg"), product("c.jpg", "blue"), product("")]

    def test_all_is_as_it_was(self, products, media):
        before, names = contents(media), [row.photo.name for row in products]
        Run().move()
        assert Run().give_back() == Tally(moved=3, empty=1)

        assert contents(media) == before
        assert [row.photo.name for row in Product.objects.order_by("pk")] == names
        for model in (Image, ImageAttachment, StoredImage):
            assert not model.objects.exists()

    def test_a_field_that_was_dropped_meanwhile_has_the_covers_file(self, products, committed):
        Run().move()
        with committed():
            Product.objects.update(photo="")
            Run().give_back()

        names = [row.photo.name for row in Product.objects.order_by("pk")]
        assert names == ["products/a.jpg", "products/a.jpg", "products/c.jpg", ""]

    def test_what_was_attached_besides_stays(self, products):
        Run().move()
        other = products[0].attach(picture(color="lime"))
        shared = Product.objects.create(name="shared")
        by_hand = shared.attach(products[2].cover)
        assert Run().give_back() == Tally(moved=3, empty=2)

        assert products[0].cover == other
        assert shared.cover == by_hand
        assert Product.objects.get(name="shared").photo.name == ""

    def test_without_a_move_nothing_is_given(self, part):
        made = product("")
        attachment = made.attach(picture())
        product("a.jpg")
        assert Run().give_back() == Tally(empty=2)
        assert made.cover == attachment

    def test_of_two_fields_each_has_its_own_again(self):
        coin = self.coin()
        assert coin.images.count() == 2
        for field in ("back", "front"):
            Run(field, "Coin").give_back()
        assert list(Coin.objects.values_list("front", "back")) == [("coins/f.jpg", "coins/b.jpg")]
        assert not Image.objects.exists()

    def test_of_two_that_were_dropped_nobody_knows_which_it_was_in(self):
        coin = self.coin()
        Coin.objects.update(front="", back="")
        run = Run("back", "Coin")
        assert run.give_back() == Tally(failed=1)

        reason = "It may have been in front: give it back by hand."
        assert run.told == [(coin.pk, "coins/f.jpg", reason)]
        assert coin.images.count() == 2

    def coin(self):
        files = {"f.jpg": "gold", "b.jpg": "silver"}
        front, back = (
            default_storage.save(f"coins/{name}", picture(color=color))
            for name, color in files.items()
        )
        coin = Coin.objects.create(front=front, back=back)
        for field in ("front", "back"):
            Run(field, "Coin").move()
        return coin

    def test_dropped_names_come_back_all_or_none(self, products):
        Run().move()
        Product.objects.update(photo="")
        adoption = Run().adoption

        def stop(rows):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            adoption.give_back(stop)
        assert not Product.objects.exclude(photo="").exists()
        assert Run().give_back() == Tally(moved=3, empty=1)

    def test_an_upload_that_came_later_is_not_taken_for_what_was_moved(self, products, media):
        Path(products[0].photo.path).unlink()
        Run().move()
        cover = products[0].attach(picture("new.jpg", color="lime"))
        assert Run().give_back() == Tally(moved=2, empty=2)
        assert products[0].cover == cover

    def test_an_upload_under_the_same_name_is_not_taken_for_it_either(self, products):
        Run().move()
        upload = products[0].attach(picture("a.jpg", color="lime"), title="Precious")
        products[0].reorder(upload)
        Run().give_back()
        assert list(products[0].images.all()) == [upload]

    def test_what_people_have_said_of_an_image_is_kept(self, products):
        Run().move()
        image = products[2].cover.image
        image.title = "Sky"
        image.save()
        Run().give_back()
        assert list(Image.objects.all()) == [image]

    def test_a_name_that_the_field_cannot_hold_stays_in_the_library(self, products):
        long = product(f"{'a' * 80}.jpg", "white")
        Run().move()
        stored = long.cover.image.stored
        StoredImage.objects.filter(pk=stored.pk).update(file=f"products/{'a' * 100}.jpg")
        Product.objects.update(photo="")
        run = Run()

        assert run.give_back() == Tally(moved=3, empty=1, failed=1)
        assert run.told[0][2] == "Its name is too long for the field."
        assert long.cover is not None
