"""Rendering a row and removing what nobody names, beyond what the life of rows shows."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db import transaction

from derived_images import tasks
from derived_images.files import write
from tests.pictures import picture
from tests.shop import models as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def unrendered(settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}


def payload(row, **changes):
    """Return what a processor would be handed for this row."""
    return {
        "model": row._meta.label,
        "key": {"id": str(row.pk)},
        "field": "image",
        "source": row.image.name,
        "using": "default",
        **changes,
    }


class TestPayloads:
    def test_it_may_come_twice(self, unrendered, stored):
        row = shop.WithUUID.objects.create(image=picture())
        first = tasks.render_payload(payload(row))
        names = stored()
        second = tasks.render_payload(payload(row))

        assert [target.variant for target in first.made] == ["thumb", "square"]
        assert second.made == first.made
        assert stored() == names

    @pytest.mark.parametrize("late", ["deleted", "replaced"])
    def test_it_may_come_late(self, late, unrendered, stored):
        row = shop.Plain.objects.create(image=picture("a.jpg"))
        old = payload(row)
        if late == "deleted":
            row.delete()
        else:
            row.image.save("b.jpg", picture())
        before = stored()

        assert tasks.render_payload(old).made == []
        assert stored() == before

    def test_a_missing_source_is_logged_and_costs_nothing_else(self, unrendered, caplog):
        row = shop.WithUUID.objects.create(image="uuid/gone.jpg")
        report = tasks.render_payload(payload(row))

        assert report.made == []
        assert caplog.messages[0].startswith(
            f"Not rendered for shop.WithUUID {row.pk}: 'uuid/gone.jpg' cannot be read: "
        )
        assert len(caplog.messages) == 1


class TestRetries:
    """What may go well later is tried again by an engine; what is broken stays so."""

    def test_a_source_that_cannot_be_had_is_tried_again(self, unrendered):
        row = shop.WithUUID.objects.create(image="uuid/gone.jpg")

        with pytest.raises(tasks.NotRendered) as raised:
            tasks.render_or_raise(payload(row))
        assert str(raised.value) == "Variants of 'uuid/gone.jpg' are missing; the log says why."

    def test_a_write_that_fails_is_tried_again(self, unrendered, monkeypatch):
        monkeypatch.setattr(shop.WithUUID.variants, "_storage", FailingStorage())
        row = shop.WithUUID.objects.create(image=picture())

        with pytest.raises(tasks.NotRendered):
            tasks.render_or_raise(payload(row))

    def test_a_broken_picture_is_not(self, unrendered):
        row = shop.WithUUID.objects.create(image=ContentFile(b"no picture", "broken.jpg"))

        tasks.render_or_raise(payload(row))

    def test_nor_one_that_no_tile_can_be_made_of(self, unrendered):
        row = shop.Panorama.objects.create(image=picture())

        tasks.render_or_raise(payload(row))


class TestClashes:
    """Rows from before the library may share the names of variants: neither is overwritten."""

    @pytest.fixture
    def old(self, unrendered, media):
        for name in ("a.jpg", "a.png", "a_thumb.webp"):
            write(FileSystemStorage(), f"plain/{name}", picture())
        return {
            name: shop.Plain.objects.create(image=f"plain/{name}")
            for name in ("a.jpg", "a.png", "a_thumb.webp")
        }

    def test_both_rows_are_named_with_the_cure(self, old, caplog):
        row, other, holder = old.values()

        assert row.variants.render() == []
        assert caplog.messages == [
            f"Not rendered for shop.Plain {row.pk}: "
            f"'plain/a_square.png' is derived from 'plain/a.png' of shop.Plain {other.pk}; "
            f"'plain/a_thumb.webp' is derived from 'plain/a.png' of shop.Plain {other.pk}; "
            f"'plain/a_thumb.webp' is the source of shop.Plain {holder.pk}. "
            "Tell them apart with naming='{dir}{stem}_{source_ext}_{variant}.{ext}'."
        ]

    def test_the_rest_is_rendered(self, old):
        old["a.png"].delete()

        assert old["a.jpg"].variants.render() == ["square"]

    def test_what_a_clashing_row_derives_is_not_deleted(self, old, stored, committed):
        write(FileSystemStorage(), "plain/a_square.png", ContentFile(b"of one of them"))
        with committed():
            old["a.jpg"].delete()

        assert "plain/a_square.png" in stored()
        assert "plain/a_thumb.webp" in stored()

    def test_rows_that_share_a_source_do_not_clash(self, old):
        old["a.png"].delete()
        shop.Plain.objects.create(image="plain/a.jpg")

        assert "square" in old["a.jpg"].variants.render()

    def test_names_in_another_place_do_not_clash(self, old, monkeypatch):
        field = shop.Plain._meta.get_field("image")
        shop.Document.objects.create(file="plain/a_square.png")
        old["a.png"].delete()
        assert old["a.jpg"].variants.render() == []

        monkeypatch.setattr(shop.Document._meta.get_field("file"), "storage", InMemoryStorage())
        assert field.storage.exists("plain/a.jpg")
        assert old["a.jpg"].variants.render() == ["square"]


class FailingStorage(InMemoryStorage):
    """Keeps everything but thumbnails."""

    def _save(self, name, content):
        if "thumb" in name:
            raise OSError("The bucket is full.")
        return super()._save(name, content)


def test_one_write_that_fails_stops_no_other(unrendered, monkeypatch, caplog):
    row = shop.WithUUID.objects.create(image=picture())
    monkeypatch.setattr(shop.WithUUID.variants, "_storage", FailingStorage())
    report = tasks.render_payload(payload(row))

    assert [target.variant for target in report.made] == ["square"]
    assert report.failures == {"The bucket is full.": [row.variants.thumb.name]}
    assert len(caplog.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rendered_for_a_row_that_goes_meanwhile_is_taken_back(
    unrendered, monkeypatch, stored
):
    class Meanwhile(InMemoryStorage):
        def _save(self, name, content):
            shop.WithUUID.objects.all()._raw_delete("default")
            return super()._save(name, content)

    storage = Meanwhile()
    row = shop.WithUUID.objects.create(image=picture())
    monkeypatch.setattr(shop.WithUUID.variants, "_storage", storage)
    report = tasks.render_payload(payload(row))

    assert report.made == []
    assert storage.listdir("uuid") == ([], [])


@pytest.mark.django_db(transaction=True)
def test_without_autocommit_a_save_goes_through_and_is_logged(caplog):
    transaction.set_autocommit(False)
    try:
        row = shop.WithUUID.objects.create(image=picture())
        transaction.commit()
    finally:
        transaction.set_autocommit(True)

    assert shop.WithUUID.objects.get() == row
    assert "an audit will find it" in caplog.text


def test_an_inherited_column_is_asked_for_by_its_own_key(committed):
    with committed():
        child = shop.Child.objects.create(image=picture())

    assert tasks.key_of(child, shop.Child._meta.get_field("image")) == child.pk
    assert shop.Photo.objects.get(pk=child.pk).variants.missing() == []


def test_a_panorama_has_its_tiles(committed):
    with committed():
        row = shop.Panorama.objects.create(image=picture(dimensions=(64, 32)))

    assert row.cubes.missing() == []
    assert row.cubes.tile_f.name == row.image.name.replace(".jpg", "_tile_f.jpeg")


def test_what_is_no_panorama_keeps_its_row_and_has_no_tiles(committed, caplog):
    with committed():
        row = shop.Panorama.objects.create(image=picture(dimensions=(60, 40)))

    assert row.cubes.missing() == list(row.cubes)
    [message] = caplog.messages
    assert message.count("This picture has 60 × 40 pixels.") == 1
