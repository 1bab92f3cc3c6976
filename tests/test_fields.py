"""The manager on models of every shape, and the field that allocates names."""

import itertools
import pickle
import re
import shutil
from unicodedata import normalize

import hypothesis
import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, models, transaction
from django.db.models.fields.files import ImageFieldFile
from django.forms import modelform_factory
from django.test.utils import isolate_apps, override_settings
from hypothesis import strategies as st
from PIL import Image

from derived_images import (
    AutoCleanupImageField,
    DerivedImagesManager,
    Fit,
    mosaic,
    references,
)
from derived_images.fields import managers_of, validate_budget
from derived_images.files import SourceFile
from derived_images.naming import is_allocated
from tests.pictures import encoded, picture, png_claiming, upload
from tests.shop import models as shop

SHAPES = [
    shop.Plain,
    shop.Photo,
    shop.WithUUID,
    shop.WithSlug,
    shop.Concrete,
    shop.Overriding,
    shop.Child,
    shop.Proxy,
    shop.OverridingProxy,
    shop.Nullable,
]


def row(model, **values):
    """Return an unsaved row of any shape."""
    return model(**({"slug": "a-slug"} if model is shop.WithSlug else {}), **values)


@pytest.mark.django_db
@pytest.mark.parametrize("model", SHAPES)
class TestEveryShape:
    def test_an_upload_is_rendered_after_commit(self, model, committed):
        with committed():
            saved = row(model, image=picture())
            saved.save()
            assert saved.variants.missing() == list(saved.variants)

        assert saved.variants.missing() == []
        assert model.objects.get(pk=saved.pk).variants.missing() == []

    def test_a_file_saved_onto_a_row_is_rendered_after_commit(self, model, committed):
        saved = row(model)
        saved.save()
        with committed():
            saved.image.save("dog.png", picture(format="PNG"))

        assert saved.variants.missing() == []

    def test_nothing_stays_in_the_instance(self, model, committed):
        saved = row(model)
        saved.save()
        before = set(saved.__dict__)
        with committed():
            saved.image = picture()
            saved.save()
            saved.variants.urls()

        assert set(saved.__dict__) == before
        assert pickle.loads(pickle.dumps(saved)).variants.urls() == saved.variants.urls()  # noqa: S301

    def test_the_manager_is_no_field(self, model):
        names = {field.name for field in model._meta.get_fields()}

        assert not names & managers_of(model).keys()
        assert model.check() == []


class TestInheritance:
    def test_on_the_class_it_is_the_manager(self):
        manager = shop.Plain.variants

        assert isinstance(manager, DerivedImagesManager)
        assert manager.source == "image"
        assert manager.recipes == shop.SMALL
        assert manager.naming.text == "{dir}{stem}_{variant}.{ext}"
        assert manager.storage is None
        assert shop.Two.backs.storage is storages["memory"]

    @pytest.mark.parametrize(
        ("model", "names"),
        [
            (shop.Concrete, ["thumb", "square"]),
            (shop.Overriding, ["banner"]),
            (shop.Proxy, ["thumb", "sm", "md", "lg"]),
            (shop.OverridingProxy, ["stamp"]),
            (shop.Child, ["card"]),
        ],
    )
    def test_it_is_inherited_and_overridden_as_attributes_are(self, model, names):
        assert list(model(image="a.jpg").variants) == names
        assert managers_of(model) == {"variants": model.variants}

    def test_none_takes_it_away(self):
        class Without(shop.Base):
            variants = None

            class Meta:
                app_label = "shop"
                abstract = True

        assert managers_of(Without) == {}

    def test_it_cannot_be_assigned(self):
        with pytest.raises(
            AttributeError, match=r"Plain\.variants cannot be set: assign the source"
        ):
            shop.Plain().variants = {}

    def test_recipes_of_the_settings_are_read_when_used(self, settings):
        photo = shop.Photo(image="a.jpg")
        assert photo.variants.thumb.name == "a_thumb.webp"
        settings.DERIVED_IMAGES = {"RECIPES": {"tiny": Fit(8, 8, format="png")}}

        assert photo.variants.urls() == {"original": "/media/a.jpg", "tiny": "/media/a_tiny.png"}

    @isolate_apps("tests.shop")
    def test_a_file_class_of_the_projects_own_is_kept(self):
        class Loud(ImageFieldFile):
            def shout(self):
                return self.name.upper()

        class LoudField(models.ImageField):
            attr_class = Loud

        class Post(models.Model):
            image = LoudField()
            variants = DerivedImagesManager("image", shop.SMALL)

            class Meta:
                app_label = "shop"

        image = Post(image="a.jpg").image
        assert isinstance(image, SourceFile)
        assert image.shout() == "A.JPG"

    def test_a_project_without_the_app_is_told(self, settings):
        settings.INSTALLED_APPS = [
            app for app in settings.INSTALLED_APPS if app != "derived_images"
        ]
        for value in (DerivedImagesManager("image"), AutoCleanupImageField()):
            with pytest.raises(ImproperlyConfigured, match=r"Post\.\w+ needs 'derived_images' in"):
                type(
                    "Post",
                    (models.Model,),
                    {
                        "__module__": "tests.shop.models",
                        "value": value,
                        "Meta": type("Meta", (), {"abstract": True}),
                    },
                )


