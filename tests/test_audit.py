"""The audit: what it finds, and above all what it never takes for an orphan."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import (
    FileSystemStorage,
    InMemoryStorage,
    Storage,
    default_storage,
)

from derived_images.audit import Audit, Unlistable, all_followed
from derived_images.files import TEMPORARY
from derived_images.naming import allocate
from derived_images.references import NoTable
from tests.conftest import without_table
from tests.pictures import picture
from tests.shop import models as shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

LONG_AGO = time.time() - 10 * 86400


def own_name(stem="lost.png", folder="uuid/"):
    """Return a name that our field would give."""
    return allocate(folder + stem, (60, 40), "png", lambda name: True)


def store(name, storage=default_storage):
    """Store a file under exactly this name, long ago."""
    assert storage.save(name, ContentFile(b"12345")) == name
    if isinstance(storage, FileSystemStorage):
        os.utime(storage.path(name), (LONG_AGO, LONG_AGO))
    return name


@pytest.fixture
def fields_storage(monkeypatch):
    """Return a function that gives a model's field a storage of its own."""
    return lambda model, storage: monkeypatch.setattr(
        model._meta.get_field("image"), "storage", storage
    )


def audit(*models, folder=""):
    """Return an audit that has been run, of these models or of all."""
    done = Audit(fields(*models), folder)
    done.run(lambda what, number: None)
    return done


def fields(*models):
    return {model._meta.get_field("image") for model in models} or all_followed()


def found(kind, *models, **options):
    return {finding.name for finding in audit(*models, **options).findings(kind)}


def files_of(row):
    return {row.image.name, *(variant.name for variant in row.variants.values())}


@pytest.fixture
def row():
    return shop.WithUUID.objects.create(image=picture())


def test_all_is_well_with_a_row_that_was_just_saved(row):
    counts = audit().counts()

    assert counts.pop("in use").files == 3
    assert {count.files for count in counts.values()} == {0}


def test_a_file_that_is_not_there_is_missing_and_its_variants_are_not_told(row):
    for name in files_of(row):
        default_storage.delete(name)
    (missing,) = audit().findings("missing")

    assert (missing.name, missing.row) == (row.image.name, f"shop.WithUUID {row.pk}")
    assert found("unrendered") == set()


def test_what_is_stored_and_read_by_now_is_not_missing(row):
    name = row.image.name
    with default_storage.open(name) as file:
        content = file.read()
    default_storage.delete(name)
    late = Audit(all_followed())

    def store_it_late(what, number):
        if what.startswith("Reading") and not default_storage.exists(name):
            default_storage.save(name, ContentFile(content))

    late.run(store_it_late)

    assert late.counts()["missing"].files == 0


def test_a_variant_that_is_not_there_is_unrendered(row):
    row.variants.thumb.delete()

    assert found("unrendered") == {row.variants.thumb.name}


def test_a_clash_names_both_rows():
    for name in ("plain/a.jpg", "plain/a.png"):
        store(name)
        shop.Plain.objects.create(image=name)
    clashes = {finding.row for finding in audit().findings("clash")}

    first, second = shop.Plain.objects.order_by("image")
    assert clashes == {
        f"shop.Plain {first.pk} with 'plain/a.jpg', shop.Plain {second.pk} with 'plain/a.png'",
        f"shop.Plain {second.pk} with 'plain/a.png', shop.Plain {first.pk} with 'plain/a.jpg'",
    }


def test_a_file_of_our_naming_that_no_row_names_is_orphaned_with_its_variants(row):
    names = files_of(row)
    shop.WithUUID.objects.all()._raw_delete("default")

    assert found("orphaned") == names
    assert audit().counts()["orphaned"].bytes == sum(map(default_storage.size, names))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uuid/lost.png", "foreign"),
        ("uuid/lost_60x40_abcdefgh.png", "foreign"),
        ("uuid/lost_thumb.webp", "foreign"),
        (own_name(), "orphaned"),
        (own_name().replace(".png", "_thumb.webp"), "orphaned"),
        (own_name().replace(".png", "_thumb.jpeg"), "orphaned"),
        (own_name().replace(".png", "_watermark.webp"), "foreign"),
        (f"uuid/0123{TEMPORARY}", "leftover"),
    ],
    ids=[
        "plain",
        "a date or a word",
        "a plain variant",
        "a source",
        "its variant",
        "its variant by an earlier recipe",
        "a variant that nobody declares",
        "temporary",
    ],
)
def test_a_file_goes_by_its_name(name, kind):
    store(name)
    counts = audit().counts()

    assert {each: count.files for each, count in counts.items() if count.files} == {kind: 1}


