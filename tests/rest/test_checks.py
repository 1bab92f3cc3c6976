"""What is wrong with addresses and the policy."""

from types import ModuleType

import pytest
from django.core.checks.registry import registry
from django.urls import include, path

from derived_images.rest import urls
from derived_images.rest.checks import check_owners
from tests.attachments.conftest import unrendered  # noqa: F401


def site(*patterns):
    module = ModuleType("site")
    module.urlpatterns = list(patterns)
    return module


OWNED = site(path("orgs/<slug:slug>/<int:year>/images/", include(urls.images)))
SHARED = site(
    path("images/", include(urls.images)), path("<slug:slug>/image/", include(urls.attachments))
)


def test_it_is_among_the_checks():
    assert check_owners in registry.get_checks()


def test_an_owner_that_the_policy_does_not_know_is_told(settings):
    settings.ROOT_URLCONF = OWNED
    (message,) = check_owners(None)

    assert message.id == "derived_images.E201"
    assert message.msg == (
        "The API's addresses capture slug, year, and the policy knows no owner by that."
    )
    settings.DERIVED_IMAGES = {"POLICY": "tests.attachments.policies.OfMembers"}
    assert check_owners(None) == []


@pytest.mark.parametrize("conf", [SHARED, None, "tests.urls"])
def test_all_else_is_fine(settings, conf):
    settings.ROOT_URLCONF = conf
    assert check_owners(None) == []


def test_what_is_given_beside_the_address_is_no_less(settings):
    settings.ROOT_URLCONF = site(path("images/", include(urls.images), {"slug": "acme"}))
    (message,) = check_owners(None)
    assert "capture slug" in message.msg


@pytest.mark.parametrize("policy", ["nowhere.Policy", "tests.attachments.policies.sees", None])
def test_what_is_no_policy_another_check_tells(settings, policy):
    settings.ROOT_URLCONF = OWNED
    settings.DERIVED_IMAGES = {"POLICY": policy}
    assert check_owners(None) == []
