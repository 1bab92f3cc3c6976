"""Translations: every text is translated, and is seen so."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files

import pytest
from django.utils import translation
from django.utils.translation import gettext

LOCALE = files("derived_images") / "locale"
GERMAN = LOCALE / "de" / "LC_MESSAGES"


def texts(catalog):
    """Return what a catalog translates, its own first lines left out."""
    strings = re.findall(r"^msgid (.*?)^msgstr", catalog, re.MULTILINE | re.DOTALL)
    return ["".join(re.findall(r'"(.*)"', each)) for each in strings][1:]


def test_german_is_whole():
    catalog = (GERMAN / "django.po").read_text()

    assert 'msgstr ""\n\n' not in catalog
    assert "#, fuzzy" not in catalog
    assert len(texts(catalog)) > 100
    with translation.override("de"):
        assert gettext("Choose from the library") == "Aus der Bibliothek wählen"


def test_it_has_all_that_the_code_says(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("GETTEXT IS MISSING: WHETHER ALL TEXTS ARE TRANSLATED WAS NOT TESTED.")
    code = tmp_path / "derived_images"
    shutil.copytree(files("derived_images"), code)
    written = (code / "locale/de/LC_MESSAGES/django.po").read_text()

    make = ["makemessages", "-l", "de", "--no-location", "--no-obsolete", "-v", "0"]
    # By itself: the suite's settings are not in its way.
    without = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    subprocess.run([sys.executable, "-m", "django", *make], cwd=code, env=without, check=True)

    collected = (code / "locale/de/LC_MESSAGES/django.po").read_text()
    assert texts(collected) == texts(written)
    # What is new has no translation, what has changed is guessed.
    assert 'msgstr ""\n\n' not in collected
    assert "fuzzy" not in collected


def test_what_is_compiled_is_what_is_written(tmp_path):
    if shutil.which("msgfmt") is None:
        pytest.skip("GETTEXT IS MISSING: WHETHER TRANSLATIONS ARE COMPILED WAS NOT TESTED.")
    compiled = tmp_path / "django.mo"

    subprocess.run(["msgfmt", "--output", compiled, GERMAN / "django.po"], check=True)

    assert compiled.read_bytes() == (GERMAN / "django.mo").read_bytes()
