"""Names that somebody gives, and what a backfill counts; the command's tests tell the rest."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from derived_images import backfill
from derived_images.backfill import Tally, render_names
from derived_images.files import write
from derived_images.selections import NoSelection, Picture, selections
from derived_images.workers import Outcome
from tests.buckets import bucket
from tests.pictures import picture
from tests.shop import models as shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unrendered(settings):
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}


@pytest.fixture
def old(media):
    """Return the names of pictures that no row names yet."""
    names = [f"plain/{name}" for name in ("a.jpg", "b.jpg", "c.jpg", "c.png")]
    for name in names:
        write(default_storage, name, picture())
    return names


class TestRenderNames:
    """What a data migration calls: it has names, and tables of another day."""

    @pytest.mark.parametrize("few", [0, 100])
    def test_what_is_missing_is_made_and_no_database_is_asked(
        self, few, old, stored, monkeypatch, django_assert_num_queries
    ):
        monkeypatch.setattr(backfill, "FEW", few)
        write(default_storage, "plain/a_thumb.webp", ContentFile(b"there"))
        with django_assert_num_queries(0):
            tally = render_names("shop.Plain", [*old, "", "plain/a.jpg"])

        assert (tally.processed, tally.created, tally.skipped, tally.clashed) == (4, 3, 1, 4)
        assert stored() == {
            *old,
            *("plain/a_thumb.webp", "plain/a_square.png"),
            *("plain/b_thumb.webp", "plain/b_square.png"),
        }
        assert default_storage.size("plain/a_thumb.webp") == 5

    def test_a_name_that_is_another_s_variant_is_a_clash(self, old, stored):
        write(default_storage, "plain/b_thumb.webp", picture())
        tally = render_names("shop.Plain", ["plain/b.jpg", "plain/b_thumb.webp"])

        assert (tally.created, tally.clashed) == (3, 1)
        assert "plain/b_thumb_thumb.webp" in stored()

    def test_a_manager_and_variants_can_be_chosen(self, old, stored):
        tally = render_names("shop.Two.large_fronts", iter(old[:1]))
        assert tally.created == 1
        render_names("shop.Plain.variants", old[:1], variants=["square"])

        assert stored() == {*old, "plain/a_large.webp", "plain/a_square.png"}

    def test_what_is_not_there_fails_and_is_logged(self, old, caplog):
        tally = render_names("shop.Plain", ["plain/gone.jpg"])

        assert tally.failed == 2
        assert tally.reasons["It is not there."].examples == ["plain/gone.jpg"]
        assert caplog.messages == [
            "Not rendered for shop.Plain: 0 that clash, 2 that failed. "
            "2 × It is not there. (plain/gone.jpg)"
        ]

    def test_a_model_with_several_fields_is_not_enough(self):
        with pytest.raises(NoSelection, match="has several image fields: name one of its managers"):
            render_names("shop.Two", [])


def test_a_bucket_whose_exists_lies_is_filled_once(monkeypatch, django_assert_max_num_queries):
    pytest.importorskip("storages")
    from storages.backends.s3 import S3Storage

    class Lying(S3Storage):
        """As django-storages has it up to 1.14.4, where files may be overwritten."""

        def exists(self, name):
            return False

    with bucket("photos") as options:
        storage = Lying(**options)
        monkeypatch.setattr(shop.WithUUID.image.field, "storage", storage)
        shop.WithUUID.objects.bulk_create(
            shop.WithUUID(image=picture(f"{number}.jpg")) for number in range(120)
        )
        tallies = []
        for _ in range(2):
            selected = selections(["shop.WithUUID"])
            sight = backfill.sight_of(selected, 120, lambda what, number: None)
            run = backfill.Backfill(sight)
            tallies.append(run.run(selected[0].pages(), run.here))
        keys = [found.key for found in storage.bucket.objects.all()]

    assert [(each.created, each.skipped) for each in tallies] == [(240, 0), (0, 240)]
    assert len(keys) == 360


class TestTally:
    def picture(self, name):
        return Picture(name, None, selections(["shop.Plain"])[0], [])

    def test_reasons_beyond_a_number_are_counted_together(self, monkeypatch):
        monkeypatch.setattr(backfill, "REASONS", 2)
        tally = Tally()
        for number in range(4):
            failures = {f"Reason {number}.": ["thumb", "square"]}
            tally.add(self.picture(f"{number}.jpg"), Outcome(failures=failures))

        assert tally.failed == 8
        assert {reason: each.number for reason, each in tally.reasons.items()} == {
            "Reason 0.": 2,
            "Reason 1.": 2,
            "Other reasons.": 4,
        }

    def test_some_pictures_are_named(self):
        tally = Tally()
        for number in range(5):
            tally.add(self.picture(f"{number}.jpg"), Outcome(failures={"Why.": ["thumb"]}))

        assert tally.reasons["Why."].examples == ["0.jpg", "1.jpg", "2.jpg"]
        assert tally.reasons["Why."].pictures == 5
