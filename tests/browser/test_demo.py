"""The command `demo`: it fills the gallery, serves it, and stops when told."""

import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

from tests.browser.conftest import EXAMPLE, environment


def body(site, address: str) -> str:
    with closing(HTTPConnection("127.0.0.1", site.port)) as connection:
        connection.request("GET", address)
        return connection.getresponse().read().decode()


def shapes(site) -> dict[str, str]:
    """Return stem → dimensions, as the names of the originals say them."""
    names = (
        re.fullmatch(r"photos/(.+)_(\d+x\d+)(?:_\w{24})?_\w{8}\.\w+", name) for name in site.files
    )
    return {match[1]: match[2] for match in names if match}


def test_drawn_pictures_fill_an_empty_gallery_and_workshop(serve):
    site = serve()
    assert len(shapes(site)) == 11
    assert len(site.gallery_files) == 11 * 6 + 9
    # Eighteen images: each picture is stored once for each organization that has it.
    assert len(site.files - site.gallery_files) == (3 + 7) * 5
    assert "  Harbour Tiles: 6 images in 3 files\n" in site.output
    assert "  Lakeside Press: 12 images in 7 files\n" in site.output
    assert body(site, "/").count("<img ") == 10
    assert "1 more is private" in body(site, "/")
    assert body(site, "/panoramas/").count("<img ") == 1
    # The awkward ones: turned by EXIF, transparent, tall, small.
    assert shapes(site)["forest"] == "1440x2160"
    assert any(name.endswith(".png") for name in site.files)
    assert shapes(site)["birches"] == "900x2520"
    assert shapes(site)["moonrise"] == "120x90"


def test_a_folder_of_photographs_is_taken_instead(site):
    assert shapes(site)["turned"] == "800x1200"
    assert shapes(site)["tall-glass"] == "300x900"
    assert len(shapes(site)) == 6
    assert "  Tall glass: 300 × 900, 5 variants\n" in site.output


def test_what_is_twice_as_wide_as_high_and_large_is_taken_for_a_panorama(site):
    assert "  All around: 2048 × 1024, 8 variants\n" in site.output
    assert len([name for name in site.files if name.startswith("panoramas/")]) == 9
    assert shapes(site)["banner"] == "1800x900"


def test_what_is_no_picture_is_named_and_skipped(site):
    assert "  notes.txt: skipped. Upload a valid image." in site.output
    assert not any("notes" in name for name in site.files)


def test_it_says_where_to_look(site):
    assert f"Open  {site.url}/\n" in site.output


def test_ctrl_c_stops_it(serve, tmp_path):
    site = serve("--photos", str(tmp_path))
    assert site.stop() == 0
    assert "Traceback" not in site.output


def test_a_port_in_use_is_refused_in_one_line(site, tmp_path):
    second = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port", str(site.port)],
        cwd=EXAMPLE,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"CommandError: Port {site.port} cannot be used: ")
    assert second.stderr.count("\n") == 1
    assert not (tmp_path / "demo.sqlite3").exists()


def test_the_migrations_are_complete(tmp_path):
    command = [sys.executable, "manage.py", "makemigrations", "--check"]
    subprocess.run(command, cwd=EXAMPLE, env=environment(tmp_path), check=True)


def test_the_api_is_described_without_a_guess(tmp_path):
    schema = str(tmp_path / "schema.yml")
    options = ["--validate", "--fail-on-warn", "--file", schema]
    command = [sys.executable, "manage.py", "spectacular", *options]
    subprocess.run(command, cwd=EXAMPLE, env=environment(tmp_path), check=True)