@pytest.mark.django_db
class TestAllocation:
    def test_the_name_says_what_the_file_holds(self):
        photo = shop.Photo.objects.create(image=picture("cat.JPG", (300, 200)))

        assert re.fullmatch(r"photos/cat_300x200_[a-z][0-9a-z]{7}\.jpg", photo.image.name)
        assert is_allocated(photo.image.name)

    @pytest.mark.parametrize(
        ("format", "extension"),
        [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("AVIF", "avif")],
    )
    def test_the_extension_is_the_contents_own(self, format, extension):
        photo = shop.Photo.objects.create(image=picture("cat.tiff", format=format))

        assert photo.image.name.endswith(f".{extension}")

    def test_dimensions_are_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        photo = shop.Photo.objects.create(image=picture("cat.jpg", (60, 40), exif=exif))

        assert "_40x60_" in photo.image.name
        assert (photo.image.width, photo.image.height) == (40, 60)

    def test_every_upload_gets_a_name_of_its_own(self, committed, stored):
        with committed():
            photos = [shop.Photo.objects.create(image=picture()) for _ in range(3)]

        assert len({photo.image.name for photo in photos}) == 3
        assert len(stored()) == 3 * len({"source", "thumb", "sm", "md", "lg", "stamp"})

    @pytest.mark.parametrize(
        ("format", "message"),
        [
            ("BMP", "This file is no picture in one of these formats: "),
            ("PNG", "This picture has 60 × 40 pixels, 2400 in all. No more than 1000 are allowed "),
        ],
    )
    def test_what_cannot_be_rendered_is_refused_by_forms(self, format, message, settings, stored):
        settings.DERIVED_IMAGES = {"MAX_PIXELS": 2000}  # of a PNG half of it
        upload = picture("cat.png", format=format)
        form = modelform_factory(shop.Photo, fields=["image"])({}, {"image": upload})

        assert form.errors["image"][0].startswith(message)
        assert stored() == set()

    def test_forms_say_both_numbers_of_what_pillow_refuses_by_itself(self, stored):
        upload = SimpleUploadedFile("cat.png", png_claiming(50_000, 50_000))
        form = modelform_factory(shop.Photo, fields=["image"])({}, {"image": upload})

        assert re.search(r"2500000000 .* 178956970", form.errors["image"][0])
        assert stored() == set()

    def test_what_is_stored_already_is_not_refused(self, media):
        shop.Photo(image="photos/gone.jpg").full_clean()

    def test_what_is_no_picture_is_kept_and_never_believed(self, committed, caplog):
        with committed():
            photo = shop.Photo.objects.create(image=ContentFile(b"no picture", name="cat.JPG"))

        assert re.fullmatch(r"photos/cat_0x0_[a-z][0-9a-z]{7}\.jpg", photo.image.name)
        assert photo.image.width is None
        with photo.image.open() as file:
            assert file.read() == b"no picture"
        (message,) = caplog.messages
        assert message.startswith(f"Not rendered for shop.Photo {photo.pk}: ")
        assert "This file is no picture in one of these formats" in message

    def test_a_name_that_was_not_allocated_is_read(self, media):
        (media / "cat_9x9_abcdefgh.jpg").write_bytes(picture(dimensions=(30, 20)).read())
        photo = shop.Photo(image="cat_9x9_abcdefgh.jpg")

        assert (photo.image.width, photo.image.height) == (30, 20)
        assert photo.image.closed

    def test_an_upload_that_is_not_stored_yet_is_read(self):
        photo = shop.Photo(image=picture("cat_9x9_x7kq2mz9.jpg", (30, 20)))

        assert (photo.image.width, photo.image.height) == (30, 20)

    @pytest.mark.parametrize("model", [shop.Photo, shop.WithLongNames])
    @pytest.mark.parametrize("stem", ["x" * 300, "Ф" * 200, "🐈" * 90], ids=["x", "Ф", "🐈"])
    def test_the_stem_is_cut_so_that_all_names_fit(self, stem, model):
        photo = model.objects.create(image=picture(f"{stem}.jpg"))

        assert len(photo.image.name) <= model._meta.get_field("image").max_length
        assert is_allocated(photo.image.name)
        for variant in photo.variants.values():
            assert len(variant.name.rpartition("/")[2].encode()) <= 255

    def test_a_folder_that_leaves_no_room_is_refused(self):
        photo = shop.Photo()
        with pytest.raises(SuspiciousFileOperation, match="No name can be made of"):
            photo.image.save("x" * 95 + "/cat.jpg", picture())

    @isolate_apps("tests.shop")
    def test_it_is_appended_to_what_upload_to_gives(self):
        class Post(models.Model):
            image = AutoCleanupImageField(upload_to=lambda post, name: f"posts/{name}.orig.png")

            class Meta:
                app_label = "shop"

        post = Post()
        post.image.save("my cat.jpg", picture(), save=False)
        assert re.fullmatch(r"posts/my_cat\.jpg\.orig_60x40_\w{8}\.jpg", post.image.name)

    def test_the_file_of_another_row_can_be_copied(self):
        photo = shop.Photo.objects.create(image=picture())
        copied, original = shop.Photo(), shop.Photo.objects.get(pk=photo.pk).image
        assert original.closed
        copied.image.save("copy.jpg", original)
        original.close()

        assert re.fullmatch(r"photos/copy_60x40_\w{8}\.jpg", copied.image.name)

    def test_a_file_on_disk_can_be_given_too(self, tmp_path):
        (tmp_path / "cat.png").write_bytes(encoded(Image.new("RGB", (7, 5)), "PNG"))
        with (tmp_path / "cat.png").open("rb") as file:
            photo = shop.Photo.objects.create(image=File(file, name="cat.png"))

        assert "_7x5_" in photo.image.name


