"""Sources, variants and the mapping of them; writing and removing, on a disk and without one."""

import copy
import io
import os
import pickle

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import (
    FileSystemStorage,
    InMemoryStorage,
    storages,
)
from django.db.models.fields.files import ImageFieldFile
from django.template import Context, Template
from PIL import Image

from derived_images.files import (
    TEMPORARY,
    DerivedImages,
    NoSource,
    SourceFile,
    VariantFile,
    remove,
    source_stored,
    write,
)
from derived_images.places import place
from tests.pictures import picture
from tests.shop.models import Nullable, Photo, Plain, Two

IN_MEMORY = "django.core.files.storage.InMemoryStorage"
NAME = "photos/cat_3000x2000_x7kq2mz9.jpg"


class Untouchable(FileSystemStorage):
    """A storage that is only good for URLs."""

    def _refuse(self, *args, **kwargs):
        raise AssertionError("The storage was asked.")

    open = exists = size = path = save = delete = listdir = get_modified_time = _refuse


@pytest.fixture
def untouchable(monkeypatch):
    for model in (Photo, Plain):
        field = model._meta.get_field("image")
        monkeypatch.setattr(field, "storage", Untouchable(base_url="/files/"))


def content_of(file):
    with file.open() as opened:
        return opened.read()


class TestReading:
    """What costs no query and touches no storage."""

    def test_name_and_url_follow_from_the_source(self, untouchable):
        thumb = Photo(image=NAME).variants.thumb

        assert thumb.name == "photos/cat_3000x2000_x7kq2mz9_thumb.webp"
        assert thumb.url == "/files/photos/cat_3000x2000_x7kq2mz9_thumb.webp"

    def test_dimensions_are_arithmetic_on_our_field(self, untouchable):
        variants = Photo(image=NAME).variants

        assert [(each.width, each.height) for each in variants.values()] == [
            (160, 107),
            (640, 427),
            (1024, 683),
            (2048, 1365),
        ]
        assert (Photo(image=NAME).image.width, Photo(image=NAME).image.height) == (3000, 2000)

    def test_a_plain_field_is_never_believed(self, untouchable):
        with pytest.raises(AssertionError, match="The storage was asked"):
            _ = Plain(image=NAME).variants.thumb.width

    def test_urls_begin_with_the_original(self, untouchable):
        assert Plain(image="plain/a.jpg").variants.urls() == {
            "original": "/files/plain/a.jpg",
            "thumb": "/files/plain/a_thumb.webp",
            "square": "/files/plain/a_square.png",
        }

    def test_names_follow_when_the_source_changes(self, untouchable):
        plain = Plain(image="plain/a.jpg")
        plain.image = "plain/b.jpg"

        assert plain.variants.thumb.name == "plain/b_thumb.webp"

    @pytest.mark.django_db
    def test_no_query_is_made(self, untouchable, django_assert_num_queries):
        Photo.objects.create(image=NAME)
        photo = Photo.objects.get()
        with django_assert_num_queries(0):
            photo.variants.urls()
            _ = photo.variants.thumb.width

    @pytest.mark.django_db
    def test_a_deferred_source_costs_its_own_query(self, untouchable, django_assert_num_queries):
        Photo.objects.create(image=NAME)
        photo = Photo.objects.only("title").get()
        with django_assert_num_queries(1):
            photo.variants.urls()
        assert "variants" not in photo.__dict__


