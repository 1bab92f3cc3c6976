"""The life of rows and files: what is rendered, what goes, and what stays, after commit."""

import copy
from datetime import timedelta

import django
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import signals
from django.test.utils import CaptureQueriesContext, isolate_apps
from PIL import Image

from derived_images import DerivedImagesManager, Fit
from derived_images.files import SourceFile
from derived_images.naming import focus_in
from tests.pictures import picture, upload
from tests.shop import models as shop

pytestmark = pytest.mark.django_db


def create(model, committed, **values):
    """Return a row with a picture, committed and rendered."""
    with committed():
        return model.objects.create(image=picture(), **values)


def files_of(*rows):
    """Return the names of these rows' sources and variants."""
    return {
        name
        for row in rows
        for name in (row.image.name, *(each.name for each in row.variants.values()))
    }


@pytest.fixture
def row(committed):
    return create(shop.WithUUID, committed)


class TestOurField:
    def test_a_deleted_row_takes_its_files_along(self, row, committed, stored):
        assert stored() == files_of(row)
        with committed():
            row.delete()
            assert stored()

        assert stored() == set()

    @pytest.mark.parametrize(
        "clear",
        [
            lambda row: row.image.delete(),
            lambda row: (setattr(row, "image", ""), row.save()),
            lambda row: (row.image.delete(save=False), row.save(update_fields=["image"])),
        ],
        ids=["delete", "assign", "delete, then save"],
    )
    def test_a_cleared_source_goes(self, row, clear, committed, stored):
        with committed():
            clear(row)
            assert len(stored()) == 3

        assert stored() == set()
        assert not shop.WithUUID.objects.get().image

    @pytest.mark.parametrize(
        "replace",
        [
            lambda row: row.image.save("dog.jpg", picture()),
            lambda row: (setattr(row, "image", picture()), row.save()),
        ],
        ids=["save onto the field", "assign"],
    )
    def test_a_replaced_source_goes_with_its_variants(self, row, replace, committed, stored):
        before = files_of(row)
        with committed():
            replace(row)

        assert stored() == files_of(row)
        assert not stored() & before

    def test_rows_of_a_query_set_take_their_files_along(
        self, committed, stored, django_assert_num_queries
    ):
        for _ in range(3):
            create(shop.WithUUID, committed)
        with committed():
            shop.WithUUID.objects.all().delete()

        assert stored() == set()

    def test_a_cascade_takes_the_files_along(self, committed, stored):
        album = shop.Album.objects.create()
        create(shop.Page, committed, album=album)
        with committed():
            album.delete()

        assert stored() == set()

    @pytest.mark.parametrize("delete", [shop.Photo, shop.Proxy, shop.Child])
    def test_every_class_of_a_row_takes_the_files_along(self, delete, committed, stored):
        child = create(shop.Child, committed)
        with committed():
            delete.objects.get(pk=child.pk).delete()

        assert stored() == set()

    def test_only_exact_names_are_deleted(self, row, committed, stored, media):
        lookalikes = {f"{row.image.name}.txt", row.variants.thumb.name.replace("thumb", "thumbs")}
        for name in lookalikes:
            (media / name).write_bytes(b"")
        with committed():
            row.delete()

        assert stored() == lookalikes

    @pytest.mark.parametrize("other", [shop.WithUUID, shop.Document, shop.Plain])
    def test_a_file_that_any_field_still_names_stays(self, row, other, committed, stored):
        field = "file" if other is shop.Document else "image"
        other.objects.create(**{field: row.image.name})
        with committed():
            row.delete()

        assert row.image.name in stored()

    def test_a_variant_that_any_field_names_stays(self, row, committed, stored):
        thumb = row.variants.thumb.name
        shop.Document.objects.create(file=thumb)
        with committed():
            row.delete()

        assert stored() == {thumb}

    def test_a_row_made_with_the_name_of_a_document_has_its_variants(self, committed):
        # The file was stored by a field that derives nothing.
        name = shop.Document.objects.create(file=picture()).file.name
        with committed():
            row = shop.WithUUID.objects.create(image=name)

        assert row.variants.missing() == []

    def test_a_file_goes_with_its_last_row(self, row, committed, stored):
        twin = shop.WithUUID.objects.create(image=row.image.name)
        for each in (row, twin):
            assert stored()
            with committed():
                each.delete()

        assert stored() == set()

    def test_two_fields_of_one_row_may_share_a_file(self, committed, stored):
        with committed():
            two = shop.Two.objects.create(front=picture())
            two.back = two.front.name
            two.save()
        source = two.back.name
        with committed():
            two.front.delete()
        assert stored() == {source}
        with committed():
            two.back.delete()

        assert stored() == set()

    def test_variants_go_with_the_last_row_that_has_them(self, committed, stored):
        photo = create(shop.Photo, committed)
        page = shop.Page.objects.create(album=shop.Album.objects.create(), image=photo.image.name)
        with committed():
            photo.delete()
        assert stored() == {page.image.name, page.variants.thumb.name}
        with committed():
            page.delete()

        assert stored() == set()

    def test_rows_may_swap_their_files(self, committed, stored):
        one, other = create(shop.WithUUID, committed), create(shop.WithUUID, committed)
        before = stored()
        with committed(), transaction.atomic():
            one.image, other.image = other.image.name, one.image.name
            one.save()
            other.save()

        assert stored() == before == files_of(one, other)

    def test_a_copy_shares_the_file(self, committed, stored):
        photo = create(shop.Photo, committed)
        before = stored()
        photo.pk, photo._state.adding = None, True
        with committed():
            photo.save()
            shop.Photo.objects.earliest("pk").delete()

        assert stored() == before

    def test_a_stale_instance_deletes_what_the_row_names_now(self, row, committed, stored):
        stale = shop.WithUUID.objects.get()
        with committed():
            row.image.save("dog.jpg", picture())
            stale.delete()

        assert stored() == set()

    def test_a_stale_instance_saved_over_a_newer_file_frees_that_one(self, row, committed, stored):
        stale = shop.WithUUID.objects.get()
        with committed():
            row.image.save("dog.jpg", picture())
        with committed():
            stale.image = picture()
            stale.save()

        assert stored() == files_of(stale)

    def test_a_deferred_instance_takes_its_files_along(self, row, committed, stored):
        with committed():
            shop.WithUUID.objects.only("pk").get().delete()

        assert stored() == set()

    def test_a_default_is_never_deleted(self, committed, stored, media):
        (media / "default").mkdir()
        (media / "default/none.png").write_bytes(picture(format="PNG").read())
        row = shop.WithDefault.objects.create()
        row.variants.render()
        before = stored()
        with committed():
            row.delete()

        assert len(before) == 3
        assert stored() == before

    def test_a_default_of_another_model_is_never_deleted(self, row, committed, stored, media):
        (media / "default").mkdir()
        (media / "default/none.png").write_bytes(picture(format="PNG").read())
        for name in ("default/none.png", ""):
            with committed():
                row.image = name
                row.save()

        assert "default/none.png" in stored()

    def test_a_default_that_may_have_been_is_never_deleted(
        self, committed, stored, media, monkeypatch
    ):
        (media / "default").mkdir()
        (media / "default/none.png").write_bytes(picture(format="PNG").read())
        names = iter(["default/none.png"])
        default = lambda: next(names, "default/another.png")  # noqa: E731
        monkeypatch.setattr(shop.WithDefault._meta.get_field("image"), "default", default)
        row = shop.WithDefault.objects.create(image=default())
        with committed():
            row.delete()

        assert stored() == {"default/none.png"}

    def test_a_default_that_cannot_be_had_may_be_any(self, row, committed, stored, monkeypatch):
        monkeypatch.setattr(shop.Document._meta.get_field("file"), "default", lambda: 1 / 0)
        monkeypatch.setattr(shop.Document._meta.get_field("file"), "_get_default", lambda: 1 / 0)
        before = stored()
        with committed():
            row.delete()

        assert stored() == before

    def test_names_that_live_elsewhere_are_kept(self, row, committed, stored, settings):
        settings.DERIVED_IMAGES = {"KEEP": "tests.test_handlers.keep_sources"}
        with committed():
            row.delete()

        assert stored() == files_of(row)

    @pytest.mark.parametrize("alias", ["default", "memory"])
    def test_a_period_of_grace_begins_when_the_file_is_free(self, alias, committed, settings):
        settings.STORAGES = {**settings.STORAGES, "default": settings.STORAGES[alias]}
        settings.DERIVED_IMAGES = {"GRACE": timedelta(days=1)}
        row = create(shop.WithUUID, committed)
        before = {name: default_storage.get_modified_time(name) for name in files_of(row)}
        with committed():
            row.delete()

        after = {name: default_storage.get_modified_time(name) for name in before}
        assert all(after[name] > before[name] for name in before)

    def test_what_the_audit_would_not_know_has_no_grace(self, committed, stored, settings, media):
        settings.DERIVED_IMAGES = {"GRACE": timedelta(days=1)}
        ours = create(shop.WithUUID, committed)
        shop.WithUUID.objects.update(image="")
        # A name of ours in a field that cleans nothing up.
        with committed():
            plain = shop.Plain.objects.create(image=ours.image.name)
        before = stored() - files_of(plain)
        with committed():
            plain.delete()

        assert stored() - before == {plain.image.name}

    def test_a_variant_elsewhere_goes_too(self, committed):
        with committed():
            two = shop.Two.objects.create(back=picture())
        thumb = two.backs.thumb
        assert thumb.exists()
        with committed():
            two.delete()

        assert not thumb.exists()


