"""What is wrong with the policy."""

import pytest
from django.core.checks.registry import registry

from derived_images.attachments.checks import check_attachments


def test_the_projects_is_fine():
    assert check_attachments(None) == []


def test_it_is_among_the_checks():
    assert check_attachments in registry.get_checks()


@pytest.mark.parametrize("path", ["nowhere.Policy", "tests.attachments.models.Stranger", None, 7])
def test_what_is_no_policy_is_told(settings, path):
    settings.DERIVED_IMAGES = {"POLICY": path}
    (message,) = check_attachments(None)

    assert message.id == "derived_images.E101"
    assert message.msg.startswith(f"DERIVED_IMAGES['POLICY'] is {path!r}, which is no policy: ")
    assert message.hint == (
        "Give it the dotted path of a subclass of derived_images.attachments.Policy."
    )
