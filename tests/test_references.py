"""Who names a file: every field of every model, on every database; a doubt is a yes."""

import pytest
from django.core.files.storage import default_storage, storages
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from derived_images import references
from derived_images.references import clashes, holders, kept, names_before
from tests.conftest import without_table
from tests.shop import models as shop

pytestmark = pytest.mark.django_db


def field(model, name="image"):
    return model._meta.get_field(name)


class TestHolders:
    def test_each_name_has_the_fields_that_name_it(self):
        shop.Photo.objects.create(image="a.jpg")
        shop.Document.objects.create(file="a.jpg")
        shop.Two.objects.create(front="b.jpg", back="c.jpg")

        assert holders(["a.jpg", "b.jpg", "c.jpg", "d.jpg"]) == {
            "a.jpg": {field(shop.Photo), field(shop.Document, "file")},
            "b.jpg": {field(shop.Two, "front")},
            "c.jpg": {field(shop.Two, "back")},
        }

    def test_a_parents_column_counts_once(self):
        shop.Child.objects.create(image="a.jpg")

        assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Photo)}}

    def test_names_are_compared_exactly(self):
        shop.Photo.objects.create(image="a.JPG")

        assert holders(["a.jpg"]) == {}

    def test_a_manager_that_hides_rows_hides_none_here(self):
        shop.Hidden.everything.create(image="a.jpg")

        assert shop.Hidden.objects.count() == 0
        assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Hidden)}}

    def test_many_names_are_asked_for_in_batches(self, django_assert_max_num_queries):
        shop.Photo.objects.bulk_create(shop.Photo(image=f"{n}.jpg") for n in range(1200))
        fields = len(list(references.file_fields()))
        with django_assert_max_num_queries(3 * 3 * fields):
            assert len(holders(f"{number}.jpg" for number in range(1200))) == 1200

    @pytest.mark.django_db(databases=["default", "other"])
    def test_a_field_that_cannot_be_asked_holds_everything(self, monkeypatch, caplog):
        def fail(alias, asked, condition):
            if asked == field(shop.Document, "file"):
                raise DatabaseError("No answer.")
            return []

        monkeypatch.setattr(references, "_rows_on", fail)

        assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Document, "file")}}
        assert "Cannot ask shop.Document.file who uses 1 files; they stay." in caplog.messages

    def test_a_failure_does_not_end_the_callers_transaction(self):
        with transaction.atomic():
            with pytest.raises(DatabaseError):
                references._rows_on(
                    "default", field(shop.Photo), Q(pk=RawSQL("no such column", []))
                )
            assert shop.Photo.objects.count() == 0

    @pytest.mark.django_db(databases=["default", "other"], transaction=True)
    def test_a_database_without_the_table_has_no_rows(self):
        with without_table(shop.Lonely, "other"):
            assert holders(["a.jpg"]) == {}

    @pytest.mark.django_db(databases=["default", "other"], transaction=True)
    def test_a_table_that_no_database_has_may_name_everything(self, caplog):
        with without_table(shop.Lonely, "default", "other"):
            assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Lonely)}}
            assert clashes(field(shop.Plain), {"a.jpg": [(default_storage, "b.jpg")]}) == []

        assert "no database has the table 'shop_lonely' of shop.Lonely" in caplog.text

    @pytest.mark.django_db(databases=["default", "other"])
    def test_every_database_is_asked(self):
        shop.Photo.objects.using("other").create(image="a.jpg")

        assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Photo)}}


class Router:
    """Sends one model to a database of its own, where nothing is migrated."""

    def db_for_read(self, model, **hints):
        return "other" if model is shop.Legacy else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return db != "other"


@pytest.mark.django_db(databases=["default", "other"])
def test_a_database_that_only_a_router_knows_is_asked(settings):
    settings.DATABASE_ROUTERS = ["tests.test_references.Router"]
    shop.Legacy.objects.create(image="a.jpg")

    assert shop.Legacy.objects.all().db == "other"
    assert holders(["a.jpg"]) == {"a.jpg": {field(shop.Legacy)}}


class TestKept:
    def test_nothing_is_kept_by_default(self):
        assert not kept({"a.jpg"})

    def test_the_project_may_keep_names(self, settings):
        settings.DERIVED_IMAGES = {"KEEP": "tests.test_references.keep_a"}

        assert kept({"a.jpg", "b.jpg"}) == {"a.jpg"}

    def test_a_function_that_fails_keeps_everything(self, settings, caplog):
        settings.DERIVED_IMAGES = {"KEEP": "tests.test_references.fail"}

        assert kept({"a.jpg", "b.jpg"}) == {"a.jpg", "b.jpg"}
        assert caplog.messages == ["Nothing is deleted."]
        assert "DERIVED_IMAGES['KEEP'] failed: RuntimeError()" in caplog.text


def keep_a(names):
    return ["a.jpg", "not asked for.jpg"]


def fail(names):
    raise RuntimeError


class TestClashes:
    def ask(self, source, *names, key=None):
        files = [(storages["default"], name) for name in names]
        return [str(clash) for clash in clashes(field(shop.Plain), {source: files}, key)]

    def test_nobody_uses_what_nobody_names(self):
        assert self.ask("a.jpg", "a_thumb.webp") == []

    def test_a_row_may_hold_a_name(self):
        row = shop.Document.objects.create(file="a_thumb.webp")

        assert self.ask("a.jpg", "a_thumb.webp") == [
            f"'a_thumb.webp' is the source of shop.Document {row.pk}"
        ]

    def test_a_row_may_derive_a_name(self):
        row = shop.Photo.objects.create(image="a.png")

        assert self.ask("a.jpg", "a_thumb.webp", "a_square.png") == [
            f"'a_thumb.webp' is derived from 'a.png' of shop.Photo {row.pk}"
        ]

    def test_rows_of_similar_names_do_not_clash(self):
        for name in ("ab.png", "a_thumb.jpg", "A.png", "b/a.png", "a.b.png"):
            shop.Photo.objects.create(image=name)

        assert self.ask("a.jpg", "a_thumb.webp") == []

    def test_a_rows_own_name_does_not_clash(self):
        row = shop.Plain.objects.create(image="a.jpg")

        assert self.ask("a.jpg", "a.jpg", "a_thumb.webp", key=row.pk) == []
        assert len(self.ask("a.jpg", "a.jpg", "a_thumb.webp", key=row.pk + 1)) == 1


class TestNamesBefore:
    def test_it_reads_the_columns_of_one_row(self, django_assert_num_queries):
        row = shop.Two.objects.create(front="a.jpg", back="b.jpg")

        assert names_before(shop.Two, row.pk, ["front", "back"], "default") == {
            "front": "a.jpg",
            "back": "b.jpg",
        }
        assert names_before(shop.Two, row.pk + 1, ["front"], "default") == {}

    def test_the_row_is_locked(self, django_assert_num_queries):
        row = shop.Two.objects.create(front="a.jpg")
        queries = 2 if connection.vendor == "sqlite" else 1
        with django_assert_num_queries(queries) as captured:
            names_before(shop.Two, row.pk, ["front"], "default")

        if connection.vendor == "sqlite":
            assert captured[0]["sql"].startswith("UPDATE")
        else:
            assert "FOR " in captured[0]["sql"]


def test_every_column_is_asked_once():
    fields = list(references.file_fields())

    assert len(fields) == len(set(fields))
    assert field(shop.Child) in fields
    assert all(isinstance(each, models.FileField) for each in fields)
