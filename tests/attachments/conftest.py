"""What the tests of attachments have: rows with two images, and rows of two owners."""

import pytest
from django.contrib.contenttypes.models import ContentType

from tests.attachments.models import Organization, Part
from tests.pictures import picture

#: Sites of their own, with settings of their own.
collect_ignore = ["moved", "own"]


@pytest.fixture(autouse=True)
def unrendered(settings):
    """Render nothing, unless a test wants it."""
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
    ContentType.objects.clear_cache()


@pytest.fixture
def part(db):
    return Part.objects.create(name="bolt")


@pytest.fixture
def three(part):
    """Return three attachments of one part; the first is its cover."""
    return [part.attach(picture(f"{color}.jpg", color=color)) for color in ("red", "lime", "blue")]


@pytest.fixture
def owners(db, settings):
    """Return two organizations, each with a library of its own."""
    settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfOrganizations"}
    return [Organization.objects.create(name=name) for name in ("Acme", "Bolts")]