def keep_sources(names):
    """Keep what is no variant."""
    return [name for name in names if name.endswith(".jpg")]


class TestPlainField:
    def test_sources_stay_and_their_variants_go(self, committed, stored):
        plain = create(shop.Plain, committed)
        assert stored() == files_of(plain)
        with committed():
            plain.delete()

        assert stored() == {plain.image.name}

    def test_variants_stay_while_a_row_names_the_source(self, committed, stored):
        plain = create(shop.Plain, committed)
        twin = shop.Plain.objects.create(image=plain.image.name)
        before = stored()
        with committed():
            plain.delete()

        assert stored() == before == files_of(twin)

    def test_variants_that_another_source_has_too_stay(self, committed, stored):
        first = create(shop.Plain, committed)
        clashing = shop.Plain.objects.create(image=first.image.name.replace(".jpg", ".png"))
        before = stored()
        with committed():
            clashing.delete()

        assert stored() == before


class TestTransactions:
    def test_a_roll_back_deletes_nothing(self, row, committed, stored):
        before = stored()
        with committed(), transaction.atomic():
            row.image.delete()
            row.delete()
            transaction.set_rollback(True)

        assert stored() == before
        assert shop.WithUUID.objects.get().image

    def test_a_roll_back_of_a_replacement_keeps_the_old(self, row, committed, stored):
        before = stored()
        with committed(), transaction.atomic():
            row.image.save("dog.jpg", picture())
            transaction.set_rollback(True)

        assert before <= stored()
        assert shop.WithUUID.objects.get().variants.missing() == []

    def test_what_is_reverted_before_the_commit_stays(self, row, committed, stored):
        before, name = stored(), row.image.name
        with committed(), transaction.atomic():
            row.image = ""
            row.save()
            row.image = name
            row.save()

        assert stored() == before

    def test_a_row_deleted_and_made_again_under_one_name_keeps_it(self, row, committed, stored):
        before = stored()
        with committed(), transaction.atomic():
            name = row.image.name
            row.delete()
            shop.WithUUID.objects.create(image=name)

        assert stored() == before

    def test_a_source_replaced_twice_leaves_one(self, row, committed, stored):
        with committed(), transaction.atomic():
            row.image.save("dog.jpg", picture())
            row.image.save("cow.jpg", picture())

        assert stored() == files_of(row)

    @pytest.mark.django_db(transaction=True)
    def test_without_a_transaction_all_happens_at_once(self, stored):
        photo = shop.WithUUID.objects.create(image=picture())
        assert stored() == files_of(photo)
        photo.image.save("dog.jpg", picture())
        assert stored() == files_of(photo)
        photo.delete()

        assert stored() == set()

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_a_second_database_counts_too(self, stored):
        photo = shop.WithUUID.objects.create(image=picture())
        twin = shop.WithUUID.objects.using("other").create(image=photo.image.name)
        before = stored()
        photo.delete()
        assert stored() == before
        twin.delete()

        assert stored() == set()

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    @pytest.mark.parametrize("roll_back", [True, False])
    def test_what_another_database_may_still_roll_back_is_no_truth(self, roll_back, stored):
        photo = shop.WithUUID.objects.create(image=picture())
        twin = shop.WithUUID.objects.using("other").create(image=photo.image.name)
        before = stored()
        with transaction.atomic(using="other"):
            twin.delete()
            photo.delete()
            assert stored() == before
            transaction.set_rollback(roll_back, using="other")

        assert stored() == (before if roll_back else set())

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_what_a_project_without_autocommit_may_roll_back_is_no_truth(self, stored):
        photo = shop.WithUUID.objects.create(image=picture())
        shop.WithUUID.objects.using("other").create(image=photo.image.name)
        before = stored()
        transaction.set_autocommit(False, using="other")
        try:
            shop.WithUUID.objects.using("other").all()._raw_delete("other")
            photo.delete()
            transaction.rollback(using="other")
        finally:
            transaction.set_autocommit(True, using="other")

        assert stored() == before

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_the_right_transaction_is_waited_for(self, stored):
        photo = shop.WithUUID.objects.using("other").create(image=picture())
        with transaction.atomic(using="other"):
            photo.delete()
            assert stored()

        assert stored() == set()


