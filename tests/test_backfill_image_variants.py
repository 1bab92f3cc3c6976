"""`manage.py backfill_image_variants`, as people and programs call it."""

import io
import json
import os
import signal

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management import CommandError, call_command

from derived_images import backfill, declarations, tasks
from derived_images.files import write
from tests.conftest import without_table
from tests.pictures import picture
from tests.shop import models as shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(autouse=True)
def unrendered(settings, monkeypatch):
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
    monkeypatch.setattr(shop.Two.backs, "_storage", InMemoryStorage())


@pytest.fixture(params=["few", "many"])
def sight(request, monkeypatch):
    """Ask about each row, or list folders and read all rows first."""
    if request.param == "many":
        monkeypatch.setattr(backfill, "FEW", 0)


@pytest.fixture
def rows():
    return [shop.WithSlug.objects.create(slug=slug, image=picture(f"{slug}.jpg")) for slug in "abc"]


def run(*labels, **options):
    """Return the lines that the command prints, and what it ends with."""
    output = io.StringIO()
    error = None
    try:
        call_command("backfill_image_variants", *labels, stdout=output, **options)
    except CommandError as raised:
        error = raised
    return output.getvalue().splitlines(), error


def counts(*labels, **options):
    """Return what became of how many."""
    lines, _ = run(*labels, **options)
    told = lines[-1].partition(" in ")[0].split(", ")
    return {word: int(number) for word, number in (each.split() for each in told)}


def test_only_what_is_missing_is_made(sight, rows, media, stored):
    rows[0].variants.render("thumb")
    made = media / rows[0].variants.thumb.name
    os.utime(made, ns=(1, 1))
    sources = {row.image.name: (media / row.image.name).read_bytes() for row in rows}

    assert counts("shop.WithSlug") == {
        "processed": 3,
        "created": 5,
        "skipped": 1,
        "clashed": 0,
        "failed": 0,
    }
    assert [row.variants.missing() for row in rows] == [[], [], []]
    assert made.stat().st_mtime_ns == 1
    assert {name: (media / name).read_bytes() for name in sources} == sources
    names = {variant.name for row in rows for variant in row.variants.values()}
    assert stored() == names | sources.keys()


def test_a_second_run_makes_nothing(sight, rows):
    run("shop.WithSlug")

    assert counts("shop.WithSlug")["created"] == 0
    assert run("shop.WithSlug")[1] is None


def test_a_dry_run_writes_nothing_and_says_by_its_exit_that_something_is_missing(
    sight, rows, stored
):
    before = stored()
    lines, error = run("shop.WithSlug", dry_run=True, verbose=True)

    assert stored() == before
    assert lines[:2] == [
        f"missing   {rows[0].variants.thumb.name}",
        f"missing   {rows[0].variants.square.name}",
    ]
    assert lines[-1].startswith("processed 3, missing 6, skipped 0, clashed 0, failed 0 in ")
    assert (str(error), error.returncode) == ("Not all is there: missing: 6.", 1)
    run("shop.WithSlug")
    assert run("shop.WithSlug", dry_run=True)[1] is None


def test_each_source_is_opened_once(sight, rows, monkeypatch):
    opened = []
    real = FileSystemStorage.open

    def tell(storage, name, mode="rb"):
        opened.append(name)
        return real(storage, name, mode)

    monkeypatch.setattr(FileSystemStorage, "open", tell)
    run()

    sources = sorted(row.image.name for row in rows)
    assert sorted(name for name in opened if name in sources) == sources


def test_everything_is_selected_if_nothing_is_said(sight, rows):
    child = shop.Child.objects.create(image=picture())
    two = shop.Two.objects.create(front=picture(), back=picture())
    stamp = shop.OverridingProxy(image=child.image)
    photo = shop.Photo.objects.get(pk=child.pk)
    plain = shop.Photo.objects.create(image=picture())
    run()

    for each in (photo.variants, child.variants, stamp.variants, plain.variants):
        assert each.missing() == []
    assert not default_storage.exists(shop.Child.variants.name(plain.image.name, "card"))
    assert [two.fronts.missing(), two.large_fronts.missing(), two.backs.missing()] == [[], [], []]


