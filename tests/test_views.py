"""The media view: who gets which bytes, under which headers, and what nobody gets."""

import io
import tempfile
from functools import wraps

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import connections
from django.http import Http404
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.http import http_date
from PIL import Image

from derived_images import Fit, ondemand, reading
from derived_images.declarations import _Known
from derived_images.naming import naming_for
from derived_images.views import FOR_AN_HOUR, FOR_EVER, FOR_ONE, NOT_AT_ALL, media
from tests.pictures import picture
from tests.shop.models import Document, Panorama, Photo, Plain, Two

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.urls("tests.media_urls"),
]

#: The hook that a test sets.
allowed = None


def hook(request, file):
    return allowed(request, file)


async def patient_hook(request, file):
    return await sync_to_async(allowed)(request, file)


async def hasty_hook(request, file):
    return allowed(request, file)


@wraps(patient_hook)
def wrapped_hook(*args):
    return patient_hook(*args)


class CallableHook:
    async def __call__(self, request, file):
        return await patient_hook(request, file)


callable_hook = CallableHook()


@pytest.fixture(autouse=True)
def forgetful(settings, tmp_path, monkeypatch):
    """Let no failure be remembered from another test, nor a file in memory; wait for none of them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ondemand._failed.clear()
    settings.STORAGES = {**settings.STORAGES}


class Closing(Client):
    """Closes what a test did not read, as a server does when a browser goes."""

    def __init__(self):
        super().__init__()
        self.answers = []

    def request(self, **request):
        self.answers.append(super().request(**request))
        return self.answers[-1]


@pytest.fixture
def client():
    client = Closing()
    yield client
    for answer in client.answers:
        answer.close()


@pytest.fixture
def configured(settings):
    def configure(**options):
        settings.DERIVED_IMAGES = {"URLS": "view", **options}

    configure()
    return configure


@pytest.fixture
def authorize(configured, monkeypatch):
    """Set what `AUTHORIZE` answers."""

    def decide(allows, path="tests.test_views.hook", **options):
        monkeypatch.setattr("tests.test_views.allowed", allows)
        configured(AUTHORIZE=path, **options)

    return decide


@pytest.fixture
def photo(configured, committed):
    with committed():
        return Photo.objects.create(image=picture(dimensions=(400, 200)))


@pytest.fixture
def plain(configured, committed):
    with committed():
        return Plain.objects.create(image=picture())


def body(response):
    return response.getvalue()


def stored(file):
    with file.storage.open(file.name) as opened:
        return opened.read()


def is_nothing(response):
    """Say whether it is the answer of which there is but one."""
    return (
        response.status_code == 404
        and body(response) == b"Not found."
        and {**response.headers, "Vary": None}
        == {
            "Vary": None,
            "Content-Type": "text/plain",
            "Content-Length": "10",
            "Cache-Control": NOT_AT_ALL,
            "X-Content-Type-Options": "nosniff",
        }
    )


# --- What is served


@pytest.mark.parametrize("method", ["get", "head"])
def test_sources_and_variants_are_served_with_their_headers(client, photo, method):
    for file, kind in [(photo.image, "image/jpeg"), (photo.variants.thumb, "image/webp")]:
        response = getattr(client, method)(file.url)

        assert response.status_code == 200
        assert body(response) == (stored(file) if method == "get" else b"")
        assert response["Content-Length"] == str(file.size)
        assert response["Content-Type"] == kind
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Accept-Ranges"] == "bytes"
        assert response["Content-Disposition"] == f'inline; filename="{file.name[7:]}"'


def test_plain_fields_are_served(client, plain):
    for file in (plain.image, *plain.variants.values()):
        assert body(client.get(file.url)) == stored(file)


def test_a_storage_of_its_own_has_a_mount_of_its_own(client, configured, committed):
    with committed():
        two = Two.objects.create(back=picture(), front=picture())
    variant = two.backs.thumb

    assert variant.url.startswith("/memory/two/")
    assert body(client.get(variant.url)) == stored(variant)
    assert is_nothing(client.get(variant.url.replace("/memory/", "/media/")))
    assert is_nothing(client.get(two.back.url.replace("/media/", "/memory/")))


def test_all_six_tiles_are_served(client, configured, committed):
    with committed():
        panorama = Panorama.objects.create(image=picture(dimensions=(128, 64)))
    urls = panorama.cubes.urls()

    assert list(urls) == ["original", *panorama.cubes]
    assert {client.get(url).status_code for url in urls.values()} == {200}


def test_other_methods_are_refused(client, photo):
    for method in ("post", "put", "delete", "patch", "options"):
        response = getattr(client, method)(photo.image.url)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("quote\"'.jpg", 'inline; filename="quote\\"\'.jpg"'),
        ("фото.jpg", "inline; filename*=utf-8''%D1%84%D0%BE%D1%82%D0%BE.jpg"),
        ("semi;colon.jpg", 'inline; filename="semi;colon.jpg"'),
        ("page.html", 'attachment; filename="page.html"'),
        ("drawing.svg", 'attachment; filename="drawing.svg"'),
        ("noext", 'attachment; filename="noext"'),
    ],
)
def test_any_name_is_told_safely_and_only_pictures_are_shown(client, configured, name, disposition):
    default_storage.save(f"plain/{name}", ContentFile(b"bytes"))
    row = Plain.objects.create(image=f"plain/{name}")
    response = client.get(row.image.url)

    assert body(response) == b"bytes"
    assert response["Content-Disposition"] == disposition
    kind = "image/jpeg" if name.endswith(".jpg") else "application/octet-stream"
    assert response["Content-Type"] == kind


# --- What is not


@pytest.mark.parametrize("method", ["get", "head"])
def test_nothing_else_in_the_storage_is_served(client, configured, photo, method):
    other = default_storage.save("photos/report.pdf", ContentFile(b"secret"))
    loose = default_storage.save("photos/loose.jpg", ContentFile(b"secret"))
    undeclared = photo.variants.thumb.name.replace("_thumb", "_huge")
    default_storage.save(undeclared, ContentFile(b"secret"))
    document = Document.objects.create(file=ContentFile(b"secret", "letter.jpg"))

    for name in (other, loose, undeclared, document.file.name):
        response = getattr(client, method)(f"/media/{name}")
        assert response.status_code == 404
        assert b"secret" not in body(response)


def test_names_are_compared_to_the_letter(client, plain):
    assert is_nothing(client.get(plain.image.url.upper().replace("/MEDIA", "/media")))


@pytest.mark.parametrize(
    "name",
    [
        "../settings.py",
        "photos/../../settings.py",
        "photos/./cat.jpg",
        "photos//cat.jpg",
        "/etc/passwd",
        "photos\\cat.jpg",
        "..\\cat_3000x2000_a0000005.jpg",
        "photos/cat\0.jpg",
        "photos/cat\n.jpg",
    ],
)
def test_what_no_file_is_called_is_nothing(client, configured, name, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert is_nothing(media(RequestFactory().get("/media/x"), name))


def untouchable(*args, **kwargs):
    raise AssertionError("The storage was touched.")


def test_a_random_name_never_reaches_the_storage(client, configured, monkeypatch):
    for name in ("open", "exists", "path", "size", "listdir", "get_modified_time"):
        monkeypatch.setattr(type(storages["default"]), name, untouchable)

    for name in ("photos/x.jpg", "photos/x_thumb.webp", "x", "photos/a_3000x2000_x7kq2mz1.jpg"):
        assert is_nothing(client.get(f"/media/{name}"))


def test_names_that_our_field_chose_cost_no_query(client, photo, django_assert_num_queries):
    with django_assert_num_queries(0):
        for url in photo.variants.urls().values():
            assert client.get(url).status_code == 200


def test_a_plain_name_costs_one_question_of_its_field(client, plain):
    # Of those that store elsewhere nothing is asked; any database may have the row.
    for alias in ("default", "other"):
        with CaptureQueriesContext(connections[alias]) as queries:
            assert client.get(plain.variants.thumb.url).status_code == 200
        (asked,) = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
        assert " IN (" in asked
        assert "LIKE" not in asked


@pytest.mark.parametrize(
    "name",
    [
        "docs/a_60x40_x7kq2mz9.jpg",
        "photos_too/a_60x40_x7kq2mz9.jpg",
        "plain/a_60x40_x7kq2mz9.jpg",  # where documents are, too
    ],
)
def test_a_name_like_ours_in_no_folder_of_ours_needs_a_row(client, configured, name):
    default_storage.save(name, picture())

    assert is_nothing(client.get(f"/media/{name}"))


# --- Conditions and ranges


def test_what_a_browser_has_is_not_sent_again(client, photo):
    for url in (photo.image.url, photo.variants.thumb.url):
        first = client.get(url)
        conditions = [
            {"If-None-Match": first["ETag"]},
            {"If-None-Match": f'"x", W/{first["ETag"]}'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": first["Last-Modified"]},
        ]
        for condition in conditions:
            again = client.get(url, headers=condition)

            assert (again.status_code, body(again)) == (304, b"")
            assert dict(again.headers) == {
                name: first[name]
                for name in ("Cache-Control", "X-Content-Type-Options", "ETag", "Accept-Ranges")
            } | {"Last-Modified": first["Last-Modified"]}


def test_what_has_changed_is_sent_again(client, photo):
    url = photo.image.url
    conditions = [{"If-None-Match": '"other"'}, {"If-Modified-Since": http_date(0)}]

    for condition in conditions:
        assert client.get(url, headers=condition).status_code == 200
    refused = client.get(url, headers={"If-Match": '"other"'})
    assert (refused.status_code, refused["Cache-Control"]) == (412, NOT_AT_ALL)


def test_a_part_is_given(client, photo):
    whole, url = stored(photo.image), photo.image.url
    response = client.get(url, headers={"Range": "bytes=100-199"})

    assert response.status_code == 206
    assert body(response) == whole[100:200]
    assert response["Content-Length"] == "100"
    assert response["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert response["Content-Encoding"] == "identity"


def test_a_part_survives_compression(client, photo, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware"]
    headers = {"Range": "bytes=0-999", "Accept-Encoding": "gzip"}
    response = client.get(photo.image.url, headers=headers)

    assert body(response) == stored(photo.image)[:1000]


def test_no_part_is_given_beyond_the_end(client, photo):
    response = client.get(photo.image.url, headers={"Range": "bytes=9999999-"})

    assert (response.status_code, body(response)) == (416, b"")
    assert response["Content-Range"] == f"bytes */{photo.image.size}"
    assert response["Cache-Control"] == NOT_AT_ALL


@pytest.mark.parametrize(("is_same", "status"), [(True, 206), (False, 200)])
def test_a_part_of_these_very_bytes(client, photo, is_same, status):
    etag = client.head(photo.image.url)["ETag"] if is_same else '"other"'
    response = client.get(photo.image.url, headers={"Range": "bytes=0-9", "If-Range": etag})

    assert response.status_code == status


def test_a_file_is_closed_whatever_is_answered(client, photo, monkeypatch):
    opened = []

    class Opened(io.FileIO):
        def __init__(self, path):
            super().__init__(path)
            opened.append(self)

    monkeypatch.setattr(reading.io, "FileIO", Opened)
    for method, headers in [
        ("get", {}),
        ("head", {}),
        ("get", {"Range": "bytes=0-9"}),
        ("get", {"Range": "bytes=9999999-"}),
        ("get", {"If-None-Match": "*"}),
        ("get", {"If-Match": '"other"'}),
    ]:
        getattr(client, method)(photo.image.url, headers=headers).close()

    assert len(opened) == 6
    assert all(file.closed for file in opened)


# --- An event loop


def test_an_event_loop_is_served_piece_by_piece(photo):
    async def ask():
        response = await AsyncClient().get(photo.image.url, headers={"Range": "bytes=5-"})
        return response, b"".join([piece async for piece in response])

    response, whole = async_to_sync(ask)()

    assert response.is_async
    assert whole == stored(photo.image)[5:]
    assert response["Content-Length"] == str(len(whole))


# --- Caching: a test for each cell of the table in docs/media.md


FINGERPRINTED = "{dir}{stem}_{variant}_{fingerprint}.{ext}"


@pytest.fixture
def naming(monkeypatch):
    def use(template):
        monkeypatch.setattr(Photo.variants, "naming", naming_for(template))
        monkeypatch.setattr(Photo.variants, "_known", _Known({}, {}, {}, {}))

    yield use
    monkeypatch.undo()
    Photo.variants._known = _Known({}, {}, {}, {})


def caching(client, url, **headers):
    return client.get(url, headers=headers)["Cache-Control"]


def test_sources_that_our_field_named_are_kept_for_ever(client, photo):
    assert caching(client, photo.image.url) == FOR_EVER
    assert FOR_EVER == "public, max-age=31536000, immutable"


def test_variants_of_them_under_the_current_fingerprint_are_kept_for_ever(client, photo):
    assert photo.variants.thumb.url.endswith(f"?v={photo.variants.thumb.recipe.fingerprint}")
    assert caching(client, photo.variants.thumb.url) == FOR_EVER


def test_variants_whose_name_has_the_fingerprint_are_kept_for_ever(
    client, configured, committed, naming
):
    naming(FINGERPRINTED)
    with committed():
        photo = Photo.objects.create(image=picture())

    assert "?" not in photo.variants.thumb.url
    assert caching(client, photo.variants.thumb.url) == FOR_EVER


@pytest.mark.parametrize("query", ["", "?v=", "?v=00000000", "?w=1"])
def test_variants_without_it_are_asked_for_again(client, photo, query):
    assert caching(client, photo.variants.thumb.url.partition("?")[0] + query) == FOR_AN_HOUR
    assert FOR_AN_HOUR == "public, max-age=3600, stale-while-revalidate=604800"


def test_names_that_uploads_may_have_again_are_asked_for_again(client, plain):
    assert caching(client, plain.image.url) == FOR_AN_HOUR
    assert caching(client, plain.variants.thumb.url) == FOR_AN_HOUR


def test_what_was_named_otherwise_on_our_field_is_asked_for_again(client, configured):
    row = Photo.objects.create(image=default_storage.save("photos/old.jpg", picture()))

    assert caching(client, row.image.url) == FOR_AN_HOUR


def test_what_stands_in_is_not_kept(client, photo, configured):
    configured(MISSING="source")
    photo.variants.thumb.delete()

    assert caching(client, photo.variants.thumb.url) == NOT_AT_ALL


def test_what_is_not_there_is_not_kept(client, configured):
    assert caching(client, "/media/x.jpg") == NOT_AT_ALL


def test_what_is_hidden_is_not_kept(client, photo, authorize):
    authorize(lambda request, file: False)

    assert caching(client, photo.image.url) == NOT_AT_ALL


def test_what_needs_permission_is_asked_for_every_time(client, photo, authorize):
    authorize(lambda request, file: True)

    assert caching(client, photo.image.url) == FOR_ONE
    assert caching(client, photo.variants.thumb.url) == FOR_ONE
    assert FOR_ONE == "private, no-cache"


def test_whatever_its_name_what_needs_permission_is_asked_for_every_time(
    client, photo, plain, authorize
):
    authorize(lambda request, file: True)
    without_recipe = photo.variants.thumb.url.partition("?")[0]

    for url in (without_recipe, plain.image.url, plain.variants.thumb.url):
        assert caching(client, url) == FOR_ONE


def test_what_is_refused_to_the_permitted_is_not_kept(client, photo, authorize):
    authorize(lambda request, file: True)

    assert caching(client, photo.image.url, Range="bytes=9999999-") == NOT_AT_ALL
    assert caching(client, photo.image.url, **{"If-Match": '"other"'}) == NOT_AT_ALL
    assert caching(client, "/media/photos/none.jpg") == NOT_AT_ALL


def test_what_stands_in_for_the_permitted_is_not_kept(client, photo, authorize):
    authorize(lambda request, file: True, MISSING="source")
    photo.variants.thumb.delete()

    assert caching(client, photo.variants.thumb.url) == NOT_AT_ALL


def test_a_part_is_kept_as_the_whole_is(client, photo):
    assert caching(client, photo.image.url, Range="bytes=0-9") == FOR_EVER


# --- A missing variant


def test_a_missing_variant_is_rendered(client, photo):
    before = stored(photo.variants.thumb)
    photo.variants.thumb.delete()
    response = client.get(photo.variants.thumb.url)

    assert body(response) == before
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/webp", FOR_EVER)
    assert photo.variants.missing() == []


def test_only_what_is_asked_for_is_rendered(client, photo):
    photo.variants.delete()
    client.head(photo.variants.sm.url)

    assert photo.variants.missing() == ["thumb", "md", "lg"]


def test_its_source_may_stand_in(client, photo, configured):
    configured(MISSING="source")
    photo.variants.thumb.delete()
    response = client.get(photo.variants.thumb.url)

    assert body(response) == stored(photo.image)
    assert response["Content-Type"] == "image/jpeg"
    assert photo.variants.missing() == ["thumb"]


def test_or_nothing(client, photo, configured):
    configured(MISSING="404")
    photo.variants.thumb.delete()

    assert is_nothing(client.get(photo.variants.thumb.url))


def test_what_cannot_be_rendered_is_answered_by_its_source_and_tried_once(
    client, configured, caplog
):
    row = Photo.objects.create(
        image=default_storage.save("photos/broken_9x9_x7kq2mz9.jpg", ContentFile(b"no picture"))
    )
    for _ in range(3):
        response = client.get(row.variants.thumb.url)
        assert body(response) == b"no picture"
        assert response["Cache-Control"] == NOT_AT_ALL

    assert len(caplog.records) == 1


def test_a_variant_of_what_is_gone_is_nothing(client, photo):
    photo.variants.delete()
    photo.image.storage.delete(photo.image.name)

    assert is_nothing(client.get(photo.variants.thumb.url))


def test_nothing_is_rendered_for_a_name_that_no_row_has(client, photo, committed):
    url = photo.variants.thumb.url
    with committed():
        photo.delete()

    assert is_nothing(client.get(url))


def test_a_clash_is_answered_by_the_source(client, configured, caplog):
    default_storage.save("plain/photo.jpg", picture())
    default_storage.save("plain/photo.png", picture("photo.png", format="PNG"))
    Plain.objects.create(image="plain/photo.jpg")
    Plain.objects.create(image="plain/photo.png")
    response = client.get("/media/plain/photo_thumb.webp")

    assert response["Cache-Control"] == NOT_AT_ALL
    assert not default_storage.exists("plain/photo_thumb.webp")


# --- Who may see it


def test_each_file_is_asked_for(client, photo, authorize):
    asked = []

    def allows(request, file):
        asked.append((file.name, file.variant, file.instance, file.source.name))
        return True

    authorize(allows)
    client.get(photo.image.url)
    client.get(photo.variants.thumb.url)

    assert asked == [
        (photo.image.name, None, photo, photo.image.name),
        (photo.variants.thumb.name, "thumb", photo, photo.image.name),
    ]


def test_a_rule_for_one_field_is_not_asked_about_a_file_of_another(
    client, configured, committed, authorize
):
    with committed():
        two = Two.objects.create(front=picture(), back=picture())
    authorize(lambda request, file: file.field.name == "back")

    assert client.get(two.back.url).status_code == 200
    for url in two.fronts.urls().values():
        assert is_nothing(client.get(url))


def test_a_rule_that_looks_at_no_row_is_asked_about_rows_all_the_same(client, photo, authorize):
    authorize(lambda request, file: True)
    Photo.objects.all().update(image="")

    assert is_nothing(client.get(photo.image.url))


def test_a_variant_that_two_sources_clash_over_is_shown_of_both_or_not(client, authorize):
    for extension in ("jpg", "png"):
        name = default_storage.save(f"plain/a.{extension}", picture())
        Plain.objects.create(image=name, title=extension)
    default_storage.save("plain/a_thumb.webp", ContentFile(b"of one of them"))

    for titles, status in [({"jpg", "png"}, 200), ({"jpg"}, 404), ({"png"}, 404)]:
        authorize(lambda request, file, titles=titles: file.instance.title in titles)
        assert client.get("/media/plain/a_thumb.webp").status_code == status


def test_whatever_clashes_over_a_name_must_be_shown(client, authorize, monkeypatch):
    authorize(lambda request, file: file.instance.title != "hidden")
    private = default_storage.save("plain/cat_thumb.webp", picture())
    Plain.objects.create(image=private, title="hidden")
    Plain.objects.create(image=default_storage.save("plain/cat.jpg", picture()))
    assert is_nothing(client.get(f"/media/{private}"))

    default_storage.save("plain/dog_thumb.webp", ContentFile(b"of one of them"))
    Plain.objects.create(image="plain/dog.png", title="hidden")
    Photo.objects.create(image="plain/dog.jpg", title="seen")
    assert is_nothing(client.get("/media/plain/dog_thumb.webp"))


def test_many_rows_of_one_source_hide_none_of_another(client, authorize):
    authorize(lambda request, file: file.instance.title != "hidden")
    Plain.objects.bulk_create(Plain(image="plain/dog.jpg") for _ in range(30))
    Plain.objects.create(image="plain/dog.png", title="hidden")
    default_storage.save("plain/dog_thumb.webp", ContentFile(b"of one of them"))

    assert is_nothing(client.get("/media/plain/dog_thumb.webp"))


def test_a_user_who_is_none_any_more_gives_nothing_away(photo, authorize, django_user_model):
    authorize(lambda request, file: bool(request.user.pk) and False)
    answers = []
    for url in (photo.image.url, "/media/photos/none.jpg"):
        user = django_user_model.objects.create_user(f"user {len(answers)}", password="first")
        client = Client()
        client.force_login(user)
        user.set_password("second")
        user.save()
        answers.append(client.get(url))
    hidden, missing = answers

    assert dict(hidden.headers) == dict(missing.headers)
    assert set(hidden.cookies) == set(missing.cookies) == {"sessionid"}


def test_a_cookie_of_no_session_gives_nothing_away(photo, authorize):
    authorize(lambda request, file: bool(request.user.pk))
    answers = []
    for url in (photo.image.url, "/media/photos/none.jpg"):
        client = Client()
        client.cookies["sessionid"] = "ended" * 7
        answers.append(client.get(url))
    hidden, missing = answers

    assert dict(hidden.headers) == dict(missing.headers)
    assert str(hidden.cookies) == str(missing.cookies)
    assert missing.cookies["sessionid"]["max-age"] == 0


def test_hidden_and_missing_look_alike(client, photo, authorize):
    authorize(lambda request, file: file.instance.title == "public")
    photo.variants.md.delete()

    for url in (*photo.variants.urls().values(), "/media/photos/none.jpg"):
        assert is_nothing(client.get(url))
        assert is_nothing(client.get(url, headers={"If-None-Match": "*"}))
        assert is_nothing(client.get(url, headers={"Range": "bytes=0-"}))
    assert not photo.variants.md.exists()


def test_a_rule_that_looks_at_the_session_gives_nothing_away(client, photo, authorize, settings):
    settings.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
    authorize(lambda request, file: file.instance.title == request.session.get("title", "public"))
    hidden, missing = client.get(photo.image.url), client.get("/media/photos/none.jpg")

    assert dict(hidden.headers) == dict(missing.headers)
    assert missing["Vary"] == "Cookie"
    assert "Vary" not in client.get("/nothing/").headers


@pytest.mark.parametrize("answer", [1, "yes", object(), Photo, None])
def test_only_true_is_a_yes(client, photo, authorize, answer):
    authorize(lambda request, file: answer)

    assert is_nothing(client.get(photo.image.url))


@pytest.mark.parametrize("refusal", [PermissionDenied, Http404])
def test_a_hook_may_refuse_by_an_exception(client, photo, authorize, refusal):
    def refuse(request, file):
        raise refusal("no")

    authorize(refuse)

    assert is_nothing(client.get(photo.image.url))


@pytest.mark.parametrize("path", ["patient_hook", "wrapped_hook", "callable_hook"])
def test_a_hook_may_be_asynchronous(client, photo, authorize, path):
    authorize(lambda request, file: file.instance == photo, f"tests.test_views.{path}")
    assert client.get(photo.image.url).status_code == 200

    authorize(lambda request, file: file.instance != photo, f"tests.test_views.{path}")
    assert is_nothing(client.get(photo.image.url))


def test_an_asynchronous_hook_has_the_row_and_asks_nothing(client, photo, authorize):
    authorize(lambda request, file: file.instance == photo, "tests.test_views.hasty_hook")

    assert client.get(photo.image.url).status_code == 200


def test_a_source_that_is_hidden_stands_in_for_nothing(client, photo, authorize):
    authorize(lambda request, file: file.variant is not None, MISSING="source")
    photo.variants.thumb.delete()

    assert is_nothing(client.get(photo.image.url))
    assert is_nothing(client.get(photo.variants.thumb.url))
    assert client.get(photo.variants.sm.url).status_code == 200


def test_of_rows_that_share_a_file_one_is_enough(client, photo, authorize):
    Photo.objects.create(image=photo.image.name, title="public")
    authorize(lambda request, file: file.instance.title == "public")

    assert client.get(photo.image.url).status_code == 200
    assert client.get(photo.variants.thumb.url).status_code == 200


def test_a_file_of_no_row_is_hidden_from_a_hook_that_asks_for_one(client, photo, authorize):
    authorize(lambda request, file: bool(file.instance))
    Photo.objects.all().update(image="")

    assert is_nothing(client.get(photo.image.url))


# --- Who sends it


def test_nginx_is_told_where_the_file_is(client, configured, committed):
    configured(SERVE="X-Accel-Redirect")
    with committed():
        photo = Photo.objects.create(image=picture("ünïcode %.jpg"))
    response = client.get(photo.image.url)

    assert (response.status_code, body(response)) == (200, b"")
    assert response["X-Accel-Redirect"] == "/internal" + photo.image.url
    assert response["Cache-Control"] == FOR_EVER
    assert response["Content-Type"] == "image/jpeg"


def test_apache_is_told_the_path(client, photo, configured):
    configured(SERVE="X-Sendfile")
    response = client.get(photo.image.url)

    assert response["X-Sendfile"] == photo.image.path
    assert body(response) == b""


def test_nginx_is_told_where_the_source_is_that_stands_in(client, photo, configured):
    configured(SERVE="X-Accel-Redirect", MISSING="source")
    photo.variants.thumb.delete()
    response = client.get(photo.variants.thumb.url)

    assert response["X-Accel-Redirect"] == "/internal" + photo.image.url


class Scrambled(FileSystemStorage):
    """Other bytes lie on its disk than it gives."""

    def _open(self, name, mode="rb"):
        with super()._open(name, mode) as file:
            return ContentFile(file.read()[::-1])


@pytest.mark.parametrize("serve", ["X-Accel-Redirect", "X-Sendfile"])
def test_what_a_disk_has_otherwise_is_streamed(client, photo, configured, settings, serve):
    on_disk = stored(photo.image)
    backend = {"BACKEND": "tests.test_views.Scrambled"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    configured(SERVE=serve)

    assert body(client.get(photo.image.url)) == on_disk[::-1]


def test_a_redirect_to_an_address_of_this_very_view_is_none(
    client, photo, configured, authorize, settings
):
    backend = settings.STORAGES["default"]["BACKEND"]
    options = {"base_url": "http://testserver/media/"}
    default = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    configured(SERVE="redirect")
    assert body(client.get(photo.image.url)) == stored(photo.image)

    default["OPTIONS"] = {"base_url": "http://testserver/files/"}
    settings.STORAGES = {**settings.STORAGES}
    elsewhere = f"http://testserver/files/{photo.image.name}"
    assert client.get(photo.image.url).url == elsewhere

    authorize(lambda request, file: True, SERVE="redirect")
    redirect = client.get(photo.image.url)
    assert (redirect.url, redirect["Cache-Control"]) == (elsewhere, NOT_AT_ALL)


class Placeless(FileSystemStorage):
    """Has no addresses, and files that can be read but once."""

    def url(self, name):
        raise NotImplementedError

    def _open(self, name, mode="rb"):
        file = super()._open(name, mode)
        file.seekable = lambda: False
        return file


def test_what_has_no_address_elsewhere_is_streamed(client, photo, configured, settings):
    on_disk = stored(photo.image)
    backend = {"BACKEND": "tests.test_views.Placeless"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    configured(SERVE="redirect")

    assert body(client.get(photo.image.url)) == on_disk
    part = client.get(photo.image.url, headers={"Range": "bytes=100-109"})
    assert body(part) == on_disk[100:110]


def test_a_redirect_is_none_whatever_the_name(client, configured, settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    options = {"location": tmp_path, "base_url": "http://testserver/memory/"}
    settings.STORAGES = {
        **settings.STORAGES,
        "memory": {"BACKEND": backend, "OPTIONS": options},
    }
    configured(SERVE="redirect")
    two = Two.objects.create(back="two/a&b+c@d,e;f=g.jpg")
    storages["memory"].save(two.backs.thumb.name, ContentFile(b"bytes"))

    assert body(client.get(two.backs.thumb.url)) == b"bytes"


def test_what_lies_on_no_disk_is_streamed_all_the_same(client, configured, committed):
    with committed():
        variant = Two.objects.create(back=picture()).backs.thumb
    for serve in ("X-Accel-Redirect", "X-Sendfile", "redirect"):
        configured(SERVE=serve)

        assert body(client.get(variant.url)) == stored(variant)


def test_no_redirect_leads_back_here(client, photo, configured):
    configured(SERVE="redirect")

    assert body(client.get(photo.image.url)) == stored(photo.image)


@pytest.mark.parametrize("serve", ["X-Accel-Redirect", "X-Sendfile"])
def test_a_missing_variant_is_rendered_before_it_is_handed_off(client, photo, configured, serve):
    configured(SERVE=serve)
    photo.variants.thumb.delete()

    assert serve in client.get(photo.variants.thumb.url)
    assert photo.variants.thumb.exists()


# --- Addresses


@pytest.mark.parametrize(
    ("name", "status"), [("a.Jpg", 200), ("a.JPEG", 200), ("a", 200), ("a.jpg_large", 404)]
)
def test_a_source_is_found_by_its_usual_spellings(client, configured, name, status):
    variant = Plain.objects.create(image=f"plain/{name}").variants.thumb
    default_storage.save(variant.name, ContentFile(b"bytes"))

    assert client.get(variant.url).status_code == status


def test_urls_are_strings_and_ask_nothing(photo, monkeypatch, django_assert_num_queries):
    for name in ("open", "exists", "path", "size", "url"):
        monkeypatch.setattr(type(storages["default"]), name, untouchable)
    with django_assert_num_queries(0):
        urls = photo.variants.urls()

    stem = photo.image.name.removesuffix(".jpg")
    assert urls == {"original": f"/media/{photo.image.name}"} | {
        name: f"/media/{stem}_{name}.webp?v={variant.recipe.fingerprint}"
        for name, variant in photo.variants.items()
    }


def test_without_a_source_each_is_empty(configured):
    assert set(Photo().variants.urls().values()) == {""}


def test_a_changed_recipe_is_another_url(photo, monkeypatch, configured):
    before = photo.variants.thumb.url
    configured(RECIPES={"thumb": Fit(99, 99)})

    assert photo.variants.thumb.url.partition("?")[0] == before.partition("?")[0]
    assert photo.variants.thumb.url != before


def test_a_picture_comes_whole_through_the_view(client, photo):
    with Image.open(io.BytesIO(body(client.get(photo.variants.thumb.url)))) as image:
        assert (image.format, image.size) == ("WEBP", (160, 80))