def test_a_file_of_our_naming_where_our_field_stores_nothing_is_foreign(settings):
    settings.STORAGES = {**settings.STORAGES}  # Made anew, so empty.
    name = store(own_name(), shop.Two.backs.storage)

    assert found("foreign") == {name}


@pytest.mark.parametrize(
    "spelled",
    [str, str.upper, lambda name: name.replace("é", "e\u0301")],
    ids=["as it is", "in another case", "in other letters"],
)
def test_a_file_that_any_row_names_is_in_use(spelled):
    name = store(own_name("lost é.png"))
    shop.Document.objects.create(file=spelled(name))

    assert found("orphaned") == set()


def test_a_row_of_another_database_counts(row):
    name = row.image.name
    row.delete()
    store(name)
    shop.WithUUID.objects.using("other").create(image=name)

    assert found("orphaned") == set()


def test_a_manager_that_hides_rows_hides_none(row):
    name = store(own_name(folder="hidden/"))
    shop.Hidden.everything.create(image=name)

    assert found("orphaned") == set()


def test_a_default_is_never_orphaned():
    name = store("default/none.png")

    assert found("orphaned", folder="default/") == set()
    assert name not in found("foreign")


def keep_sources(names):
    return {name for name in names if name.endswith(".jpg")}


def keep_a(names):
    return {"plain/a.jpg"}


def test_what_is_kept_stays_with_its_variants_in_a_folder_that_is_claimed(settings):
    store("plain/a.jpg")
    store("plain/a_thumb.webp")
    store("plain/b_thumb.webp")
    settings.DERIVED_IMAGES = {"KEEP": "tests.test_audit.keep_a"}

    assert found("orphaned", folder="plain/") == {"plain/b_thumb.webp"}


def test_what_is_kept_stays_with_its_variants(row, settings):
    shop.WithUUID.objects.all()._raw_delete("default")
    assert len(found("orphaned")) == 3
    settings.DERIVED_IMAGES = {"KEEP": "tests.test_audit.keep_sources"}

    assert found("orphaned") == set()


def test_variants_of_a_child_are_wanted_by_rows_that_have_the_child():
    shop.Photo.objects.create(image=picture())
    child = shop.Child.objects.create(image=picture())
    assert found("unrendered") == set()
    child.variants.card.delete()

    assert found("unrendered") == {child.variants.card.name}


def test_rows_are_read_page_by_page(monkeypatch):
    monkeypatch.setattr("derived_images.references.PAGE", 2)
    slugs = [shop.WithSlug(slug=str(number), image=f"slug/{number}.jpg") for number in range(5)]
    shop.WithSlug.objects.bulk_create(slugs)

    assert found("missing", shop.WithSlug) == {f"slug/{number}.jpg" for number in range(5)}


def test_the_report_is_about_the_fields_that_were_asked_for(row):
    shop.Plain.objects.create(image="plain/missing.jpg")

    assert found("missing", shop.WithUUID) == set()
    assert found("missing", shop.Plain) == {"plain/missing.jpg"}


def test_in_a_folder_that_is_named_whatever_no_row_wants_is_orphaned(row):
    store("old/theirs.png")
    store("plain/theirs.png")
    shop.Document.objects.create(file=store("old/in use.png"))

    assert found("orphaned", folder="old/") == {"old/theirs.png"}


class TestFree:
    def test_the_database_is_asked_again(self, row):
        shop.WithUUID.objects.all()._raw_delete("default")
        for name in files_of(row):
            os.utime(default_storage.path(name), (LONG_AGO, LONG_AGO))
        done = audit()
        assert {each.name for each in done.free("orphaned", time.time())} == files_of(row)
        shop.WithUUID.objects.create(image=row.image.name)

        assert list(done.free("orphaned", time.time())) == []

    def test_what_is_young_stays(self, row):
        shop.WithUUID.objects.all()._raw_delete("default")

        assert list(audit().free("orphaned", LONG_AGO)) == []

    def test_a_storage_is_asked_for_the_age_where_the_listing_does_not_tell(self, settings):
        settings.STORAGES = {**settings.STORAGES, "default": settings.STORAGES["memory"]}
        name = store(own_name())

        assert [each.name for each in audit().free("orphaned", time.time() + 1)] == [name]
        assert list(audit().free("orphaned", LONG_AGO)) == []

    def test_what_does_not_tell_its_age_stays(self, monkeypatch):
        storage = InMemoryStorage()
        monkeypatch.setattr(shop.WithUUID._meta.get_field("image"), "storage", storage)
        monkeypatch.setattr(InMemoryStorage, "get_modified_time", Storage.get_modified_time)
        store(own_name(), storage)

        assert list(audit(shop.WithUUID).free("orphaned", float("inf"))) == []