@pytest.mark.parametrize(
    ("label", "made"),
    [
        ("shop.Two", {"fronts", "large_fronts", "backs"}),
        ("shop.Two.fronts", {"fronts"}),
        ("shop.two.large_fronts", {"large_fronts"}),
    ],
)
def test_a_manager_can_be_named(label, made):
    two = shop.Two.objects.create(front=picture("a.jpg"), back=picture("b.jpg"))
    run(label)

    managers = ("fronts", "large_fronts", "backs")
    assert {name for name in managers if not getattr(two, name).missing()} == made


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({"ids": ["a", "c"]}, "ac"),
        ({"filter": ["slug=b"]}, "b"),
        ({"filter": ["slug__in=a,b", "image__isnull=false"]}, "ab"),
        ({"limit": 2}, "ab"),
        ({"start_after": "a"}, "bc"),
        ({"start_after": "a", "limit": 1}, "b"),
        ({"ids": ["nobody"]}, ""),
    ],
)
def test_rows_can_be_chosen(sight, options, made, rows):
    run("shop.WithSlug", **options)

    assert "".join(row.slug for row in rows if not row.variants.missing()) == made


def test_a_limit_is_of_pictures_that_lack_something(sight, rows):
    rows[0].variants.render()
    lines, error = run("shop.WithSlug", limit=1)

    assert error is None
    assert lines[0] == "It stood after shop.WithSlug b. The next run skips what is there."
    assert lines[1].startswith("processed 2, created 2, skipped 2, ")
    assert rows[1].variants.missing() == []


def test_ids_are_of_every_model_that_has_such_keys(rows):
    plain = shop.Plain.objects.create(image=picture())
    unique = shop.WithUUID.objects.create(image=picture())
    run("shop.WithSlug", "shop.Plain", "shop.WithUUID", ids=["a", plain.pk, str(unique.pk)])

    assert rows[0].variants.missing() == plain.variants.missing() == unique.variants.missing() == []
    assert rows[1].variants.missing() == ["thumb", "square"]


def test_a_row_is_taken_once_however_often_a_filter_finds_it():
    album = shop.Album.objects.create()
    for _ in range(2):
        shop.Page.objects.create(album=album, image=picture())

    assert counts("shop.Page", filter=["album__page__id__gt=0"])["processed"] == 2


def test_rows_of_an_owner(rows):
    mine, theirs = (User.objects.create(username=name) for name in "ab")
    owned = [shop.Owned.objects.create(owner=user, image=picture()) for user in (mine, theirs)]
    run(owner=mine.pk)

    assert [row.variants.missing() for row in owned] == [[], ["thumb", "square"]]
    assert rows[0].variants.missing() == ["thumb", "square"], "It has no owner."


@pytest.mark.parametrize(
    ("options", "made"),
    [({"ids": ["1,a", "2,a"]}, [1, 3]), ({"start_after": "1,a"}, [2, 3]), ({"limit": 1}, [1])],
)
def test_keys_may_be_of_several_columns(sight, options, made):
    rows = [
        shop.Composite.objects.create(shelf=shelf, label=label, image=picture())
        for shelf, label in [(1, "a"), (1, "b"), (2, "a")]
    ]
    run("shop.Composite", **options)

    assert [number for number, row in enumerate(rows, 1) if not row.variants.missing()] == made


def test_variants_can_be_chosen(rows):
    assert counts("shop.WithSlug", variants="thumb")["created"] == 3
    assert rows[0].variants.missing() == ["square"]


def test_what_is_there_is_made_again_by_force(sight, rows, media):
    run()
    thumb = media / rows[0].variants.thumb.name
    thumb.write_bytes(b"old")

    assert counts("shop.WithSlug")["created"] == 0
    assert counts("shop.WithSlug", force=True, ids=["a"])["created"] == 2
    assert thumb.read_bytes() != b"old"


def test_rows_that_share_a_source_share_its_variants(sight, rows):
    shop.WithSlug.objects.create(slug="d", image=rows[0].image.name)

    assert counts("shop.WithSlug", dry_run=True)["missing"] == 6
    assert counts("shop.WithSlug", force=True) == {
        "processed": 4,
        "created": 6,
        "skipped": 2,
        "clashed": 0,
        "failed": 0,
    }


