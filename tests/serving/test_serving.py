"""What real servers send: the bytes that were asked for, to those who may, and nothing else."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from derived_images.naming import is_allocated
from tests.serving.seed import LARGE, LARGE_SIZE, LINK, SECRET
from tests.serving.servers import Site, has_nginx, head_of, nginx, serving

#: Ways out of a folder, each a different one, to a file whose name our field could have given.
ESCAPES = [
    f"/media/../{SECRET}",
    f"/media/..%2f{SECRET}",
    f"/media/..%2F{SECRET}",
    f"/media/%2e%2e/{SECRET}",
    f"/media/%2e%2e%2f{SECRET}",
    f"/media/.%2e/{SECRET}",
    f"/media/%252e%252e/{SECRET}",
    f"/media/..%252f{SECRET}",
    f"/media/%25252e%25252e/{SECRET}",
    f"/media/./../{SECRET}",
    f"/media/exhibits/../../{SECRET}",
    f"/media/exhibits/%2e%2e/%2e%2e/{SECRET}",
    f"/media/nowhere/../../{SECRET}",
    f"/media/....//{SECRET}",
    f"/media/..;/{SECRET}",
    f"/media/..\\{SECRET}",
    f"/media/..%5c{SECRET}",
    f"/media/..%255c{SECRET}",
    f"/media/..%c0%af{SECRET}",
    f"/media/%c0%ae%c0%ae/{SECRET}",
    f"/media/%e0%80%ae%e0%80%ae/{SECRET}",
    f"/media/%f0%80%80%ae%f0%80%80%ae/{SECRET}",
    f"/media/%ef%bc%8e%ef%bc%8e/{SECRET}",
    f"/media/%uff0e%uff0e/{SECRET}",
    f"/media/%2e%2e%00/{SECRET}",
    f"/media/%00../{SECRET}",
    f"/media/..%00/{SECRET}",
    f"/media/../{SECRET}%00.jpg",
    f"/media/..%0d%0a/{SECRET}",
    f"/media/%20../{SECRET}",
    f"/media/..%20/{SECRET}",
    f"/media/..?/{SECRET}",
    f"/media/%3f/../../{SECRET}",
    f"/media//../{SECRET}",
    f"/media/~/{SECRET}",
    f"/media/{SECRET}",
    f"//media/../{SECRET}",
    f"http://localhost/media/../{SECRET}",
    f"/media/{LINK}",
    f"/media/linked/{SECRET}",
    f"/media/linked/media/../{SECRET}",
    "/media//{site}/" + SECRET,
    "/media/%2f{site}/" + SECRET,
    "/media/file://{site}/" + SECRET,
    "/media/linked/db.sqlite3",
    "/media/../db.sqlite3",
    "/media//etc/passwd",
    "/media/" + "../" * 40 + "etc/passwd",
    "/media/" + "%2e%2e%2f" * 40 + "etc/passwd",
    "/media/",
    "/media",
    "/media/.",
    "/media/..",
    "/media/exhibits",
    "/media/exhibits/",
    "/media/" + "a" * 3000,
    "/media/exhibits/" + "a" * 3000 + "_1x1_x7kq2mz9.jpg",
]
SERVERS = ["gunicorn", "uvicorn"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module", params=SERVERS)
def server(request, site):
    with serving(request.param, site) as started:
        yield started


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_there_is_no_way_out(server, site, method):
    for escape in ESCAPES:
        target = escape.replace("{site}", str(site.folder).lstrip("/"))
        assert_refused(target, server.ask(target, method))


def assert_refused(target, answer):
    # nginx adds a slash to what it has a location for.
    refusals = (301, 400, 404, 414) if target == "/media" else (400, 404, 414)
    assert answer.status in refusals, (target, answer)
    assert b"secret" not in answer.body, target
    assert b"root:" not in answer.body, target


def test_the_secret_could_be_read_if_there_were_one(site):
    assert is_allocated(SECRET)
    assert is_allocated(LINK)
    assert (site.folder / "media" / LINK).read_text() == "secret"
    assert (site.folder / "media" / "linked" / SECRET).read_text() == "secret"


def test_bytes_are_sent_whole_and_in_parts(server, site):
    for url in site.urls["shown"].values():
        whole = site.stored(url)
        for headers, status, part in [
            ({}, 200, whole),
            ({"Range": "bytes=0-99"}, 206, whole[:100]),
            ({"Range": "bytes=-7"}, 206, whole[-7:]),
            ({"If_None_Match": "*"}, 304, b""),
            ({"Range": "bytes=99999999-"}, 416, b""),
        ]:
            answer = server.ask(url, **headers)

            assert (answer.status, answer.body) == (status, part)
            assert status == 304 or answer.headers["content-length"] == str(len(part))


def test_after_a_head_the_connection_goes_on(server, site):
    url = site.urls["shown"]["original"]
    whole = site.stored(url)
    with (
        server.connected(url, "HEAD", Connection="keep-alive") as connection,
        connection.makefile("rb") as file,
    ):
        status, headers = head_of(file)
        assert (status, headers["content-length"]) == (200, str(len(whole)))
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert head_of(file)[0] == 200
        assert file.read() == whole


@pytest.mark.parametrize("kind", SERVERS)
def test_a_large_file_takes_no_memory(site, kind):
    with serving(kind, site) as server:
        server.ask(site.urls["shown"]["original"])
        before = server.memory()
        received = 0
        with (
            server.connected(f"/media/{LARGE}") as connection,
            connection.makefile("rb", buffering=2**20) as file,
        ):
            assert head_of(file)[1]["content-length"] == str(LARGE_SIZE)
            while piece := file.read(2**20):
                received += len(piece)
        grown = server.memory() - before

    print(f"{kind}: {received} bytes, {grown / 1e6:.1f} MB over {before / 1e6:.0f}")
    assert received == LARGE_SIZE
    assert grown < 8e6


@pytest.mark.parametrize("kind", SERVERS)
def test_fifty_ask_for_what_is_missing_and_one_renders(site, kind):
    url = site.urls["missing"]["thumb"]
    variant = site.folder / url.partition("?")[0].lstrip("/")
    variant.unlink(missing_ok=True)
    notes = site.folder / "notes"
    notes.write_text("")
    with serving(kind, site, workers=3) as server, ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda _: server.ask(url), range(50)))

    assert notes.read_text() == "drawn\n"
    bodies = {answer.body for answer in answers}
    assert {answer.status for answer in answers} == {200}
    assert variant.read_bytes() in bodies
    assert bodies <= {variant.read_bytes(), site.stored(site.urls["missing"]["original"])}


@pytest.mark.parametrize("kind", SERVERS)
def test_one_that_waits_holds_up_no_other(site, kind):
    rule = {"SERVING_AUTHORIZE": "tests.serving.rules.together"}
    url = site.urls["shown"]["thumb"]
    with serving(kind, site, **rule) as server, ThreadPoolExecutor(2) as clients:
        answers = list(clients.map(lambda _: server.ask(url), range(2)))

    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize("kind", SERVERS)
def test_hidden_and_missing_cannot_be_told_apart(site, kind):
    rule = {"SERVING_AUTHORIZE": "tests.serving.rules.not_hidden"}
    with serving(kind, site, **rule) as server:
        shown = server.ask(site.urls["shown"]["thumb"])
        hidden = [server.ask(url) for url in site.urls["hidden"].values()]
        missing = server.ask("/media/exhibits/nothing_1x1_x7kq2mz9.jpg")

    assert (shown.status, shown.headers["cache-control"]) == (200, "private, no-cache")
    for answer in hidden:
        assert {**answer.headers, "date": ""} == {**missing.headers, "date": ""}
        assert (
            (answer.status, answer.body) == (missing.status, missing.body) == (404, b"Not found.")
        )


@pytest.mark.skipif(not has_nginx(), reason="nginx is not installed")
def test_nginx_sends_what_the_view_allows(site):
    environment = {
        "SERVING_BY": "X-Accel-Redirect",
        "SERVING_AUTHORIZE": "tests.serving.rules.not_hidden",
    }
    with (
        serving("gunicorn", site, **environment) as behind,
        nginx(site, behind) as server,
    ):
        for url in site.urls["shown"].values():
            whole, answer = site.stored(url), server.ask(url)
            part = server.ask(url, Range="bytes=10-19")
            known = server.ask(url, If_None_Match=answer.headers["etag"])

            assert (answer.status, answer.body) == (200, whole)
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["content-type"].startswith("image/")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-disposition"].startswith("inline; filename=")
            assert (part.status, part.body) == (206, whole[10:20])
            assert (known.status, known.body) == (304, b"")
            assert server.ask("/internal" + url).status == 404
        for url in site.urls["hidden"].values():
            assert server.ask(url).status == 404
        for escape in ESCAPES:
            target = escape.replace("{site}", str(site.folder).lstrip("/"))
            assert_refused(target, server.ask(target))


def test_a_client_that_leaves_leaves_nothing_open(server, site):
    for _ in range(20):
        with server.connected(f"/media/{LARGE}") as connection:
            connection.recv(1000)
            connection.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + 30
    while server.holds("large_") and time.monotonic() < deadline:
        server.ask(site.urls["shown"]["thumb"])

    assert not server.holds("large_")