class TestOneFileOfManyNames:
    """A file is in use if any of its names is: an orphan's deletion would lose it."""

    def test_a_folder_that_is_linked(self, media):
        name = store(own_name())
        (media / "linked").symlink_to(media / "uuid")
        shop.WithUUID.objects.create(image=name.replace("uuid/", "linked/"))

        assert found("orphaned") == set()
        assert found("missing") == set()

    def test_a_file_that_is_linked(self, media):
        name = store(own_name())
        other = own_name("other.png")
        Path(media, other).hardlink_to(media / name)
        shop.WithUUID.objects.create(image=name)

        assert found("orphaned") == set()

    @pytest.mark.parametrize("audited", [shop.WithUUID, shop.WithSlug])
    def test_a_storage_within_another(self, audited, media, fields_storage):
        inner = FileSystemStorage(media / "uuid")
        fields_storage(shop.WithSlug, inner)
        name = store(own_name())
        shop.WithSlug.objects.create(slug="a", image=name.removeprefix("uuid/"))

        assert found("orphaned", audited) == set()
        assert found("missing", audited) == set()

    def test_two_storages_over_one_folder(self, media, fields_storage):
        fields_storage(shop.WithSlug, FileSystemStorage(media))
        shop.WithSlug.objects.create(slug="a", image=store(own_name()))

        assert found("orphaned") == set()

    @pytest.mark.parametrize("location", ["", "media"])
    def test_remote_storages_within_one_another(self, location, fields_storage):
        """Whose objects tell nothing of what they have in common but their class."""
        objects = {}
        fields_storage(shop.WithSlug, Remote(objects))
        fields_storage(shop.WithUUID, Remote(objects, location))
        shop.WithUUID.objects.create(image=picture())
        done = audit(shop.WithSlug, shop.WithUUID)

        assert len(objects) == 3
        assert done.counts()["orphaned"].files == 0

    @pytest.mark.parametrize("spelled", ["./uuid/", "uuid//", "/uuid/"])
    def test_a_name_that_is_spelled_in_another_way(self, spelled):
        name = store(own_name())
        shop.WithUUID.objects.create(image=name.replace("uuid/", spelled))

        assert found("orphaned") == set()

    def test_names_that_are_no_text_and_links_to_themselves_are_passed_over(self, media):
        Path(os.fsdecode(os.fsencode(media) + b"/caf\xe9.jpg")).touch()
        (media / "loop").symlink_to(media / "loop")

        assert audit().counts()["foreign"].files == 0


class Remote(Storage):
    """An object store as libraries show it, of which nothing is known here."""

    def __init__(self, objects, location=""):
        self.objects, self.location = objects, location

    def _key(self, name):
        return f"{self.location}/{name}".strip("/")

    def _open(self, name, mode="rb"):
        return ContentFile(self.objects[self._key(name)])

    def _save(self, name, content):
        self.objects[self._key(name)] = content.read()
        return name

    def exists(self, name):
        return self._key(name) in self.objects

    def delete(self, name):
        del self.objects[self._key(name)]

    def listdir(self, path):
        folder = f"{self._key(path)}/".lstrip("/")
        below = [key.removeprefix(folder) for key in self.objects if key.startswith(folder)]
        folders = {name.partition("/")[0] for name in below if "/" in name}
        return sorted(folders), [name for name in below if "/" not in name]

    def size(self, name):
        raise LookupError("An error of its own.")

    get_modified_time = size


class TestWhatCannotBeDone:
    def test_a_storage_with_errors_of_its_own_is_of_no_age(self, fields_storage):
        fields_storage(shop.WithUUID, Remote({own_name(): b"x"}))
        done = audit(shop.WithUUID)

        assert done.counts()["orphaned"] == (1, 0)
        assert list(done.free("orphaned", time.time())) == []

    @pytest.mark.parametrize("error", [NotImplementedError("no lists"), OSError("out of reach")])
    def test_a_storage_that_cannot_be_listed_ends_it(self, error, monkeypatch):
        def refuse(storage, path):
            raise error

        monkeypatch.setattr(InMemoryStorage, "listdir", refuse)
        with pytest.raises(Unlistable, match=f"InMemoryStorage cannot be listed: {error}"):
            audit()

    def test_a_database_without_the_table_has_no_rows(self, row):
        with without_table(shop.Lonely, "other"):
            assert found("missing") == set()

    def test_a_table_that_no_database_has_ends_it(self, row):
        with without_table(shop.Lonely, "default", "other"), pytest.raises(NoTable):
            audit()
