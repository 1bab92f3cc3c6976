"""What the tests of attachments have: rows with two images, and rows of two owners."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Permission
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
def tell(tmp_path):
    """Return what has a site tell its story, in a process and a folder of its own."""

    def tell(site, story="story"):
        environment = {"SITE": str(tmp_path), "DJANGO_SETTINGS_MODULE": f"{site}.settings"}
        story = [sys.executable, "-W", "error", "-m", f"{site}.{story}"]
        run = subprocess.run(story, env=os.environ | environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr

    return tell


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


@pytest.fixture
def members(db, settings):
    """Let the members of two organizations see their own."""
    settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfMembers"}
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
def client_of(client, django_user_model):
    """Return a function that logs a user with these permissions in."""

    def client_of(name, *codenames):
        user = django_user_model.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return client_of
