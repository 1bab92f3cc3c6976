"""What the tests of the API have: two organizations, a member of each, and rows with images."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tests.attachments.conftest import unrendered  # noqa: F401
from tests.attachments.models import Organization, Part
from tests.pictures import picture


@pytest.fixture
def members(db, settings):
    """Let the members of two organizations see their own."""
    settings.ROOT_URLCONF = "tests.rest.urls"
    settings.DERIVED_IMAGES |= {"POLICY": "tests.rest.policies.OfMembers"}
    return [Organization.objects.create(name=name) for name in ("Acme", "Bolts")]


@pytest.fixture
def parts(members):
    """Return a part of each organization, with three images."""
    parts = [Part.objects.create(name="bolt", organization=each) for each in members]
    for part in parts:
        for color in ("red", "lime", "blue"):
            part.attach(picture(f"{color}.jpg", color=color), title=color.title())
    return parts


@pytest.fixture
def part(parts):
    return parts[0]


def client_of(name, **values):
    client = APIClient()
    client.force_authenticate(User.objects.create(username=name, **values))
    return client


@pytest.fixture
def acme(members):
    """A client of the first organization's member."""
    return client_of("Acme")


@pytest.fixture
def bolts(members):
    return client_of("Bolts")


@pytest.fixture
def reader(members):
    """A client of somebody who sees what is the first organization's, and changes nothing."""
    return client_of("reader", last_name="Acme")


@pytest.fixture
def staff(members):
    return client_of("staff", is_staff=True)


@pytest.fixture
def anonymous(members):
    return APIClient()
