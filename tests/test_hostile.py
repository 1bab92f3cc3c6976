"""Hostile files on every path that they come in by: nothing crashes, grows, runs or gets out."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from tests.hostile import EPS, FAULTS, FORMATS

OUTCOMES = {
    "form": {"accepted", "refused"},
    "save": {"rendered", "not rendered"},
    "render": {"rendered", "not rendered"},
}
MEGABYTES = 250

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="every file is taken in by a fork"),
    pytest.mark.skipif(settings.SERVER != "sqlite", reason="it has a database of its own"),
]


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory):
    """Take the corpus in, with a Ghostscript that leaves a mark, and return what was told."""
    folder = tmp_path_factory.mktemp("hostile")
    program = folder / "gs"
    program.write_text(f"#!/bin/sh\necho ran >> {folder / 'mark'}\n")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    environment.pop("TEST_DATABASE", None)
    command = [sys.executable, "-W", "error", "-m", "tests.hostile", str(folder / "media")]
    output = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    told = [json.loads(line) for line in output.splitlines()]
    return told, (folder / "mark").exists(), environment


class TestCorpus:
    def test_every_file_is_taken_in_or_refused(self, taken_in):
        odd = [each for each in taken_in[0] if each["outcome"] not in OUTCOMES[each["path"]]]

        assert odd == []
        assert len(taken_in[0]) > 4 * len(FORMATS) * len(FAULTS)

    def test_none_takes_much_memory(self, taken_in):
        assert [each for each in taken_in[0] if each["megabytes"] >= MEGABYTES] == []

    def test_our_form_refuses_what_is_over_the_budget_and_what_is_no_picture(self, taken_in):
        ours = {
            e["file"]: e["outcome"]
            for e in taken_in[0]
            if (e["model"], e["path"]) == ("Photo", "form")
        }

        for name, outcome in ours.items():
            over = (" 50000", " 16000", " frames", " scans", " as jpg")
            if name.endswith(over) or ", " not in name:
                assert outcome == "refused", name

    def test_no_program_was_started(self, taken_in):
        assert not taken_in[1]

    def test_sound_pictures_among_them_are_rendered(self, taken_in):
        outcomes = Counter(e["file"] for e in taken_in[0] if e["outcome"] == "rendered")

        for format in FORMATS:
            for fault in ("payload behind", "payload in metadata", "odd profile", "1 x 20000"):
                assert outcomes[f"{format}, {fault}"] == 2
        for name in ("duration", "loop", "icc_profile", "transparency"):
            assert outcomes[f"PNG, text for {name}"] == 2


def test_pillow_on_its_own_would_start_the_program(taken_in):
    """The proof of the oracle: whoever opens with every decoder does leave the mark."""
    _, _, environment = taken_in
    mark = Path(environment["PATH"].split(os.pathsep)[0], "mark")
    script = f"import io; from PIL import Image; Image.open(io.BytesIO({EPS!r})).load()"
    command = [sys.executable, "-c", script]

    subprocess.run(command, env=environment, check=False, stderr=subprocess.DEVNULL)

    assert mark.exists()
