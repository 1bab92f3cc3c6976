"""Django REST framework: a serializer of all fields reads, stores and refuses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import include, path
from rest_framework import routers, serializers, viewsets
from rest_framework.test import APIClient

from tests.neighbours.expected import NO_IMAGE, files_of, left_of
from tests.neighbours.models import Card, Picture
from tests.pictures import picture


def serializer_of(illustrated):
    """Return the serializer that projects write for such a model."""

    class AllFields(serializers.ModelSerializer):
        class Meta:
            model = illustrated
            fields = "__all__"
            extra_kwargs = {"image": {"allow_null": True}}

    return AllFields


def views_of(model):
    """Return the views that list, create, change and delete such rows."""
    attributes = {"queryset": model.objects.all(), "serializer_class": serializer_of(model)}
    return type("Views", (viewsets.ModelViewSet,), attributes)


router = routers.SimpleRouter()
router.register("picture", views_of(Picture))
router.register("card", views_of(Card))
urlpatterns = [path("", include(router.urls))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def url(model):
    return f"/{model._meta.model_name}/"


@pytest.fixture
def client():
    return APIClient()


def test_it_has_the_models_fields_only(model):
    assert list(serializer_of(model)().fields) == ["id", "title", "image"]


def test_a_row_is_read(row, client, url):
    assert client.get(f"{url}{row.pk}/").json() == {
        "id": row.pk,
        "title": "Cat",
        "image": f"http://testserver{row.image.url}",
    }


def test_variants_are_read_as_image_fields_without_a_query(row, django_assert_num_queries):
    class WithVariants(serializer_of(type(row))):
        thumb = serializers.ImageField(source="variants.thumb", read_only=True)
        variants = serializers.DictField(child=serializers.ImageField(), read_only=True)

    with django_assert_num_queries(0):
        read, blank = WithVariants([row, type(row)()], many=True).data
    urls = {name: variant.url for name, variant in row.variants.items()}

    assert (read["thumb"], read["variants"]) == (urls["thumb"], urls)
    assert (blank["thumb"], blank["variants"]) == (None, dict.fromkeys(urls))


def test_an_upload_is_rendered_after_commit(model, client, url, committed, stored):
    with committed():
        response = client.post(url, {"title": "Cat", "image": picture()})
    row = model.objects.get()

    assert response.status_code == 201
    assert response.json()["image"] == f"http://testserver{row.image.url}"
    assert row.variants.missing() == []
    assert stored() == files_of(row)


def test_what_is_no_image_is_refused_and_not_stored(model, client, url, stored):
    upload = SimpleUploadedFile("cat.jpg", b"no picture")
    response = client.post(url, {"title": "Cat", "image": upload})

    assert response.status_code == 400
    assert response.json() == {"image": [NO_IMAGE]}
    assert not model.objects.exists()
    assert stored() == set()


def test_a_replaced_file_goes_after_commit(row, client, url, committed, stored):
    old, left = files_of(row), left_of(row)
    with committed():
        response = client.patch(f"{url}{row.pk}/", {"image": picture("dog.jpg")})
        assert old < stored()
    row.refresh_from_db()

    assert response.status_code == 200
    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_cleared_file_goes_after_commit(row, client, url, committed, stored):
    with committed():
        response = client.patch(f"{url}{row.pk}/", {"image": None}, format="json")
        assert stored() == files_of(row)

    assert response.json()["image"] is None
    assert stored() == left_of(row)


def test_a_deleted_row_takes_its_files_along(row, client, url, committed, stored):
    with committed():
        assert client.delete(f"{url}{row.pk}/").status_code == 204
        assert stored() == files_of(row)

    assert stored() == left_of(row)
