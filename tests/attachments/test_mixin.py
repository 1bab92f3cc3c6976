"""What rows with images have, over every type of key and every inheritance."""

import pytest
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models import Count
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext, isolate_apps

from derived_images.attachments import ImagesMixin, ImagesQuerySet, register
from derived_images.attachments.mixin import with_images
from derived_images.attachments.models import ImageAttachment
from tests.attachments.models import Company, Part, PartProxy, Place, Restaurant
from tests.attachments.warehouse.models import Crate
from tests.attachments.warehouse.models import Part as OtherPart
from tests.pictures import picture

pytestmark = pytest.mark.django_db

SHAPES = [Part, Company, Place, Restaurant, PartProxy, Crate]


def row_of(model, name):
    key = {"slug": name} if issubclass(model, Place) else {}
    return model.objects.create(name=name, **key)


@pytest.mark.parametrize("model", SHAPES)
class TestEveryShape:
    @pytest.fixture
    def rows(self, model):
        """Return a row with two images, of which the second is its cover, and one without."""
        rows = [row_of(model, "first"), row_of(model, "second")]
        rows[0].attach(picture("a.jpg"), title="A")
        rows[0].set_cover(rows[0].attach(picture("b.jpg", color="blue"), title="B"))
        return rows

    def test_images_come_in_order(self, rows):
        assert [each.title for each in rows[0].images.all()] == ["A", "B"]
        assert rows[0].cover.title == "B"
        assert rows[1].cover is None

    def test_rows_are_filtered_by_their_images(self, model, rows):
        assert list(model.objects.filter(images__image__title="A")) == rows[:1]
        assert list(model.objects.exclude(images__image__title="A")) == rows[1:]
        assert list(model.objects.filter(images__isnull=True)) == rows[1:]
        among = ImageAttachment.objects.filter(image__title="B")
        assert list(model.objects.filter(images__in=among)) == rows[:1]

    def test_images_are_counted(self, model, rows):
        counted = model.objects.annotate(number=Count("images")).order_by("name")

        assert [each.number for each in counted] == [2, 0]

    def test_images_are_read_for_many_rows_at_once(self, model, rows, django_assert_num_queries):
        list(with_images(model.objects.all()))  # content types are read once a process
        with django_assert_num_queries(2):
            found = {each.name: each for each in with_images(model.objects.all())}
            assert [each.title for each in found["first"].images.all()] == ["A", "B"]
            assert found["first"].cover.title == "B"
            assert found["second"].cover is None

    def test_a_deleted_row_takes_its_attachments(self, model, rows):
        rows[0].delete()
        assert ImageAttachment.objects.count() == 0

    def test_deleted_rows_take_theirs(self, model, rows):
        rows[1].attach(picture())
        model.objects.filter(name="first").delete()

        assert [each.content_object.name for each in ImageAttachment.objects.all()] == ["second"]

    def test_attachments_know_their_row(self, model, rows):
        assert {each.object_id for each in rows[0].images.all()} == {str(rows[0].pk)}
        assert rows[0].images.first().content_object.pk == rows[0].pk


def test_models_of_one_name_do_not_meet():
    first, second = Part.objects.create(), OtherPart.objects.create()
    first.attach(picture("a.jpg"), title="A")
    second.attach(picture("b.jpg"), title="B")

    assert [each.title for each in first.images.all()] == ["A"]
    assert [each.title for each in second.images.all()] == ["B"]


def test_rows_of_a_child_are_rows_of_its_parent():
    restaurant = Restaurant.objects.create(slug="roma")
    attachment = restaurant.attach(picture())
    place = Place.objects.get(slug="roma")

    assert list(place.images.all()) == [attachment]
    assert place.cover == PartProxy.cover.fget(restaurant) == attachment
    assert place.detach(attachment)
    assert restaurant.cover is None


def test_there_is_no_column_and_no_migration():
    own = {field.name for field in Part._meta.local_concrete_fields}

    assert own == {"id", "name", "organization"}


@isolate_apps("tests.attachments", "django.contrib.auth", "django.contrib.contenttypes")
def test_managers_of_other_bases_are_not_hidden():
    class Account(ImagesMixin, AbstractUser):
        class Meta:
            app_label = "nowhere"
            abstract = True

    class Named(ImagesMixin, models.Model):
        objects = models.Manager()

        class Meta:
            app_label = "nowhere"

    assert [type(each) for each in Account._meta.managers] == [UserManager]
    assert type(Named.objects) is models.Manager
    assert isinstance(Part.objects.all(), ImagesQuerySet)
    assert isinstance(Restaurant.objects.all(), ImagesQuerySet)


class TestURLs:
    def test_a_list_of_100_costs_as_many_queries_as_one_of_10(self, monkeypatch, settings):
        image = None
        for number in range(100):
            part = Part.objects.create(name=str(number))
            image = part.attach(image or picture()).image
        Part.objects.create(name="bare")
        for method in ("open", "exists", "size", "_open", "path"):
            monkeypatch.setattr(FileSystemStorage, method, None)
        page = Template(
            "{% for part in parts %}{{ part.image_url }} {{ part.thumbnail_url }} "
            "{{ part.cover.image.variants.sm.url }} {{ part.cover.alt_text }}{% endfor %}"
        )
        from django.db import connection

        costs = []
        for number in (10, 101):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                page.render(Context({"parts": Part.objects.with_images()[:number]}))
            costs.append(len(queries))

        assert costs == [2, 2]

    def test_a_row_tells_its_cover(self, part):
        cover = part.attach(picture("cat.jpg"))

        assert part.image_url == cover.image.stored.file.url
        assert part.thumbnail_url == cover.image.stored.variants.thumb.url

    def test_a_row_without_one_has_a_placeholder(self, part):
        assert part.image_url is None
        assert part.thumbnail_url == "/static/derived_images/placeholder.svg"

    def test_a_set_without_a_thumb_has_another_first(self, part, settings):
        from derived_images import Fit

        part.attach(picture())
        settings.DERIVED_IMAGES = {"RECIPES": {"tiny": Fit(8, 8)}}
        assert part.thumbnail_url.endswith("_tiny.webp")
        settings.DERIVED_IMAGES = {"RECIPES": {}}
        assert part.thumbnail_url == part.image_url


class TestRegister:
    def test_twice_is_once(self):
        register(Crate)
        register(Part)
        assert [field.name for field in Crate._meta.private_fields].count("images") == 1

    @isolate_apps("tests.attachments")
    def test_what_the_model_has_is_not_overwritten(self):
        class Album(models.Model):
            cover = models.CharField(max_length=9)

            class Meta:
                app_label = "warehouse"
                abstract = True

        with pytest.raises(ImproperlyConfigured) as error:
            register(Album)
        assert str(error.value) == (
            "Images cannot be attached to warehouse.Album: it has 'cover' already."
        )

    def test_templates_cannot_change_anything(self, part):
        part.attach(picture())
        page = Template("{{ part.attach }}{{ part.detach }}{{ part.reorder }}{{ part.set_cover }}")

        assert page.render(Context({"part": part})) == ""

    @pytest.mark.parametrize("model", ["warehouse.Crate", Crate(), None])
    def test_what_is_no_model_is_told(self, model):
        with pytest.raises(TypeError, match="is no model"):
            register(model)