@pytest.fixture
def dirty():
    """Rows from before the library: three of one folder that would share names, and one that is fine."""
    for name in ("a.jpg", "a.png", "a_thumb.webp", "b.jpg"):
        write(default_storage, f"plain/{name}", picture())
        shop.Plain.objects.create(image=f"plain/{name}")


@pytest.mark.parametrize("force", [False, True])
def test_clashes_are_named_and_nothing_is_overwritten(sight, force, dirty, media, stored):
    before = {name: (media / name).read_bytes() for name in stored()}
    a, png, thumb, _ = (row.pk for row in shop.Plain.objects.order_by("pk"))
    lines, error = run("shop.Plain", force=force)

    clashes = {line for line in lines if line.startswith("clash")}
    assert clashes == {
        f"clash     'plain/a_square.png' is derived from 'plain/a.png' of shop.Plain {png}, "
        f"wanted by shop.Plain {a}",
        f"clash     'plain/a_thumb.webp' is derived from 'plain/a.png' of shop.Plain {png}, "
        f"wanted by shop.Plain {a}",
        f"clash     'plain/a_thumb.webp' is the source of shop.Plain {thumb}, "
        f"wanted by shop.Plain {a}",
        f"clash     'plain/a_square.png' is derived from 'plain/a.jpg' of shop.Plain {a}, "
        f"wanted by shop.Plain {png}",
        f"clash     'plain/a_thumb.webp' is derived from 'plain/a.jpg' of shop.Plain {a}, "
        f"wanted by shop.Plain {png}",
        f"clash     'plain/a_thumb.webp' is the source of shop.Plain {thumb}, "
        f"wanted by shop.Plain {png}",
    }
    assert lines[-2].startswith("Those that clash are told apart by naming=")
    assert lines[-1].startswith("processed 4, created 4, skipped 0, clashed 4, failed 0 in ")
    assert error is None
    assert {name: (media / name).read_bytes() for name in before} == before


def test_by_force_an_upload_that_came_meanwhile_is_not_overwritten(sight, media, monkeypatch):
    # More than are made together.
    for name in [*(f"{number:02}" for number in range(backfill.CHUNK)), "last"]:
        write(default_storage, f"plain/{name}.jpg", picture())
        last = shop.Plain.objects.create(image=f"plain/{name}.jpg")
    taken = "plain/last_thumb.webp"

    def upload():
        if not shop.Document.objects.exists():
            write(default_storage, taken, ContentFile(b"an upload"))
            shop.Document.objects.create(file=taken)

    monkeypatch.setattr(shop.Plain.variants, "_storage", Meddling(upload))
    lines, _ = run("shop.Plain", force=True, variants="thumb")

    assert (media / taken).read_bytes() == b"an upload"
    assert lines[0] == (
        f"clash     {taken!r} is the source of shop.Document.file, wanted by shop.Plain {last.pk}"
    )


def test_a_second_ctrl_c_ends_it_at_once_and_tidily(rows, monkeypatch, stored):
    before = stored()
    press = Meddling(lambda: os.kill(os.getpid(), signal.SIGINT))
    monkeypatch.setattr(shop.WithSlug.variants, "_storage", press)
    lines, error = run("shop.WithSlug")

    assert error.returncode == 130
    assert lines[-1].startswith("processed 0, created 0, ")
    assert not [name for name in stored() if name.endswith(".tmp")]
    assert len(stored() - before) == 1, "The first was pressed within the first variant."


@pytest.mark.parametrize("force", [False, True])
def test_each_name_is_asked_for_though_rows_share_a_source(sight, force, media):
    """A child wants more names of a source than another row of its parent's does."""
    write(default_storage, "photos/x.jpg", picture())
    write(default_storage, "photos/x_card.webp", ContentFile(b"a document"))
    shop.Document.objects.create(file="photos/x_card.webp")
    shop.Child.objects.create(image="photos/x.jpg")
    shop.Photo.objects.create(image="photos/x.jpg")
    told = counts(force=force)

    assert (media / "photos/x_card.webp").read_bytes() == b"a document"
    assert told["clashed"] == 1