class TestMapping:
    def test_it_is_a_mapping_in_the_order_of_declaration(self):
        variants = Photo(image=NAME).variants

        assert list(variants) == ["thumb", "sm", "md", "lg"]
        assert len(variants) == 4
        assert "thumb" in variants
        assert variants["thumb"] == variants.thumb == variants.get("thumb")
        assert {"thumb", "sm", "md", "lg", "urls"} <= set(dir(variants))

    def test_an_unknown_name_lists_the_choices(self):
        variants = Photo(image=NAME).variants
        message = "Unknown variant 'tumb' of Photo.variants. Choices are: thumb, sm, md, lg."

        with pytest.raises(AttributeError) as by_attribute:
            _ = variants.tumb
        with pytest.raises(KeyError) as by_item:
            variants["tumb"]
        assert str(by_attribute.value) == by_item.value.args[0] == message

    @pytest.mark.parametrize("name", ["thumb", "anything"])
    def test_it_is_read_only(self, name):
        variants = Photo(image=NAME).variants

        with pytest.raises(AttributeError, match=r"Photo\.variants is read-only"):
            setattr(variants, name, "a.jpg")
        with pytest.raises(AttributeError, match=r"Photo\.variants is read-only"):
            delattr(variants, name)

    def test_it_is_true_when_there_is_a_source(self):
        assert Photo(image=NAME).variants
        assert not Photo().variants
        assert not Nullable(image=None).variants

    def test_what_is_not_stored_yet_is_no_source_yet(self):
        variants = Photo(image=picture("photo.jpg")).variants

        assert not variants
        assert not variants.thumb

    def test_equality_and_hash_are_by_row_and_manager(self):
        row, same, other = Two(pk=1, front="a.jpg"), Two(pk=1), Two(pk=2, front="a.jpg")

        assert row.fronts == same.fronts
        assert hash(row.fronts) == hash(same.fronts)
        assert row.fronts != other.fronts
        assert row.fronts != row.large_fronts
        assert row.fronts != dict(row.fronts)

    def test_its_repr_names_source_and_choices(self):
        assert repr(Plain(image="a.jpg").variants) == ("<Plain.variants of 'a.jpg': thumb, square>")


class TestWithoutSource:
    @pytest.mark.parametrize("attribute", ["url", "path", "size", "width", "height"])
    def test_each_variant_is_false_and_raises_what_templates_ignore(self, attribute):
        thumb = Photo(pk=3).variants.thumb

        assert not thumb
        assert not thumb.exists()
        with pytest.raises(NoSource, match="has no image, so it has no variants") as error:
            getattr(thumb, attribute)
        assert isinstance(error.value, ValueError)

    def test_templates_stay_silent(self):
        template = Template("[{{ photo.variants.thumb.url }}{{ photo.variants.tumb.url }}]")

        assert template.render(Context({"photo": Photo()})) == "[]"

    def test_urls_are_empty_strings(self):
        assert Plain().variants.urls() == {"original": "", "thumb": "", "square": ""}

    def test_nothing_is_missing_or_made(self):
        variants = Plain().variants

        assert variants.missing() == []
        variants.delete()
        variants.thumb.delete()
        with pytest.raises(NoSource):
            variants.thumb.save(ContentFile(b""))


