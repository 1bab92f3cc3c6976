"""What the tests of the API have: two organizations, a member of each, and rows with images."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tests.attachments import conftest as attachments

members, parts, unrendered = attachments.members, attachments.parts, attachments.unrendered


@pytest.fixture(autouse=True)
def addresses(settings):
    """Let the API have its addresses."""
    settings.ROOT_URLCONF = "tests.rest.urls"


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