def test_sources_of_one_name_in_two_storages_clash_over_a_third(sight, monkeypatch):
    shared = InMemoryStorage()
    for model, storage in ((shop.Plain, default_storage), (shop.Loose, InMemoryStorage())):
        monkeypatch.setattr(model.image.field, "storage", storage)
        monkeypatch.setattr(model.variants, "_storage", shared)
        write(storage, "plain/a.jpg", picture())
        model.objects.create(image="plain/a.jpg")

    # Both have a thumb; the others are the one's or the other's alone.
    assert counts() == {"processed": 2, "created": 4, "skipped": 0, "clashed": 2, "failed": 0}


def test_a_convention_that_gives_a_source_its_own_name_is_a_clash(sight, media, monkeypatch):
    class Same:
        def name(self, *, source, **known):
            return source

        def sources(self, name):
            return [name]

    monkeypatch.setattr(shop.Plain.variants, "naming", Same())
    monkeypatch.setattr(shop.Plain.variants, "_known", declarations._Known({}, {}, {}, {}))
    write(default_storage, "plain/a.jpg", picture())
    shop.Plain.objects.create(image="plain/a.jpg")
    before = (media / "plain/a.jpg").read_bytes()

    assert counts("shop.Plain", force=True)["created"] == 0
    assert (media / "plain/a.jpg").read_bytes() == before


def test_a_row_that_goes_while_its_page_is_in_hand_is_no_failure(sight, rows, monkeypatch):
    def delete():
        default_storage.delete(rows[1].image.name)
        shop.WithSlug.objects.filter(pk="b")._raw_delete("default")

    monkeypatch.setattr(shop.WithSlug.variants, "_storage", Meddling(delete))
    lines, error = run("shop.WithSlug")

    assert lines[-1].startswith("processed 3, created 4, skipped 0, clashed 0, failed 0 in ")
    assert error is None


def test_a_model_without_a_table_costs_nothing(sight, rows):
    with without_table(shop.Measured, "default", "other"):
        assert counts("shop.WithSlug")["created"] == 6


def test_conditions_are_all_true_of_what_is_rendered():
    rows = [shop.Plain.objects.create(title=title, image=picture()) for title in ("ab", "a", "b")]
    run("shop.Plain", filter=["title__contains=a", "title__contains=b"])

    assert [row.variants.missing() for row in rows] == [
        [],
        ["thumb", "square"],
        ["thumb", "square"],
    ]
    told = counts("shop.Plain", filter=[f"pk__gt={rows[1].pk}"], start_after=str(rows[0].pk))
    assert told["processed"] == 1


def test_keys_of_one_database_are_not_those_of_another(sight):
    photo = shop.Photo.objects.create(image=picture())
    shop.Child.objects.using("other").create(pk=photo.pk, image=picture("other.jpg"))
    run()

    assert not default_storage.exists(shop.Child.variants.name(photo.image.name, "card"))
    child = shop.Child.objects.using("other").get()
    assert child.variants.missing() == []


def test_what_somebody_stored_meanwhile_is_not_overwritten(sight, rows, media, monkeypatch):
    real = FileSystemStorage._open
    thumb = rows[1].variants.thumb.name

    def store(storage, name, mode="rb"):
        if name == rows[0].image.name:
            write(default_storage, thumb, ContentFile(b"somebody's"))
        return real(storage, name, mode)

    monkeypatch.setattr(FileSystemStorage, "_open", store)

    assert counts("shop.WithSlug")["skipped"] == 1
    monkeypatch.undo()
    assert (media / thumb).read_bytes() == b"somebody's"


def test_failures_are_told_by_reason(sight, rows):
    broken = [
        shop.WithSlug.objects.create(slug=f"x{number}", image=ContentFile(b"?", f"x{number}.jpg"))
        for number in range(4)
    ]
    default_storage.delete(rows[1].image.name)
    lines, error = run("shop.WithSlug")

    names = ", ".join(row.image.name for row in broken[:3])
    assert lines[0] == f"failed    2 × It is not there. ({rows[1].image.name})"
    assert lines[1].startswith("failed    8 × ")
    assert lines[1].endswith(f" ({names}, …)")
    assert lines[2].startswith("processed 7, created 4, skipped 0, clashed 0, failed 10 in ")
    assert (str(error), error.returncode) == ("Not all is well: failed: 10.", 1)