@pytest.mark.django_db
class TestVariantFile:
    @pytest.fixture
    def plain(self, committed):
        with committed():
            return Plain.objects.create(image=picture("photo.jpg"))

    def test_it_is_an_image_field_file_with_all_that_belongs_to_one(self, plain, media):
        thumb = plain.variants.thumb

        assert thumb.exists()
        assert thumb.path == str(media / "plain/photo_thumb.webp")
        assert thumb.size == os.path.getsize(thumb.path)
        assert (thumb.width, thumb.height) == (32, 21)
        with thumb.open() as file:
            assert Image.open(file).format == "WEBP"
        assert thumb.recipe == Plain.variants.recipes["thumb"]
        assert thumb.source == plain.image

    def test_it_has_all_that_django_gives_a_file(self, plain):
        thumb = plain.variants.thumb
        given = vars(ImageFieldFile(plain, plain._meta.get_field("image"), thumb.name))

        assert {name: getattr(thumb, name, None) for name in given} == {
            **given,
            "storage": thumb.storage,
        }
        assert place(thumb.storage) == place(given["storage"])

    def test_save_writes_exactly_its_name_and_leaves_the_row(self, plain, stored):
        before = stored()
        plain.title = "Not saved by this"
        plain.variants.thumb.save(ContentFile(b"other bytes"))

        assert stored() == before
        assert content_of(plain.variants.thumb) == b"other bytes"
        assert Plain.objects.get().title == ""
        assert Plain.objects.get().image == "plain/photo.jpg"

    def test_a_file_that_was_open_is_read_anew_after_save(self, plain):
        thumb = plain.variants.thumb
        thumb.open().read()
        thumb.save(ContentFile(b"other bytes"))

        assert content_of(thumb) == b"other bytes"

    def test_a_missing_file_has_no_dimensions_and_costs_no_page(self, plain):
        plain.variants.thumb.delete()

        assert (plain.variants.thumb.width, plain.variants.thumb.height) == (None, None)

    def test_delete_removes_that_one_file(self, plain, stored):
        plain.variants.thumb.delete()

        assert stored() == {"plain/photo.jpg", "plain/photo_square.png"}
        assert Plain.objects.get().image == "plain/photo.jpg"
        assert plain.variants.missing() == ["thumb"]

    def test_what_another_row_holds_is_neither_written_nor_deleted(self, plain, stored):
        plain.variants.thumb.delete()
        Plain.objects.create(image="plain/photo_thumb.webp")
        plain.image.storage.save("plain/photo_thumb.webp", ContentFile(b"somebody's"))

        for act in (
            lambda: plain.variants.thumb.save(ContentFile(b"ours")),
            plain.variants.thumb.delete,
            plain.variants.delete,
        ):
            with pytest.raises(FileExistsError, match=r"Other rows use 'plain/photo_thumb\.webp'"):
                act()
        assert content_of(plain.variants.thumb) == b"somebody's"

    def test_all_variants_go_by_exact_name(self, plain, stored):
        plain.image.storage.save("plain/photo_thumb.webp.txt", ContentFile(b""))
        plain.variants.delete()

        assert stored() == {"plain/photo.jpg", "plain/photo_thumb.webp.txt"}

    def test_render_makes_the_missing_ones_again(self, plain):
        plain.variants.delete()

        assert plain.variants.render("square") == ["square"]
        assert plain.variants.missing() == ["thumb"]
        assert plain.variants.render() == ["thumb", "square"]
        with pytest.raises(KeyError, match="Unknown variant 'tumb'"):
            plain.variants.render("tumb")

    @pytest.mark.parametrize("expression", ["delete", "render", "thumb.delete", "thumb.save"])
    def test_no_template_can_write_or_delete(self, plain, stored, expression):
        before = stored()
        Template(f"{{{{ plain.variants.{expression} }}}}").render(Context({"plain": plain}))

        assert stored() == before

    @pytest.mark.parametrize("model", [Plain, Photo, Nullable])
    def test_it_refuses_to_become_the_source_of_another_row(self, plain, model):
        other = model(image=picture("other.jpg"))
        other.save()
        other.image = plain.variants.thumb

        with pytest.raises(ValueError, match="is a variant and cannot be assigned") as error:
            other.save()
        assert "row.image.save(name, ContentFile(variant.open().read()))" in str(error.value)

    def test_it_refuses_to_become_its_own_source(self, plain):
        plain.image = plain.variants.thumb

        with pytest.raises(ValueError, match="is a variant and cannot be assigned"):
            plain.save()


class TestCopies:
    def copies(self, value):
        yield pickle.loads(pickle.dumps(value))  # noqa: S301
        yield copy.copy(value)
        yield copy.deepcopy(value)

    def test_a_variant_comes_back_whole(self):
        row = Two(pk=1, back="two/a.jpg")
        for thumb in self.copies(row.backs.thumb):
            assert isinstance(thumb, VariantFile)
            assert thumb.name == "two/a_thumb.webp"
            assert thumb.recipe == Two.backs.recipes["thumb"]
            assert thumb.source == "two/a.jpg"
            assert place(thumb.storage) == place(storages["memory"])

    def test_the_mapping_comes_back_whole(self):
        for variants in self.copies(Two(pk=1, back="two/a.jpg").backs):
            assert isinstance(variants, DerivedImages)
            assert variants.thumb.name == "two/a_thumb.webp"

    def test_rows_are_as_before(self):
        photo = Photo(pk=1, image=NAME)
        _ = photo.variants.thumb.url, photo.image.name
        for row in self.copies(photo):
            assert row.variants.thumb.name == "photos/cat_3000x2000_x7kq2mz9_thumb.webp"
            assert isinstance(row.image, SourceFile)
            assert set(row.__dict__) - {"_django_version"} == {"_state", "id", "title", "image"}

    @pytest.mark.django_db
    def test_a_cached_query_set_comes_back_whole(self):
        Photo.objects.create(image=NAME)
        (photo,) = pickle.loads(pickle.dumps(Photo.objects.all()))  # noqa: S301

        assert photo.variants.thumb.width == 160