def test_to_migrations_it_is_djangos_field():
    _, path, args, kwargs = AutoCleanupImageField(upload_to="a/").deconstruct()

    assert (path, args, kwargs) == (
        "django.db.models.ImageField",
        [],
        {"upload_to": "a/", "db_index": True},
    )


class OwnField(AutoCleanupImageField):
    """A subclass of a project's own."""


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("field_class", [AutoCleanupImageField, OwnField])
def test_an_index_declined_stays_declined(field_class, index):
    field = field_class(db_index=index)
    _, path, args, kwargs = field.deconstruct()
    kept = OwnField if path.endswith("OwnField") else models.ImageField

    assert field.clone().db_index is index
    assert kept(*args, **kwargs).db_index is index


class TestPlaceholders:
    """Twenty pixels in the names of uploads, where a field asks for them."""

    @pytest.mark.parametrize("exif", [None, 6])
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
    def test_a_name_carries_the_picture_upright(self, format, exif):
        image = Image.new("RGB", (300, 200), "red")
        image.paste("blue", (0, 0, 300, 100) if exif is None else (0, 0, 150, 200))
        turned = Image.Exif()
        turned[0x0112] = exif or 1

        row = shop.Aimed(image=upload(image, "cat", format, exif=turned))
        row.image.save("cat", row.image.file, save=False)

        pixels = mosaic.picture(row.image.pixels, row.image.known_dimensions)
        assert pixels.size == ((5, 4) if exif is None else (4, 5))
        top, bottom = pixels.getpixel((1, 0)), pixels.getpixel((1, pixels.height - 1))
        assert top[2] > 200 > 60 > top[0]
        assert bottom[0] > 200 > 60 > bottom[2]

    @pytest.mark.parametrize(
        "content",
        [
            encoded(Image.new("RGBA", (30, 20), "#ff000080"), "PNG"),
            encoded(Image.new("RGB", (300, 200), "red"), "JPEG")[:-200],
            png_claiming(30_000, 30_000),
            b"no picture at all",
        ],
        ids=["transparent", "broken", "over the budget", "none"],
    )
    def test_what_has_none_is_stored_all_the_same(self, content):
        row = shop.Aimed()
        row.image.save("cat.jpg", ContentFile(content), save=False)

        assert is_allocated(row.image.name)
        assert (row.image.pixels, row.image.color, row.image.placeholder) == ("", "", "")
        with row.image.open() as stored:
            assert stored.read() == content

    def test_an_animation_is_its_first_frame(self):
        frames = [Image.new("RGB", (30, 20), color) for color in ("red", "blue")]
        row = shop.Aimed()
        content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        row.image.save("cat.gif", ContentFile(content), save=False)

        assert row.image.color[1:3] > "e0"

    def test_other_fields_do_without(self, undecodable):
        row = shop.Photo()
        row.image.save("cat.jpg", picture(), save=False)

        assert row.image.pixels == ""

    def test_to_migrations_it_is_nothing(self):
        field = shop.Aimed._meta.get_field("image")

        assert "placeholder" not in field.deconstruct()[3]
        assert field.clone().placeholder is True