def test_verbose_tells_what_became_of_every_variant(sight, rows):
    rows[0].variants.render("thumb")
    default_storage.delete(rows[1].image.name)
    lines, _ = run("shop.WithSlug", ids=["a", "b"], verbose=True)

    a, b = rows[0].variants, rows[1].variants
    assert lines[:4] == [
        f"created   {a.square.name}",
        f"skipped   {a.thumb.name}",
        f"failed    {b.thumb.name}: It is not there.",
        f"failed    {b.square.name}: It is not there.",
    ]


class Meddling(FileSystemStorage):
    """Does something else while a file is stored."""

    def __init__(self, meddle):
        super().__init__()
        self.meddle = meddle

    def _save(self, name, content):
        self.meddle()
        return super()._save(name, content)


def test_what_was_made_of_a_row_that_went_meanwhile_is_taken_back(sight, rows, monkeypatch, stored):
    gone = rows[0].image.name

    def delete():
        shop.WithSlug.objects.filter(pk="a")._raw_delete("default")

    monkeypatch.setattr(shop.WithSlug.variants, "_storage", Meddling(delete))
    run("shop.WithSlug")

    assert not {name for name in stored() if name.startswith("slug/a_")} - {gone}
    assert rows[1].variants.missing() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_the_picture_in_hand_and_says_where_it_stood(
    sight, number, rows, monkeypatch
):
    pressed = []

    def press():
        if not pressed:
            pressed.append(number)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(shop.WithSlug.variants, "_storage", Meddling(press))
    before = signal.getsignal(number)
    lines, error = run("shop.WithSlug")

    assert rows[0].variants.missing() == []
    assert rows[1].variants.missing() == ["thumb", "square"]
    assert lines[-1].startswith("processed 1, created 2, ")
    assert error.returncode == 130
    assert str(error) == (
        "Interrupted. It stood after shop.WithSlug a. The next run skips what is there."
    )
    assert signal.getsignal(number) is before
    monkeypatch.undo()
    assert counts("shop.WithSlug", start_after="a")["created"] == 4