@pytest.mark.django_db
class TestSourceFile:
    def test_it_says_when_a_file_is_stored(self):
        heard = []

        def hear(instance, field, name, **kwargs):
            heard.append((instance, field.name, name))

        source_stored.connect(hear)
        plain = Plain.objects.create(image=picture("photo.jpg"))
        source_stored.disconnect(hear)

        assert heard == [(plain, "image", "plain/photo.jpg")]

    def test_the_mark_lives_until_the_row_is_saved(self):
        plain = Plain()
        plain.image.save("photo.jpg", picture(), save=False)
        assert plain._state.derived_images_stored == {"image": ("plain/photo.jpg",)}

        plain.save()
        assert set(vars(plain._state)) <= {"db", "adding", "fields_cache"}

    def test_a_save_of_other_fields_leaves_the_mark(self, committed):
        plain = Plain.objects.create()
        plain.image.save("photo.jpg", picture(), save=False)
        with committed():
            plain.save(update_fields=["title"])
        assert plain.variants.missing() == ["thumb", "square"]
        with committed():
            plain.save(update_fields=["image"])

        assert plain.variants.missing() == []


@pytest.fixture(params=[FileSystemStorage, InMemoryStorage])
def storage(request, media):
    return request.param()


class TestWriting:
    def test_it_is_exactly_that_name_over_what_lay_there(self, storage):
        write(storage, "folder/a.webp", ContentFile(b"a longer one"))
        write(storage, "folder/a.webp", ContentFile(b"short"))

        with storage.open("folder/a.webp") as file:
            assert file.read() == b"short"
        assert storage.listdir("folder") == ([], ["a.webp"])

    def test_a_reader_keeps_the_file_that_it_opened(self, media):
        storage = FileSystemStorage()
        write(storage, "a.webp", ContentFile(b"old"))
        reader = storage.open("a.webp")
        write(storage, "a.webp", ContentFile(b"new, and longer"))

        assert reader.read() == b"old"
        reader.close()

    def test_nothing_is_left_of_a_write_that_fails(self, storage):
        class Broken(ContentFile):
            def chunks(self, chunk_size=None):
                yield b"half"
                raise OSError("The disk is full.")

        with pytest.raises(OSError, match="The disk is full"):
            write(storage, "a.webp", Broken(b"half a file"))
        if isinstance(storage, FileSystemStorage):
            assert storage.listdir("") == ([], [])

    def test_a_storage_that_renames_is_refused(self):
        class Renaming(InMemoryStorage):
            def _save(self, name, content):
                return super()._save(f"other-{name}", content)

        storage = Renaming()
        with pytest.raises(FileExistsError, match=r"stored 'a\.webp' as 'other-a\.webp'"):
            write(storage, "a.webp", ContentFile(b""))
        assert storage.listdir("") == ([], [])

    def test_temporary_files_can_be_told(self, media, monkeypatch):
        seen = []
        monkeypatch.setattr(os, "replace", lambda source, target: seen.append(source))
        write(FileSystemStorage(), "a.webp", ContentFile(b""))

        assert seen[0].endswith(TEMPORARY)

    def test_one_failing_delete_stops_no_other(self, caplog):
        class Failing(InMemoryStorage):
            def delete(self, name):
                if name == "b":
                    raise OSError("Not now.")
                super().delete(name)

        storage = Failing()
        for name in "abc":
            storage.save(name, io.BytesIO(b""))
        remove(storage, "abc")

        assert storage.listdir("") == ([], ["b"])
        assert caplog.messages == ["Cannot delete 'b'; an audit will find it."]
