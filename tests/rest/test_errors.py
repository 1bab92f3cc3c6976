"""Errors: each is JSON with a sentence."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import connection
from django.test import Client
from django.utils.crypto import get_random_string
from rest_framework.exceptions import NotFound
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle

from derived_images.attachments.models import Image
from derived_images.rest import errors
from derived_images.rest.api import API
from derived_images.rest.views import Images
from tests.attachments.models import Logo, Part
from tests.attachments.policies import OfMembers
from tests.pictures import picture

LIBRARY = "/orgs/Acme/images/"


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        ({"detail": "No."}, "No."),
        ("No.", "No."),
        (["No.", "Never."], "No. Never."),
        ({"file": ["No."], "ids": {"0": ["Never."]}}, "file: No. ids: Never."),
        ({api_settings.NON_FIELD_ERRORS_KEY: ["No."]}, "No."),
        ({"detail": ["No."]}, "detail: No."),
    ],
)
def test_there_is_a_detail(data, detail):
    assert errors.with_detail(data)["detail"] == detail


def test_of_one_of_many(caplog):
    assert errors.told(NotFound("No.")) == {"detail": "No."}
    assert errors.told(ValidationError("No.", code="no"))["detail"] == "No."
    told = errors.told(SuspiciousOperation("/srv/secret is outside of /srv/media"))
    assert told == {"detail": "The request cannot be read."}
    with caplog.at_level(logging.ERROR, "derived_images"):
        assert errors.told(OSError("secret")) == {
            "detail": "The server failed, and has logged why."
        }
    assert "secret" in caplog.text


class Broken(OfMembers):
    def visible_images(self, user, images):
        raise RuntimeError("secret")


@pytest.mark.django_db
class TestAnswers:
    def test_500(self, acme, settings, caplog):
        settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.Broken"}
        acme.raise_request_exception = False
        response = acme.get(LIBRARY)
        assert response.status_code == 500
        assert response.json() == {"detail": "The server failed, and has logged why."}
        assert "GET /orgs/Acme/images/ failed." in caplog.text

    @pytest.mark.parametrize("error", [RecursionError, UnicodeError])
    def test_500_of_whatever_is_the_servers(self, acme, monkeypatch, error):
        def broken(self, user, images):
            raise error

        monkeypatch.setattr(OfMembers, "visible_images", broken)
        acme.raise_request_exception = False
        assert acme.get(LIBRARY).status_code == 500

    def test_500_leaves_nothing_behind_in_a_requests_transaction(self, acme, monkeypatch):
        def broken(*args):
            raise RuntimeError

        monkeypatch.setattr(Images, "told", broken)
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        acme.raise_request_exception = False
        assert acme.post(LIBRARY, {"file": picture()}).status_code == 500
        assert not Image.objects.exists()

    def test_500_is_told_to_whoever_gathers_errors(self, acme, settings):
        settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.Broken"}
        with pytest.raises(RuntimeError, match="secret"):
            acme.get(LIBRARY)

    def test_429(self, acme, monkeypatch):
        class Never(AnonRateThrottle):
            rate = "1/day"

            def allow_request(self, request, view):
                return False

            def wait(self):
                return 7

        monkeypatch.setattr(API, "throttle_classes", [Never])
        response = acme.get(LIBRARY)
        assert (response.status_code, response["Retry-After"]) == (429, "7")
        assert response.json()["detail"].startswith("Request was throttled.")

    def test_400_of_a_body_that_is_broken(self, acme):
        for body, kind in (
            ("{", "application/json"),
            ("[]", "application/json"),
            ("--x", "multipart/form-data; boundary=x"),
            ("", "multipart/form-data"),
            ("[" * 200_000, "application/json"),
            ("--x--", "multipart/form-data; boundary=x; charset=idna"),
        ):
            response = acme.post(LIBRARY, body, content_type=kind)
            assert response.status_code == 400, body
            assert isinstance(response.json()["detail"], str)

    def test_406(self, acme):
        response = acme.get(LIBRARY, headers={"Accept": "text/html"})
        assert response.status_code == 406
        assert isinstance(response.json()["detail"], str)

    def test_a_limit_is_told(self, staff, members):
        part = Part.objects.create(organization=members[0])
        part.attach(picture())
        url = f"{LIBRARY}tests_attachments/onlyone/{part.pk}/"
        assert staff.post(url, {"file": picture(color="blue")}).status_code == 201
        assert part.images.count() == 1

    def test_409_of_what_something_else_needs(self, acme, part):
        image = part.cover.image
        Logo.objects.create(image=image)
        for response in (
            acme.delete(f"{LIBRARY}{image.pk}/"),
            acme.post(f"{LIBRARY}bulk_delete/", {"ids": [image.pk]}, format="json"),
        ):
            assert response.status_code == 409
            assert response.json() == {"detail": "It cannot be deleted: something else needs it."}
        assert part.images.count() == 3

    def test_with_a_session_there_must_be_a_token(self, members):
        user = User.objects.create(username="Acme")
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        for response in (
            client.post(LIBRARY, {"file": picture()}),
            client.delete(f"{LIBRARY}1/"),
            client.patch("/api/image/1/", {}, content_type="application/json"),
        ):
            assert response.status_code == 403
            assert response.json()["detail"].startswith("CSRF Failed")
        assert client.get(LIBRARY).status_code == 200
        client.cookies["csrftoken"] = token = get_random_string(32)
        headers = {"X-CSRFToken": token}
        assert client.post(LIBRARY, {"file": picture()}, headers=headers).status_code == 201

    def test_where_all_that_is_missing_is_a_slash(self, acme, parts, settings):
        response = acme.get("/api/image/thumbs", {"limit": 1})
        assert response.status_code == 301
        assert response["Location"] == "/api/image/thumbs/?limit=1"
        for call, path in (
            (acme.post, "/api/image/bulk_delete"),
            (acme.get, "/api/image/nowhere"),
            (acme.get, "/api/image/nowhere/"),
        ):
            assert call(path).json() == {"detail": "Not found."}
        assert acme.get("/api/image/thumbs", {"search": "x" * 20_000}).status_code in (301, 404)
        settings.APPEND_SLASH = False
        assert acme.get("/api/image/thumbs").status_code == 404

    def test_the_browsers_options_are_answered(self, acme, parts):
        for path in (LIBRARY, f"{LIBRARY}1/", "/api/image/", f"/api/image/{parts[0].cover.pk}/"):
            response = acme.options(path)
            assert response.status_code == 200
            assert "actions" not in response.json()
        assert APIClient().options(LIBRARY).status_code in (401, 403)
