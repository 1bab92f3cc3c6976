"""What the tests with neighbours share: both models, and a row with all its files."""

import pytest

from tests.neighbours.models import Card, Picture
from tests.pictures import picture


@pytest.fixture(params=[Picture, Card])
def model(request):
    return request.param


@pytest.fixture
def row(model, db, committed):
    """Return a row whose upload is rendered."""
    with committed():
        return model.objects.create(title="Cat", image=picture("cat.jpg"))
