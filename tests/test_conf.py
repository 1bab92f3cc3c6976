"""The settings: a table of defaults, read when used."""

import sys
from types import ModuleType

import pytest
from django.conf import LazySettings
from django.conf import settings as project
from django.test import override_settings

from derived_images import Fit
from derived_images.conf import DEFAULTS, setting

SETTINGS = ModuleType("tests.conf_settings")
SETTINGS.DERIVED_IMAGES = {"MAX_PIXELS": 7}


@pytest.mark.parametrize("key", DEFAULTS)
def test_a_project_that_sets_nothing_has_the_defaults(key):
    with override_settings():
        if hasattr(project, "DERIVED_IMAGES"):
            del project.DERIVED_IMAGES

        assert setting(key) == DEFAULTS[key]


def test_settings_that_nothing_has_read_yet_are_read(monkeypatch):
    # A process that imports us before django.setup().
    monkeypatch.setattr("derived_images.conf.settings", LazySettings())
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.conf_settings")
    monkeypatch.setitem(sys.modules, "tests.conf_settings", SETTINGS)

    assert setting("MAX_PIXELS") == 7


def test_the_table_has_at_most_ten_keys():
    assert len(DEFAULTS) <= 10


def test_a_setting_is_read_when_used_and_leaves_the_others(settings):
    settings.DERIVED_IMAGES = {"MAX_PIXELS": 1}
    assert setting("MAX_PIXELS") == 1
    assert setting("PROCESSOR") == "inline"

    settings.DERIVED_IMAGES = {"MAX_PIXELS": 2}
    assert setting("MAX_PIXELS") == 2


def test_a_value_that_is_false_is_no_default(settings):
    settings.DERIVED_IMAGES = {"RECIPES": {}}

    assert setting("RECIPES") == {}


def test_a_key_that_is_none_of_the_table_is_an_error():
    with pytest.raises(KeyError, match="RECIPE"):
        setting("RECIPE")


def test_the_default_set_is_four_webp_variants():
    assert DEFAULTS["RECIPES"] == {
        "thumb": Fit(160, 160, quality=65, format="webp"),
        "sm": Fit(640, 640, quality=80, format="webp"),
        "md": Fit(1024, 1024, quality=85, format="webp"),
        "lg": Fit(2048, 2048, quality=85, format="webp"),
    }