class TestQueries:
    """What following a row costs: counted without the work after commit."""

    def test_a_create_costs_nothing(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            shop.Photo.objects.create(image=picture())
        with django_assert_num_queries(1):
            shop.WithUUID.objects.create(image=picture())

    def test_a_save_of_other_fields_costs_nothing(self, django_assert_num_queries):
        photo = shop.Photo.objects.create()
        with django_assert_num_queries(1):
            photo.save(update_fields=["title"])
        deferred = shop.Photo.objects.defer("image").get()
        with django_assert_num_queries(1):
            deferred.save()

    @pytest.mark.django_db(transaction=True)
    def test_any_other_save_costs_one_and_in_a_transaction_of_sqlite_two(
        self, django_assert_num_queries
    ):
        photo = shop.Photo.objects.create()
        with django_assert_num_queries(2):
            photo.save()
        in_transaction = 3 if connection.vendor == "sqlite" else 2
        with transaction.atomic(), django_assert_num_queries(in_transaction):
            photo.save()

    def test_a_delete_of_many_is_asked_for_together(
        self, django_capture_on_commit_callbacks, django_assert_num_queries
    ):
        for number in range(5):
            shop.WithUUID.objects.create(image=f"uuid/{number}.jpg")
        with django_capture_on_commit_callbacks() as callbacks:
            shop.WithUUID.objects.all().delete()

        assert len(callbacks) == 1


def test_loading_fixtures_does_no_work(committed, stored, tmp_path):
    (tmp_path / "data.json").write_text(
        '[{"model": "shop.plain", "pk": 1, "fields": {"image": "plain/a.jpg"}}]'
    )
    with committed() as callbacks:
        call_command("loaddata", tmp_path / "data.json", verbosity=0)

    assert callbacks == []
    assert shop.Plain.objects.get().image == "plain/a.jpg"


def test_models_without_images_keep_their_fast_deletes():
    for signal in (signals.pre_save, signals.post_save, signals.pre_delete):
        assert signal.has_listeners(shop.Photo)
        assert not signal.has_listeners(shop.Album)


def test_an_upload_that_a_row_never_named_is_not_rendered(committed):
    with committed():
        plain = shop.Plain()
        plain.image.save("a.jpg", picture(), save=False)

    assert plain.variants.missing() == ["thumb", "square"]


@pytest.mark.parametrize("processor", ["none", "tests.test_handlers.take"])
def test_the_processor_of_the_settings_gets_the_work(processor, committed, settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": processor}
    taken.clear()
    with committed():
        plain = shop.Plain.objects.create(image=picture("a.jpg"))

    assert plain.variants.missing() == ["thumb", "square"]
    if processor != "none":
        assert taken == [
            {
                "model": "shop.Plain",
                "key": {"id": str(plain.pk)},
                "field": "image",
                "source": "plain/a.jpg",
                "using": "default",
            }
        ]


taken = []


def take(payload):
    taken.append(payload)


class TestInheritance:
    """A row is one row, whichever of its classes it is saved or deleted as."""

    def test_a_manager_on_a_child_hears_of_its_parent(self, committed):
        shop_row = create(shop.Shop, committed)
        with committed():
            shop.Place.objects.get().image.save("b.jpg", picture())

        assert shop.Shop.objects.get(pk=shop_row.pk).variants.missing() == []
        assert not shop_row.variants.sign.exists()

    def test_a_child_that_is_new_may_overwrite_its_parent(self, committed, stored):
        def sources():
            return {name for name in stored() if name.endswith(".jpg")}

        child = create(shop.Child, committed)
        with committed():
            # A copy, as one would think. Django keeps the parent's key, and writes over its row.
            child.pk, child.image = None, picture("other.jpg")
            child.save()
        assert sources() == {child.image.name}
        parent = shop.Photo.objects.get()
        with committed():
            again = shop.Child(photo_ptr=parent, image=picture("third.jpg"))
            again.save()

        assert shop.Photo.objects.count() == 1
        assert sources() == {again.image.name}

    def test_a_manager_on_a_proxy_hears_of_its_model(self, committed, stored):
        place = create(shop.Place, committed)
        assert shop.PlaceProxy.objects.get().variants.missing() == []
        with committed():
            place.delete()

        assert stored() == {place.image.name}

    def test_a_parent_that_outlives_its_child_is_rendered(self, committed):
        with committed():
            shop_row = shop.Shop.objects.create(image=picture())
            shop_row.delete(keep_parents=True)

        assert shop.PlaceProxy.objects.get().variants.missing() == []

    def test_a_row_without_the_child_has_no_variants_of_it(self, committed, stored):
        place = create(shop.Place, committed)

        assert stored() == {place.image.name, "places/cat_pin.webp"}

    def test_a_manager_on_a_plain_mixin_is_followed(self, committed):
        assert create(shop.Mixed, committed).variants.missing() == []


class TestBetweenStoreAndSave:
    """Files that were stored and are not, or not yet, or no longer to be named."""

    def test_what_is_stored_twice_and_saved_once_leaves_one(self, committed, stored):
        row = shop.WithUUID()
        with committed():
            row.image.save("a.jpg", picture(), save=False)
            row.image.save("b.jpg", picture(), save=False)
            row.save()

        assert stored() == files_of(row)

    def test_what_is_stored_and_taken_off_again_goes(self, row, committed, stored):
        with committed():
            row.image.save("b.jpg", picture(), save=False)
            row.image.delete(save=False)
            row.save()

        assert stored() == set()

    def test_what_is_stored_and_never_saved_goes_with_the_row(self, row, committed, stored):
        with committed():
            row.image.save("b.jpg", picture(), save=False)
            row.delete()

        assert stored() == set()

    def test_what_is_rendered_before_its_row_is_saved_keeps_its_source(self, row, committed):
        with committed():
            row.image.save("b.jpg", picture(), save=False)
            row.variants.render()
        with committed():
            row.save()

        assert row.image.storage.exists(row.image.name)
        assert row.variants.missing() == []

    @pytest.mark.parametrize("exists", [False, True], ids=["create", "replace"])
    def test_a_save_that_is_retried_after_a_roll_back_is_rendered(self, exists, committed):
        row = create(shop.Photo, committed) if exists else shop.Photo()
        with committed():
            with transaction.atomic():
                row.image = picture()
                row.save()
                transaction.set_rollback(True)
            row.save()

        assert row.variants.missing() == []

    def test_two_fields_of_one_row_share_no_name(self, committed):
        with committed():
            row = shop.TwoPlain.objects.create(front=picture("a.jpg"), back=picture("a.png"))
        names = [variant.name for each in (row.fronts, row.backs) for variant in each.values()]

        assert len(set(names)) == 4
        assert row.fronts.missing() == row.backs.missing() == []


def test_a_default_of_the_database_is_never_deleted(committed, stored, media):
    (media / "default").mkdir()
    (media / "default/none.png").write_bytes(picture(format="PNG").read())
    row = shop.WithDatabaseDefault.objects.create()
    row.refresh_from_db()
    with committed():
        row.delete()

    assert stored() == {"default/none.png"}


def test_a_removal_that_fails_is_logged_and_stops_no_other_hook(
    row, committed, settings, caplog, monkeypatch
):
    done = []
    monkeypatch.setattr("derived_images.references.file_fields", lambda: 1 / 0)
    with committed():
        row.delete()
        transaction.on_commit(lambda: done.append("the hook of a user"))

    assert done == ["the hook of a user"]
    assert "division by zero" in caplog.text


def test_many_rows_are_asked_for_in_as_many_queries_as_few(committed):
    queries = []
    for rows in (2, 20):
        for number in range(rows):
            shop.Plain.objects.create(image=f"plain/{number}.jpg")
        with CaptureQueriesContext(connection) as captured, committed():
            shop.Plain.objects.all().delete()
        queries.append(len(captured))

    assert queries[0] == queries[1]


class TestManagersOfModelsThatWereThere:
    """Put onto a model of somebody else's, long after Django has prepared it."""

    @isolate_apps("tests.shop")
    def test_uploads_are_followed_from_then_on(self):
        class Advert(models.Model):
            image = models.ImageField(upload_to="adverts/")

            class Meta:
                app_label = "adverts"

        assert not signals.post_save.has_listeners(Advert)
        Advert.add_to_class("variants", DerivedImagesManager("image", shop.SMALL))

        assert signals.post_save.has_listeners(Advert)
        assert isinstance(Advert().image, SourceFile)

    def test_another_manager_takes_the_first_ones_place(self, committed, stored):
        original = shop.Nullable.variants
        shop.Nullable.add_to_class("variants", DerivedImagesManager("image", {"mini": Fit(8, 8)}))
        try:
            row = create(shop.Nullable, committed)
            assert list(row.variants) == ["mini"]
            assert stored() == files_of(row)
        finally:
            shop.Nullable.add_to_class("variants", original)
        again = create(shop.Nullable, committed)
        assert stored() == files_of(again) | {row.image.name, row.image.name[:-4] + "_mini.webp"}


class TestFocalPoints:
    """A source's name tells where to look; another point is another name, for it and its variants."""

    @pytest.fixture
    def row(self, committed):
        image = Image.new("RGB", (90, 30), "red")
        image.paste("blue", (60, 0, 90, 30))
        with committed():
            return shop.Aimed.objects.create(image=upload(image, "cat.png", "PNG"))

    def color(self, row):
        """Return what is seen in the middle of its square."""
        with row.variants.square.open() as file, Image.open(file) as image:
            assert image.size == (16, 16)
            return image.convert("RGB").getpixel((8, 8))

    @pytest.mark.parametrize(
        "save",
        [
            lambda row: row.save(),
            lambda row: row.save(update_fields=["focus"]),
            lambda row: row.save(update_fields=["focus", "image"]),
        ],
    )
    def test_another_point_is_another_crop_under_another_name(self, row, save, committed, stored):
        before = row.image.name
        assert self.color(row)[0] > 200

        row.focus = "100% 50%"
        with committed():
            save(row)
            assert before in stored()

        assert row.image.name != before
        assert focus_in(row.image.name) == (0.99, 0.5)
        assert self.color(row)[2] > 200
        assert stored() == files_of(row)
        again = shop.Aimed.objects.get()
        assert (again.image.name, again.focus) == (row.image.name, "100% 50%")

    def test_no_point_is_a_point_again(self, row, committed, stored):
        for text in ("100% 50%", ""):
            row.focus = text
            with committed():
                row.save()

        assert self.color(row)[0] > 200
        assert stored() == files_of(row)

    def test_a_new_row_has_it_at_once(self, committed, stored):
        with committed(), CaptureQueriesContext(connection) as queries:
            row = shop.Aimed.objects.create(image=picture(), focus="30% 70%")

        assert focus_in(row.image.name) == (0.3, 0.7)
        assert stored() == files_of(row)
        assert len([each for each in queries if "UPDATE" in each["sql"]]) == 0

    def test_in_bulk_it_has_it_as_well(self):
        (row,) = shop.Aimed.objects.bulk_create([shop.Aimed(image=picture(), focus="30% 70%")])

        assert focus_in(row.image.name) == (0.3, 0.7)

    def test_what_has_not_changed_is_not_stored_again(self, row, committed):
        row.focus = "30% 70%"
        with committed():
            row.save()
        before = row.image.name

        for text in ("30% 70%", " 30.4%  70.4% "):
            row.focus = text
            with committed():
                row.save()
            assert row.image.name == before

    def test_other_saves_do_not_look(self, row, committed):
        before = row.image.name
        shop.Aimed.objects.update(focus="30% 70%")

        for stale in (
            shop.Aimed.objects.defer("focus").get(),
            shop.Aimed.objects.only("title").get(),
        ):
            with committed():
                stale.save()
        row.focus = "10% 10%"
        with committed():
            row.save(update_fields=["title"])

        assert shop.Aimed.objects.get().image.name == before

    def test_a_roll_back_leaves_all_as_it_was(self, row, stored):
        before = files_of(row)
        row.focus = "30% 70%"

        with transaction.atomic():
            row.save()
            transaction.set_rollback(True)

        assert files_of(shop.Aimed.objects.get()) == before
        assert before <= stored()

    def test_another_row_keeps_the_source_that_it_shares(self, row, committed, stored):
        with committed():
            other = shop.Aimed.objects.create(image=row.image.name)
        row.focus = "30% 70%"
        with committed():
            row.save()

        assert stored() == files_of(row, other)

    @pytest.mark.parametrize("shared", [False, True])
    def test_a_point_is_about_the_picture_that_the_row_has_by_now(
        self, row, shared, committed, stored
    ):
        others = []
        if shared:  # The old picture is still there.
            with committed():
                others.append(shop.Aimed.objects.create(image=row.image.name))
        stale = shop.Aimed.objects.get(pk=row.pk)
        row.image = picture("dog.jpg")
        with committed():
            row.save()
        stale.focus = "30% 70%"

        with committed():
            stale.save(update_fields=["focus"])

        now = shop.Aimed.objects.get(pk=row.pk)
        assert now.image.name.startswith("aimed/dog_")
        assert focus_in(now.image.name) == (0.3, 0.7)
        assert stored() == files_of(now, *others)

    @pytest.mark.parametrize("kept", [copy.copy, copy.deepcopy])
    def test_whoever_has_an_older_instance_loses_nothing(self, row, kept, committed, stored):
        older = kept(shop.Aimed.objects.get())
        row.focus = "30% 70%"
        with committed():
            row.save()

        older.title = "Cat"
        with committed():
            older.save(update_fields=["title", "image"])
        now = shop.Aimed.objects.get()
        assert (now.title, now.image.name) == ("Cat", row.image.name)
        assert stored() == files_of(now)

        older.refresh_from_db()
        older.focus = ""
        with committed():
            older.save()
        now = shop.Aimed.objects.get()
        assert focus_in(now.image.name) is None
        assert stored() == files_of(now)

    def test_an_older_instance_brings_back_the_point_that_it_has(self, row, committed, stored):
        older = shop.Aimed.objects.get()
        row.focus = "30% 70%"
        with committed():
            row.save()

        with committed():
            older.save()

        now = shop.Aimed.objects.get()
        assert (now.focus, focus_in(now.image.name)) == ("", None)
        assert now.image.name == older.image.name
        assert stored() == files_of(now)

    @pytest.mark.parametrize("fields", [None, ["focus"]])
    def test_what_was_rolled_back_is_done_again(self, row, fields, committed):
        for attempt in range(2):
            row.focus = "30% 70%"
            with committed(), transaction.atomic():
                row.save(update_fields=fields)
                if attempt == 0:
                    transaction.set_rollback(True)

        now = shop.Aimed.objects.get()
        assert (now.focus, focus_in(now.image.name)) == ("30% 70%", (0.3, 0.7))
        assert all(each.exists() for each in (*now.variants.values(), row.variants.sm))

    def test_one_after_the_other_is_heard(self, row, committed, stored):
        one, other = shop.Aimed.objects.get(), shop.Aimed.objects.get()
        for instance, point in ((one, "10% 10%"), (other, "90% 90%")):
            instance.focus = point
            with committed():
                instance.save(update_fields=["focus"])

        now = shop.Aimed.objects.get()
        assert focus_in(now.image.name) == (0.9, 0.9)
        assert stored() == files_of(now)

    def test_a_new_picture_of_a_row_read_in_part_has_its_point(self, row, committed, stored):
        row.focus = "30% 70%"
        with committed():
            row.save()
        for part in (shop.Aimed.objects.only("image"), shop.Aimed.objects.defer("focus")):
            instance = part.get()
            instance.image = picture("dog.jpg")
            with committed():
                instance.save()
            now = shop.Aimed.objects.get()
            assert now.image.name.startswith("aimed/dog_")
            assert focus_in(now.image.name) == (0.3, 0.7)
            assert stored() == files_of(now)

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="Before 6.1 all is fetched.")
    def test_nothing_is_fetched_that_must_not_be(self, row, committed):
        rows = shop.Aimed.objects.fetch_mode(models.FETCH_RAISE)
        part = rows.only("focus").get()
        part.focus = "30% 70%"
        with committed():
            part.save()

        assert focus_in(shop.Aimed.objects.get().image.name) == (0.3, 0.7)

    def test_a_source_from_before_the_field_was_ours_is_stored_under_a_name_of_ours(
        self, committed, stored
    ):
        default_storage.save("aimed/old.JPG", picture())
        row = shop.Aimed.objects.create(image="aimed/old.JPG")

        row.focus = "30% 70%"
        with committed():
            row.save()

        now = shop.Aimed.objects.get()
        assert now.image.known_dimensions == (60, 40)
        assert focus_in(now.image.name) == (0.3, 0.7)
        assert now.image.name.startswith("aimed/old_")
        assert now.image.pixels
        assert stored() == files_of(now)

    def test_an_upload_that_waits_for_its_row_goes_on_waiting(self, row, committed, stored):
        row.image.save("dog.jpg", picture("dog.jpg"), save=False)
        waiting = row.image.name
        row.focus = "30% 70%"
        with committed():
            row.save(update_fields=["focus"])
        assert row.image.name == waiting
        assert waiting in stored()

        with committed():
            row.save(update_fields=["image", "focus"])
        now = shop.Aimed.objects.get()
        assert now.image.name.startswith("aimed/dog_")
        assert focus_in(now.image.name) == (0.3, 0.7)
        assert stored() == files_of(now)

    def test_names_do_not_grow(self, row, committed):
        lengths = set()
        for number in range(10, 14):
            row.focus = f"{number}% 70%"
            with committed():
                row.save()
            lengths.add(len(row.image.name))

        assert len(lengths) == 1

    def test_nothing_is_decoded_to_look_elsewhere(self, row, settings, undecodable):
        settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
        row.focus = "30% 70%"
        row.save()

        assert focus_in(row.image.name) == (0.3, 0.7)
        assert row.image.pixels

    def test_what_only_the_database_knows_is_no_point_yet(self, row, committed):
        row.focus = models.functions.Concat("title", models.Value("5% 5%"))
        with committed():
            row.save()

        now = shop.Aimed.objects.get()
        assert now.focus == "5% 5%"
        with committed():
            now.save()
        assert focus_in(shop.Aimed.objects.get().image.name) == (0.05, 0.05)

    def test_a_text_that_was_there_before_stops_no_save(self, row, committed):
        shop.Aimed.objects.update(focus="somewhere")
        old = shop.Aimed.objects.get()
        old.title = "Cat"
        with committed():
            old.save()
        assert shop.Aimed.objects.get().title == "Cat"

        old.focus = "elsewhere"
        with pytest.raises(ValueError, match=r"^'elsewhere' is no focal point"):
            old.save()

    def test_a_source_that_is_lost_costs_no_save(self, row, committed, caplog):
        before = row.image.name
        default_storage.delete(before)
        row.focus = "30% 70%"

        with committed():
            row.save()

        assert shop.Aimed.objects.get().focus == "30% 70%"
        assert shop.Aimed.objects.get().image.name == row.image.name == before
        assert f"Cannot look elsewhere in {before!r}." in caplog.text

    def test_what_is_no_point_is_refused_before_anything_is_stored(self, row, stored):
        before = stored()
        row.focus, row.image = "left", picture("dog.jpg")

        with pytest.raises(ValueError, match=r"^'left' is no focal point"):
            row.save()

        assert stored() == before
        assert shop.Aimed.objects.get().focus == ""

    def test_a_new_picture_and_a_new_point_come_together(self, row, committed, stored):
        row.focus, row.image = "30% 70%", picture("dog.jpg")
        with committed():
            row.save()

        assert "dog" in row.image.name
        assert focus_in(row.image.name) == (0.3, 0.7)
        assert stored() == files_of(row)

    def test_a_row_without_a_picture_may_have_a_point(self, committed):
        with committed():
            row = shop.Aimed.objects.create(focus="30% 70%")
        with committed():
            row.image.save("cat.jpg", picture())

        assert focus_in(row.image.name) == (0.3, 0.7)

    def test_fixtures_are_loaded_as_they_are(self, row, stored):
        row.focus = "30% 70%"
        before = stored()
        row.save_base(raw=True)

        assert stored() == before
