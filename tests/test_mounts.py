"""Checks of the media view: each fault of a mount, or of what it leaves out, is named."""

import pytest
from django.core.checks import run_checks
from django.urls import get_script_prefix, include, path, set_script_prefix

from derived_images.mounts import check_authorization, check_media_view
from tests.shop.models import Plain, Two
from tests.test_checks import told

VIEW = "tests.media_urls"


@pytest.fixture
def served(settings):
    """Return what is found about the media view under these URLs, beside unindexed fields."""

    def check(urls=(), **options):
        settings.DERIVED_IMAGES = options
        settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": list(urls)})
        return [message for message in check_media_view() if message.id[-4:] not in UNSERVED]

    return check


#: What is told about fields.
UNSERVED = ("W004", "W005", "W007")


def mount(address="media/", **storage):
    return path(address, include("derived_images.urls"), storage)


def test_urls_must_lead_to_a_view(served):
    assert served() == []
    (message,) = served(URLS="view")

    assert told([message]) == [
        (
            "E009",
            "None",
            "DERIVED_IMAGES['URLS'] is 'view', but the media view is not mounted at MEDIA_URL.",
        )
    ]
    assert message.hint == 'Write path("media/", include("derived_images.urls")).'


def test_the_line_to_write_has_the_project_s_own_address(served, settings):
    settings.MEDIA_URL = "/m/"
    (message,) = served([mount("images/")])

    assert message.hint == (
        'Write path("m/", include("derived_images.urls")), before whatever else takes such addresses.'
    )


@pytest.mark.parametrize("media_url", ["/media/", "https://cdn.example.com/media/", "media/"])
def test_a_mount_at_media_url_is_right(served, settings, media_url):
    settings.MEDIA_URL = media_url

    assert served([mount()], URLS="view") == []


@pytest.mark.parametrize("address", ["", "files/", "media/images/", "media"])
def test_any_other_mount_is_wrong(served, address):
    messages = served([mount(address)])

    assert [entry[0] for entry in told(messages)] == ["E010"]


def hiding(request):
    """Stand before the view."""


def test_what_stands_before_the_view_hides_it(served):
    messages = served([path("media/<path:anything>", hiding), mount()])

    assert told(messages) == [
        (
            "E010",
            "None",
            "The media view is not what answers at MEDIA_URL, '/media/', but tests.test_mounts.hiding.",
        )
    ]


def test_a_mount_takes_nothing_but_a_storage(served):
    assert told(served([mount(), mount("private/", storages="memory")])) == [
        ("E010", "None", "A mount of the media view is given {'storages': 'memory'}.")
    ]


def test_a_mount_within_others_is_found(served):
    assert served([path("", include([mount()]))]) == []


def test_a_mount_of_a_storage_must_name_one(served):
    assert told(served([mount("private/", storage="nowhere")])) == [
        ("E008", "None", "The media view is mounted for 'nowhere', which is no storage.")
    ]


def test_a_mount_of_a_storage_must_be_at_its_address(served, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": "/private/"},
        },
    }

    assert served([mount("private/", storage="private")]) == []
    assert told(served([mount("secret/", storage="private")])) == [
        (
            "E010",
            "None",
            "The media view is not what answers at the base_url of the storage 'private', "
            "'/private/', but nobody.",
        )
    ]


def test_a_mount_for_another_storage_is_not_enough(served):
    assert [
        entry[0] for entry in told(served([mount("memory/", storage="memory")], URLS="view"))
    ] == ["E009"]


