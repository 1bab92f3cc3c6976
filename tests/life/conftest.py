"""What every life begins with: empty databases, and empty storages."""

import pytest
from django.core.files.storage import InMemoryStorage, storages


@pytest.fixture(autouse=True)
def elsewhere(settings):
    """Give the test a second storage that is empty; it has no `path()`."""
    settings.STORAGES = {**settings.STORAGES}  # Every storage is made anew.
    assert isinstance(storages["elsewhere"], InMemoryStorage)
    return storages["elsewhere"]
