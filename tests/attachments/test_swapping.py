"""The project's own model of images; see the site in `own`, too."""

from derived_images.attachments import get_image_model
from derived_images.attachments.models import Image


def test_it_is_the_wings_unless_a_project_has_one():
    assert get_image_model() is Image
