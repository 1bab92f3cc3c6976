"""The stories, each on a folder and on a storage without `path()`."""

import pytest
from django.core.files.storage import default_storage

from tests.life.stories import Untold, all_stories, tell

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(params=["OnDisk", "InMemory"], autouse=True)
def storage(request, settings, elsewhere):
    """Make this the default storage, anew."""
    backend = {"BACKEND": f"tests.life.stories.{request.param}"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    assert not list(default_storage.listdir("")[1])


@pytest.mark.parametrize("story", all_stories(), ids=lambda story: story.name)
def test_story(story):
    try:
        verdicts = tell(story)
    except Untold as why:
        pytest.skip(str(why))

    assert not verdicts, "\n".join([story.guards, *map(str, verdicts)])


def test_every_story_says_what_it_guards():
    assert [story.name for story in all_stories() if not story.guards.endswith(".")] == []
    assert len(all_stories()) >= 59
