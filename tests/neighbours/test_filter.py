"""django-filter: filters for the model's columns, set up for images as its users do."""

import django_filters
import pytest
from django.db import models

from tests.pictures import picture


def filters_of(illustrated, **options):
    """Return the class of filters for a model."""
    meta = type("Meta", (), {"model": illustrated, **options})
    return type("Filters", (django_filters.FilterSet,), {"Meta": meta})


BY_NAME = {
    models.ImageField: {
        "filter_class": django_filters.CharFilter,
        "extra": lambda field: {"lookup_expr": "icontains"},
    }
}


def test_without_the_image_the_columns_are_left(model):
    assert list(filters_of(model, exclude=["image"]).base_filters) == ["title"]


def test_only_the_image_asks_for_an_override(model):
    with pytest.raises(AssertionError, match=r"resolved field 'image' with 'exact' lookup"):
        filters_of(model, fields="__all__")


def test_an_override_for_image_fields_serves_ours_too(model):
    filters = filters_of(model, fields="__all__", filter_overrides=BY_NAME).base_filters

    assert list(filters) == ["title", "image"]
    assert type(filters["image"]) is django_filters.CharFilter


def test_rows_are_found_by_the_name_of_their_file(row, committed):
    with committed():
        type(row).objects.create(title="Dog", image=picture("dog.jpg"))
    filters = filters_of(type(row), fields=["image"], filter_overrides=BY_NAME)
    (found,) = filters({"image": "CAT"}, queryset=type(row).objects.all()).qs

    assert found == row
    assert found.variants.missing() == []
