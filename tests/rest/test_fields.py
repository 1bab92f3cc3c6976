"""The URLs of variants, in a serializer of any model."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from rest_framework import serializers

from derived_images.rest import VariantsField
from tests.pictures import picture
from tests.shop.models import Photo

pytestmark = pytest.mark.django_db


def shown(row, context=None, **options):
    class PhotoSerializer(serializers.ModelSerializer):
        variants = VariantsField(**options)

        class Meta:
            model = type(row)
            fields = ("variants",)

    return PhotoSerializer(row, context=context or {}).data["variants"]


@pytest.fixture
def photo(settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
    return Photo.objects.create(image=picture("cat.jpg", (300, 200)))


def test_all_are_there_the_original_first(photo):
    assert shown(photo) == photo.variants.urls()
    assert next(iter(shown(photo))) == "original"


def test_those_that_are_wanted(photo):
    assert shown(photo, variants=["md", "thumb"]) == {
        "original": photo.image.url,
        "md": photo.variants.md.url,
        "thumb": photo.variants.thumb.url,
    }


def test_with_dimensions(photo):
    entry = shown(photo, variants=["thumb"], dimensions=True)["thumb"]
    assert entry == {"url": photo.variants.thumb.url, "width": 160, "height": 107}


def test_absolute_where_one_wants_them(photo):
    context = {"request": RequestFactory().get("/")}
    urls = shown(photo, context, variants=["thumb"], absolute=True)
    assert urls["thumb"] == f"http://testserver{photo.variants.thumb.url}"
    with pytest.raises(ImproperlyConfigured, match="'variants' is to be absolute"):
        shown(photo, absolute=True)


def test_without_a_source_they_are_empty():
    urls = shown(Photo())
    assert urls == dict.fromkeys(["original", "thumb", "sm", "md", "lg"], "")
    assert shown(Photo(), variants=[], dimensions=True) == {
        "original": {"url": "", "width": None, "height": None}
    }


def test_the_original_may_be_named(photo):
    assert list(shown(photo, variants=["thumb", "original"])) == ["original", "thumb"]


def test_a_file_that_is_lost_has_no_dimensions(photo):
    Photo.objects.update(image="photos/lost.jpg")
    lost = Photo.objects.get()
    assert shown(lost, variants=[], dimensions=True) == {
        "original": {"url": lost.image.url, "width": None, "height": None}
    }


def test_an_unknown_one_is_told_with_the_choices(photo):
    with pytest.raises(KeyError, match="Choices are"):
        shown(photo, variants=["tumb"])


def test_it_takes_nothing(photo):
    assert VariantsField().read_only


def test_it_needs_the_core_alone():
    alone = (
        "from django.conf import settings; import django; "
        "settings.configure(INSTALLED_APPS=["
        "'django.contrib.contenttypes', 'django.contrib.auth', 'rest_framework', "
        "'drf_spectacular', 'derived_images', 'derived_images.rest'], "
        "USE_TZ=True, ROOT_URLCONF='tests.urls'); django.setup(); "
        "from derived_images.rest import VariantsField; VariantsField(); "
        "import sys; assert 'derived_images.attachments.models' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", alone], check=True)