def test_subclasses_keep_their_own_path():
    assert OwnField().deconstruct()[1] == "tests.test_fields.OwnField"


class TestAPlainFieldsForm:
    """Of a field of Django's, which a manager is about."""

    def form(self, upload):
        return modelform_factory(shop.Loose, fields=["image"])({}, {"image": upload})

    def test_it_refuses_what_is_over_the_budget(self, settings, stored):
        settings.DERIVED_IMAGES = {"MAX_PIXELS": 2400 - 1}

        assert self.form(picture()).errors["image"] == [
            "This picture has 60 × 40 pixels, 2400 in all. "
            "No more than 2399 are allowed in this format."
        ]
        assert stored() == set()

    def test_it_takes_every_format_that_it_took(self):
        assert self.form(picture("cat.bmp", format="BMP")).is_valid()

    def test_it_asks_once_however_many_managers_there_are(self):
        assert shop.Place._meta.get_field("image").validators == [validate_budget]

    def test_a_field_without_a_manager_is_let_be(self):
        assert shop.Legacy._meta.get_field("image").validators == []

    def test_migrations_dont_notice(self):
        assert "validators" not in shop.Loose._meta.get_field("image").deconstruct()[3]


@pytest.mark.django_db
class TestNameCollisions:
    """Two sources never share a variant's name, whatever people call their uploads."""

    @pytest.mark.parametrize("render", [True, False], ids=["rendered", "not rendered"])
    @pytest.mark.parametrize("in_order", [True, False], ids=["in order", "reversed"])
    @pytest.mark.parametrize("model", [shop.Plain, shop.Photo])
    @pytest.mark.parametrize(
        "uploads",
        [
            ("photo.jpg", "photo.png"),
            ("photo.jpg", "photo.JPG"),
            ("photo", "photo.jpg"),
            ("photo.jpg", "photo_thumb.webp"),
            ("photo.jpg", "photo.txt"),
            ("photo.", "photo.jpg"),
            ("photo.odd", "photo.odder"),
            ("photo.jpg", "photo.jpg"),
            ("fot\u00e9.jpg", "fote\u0301.jpg"),  # one é, composed and not
        ],
        ids=" and ".join,
    )
    def test_uploads_in_any_order(self, uploads, model, in_order, render, committed, settings):
        settings.DERIVED_IMAGES = {} if render else {"PROCESSOR": "none"}
        rows = []
        for number, name in enumerate(uploads if in_order else reversed(uploads)):
            with committed():
                saved = model()
                saved.image.save(name, picture(color=["tomato", "teal"][number]))
            rows.append(saved)

        assert not names_of(rows[0]) & names_of(rows[1])
        for saved, color in zip(rows, [(255, 99, 71), (0, 128, 128)], strict=True):
            assert is_of(saved.image, color)
            assert not render or is_of(saved.variants.thumb, color)

    @pytest.mark.parametrize("model", [shop.Plain, shop.Photo])
    def test_in_bulk(self, model):
        rows = model.objects.bulk_create(
            model(image=picture(name)) for name in ("a.jpg", "a.png", "a_thumb.webp", "a")
        )
        names = [names_of(each) for each in rows]

        assert len(set().union(*names)) == sum(map(len, names))

    def test_a_name_without_extension_keeps_its_token(self, committed):
        """From a bug: the token passed for the extension, which variants' names drop."""
        with committed():
            photo = shop.Photo.objects.create(image=ContentFile(b"none", name="cat.v1.файл"))
            loose = shop.Loose.objects.create(image=picture("cat.jpg"))
        with committed():
            photo.delete()

        assert loose.variants.missing() == []

    def test_a_hostile_name_is_looked_up_in_few_steps(self, monkeypatch):
        asked = []
        names = DerivedImagesManager.names
        monkeypatch.setattr(
            DerivedImagesManager,
            "names",
            lambda self, name: asked.append(name) or names(self, name),
        )
        shop.Loose().image.free_name("_" * 85 + ".webp", picture())

        assert len(asked) < 1000

    def test_a_second_database_that_is_down_costs_no_upload(self, monkeypatch, caplog):
        def fail(*args):
            raise OperationalError("Down.")

        monkeypatch.setattr(references, "_rows", fail)
        plain = shop.Plain()
        plain.image.save("a.jpg", picture(), save=False)

        assert plain.image.name == "plain/a.jpg"
        assert caplog.messages == ["Cannot ask who uses 'plain/a.jpg'."]

    def test_names_that_concatenate(self, committed):
        with committed():
            first, second = shop.Plain(), shop.Plain()
            first.image.save("a_thumb.jpg", picture())
            second.image.save("a.jpg", picture())

        assert not names_of(first) & names_of(second)

    def test_an_upload_onto_a_plain_field_named_like_a_variant_of_ours(self, settings):
        settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
        photo = shop.Photo.objects.create(image=picture())
        thumb = photo.variants.thumb.name

        assert shop.Plain().image.free_name(thumb, picture()) != thumb

    def test_a_replacement_with_the_same_stem_gets_another_name(self, committed):
        with committed():
            plain = shop.Plain.objects.create(image=picture("a.jpg"))
        before = names_of(plain)
        with committed():
            plain.image.save("a.png", picture(format="PNG", color="teal"))

        assert not names_of(plain) & before
        assert is_of(plain.variants.thumb, (0, 128, 128))


