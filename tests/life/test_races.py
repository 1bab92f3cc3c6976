"""Four processes at once on the same rows and files: nothing is lost, and nothing stays for good.

Committed rows are the truth, and it is asked after commit: whoever commits last finds that nobody
names the file any more. That needs no lock. Four things do:

- The name that a save replaces is read from the row before it is written. In a transaction the row
  is locked from there on. In autocommit two saves may read the same name; the file of the one that
  is overwritten at once stays until the audit, unless its own late work takes it back.
- `QuerySet.delete()` reads its rows before it deletes them, as Django does. The file of a save that
  is committed in between stays until the audit.
- A row that is not there cannot be locked. If it is made again, under its old key, between a
  deletion's look at it and its DELETE, the new file stays until the audit.
- A new row may come to name a file just after the question found nobody. Nobody can win that
  without a lock. What is promised: a file stays if a row that names it was committed while another
  row named it still. So who shares a file locks the row that it is taken from, or looks afterwards.
"""

from functools import partial

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from tests.life import racing
from tests.life.candidate import audit, render
from tests.life.models import Photo
from tests.life.oracle import COLORS, content, judge, picture, read
from tests.life.racing import Racers, Track, lent

RACERS = 4
ROUNDS = 8

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

#: What Django itself does in a transaction, before we are called.
on_servers = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="where a transaction that reads first cannot write: Django reads before it deletes",
)


@pytest.fixture(scope="module")
def racers():
    racers = Racers(RACERS)
    yield racers
    racers.close()


@pytest.fixture(params=[True, False], ids=["in transactions", "in autocommit"])
def in_transaction(request):
    return request.param


@pytest.fixture(params=["inline", "none"])
def processor(request):
    """Return where variants are rendered; where they are not, no late work takes anything back."""
    return request.param


@pytest.fixture
def race(racers, media, tmp_path):
    """Return what lets racers run, one in each process, and returns what they return."""

    def race(*functions, processor="inline"):
        with lent(tmp_path) as databases:
            return racers.race(Track(databases, str(media), processor), functions)

    return race


def photos(count):
    return [Photo.objects.create(image=picture("red")) for _ in range(count)]


def keys_of(rows):
    return [row.pk for row in rows]


def verdicts():
    """Return what is wrong, when every row should show what its own file shows."""
    colors = {content(color): color for color in COLORS}
    truth = {}
    for row in Photo.objects.all():
        if default_storage.exists(row.image.name):
            truth[row] = colors.get(read(default_storage, row.image.name), "red")
    return judge(truth)


def kinds():
    return {verdict.kind for verdict in verdicts()}


def tolerated(in_transaction, processor):
    """Return what may be wrong until it is healed."""
    unlocked = set() if in_transaction else {"LEAK"}
    return unlocked | ({"BROKEN"} if processor == "none" else set())


def heal():
    """Run one render pass and one audit."""
    for row in Photo.objects.all():
        render(row)
    assert audit()


def test_of_files_that_replace_each_other_one_stays(race, in_transaction, processor):
    (row,) = photos(1)
    replace = partial(racing.replace, [row.pk] * ROUNDS, in_transaction=in_transaction)

    race(*[replace] * RACERS, processor=processor)

    assert kinds() <= tolerated(in_transaction, processor)
    heal()
    assert verdicts() == []
    assert Photo.objects.count() == 1


@on_servers
def test_a_row_that_is_replaced_and_deleted_at_once_leaves_nothing(race, in_transaction, processor):
    keys = keys_of(photos(ROUNDS))
    replace = partial(racing.replace_locked, keys)
    delete = partial(racing.delete, keys, in_transaction=in_transaction)

    race(replace, *[delete] * (RACERS - 1), processor=processor)

    assert verdicts() == []
    assert not Photo.objects.exists()


@on_servers
def test_a_row_that_is_deleted_and_made_again_at_once_loses_nothing(race, in_transaction):
    keys = keys_of(photos(ROUNDS))
    replace = partial(racing.replace, keys, in_transaction=in_transaction)
    delete = partial(racing.delete, keys, in_transaction=in_transaction)
    delete_by_query_set = partial(racing.delete_by_query_set, keys)

    race(replace, delete, delete, delete_by_query_set)

    assert kinds() <= {"LEAK"}
    heal()
    assert verdicts() == []


@on_servers
def test_a_file_whose_rows_are_all_deleted_at_once_goes(race, in_transaction):
    sources = photos(ROUNDS)
    names = [row.image.name for row in sources]
    sharing = [
        keys_of(Photo.objects.create(image=name) for name in names) for _ in range(RACERS - 1)
    ]

    race(
        *(
            partial(racing.delete, keys, in_transaction=in_transaction)
            for keys in (keys_of(sources), *sharing)
        )
    )

    assert verdicts() == []
    assert not Photo.objects.exists()


@on_servers
def test_a_file_that_is_shared_before_its_row_is_deleted_stays(race, in_transaction):
    names = {row.pk: row.image.name for row in photos(ROUNDS)}
    delete = partial(racing.delete, list(names), in_transaction=in_transaction)

    _, *in_time = race(delete, *[partial(racing.share, names)] * (RACERS - 1))

    promised = {name for each in in_time for name in each}
    lost = {verdict.name for verdict in verdicts() if verdict.kind == "LOST"}
    assert not lost & promised
    for row in Photo.objects.filter(image__in=lost):
        row.delete()
    heal()
    assert verdicts() == []
    assert promised <= set(Photo.objects.values_list("image", flat=True))


@on_servers
def test_a_file_that_is_shared_under_a_lock_is_never_lost(race, in_transaction):
    keys = keys_of(photos(ROUNDS))
    delete = partial(racing.delete, keys, in_transaction=in_transaction)

    _, *shared = race(delete, *[partial(racing.share_locked, keys)] * (RACERS - 1))

    assert Photo.objects.count() == sum(shared)
    assert verdicts() == []


def test_who_reads_while_a_variant_is_rendered_again_reads_all_of_it(racers, media, tmp_path):
    (row,) = photos(1)
    files = [row.image.name, row.variants.thumb.name]
    before = [read(default_storage, name) for name in files]

    with lent(tmp_path) as databases:
        track = Track(databases, str(media), "inline")
        running = racers.start(track, [partial(racing.render, row.pk, 50)] * RACERS)
        reads = 0
        while not all(each.done() for each in running):
            assert [read(default_storage, name) for name in files] == before
            reads += 1
        racers.finish(running)

    assert reads
    assert verdicts() == []