def test_a_storage_without_an_address_of_its_own_is_mounted_anywhere(served, settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    for options in ({}, {"base_url": "https://files.example.com/private/"}):
        private = {"BACKEND": backend, "OPTIONS": {"location": tmp_path, **options}}
        settings.STORAGES = {**settings.STORAGES, "private": private}

        assert served([mount("secret/", storage="private")]) == []


def test_a_mount_in_a_namespace_has_no_address(served):
    inner = path("memory/", include(([mount("", storage="memory")], "inner")))

    assert told(served([inner])) == [
        (
            "E010",
            "None",
            "The address of the media view for 'memory' is not known: its mount has a namespace.",
        )
    ]


def test_a_site_below_a_path_is_right(served, settings):
    settings.MEDIA_URL = "media/"
    before = get_script_prefix()
    set_script_prefix("/app/")
    try:
        assert settings.MEDIA_URL == "/app/media/"
        assert served([mount()], URLS="view") == []
    finally:
        set_script_prefix(before)


@pytest.mark.urls(VIEW)
def test_uploads_that_are_linked_out_of_their_storage_are_named(media, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (media / "uuid").symlink_to(tmp_path / "elsewhere")
    (media / "inside").mkdir()
    (media / "slug").symlink_to(media / "inside")
    messages = [message for message in check_media_view() if message.id.endswith("W008")]

    told = {str(message.obj): message.msg for message in messages}
    assert "shop.WithSlug.image" not in told
    assert told["shop.WithUUID.image"] == (
        f"Uploads of shop.WithUUID.image are linked out of their storage, to {tmp_path}/elsewhere: "
        "the media view does not follow."
    )


@pytest.mark.urls(VIEW)
def test_a_storage_that_cannot_be_used_is_others_business(settings, monkeypatch):
    unusable = {"BACKEND": "nowhere.to.be.Found"}
    unset = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "unusable": unusable, "unset": unset}
    settings.DERIVED_IMAGES = {"URLS": "view"}
    monkeypatch.setattr(Two.backs, "_storage", "elsewhere")

    assert "derived_images.W005" in {message.id for message in check_media_view()}


@pytest.mark.urls(VIEW)
def test_fields_without_an_index_are_named():
    slow = [message for message in check_media_view() if message.id.endswith("W004")]

    assert "shop.Plain.image" in {str(message.obj) for message in slow}
    assert "shop.Photo.image" not in {str(message.obj) for message in slow}
    assert slow[0].msg.startswith("The media view searches ")
    assert {message.hint for message in slow} == {"Give the field db_index=True."}


@pytest.mark.urls(VIEW)
def test_variants_that_are_not_served_are_named(settings, monkeypatch):
    settings.DERIVED_IMAGES = {"URLS": "view"}
    monkeypatch.setattr(Plain.variants, "naming", object())
    monkeypatch.setattr(Two.backs, "_storage", "elsewhere")
    unserved = [message for message in check_media_view() if message.id.endswith("W005")]

    assert ("W005", "shop.Plain.image") in [entry[:2] for entry in told(unserved)]
    sentences = {message.msg: message.hint for message in unserved}
    assert (
        "The media view does not serve 'variants' of shop.Plain.image: naming has no inverse."
        in sentences
    )
    assert (
        sentences[
            "The media view does not serve 'backs' of shop.Two.back: their storage has no mount."
        ]
        == 'Write path("media/", include("derived_images.urls"), {"storage": "elsewhere"}).'
    )


@pytest.mark.urls(VIEW)
def test_fields_that_lose_their_address_are_named():
    (message,) = [message for message in check_media_view() if message.id.endswith("W007")]

    assert "shop.Document.file" in message.msg
    assert "shop.Photo.image" not in message.msg
    assert message.hint.startswith("Give them a storage with an address of its own")


@pytest.mark.parametrize(("authorize", "ids"), [(None, ["W006"]), ("math.floor", [])])
@pytest.mark.urls(VIEW)
def test_a_project_that_shows_all_is_told_before_it_goes_out(settings, authorize, ids):
    settings.DERIVED_IMAGES = {"AUTHORIZE": authorize}

    assert [told([message])[0][0] for message in check_authorization()] == ids
    deployed = run_checks(tags=["security"], include_deployment_checks=True)
    assert ("derived_images.W006" in {message.id for message in deployed}) == bool(ids)


def test_without_the_view_nothing_is_said_about_it(settings):
    assert list(check_authorization()) == []