STEMS = st.text("ab_.é", min_size=1, max_size=6).filter(lambda stem: stem.strip("."))
UPLOADS = st.tuples(
    st.sampled_from([shop.Loose, shop.Photo]),
    st.builds("".join, st.tuples(STEMS, st.sampled_from(["", ".jpg", ".JPG", ".webp", ".odd"]))),
)
VARIANTS = st.lists(st.from_regex(r"[ab][ab_]{0,3}", fullmatch=True), min_size=1, max_size=3)


@pytest.mark.django_db
@hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(uploads=st.lists(UPLOADS, min_size=2, max_size=5), variants=VARIANTS)
def test_the_names_of_two_live_rows_are_disjoint(uploads, variants, media):
    recipes = {variant: Fit(8, 8) for variant in variants}
    options = {"RECIPES": recipes, "PROCESSOR": "none"}
    with override_settings(DERIVED_IMAGES=options), transaction.atomic():
        names = [sorted(names_after_upload(model(), name)) for model, name in uploads]
        transaction.set_rollback(True)
    shutil.rmtree(media)

    for one, other in itertools.combinations(names, 2):
        assert not set(one) & set(other)


def names_after_upload(saved, name):
    saved.image.save(name, picture())
    return names_of(saved)


def names_of(saved):
    names = {saved.image.name, *(variant.name for variant in saved.variants.values())}
    return {normalize("NFC", name) for name in names}


def is_of(file, color):
    """Say whether the file's picture is of that colour, give or take what encoders do."""
    with file.open() as opened, Image.open(opened) as image:
        found = image.convert("RGB").getpixel((1, 1))
    return all(abs(one - other) < 12 for one, other in zip(found, color, strict=True))


@pytest.mark.django_db
def test_width_and_height_fields_are_upright_on_ours():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = shop.Measured.objects.create(
        image=upload(Image.new("RGB", (60, 40)), "cat.jpg", "JPEG", exif=exif)
    )

    assert (photo.width, photo.height) == (40, 60)