class TestEngines:
    """`--enqueue` hands payloads to whatever `PROCESSOR` names."""

    @pytest.fixture
    def payloads(self, settings):
        settings.DERIVED_IMAGES = {"PROCESSOR": f"{__name__}.take"}
        taken.clear()
        return taken

    def test_what_is_missing_is_handed_over_in_batches(self, sight, payloads, monkeypatch):
        rows = [shop.Plain.objects.create(image=picture(f"{number}.jpg")) for number in range(23)]
        rows[0].variants.render("thumb")
        payloads.clear()
        told = counts("shop.Plain", enqueue=True)

        assert told["enqueued"] == 45
        assert [len(payload["batch"]) for payload in payloads] == [20, 3]
        assert payloads[0]["batch"][0] == {
            "model": "shop.Plain",
            "key": {"id": str(rows[0].pk)},
            "field": "image",
            "source": rows[0].image.name,
            "using": "default",
            "names": [rows[0].variants.square.name],
            "force": False,
        }
        for payload in json.loads(json.dumps(payloads * 2)):
            tasks.render_or_raise(payload)
        assert all(row.variants.missing() == [] for row in rows)
        assert counts("shop.Plain", dry_run=True)["missing"] == 0

    def test_rows_of_any_key_are_found_again(self, payloads):
        child = shop.Child.objects.create(image=picture())
        several = shop.Composite.objects.create(shelf=1, label="a", image=picture())
        unique = shop.WithUUID.objects.create(image=picture())
        payloads.clear()
        run("shop.Child", "shop.Composite", "shop.WithUUID", enqueue=True)
        for payload in payloads:
            tasks.render_or_raise(payload)

        assert [row.variants.missing() for row in (child, several, unique)] == [[], [], []]

    def test_what_is_there_by_then_is_left_alone_unless_by_force(self, payloads, rows, media):
        payloads.clear()
        run("shop.WithSlug", ids=["a"], enqueue=True)
        run("shop.WithSlug", ids=["b"], enqueue=True, force=True)
        for row in rows:
            write(default_storage, row.variants.thumb.name, ContentFile(b"there"))
        for payload in payloads:
            tasks.render_or_raise(payload)

        a, b = ((media / row.variants.thumb.name).read_bytes() for row in rows[:2])
        assert a == b"there"
        assert b != b"there"

    def test_one_picture_that_fails_is_tried_again_with_its_batch(self, payloads, rows):
        payloads.clear()
        run("shop.WithSlug", enqueue=True)
        default_storage.delete(rows[0].image.name)

        with pytest.raises(tasks.NotRendered, match=rows[0].image.name):
            tasks.render_or_raise(payloads[0])
        assert rows[1].variants.missing() == rows[2].variants.missing() == []

    def test_a_storage_that_fails_one_picture_fails_no_other(self, payloads, rows, monkeypatch):
        payloads.clear()
        run("shop.WithSlug", enqueue=True)
        real = tasks.exists

        def fail(storage, name):
            if name == rows[0].variants.thumb.name:
                raise PermissionError(name)
            return real(storage, name)

        monkeypatch.setattr(tasks, "exists", fail)
        with pytest.raises(tasks.NotRendered, match=rows[0].image.name):
            tasks.render_or_raise(payloads[0])
        assert rows[1].variants.missing() == rows[2].variants.missing() == []

    def test_an_engine_that_refuses_ends_it(self, settings, rows):
        rows[1].variants.render()
        settings.DERIVED_IMAGES = {"PROCESSOR": f"{__name__}.refuse"}
        _, error = run("shop.WithSlug", enqueue=True)

        assert error.returncode == 1
        assert str(error) == "The engine took no more: Connection refused. Nothing was done yet."


taken = []


def take(payload):
    taken.append(payload)


def refuse(payload):
    raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["shop"], {}, "'shop' is no app.Model or app.Model.manager: "),
        (["shop.Nothing"], {}, "'shop.Nothing' is no app.Model or app.Model.manager: "),
        (["shop.Two.side"], {}, "Choices are: fronts, large_fronts, backs."),
        (["shop.Hidden"], {}, "'shop.Hidden' has no manager of variants."),
        (["shop.Plain"], {"variants": "tumb"}, "'tumb' is no variant. Choices are: square, thumb."),
        (["shop.Plain"], {"ids": ["one"]}, "'one' is no key of any model that is selected."),
        (["shop.Plain"], {"start_after": "x"}, "'x' is no key of any model that is selected."),
        (["shop.Plain", "shop.Loose"], {"start_after": "1"}, "--start-after needs one model, "),
        (["shop.Two"], {"start_after": "1"}, "--start-after needs one model, "),
        (["shop.Plain"], {"ids": [str(10**30)]}, " is no key of any model that is selected."),
        (["shop.Plain"], {"filter": ["title"]}, "'title' is no filter. Give lookup=value, "),
        (["shop.Plain"], {"filter": ["titel=x"]}, "shop.Plain cannot be asked so: "),
        (["shop.Plain"], {"filter": ["title__isnull=x"]}, "say title__isnull=true, or false."),
        (["shop.Plain"], {"owner": "1"}, "--owner: none of the models has a field of that name."),
        (["shop.Plain"], {"enqueue": True}, "--enqueue needs an engine, but PROCESSOR is 'none': "),
        (["shop.Plain"], {"enqueue": True, "workers": 2}, "--enqueue and --workers do not go"),
    ],
)
def test_what_it_does_not_understand_it_refuses(labels, options, message, rows, stored):
    before = stored()
    _, error = run(*labels, **options)

    assert message in str(error)
    assert stored() == before


@pytest.mark.parametrize("text", ["0", "-1", "many"])
@pytest.mark.parametrize("option", ["--limit", "--workers"])
def test_numbers_are_one_or_more(option, text):
    with pytest.raises(CommandError, match="is not 1 or more"):
        call_command("backfill_image_variants", option, text)
