"""Which rows and variants names mean, and which pictures those rows have."""

import pytest
from django.db.models import QuerySet

from derived_images.selections import NoSelection, Selection, selections
from tests.pictures import picture
from tests.shop import models as shop


@pytest.fixture(autouse=True)
def unrendered(settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}


def names(labels=(), variants=()):
    """Return model, field and the managers' attributes of what is selected."""
    return {
        (each.model._meta.label, each.field.attname): [
            manager.attribute for manager in each.variants
        ]
        for each in selections(labels, variants)
    }


class TestLabels:
    def test_a_model_has_a_selection_for_each_field(self):
        assert names(["shop.Two"]) == {
            ("shop.Two", "front"): ["fronts", "large_fronts"],
            ("shop.Two", "back"): ["backs"],
        }

    def test_managers_of_one_field_are_one_selection(self):
        assert names(["shop.Two.fronts", "shop.Two.large_fronts"]) == {
            ("shop.Two", "front"): ["fronts", "large_fronts"]
        }

    @pytest.mark.parametrize(
        ("model", "variants"), [("Photo", 4), ("Child", 1), ("Proxy", 4), ("OverridingProxy", 1)]
    )
    def test_a_model_has_the_managers_that_it_inherits(self, model, variants):
        [selection] = selections([f"shop.{model}"])

        assert sum(map(len, selection.variants.values())) == variants
        assert selection.model.__name__ == model

    def test_without_any_all_that_is_declared_is_meant(self):
        found = names()

        assert found["shop.Photo", "image"] == ["variants"] * 3, "Its own, a child's and a proxy's."
        assert ("shop.Child", "image") not in found
        assert ("shop.Hidden", "image") not in found, "It has no variants."

    def test_variants_are_chosen_of_those_that_have_them(self):
        assert names(variants=["large"]) == {("shop.Two", "front"): ["large_fronts"]}

    def test_what_nothing_is_called_is_refused(self):
        with pytest.raises(NoSelection, match=r"'tumb' is no variant\. Choices are: "):
            selections(variants=["thumb", "tumb"])


@pytest.mark.django_db
class TestPages:
    def test_rows_without_a_picture_have_none(self):
        shop.Plain.objects.create()
        shop.Nullable.objects.create(image=None)
        row = shop.Plain.objects.create(image=picture())
        pages = [page for label in ("Plain", "Nullable") for page in selection(label).pages()]

        assert [each.source for page in pages for each in page] == [row.image.name]

    def test_a_picture_has_its_variants_names(self):
        row = shop.Plain.objects.create(image=picture())

        assert selection("Plain").count() == 1
        assert [target.name for target in next(selection("Plain").pages())[0].targets] == [
            row.variants.thumb.name,
            row.variants.square.name,
        ]

    def test_a_child_s_variants_are_of_its_rows_alone(self):
        child = shop.Child.objects.create(image=picture())
        shop.Photo.objects.create(image=picture())
        photo = next(each for each in selections() if each.model is shop.Photo)
        [first, second] = next(photo.pages())

        assert child.variants.card.name in {target.name for target in first.targets}
        assert {target.variant for target in second.targets} == {"thumb", "sm", "md", "lg", "stamp"}

    def test_questions_do_not_grow_with_rows(self, django_assert_num_queries):
        shop.Photo.objects.bulk_create(shop.Photo(image=f"photos/{n}.jpg") for n in range(499))
        photo = next(each for each in selections() if each.model is shop.Photo)
        with django_assert_num_queries(3):  # a page of rows, an empty one, the children among them
            assert sum(map(len, photo.pages())) == 499


def selection(model):
    [found] = selections([f"shop.{model}"])
    assert isinstance(found, Selection)
    assert found.narrow is QuerySet.all
    return found
