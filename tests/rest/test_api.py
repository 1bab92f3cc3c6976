"""What all views have in common."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import (
    DjangoModelPermissions,
    DjangoModelPermissionsOrAnonReadOnly,
)
from rest_framework.settings import api_settings

from derived_images.rest.api import API, MayEnter
from derived_images.rest.views import Attachments, Images, ImagesOfRow
from tests.attachments.policies import OfMembers
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class Closed(OfMembers):
    def may_enter(self, user):
        return user.is_staff


@pytest.mark.parametrize("view", [Attachments, ImagesOfRow, Images])
def test_authentication_and_throttles_are_the_projects(view):
    assert view.authentication_classes == api_settings.DEFAULT_AUTHENTICATION_CLASSES
    assert view.throttle_classes == api_settings.DEFAULT_THROTTLE_CLASSES
    assert {*api_settings.DEFAULT_PERMISSION_CLASSES, MayEnter} <= {*view.permission_classes}
    assert issubclass(view, API)


def test_the_policy_says_who_enters(acme, staff, settings):
    settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.Closed"}
    assert acme.get("/api/image/").status_code == 403
    assert staff.get("/api/image/").status_code == 200


@pytest.mark.parametrize(
    "permission", [DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly]
)
def test_permissions_of_the_project_may_ask_for_the_model(acme, part, monkeypatch, permission):
    for view in (Attachments, ImagesOfRow, Images):
        monkeypatch.setattr(view, "permission_classes", (permission, *view.permission_classes))
    url = f"/orgs/Acme/images/tests_attachments/part/{part.pk}/"
    for path in ("/api/image/", "/orgs/Acme/images/", url):
        assert acme.get(path).status_code == 200
        assert acme.post(path, {}).status_code == 403


def test_a_version_in_the_address_is_no_owner(acme, part, settings):
    settings.ROOT_URLCONF = "tests.rest.odd_urls"
    assert acme.get("/api/v1/library/").json()["count"] == 3


def test_pages_have_an_end(acme, parts):
    for limit, shown in ((2, 2), (0, 3), ("x", 3), (10**30, 3)):
        response = acme.get("/api/image/", {"limit": limit})
        assert len(response.json()["results"]) == shown
    response = acme.get("/api/image/", {"offset": 10**30})
    assert (response.status_code, response.json()["results"]) == (200, [])


def test_an_address_that_tells_of_an_owner_wants_a_policy_that_knows_it(acme, settings):
    settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfOrganizations"}
    with pytest.raises(ImproperlyConfigured, match="must tell whose"):
        acme.get("/orgs/Acme/images/")


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/api/image/", 3),
        ("/api/image/thumbs/", 3),
        ("/api/library/", 3),
        ("/orgs/Acme/images/", 4),
        ("/orgs/Acme/images/tests_attachments/part/{}/", 6),
    ],
)
def test_many_cost_as_much_as_some(
    acme, part, django_assert_num_queries, monkeypatch, path, queries
):
    for number in range(30):
        part.attach(picture(color=(8 * number, 0, 90)))
    storage = part.cover.image.stored.file.storage
    for call in ("open", "exists", "size", "path"):
        monkeypatch.setattr(storage, call, None)
    for limit in (3, 33):
        with django_assert_num_queries(queries):
            found = acme.get(path.format(part.pk), {"limit": limit}).json()
        assert (found["count"], len(found["results"])) == (33, limit)


def test_no_redirect_leads_elsewhere(acme, settings):
    settings.ROOT_URLCONF = "tests.rest.odd_urls"
    response = acme.get("/", PATH_INFO="//evil.com/images/bulk_upload")
    assert response.status_code == 301
    assert response["Location"].startswith("/%2Fevil.com/")


def test_what_is_captured_without_a_name_is_not_passed_over(staff, settings):
    settings.ROOT_URLCONF = "tests.rest.odd_urls"
    assert staff.get("/unnamed/Acme/").status_code == 404
