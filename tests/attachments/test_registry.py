"""Which models may have images, and in which column their keys are."""

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection, models
from django.test.utils import isolate_apps

from derived_images.attachments import ImagesMixin, registry
from derived_images.attachments.models import ImageAttachment
from tests.attachments.models import Company, Part, PartProxy, Place, Restaurant, Stranger
from tests.attachments.warehouse.models import Crate, CrateProxy, OpenCrate
from tests.pictures import picture

COLUMNS = {
    Part: "object_int",
    PartProxy: "object_int",
    Crate: "object_int",
    Company: "object_uuid",
    Place: "object_str",
    Restaurant: "object_str",
}


@pytest.mark.parametrize("model", COLUMNS)
def test_keys_have_a_column_of_their_type(model):
    assert registry.is_registered(model)
    assert registry.column_of(model) == COLUMNS[model]


def test_a_child_is_registered_by_its_parent():
    assert registry.root_of(Restaurant) is Place
    assert registry.root_of(PartProxy) is Part


def test_what_nobody_registered_is_told():
    assert not registry.is_registered(Stranger)
    with pytest.raises(ValidationError):
        registry.column_of(Stranger)


@isolate_apps("tests.attachments")
def test_a_key_that_fits_nowhere_is_told():
    class Measurement(models.Model):
        at = models.DateTimeField(primary_key=True)

        class Meta:
            app_label = "nowhere"

    with pytest.raises(ImproperlyConfigured) as error:
        registry.column_for(Measurement)
    assert str(error.value) == (
        "Images cannot be attached to nowhere.Measurement: its key is a DateTimeField, "
        "and neither an integer, nor a UUID, nor text."
    )


@isolate_apps("tests.attachments")
def test_a_child_with_a_key_of_its_own_is_told():
    class Numbered(Part):
        part = models.OneToOneField(Part, models.CASCADE, parent_link=True)
        number = models.IntegerField(primary_key=True)

        class Meta:
            app_label = "nowhere"
            abstract = True

    with pytest.raises(ImproperlyConfigured) as error:
        type("Seventh", (Numbered,), {"__module__": "nowhere", "Meta": in_app("nowhere")})
    assert str(error.value) == (
        "nowhere.Seventh has images as a Part, so its key must be the one of its parent."
    )


@isolate_apps("tests.attachments")
def test_a_key_may_be_a_row_of_a_model_that_comes_later():
    class Profile(ImagesMixin, models.Model):
        user = models.OneToOneField("Later", models.CASCADE, primary_key=True)

        class Meta:
            app_label = "nowhere"

    assert not registry.is_registered(Profile)
    type("Later", (models.Model,), {"__module__": "nowhere", "Meta": in_app("nowhere")})
    assert registry.column_of(Profile) == "object_int"


@isolate_apps("tests.attachments")
def test_that_model_may_have_such_a_key_itself():
    class Middle(models.Model):
        last = models.OneToOneField("Last", models.CASCADE, primary_key=True)

        class Meta:
            app_label = "nowhere"

    class First(ImagesMixin, models.Model):
        middle = models.OneToOneField(Middle, models.CASCADE, primary_key=True)

        class Meta:
            app_label = "elsewhere"

    assert not registry.is_registered(First)
    fields = {"id": models.UUIDField(primary_key=True)}
    type("Last", (models.Model,), {"__module__": "nowhere", "Meta": in_app("nowhere"), **fields})
    assert registry.column_of(First) == "object_uuid"


def in_app(label):
    return type("Meta", (), {"app_label": label})


@pytest.mark.django_db
class TestRelatives:
    """Proxies and children, some of which were there before their model was registered."""

    @pytest.mark.parametrize("model", [CrateProxy, OpenCrate])
    def test_their_rows_take_their_attachments(self, model):
        row = model.objects.create()
        attachment = row.attach(picture())
        assert list(model.objects.filter(images=attachment)) == [row]
        model.objects.get().delete()
        assert not ImageAttachment.objects.exists()

    def test_a_parent_that_stays_keeps_its_images(self):
        Restaurant.objects.create(slug="roma").attach(picture())
        Restaurant.objects.get().delete(keep_parents=True)
        assert Place.objects.get().cover is not None


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Part, Company, Place])
def test_rows_are_joined_by_an_index(model):
    """A column of text for every key would be cast, and read whole."""
    if connection.vendor != "postgresql":
        pytest.skip("It is PostgreSQL that says so.")
    row = model.objects.create(**({"slug": "roma"} if model is Place else {}))
    row.attach(picture())
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = ImageAttachment.objects.of(row).explain()
    assert f"{COLUMNS[model]}" in plan.partition("Index Cond:")[2]
