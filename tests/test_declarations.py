"""Declarations: what follows from them, and what changes when they do."""

from types import MappingProxyType

import pytest
from django.conf import settings
from django.core.files.storage import (
    InMemoryStorage,
    default_storage,
)
from django.test import override_settings
from django.utils.functional import empty

from derived_images import Fit
from derived_images.declarations import Declaration
from derived_images.files import (
    DerivedImages,
)
from tests.shop.models import Photo, Plain, Two

IN_MEMORY = "django.core.files.storage.InMemoryStorage"
NAME = "photos/cat_3000x2000_x7kq2mz9.jpg"


class TestWhatChangesBetweenTwoReads:
    """One row, read twice: nothing that a setting or a manager said before is still believed."""

    def test_the_default_set(self):
        variants = Photo(image=NAME).variants
        assert "tiny" not in variants
        for recipes in ({"tiny": Fit(8, 8)}, {"tiny": Fit(8, 8, format="png")}):
            with override_settings(DERIVED_IMAGES={"RECIPES": recipes}):
                assert variants.tiny.name.endswith(f"_tiny.{recipes['tiny'].format}")
                with pytest.raises(AttributeError, match="Unknown variant 'thumb'"):
                    _ = variants.thumb

        assert variants.thumb.name.endswith("_thumb.webp")

    def test_a_set_that_is_written_into(self):
        recipes = {"a": Fit(8, 8), "b": Fit(4, 4, of="a")}
        declared = Declaration("image", recipes, naming="{dir}{stem}_{variant}_{fingerprint}.{ext}")
        before = declared.names(NAME)
        recipes["a"] = Fit(16, 16, format="png")
        recipes["c"] = Fit(2, 2)

        after = declared.names(NAME)
        assert list(after) == ["a", "b", "c"]
        assert after["a"].endswith(".png")
        assert after["b"] != before["b"]

    def test_the_address_of_files(self):
        thumb = Plain(image="a.jpg").variants.thumb
        for address in ("/media/", "https://cdn.test/"):
            with override_settings(MEDIA_URL=address):
                assert thumb.url == f"{address}a_thumb.webp"

    @pytest.mark.parametrize(
        ("alias", "row", "manager"),
        [("default", Plain(image="a.jpg"), "variants"), ("memory", Two(back="a.jpg"), "backs")],
    )
    def test_the_storages(self, alias, row, manager):
        thumb = getattr(row, manager).thumb
        for address in ("/one/", "/two/"):
            memory = {"BACKEND": IN_MEMORY, "OPTIONS": {"base_url": address}}
            with override_settings(STORAGES={**settings.STORAGES, alias: memory}):
                assert thumb.url == f"{address}a_thumb.webp"

        assert thumb.url == "/media/a_thumb.webp"

    def test_what_stands_in_the_default_storage(self, monkeypatch):
        thumb = Plain(image="a.jpg").variants.thumb
        monkeypatch.setattr(default_storage, "_wrapped", InMemoryStorage(base_url="/patched/"))

        assert thumb.url == "/patched/a_thumb.webp"

    def test_a_default_storage_that_nothing_has_used_yet(self, monkeypatch):
        monkeypatch.setattr(default_storage, "_wrapped", empty)

        assert Plain(image="a.jpg").variants.thumb.url == "/media/a_thumb.webp"


class TestConventionsOfTheProjectsOwn:
    def test_an_object_is_asked_for_every_name(self):
        class Counting:
            asked = 0

            def name(self, *, source, variant, ext, fingerprint):
                self.asked += 1
                return f"{self.asked}/{source}.{variant}.{ext}"

        declared = Declaration("image", {"thumb": Fit(8, 8)}, naming=Counting())

        assert declared.name("a", "thumb") == "1/a.thumb.webp"
        assert declared.names("a") == {"thumb": "2/a.thumb.webp"}

    def test_a_key_error_of_the_objects_own_is_no_unknown_variant(self):
        class Faulty:
            def name(self, **parts):
                raise KeyError("mine")

        images = DerivedImages(
            Plain(image="a.jpg"), Declaration("image", {"thumb": Fit(8, 8)}, naming=Faulty())
        )
        with pytest.raises(KeyError, match="mine"):
            _ = images.thumb

    def test_a_subclass_of_the_manager_has_its_say(self):
        class Dated(Declaration):
            recipes = MappingProxyType({"thumb": Fit(8, 8, format="source")})
            storage = InMemoryStorage(base_url="/dated/")

        thumb = DerivedImages(Plain(image="a.JPG"), Dated("image")).thumb

        assert thumb.url == "/dated/a_thumb.JPG"
