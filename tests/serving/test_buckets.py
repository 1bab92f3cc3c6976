"""The media view before an S3 bucket: streamed in parts, redirected to, rendered into."""

import tempfile
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage

from derived_images.naming import focus_in
from derived_images.reading import content
from tests.buckets import bucket
from tests.pictures import picture
from tests.shop.models import Aimed, Photo

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.urls("tests.media_urls"),
]


@pytest.fixture(scope="module")
def options():
    with bucket("pictures") as options:
        yield {**options, "location": "media", "querystring_expire": 60}


@pytest.fixture(autouse=True)
def in_the_bucket(options, settings, tmp_path, monkeypatch):
    # Other tests render beside this one: it need not wait for them.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    settings.DERIVED_IMAGES = {"URLS": "view"}


@pytest.fixture
def photo(committed):
    with committed():
        return Photo.objects.create(image=picture(dimensions=(400, 200)))


def stored(file):
    with file.storage.open(file.name) as opened:
        return opened.read()


def test_no_url_expires(photo):
    assert all(
        url.partition("?")[0].startswith("/media/photos/") and "Signature" not in url
        for url in photo.variants.urls().values()
    )


def test_the_view_streams_whole_and_in_parts(client, photo):
    for file in (photo.image, *photo.variants.values()):
        whole = stored(file)
        response = client.get(file.url)
        part = client.get(file.url, headers={"Range": "bytes=10-19"})

        assert response.getvalue() == whole
        assert response["Content-Length"] == str(len(whole))
        assert (part.status_code, part.getvalue()) == (206, whole[10:20])
        assert client.get(file.url, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_head_fetches_no_byte(client, photo):
    asked = []
    events = default_storage.connection.meta.client.meta.events
    events.register("before-call.s3", lambda model, **kwargs: asked.append(model.name))
    response = client.head(photo.image.url)

    assert response["Content-Length"] == str(content(default_storage, photo.image.name).size)
    assert set(asked) == {"HeadObject"}


def test_a_redirect_leads_to_a_signed_url_and_is_not_kept(client, photo, settings):
    settings.DERIVED_IMAGES = {"URLS": "view", "SERVE": "redirect"}
    response = client.get(photo.variants.thumb.url)

    assert (response.status_code, response["Cache-Control"]) == (302, "no-store")
    assert "Signature=" in response.url
    signed = urlsplit(response.url)
    with closing(HTTPConnection(signed.netloc)) as connection:
        connection.request("GET", f"{signed.path}?{signed.query}")
        assert connection.getresponse().read() == stored(photo.variants.thumb)


@pytest.mark.parametrize("serve", ["stream", "redirect", "X-Accel-Redirect"])
def test_what_is_missing_is_rendered_into_the_bucket(client, photo, settings, serve):
    settings.DERIVED_IMAGES = {"URLS": "view", "SERVE": serve}
    photo.variants.delete()
    response = client.get(photo.variants.sm.url)
    response.close()

    assert response.status_code == (302 if serve == "redirect" else 200)
    assert photo.variants.missing() == ["thumb", "md", "lg"]


@pytest.mark.parametrize("serve", ["stream", "redirect"])
def test_what_is_not_there_is_nothing(client, photo, settings, serve):
    settings.DERIVED_IMAGES = {"URLS": "view", "SERVE": serve}
    default_storage.delete(photo.image.name)

    assert client.get(photo.image.url).status_code == 404
    assert client.get("/media/photos/none_1x1_x7kq2mz9.jpg").status_code == 404


def test_a_focal_point_is_moved_within_the_bucket(committed):
    with committed():
        row = Aimed.objects.create(image=picture(dimensions=(400, 200)))
    before = stored(row.image)
    old = [row.image.name, *(each.name for each in row.variants.values())]

    row.focus = "30% 70%"
    with committed():
        row.save()

    assert focus_in(row.image.name) == (0.3, 0.7)
    assert stored(row.image) == before
    assert row.variants.missing() == []
    assert [name for name in old if default_storage.exists(name)] == []
