"""The validator of the W3C, as its package on npm has it: fetched once, compared with its digest."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import pytest

VERSION = "26.9.27"
TARBALL = f"https://registry.npmjs.org/vnu-jar/-/vnu-jar-{VERSION}.tgz"
SHA512 = "TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="
KEPT = Path.home() / ".cache" / "derived-images" / f"vnu-{VERSION}.jar"


def faults_of(pages: dict[str, str], folder: Path) -> list[str]:
    """Return what is wrong with the HTML of these pages, a sentence each."""
    if shutil.which("java") is None:
        pytest.skip("NO JAVA ON THIS MACHINE: THE EXAMPLE'S HTML WAS NOT VALIDATED. Install it.")
    files = {}
    for number, (name, html) in enumerate(pages.items()):
        file = folder / f"{number}.html"
        file.write_text(html)
        files[file.as_uri().replace("file:///", "file:/")] = name
    command = [
        "java",
        "-jar",
        jar(),
        "--format",
        "json",
        "--exit-zero-always",
        *folder.glob("*.html"),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return [
        f"{files[each['url']]}, line {each['lastLine']}: {each['message']}"
        for each in json.loads(said.stderr)["messages"]
    ]


def jar() -> Path:
    """Return where the validator is kept."""
    if not KEPT.exists():
        tarball = fetched()
        assert base64.b64encode(hashlib.sha512(tarball).digest()).decode() == SHA512
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(tarball)) as package:
            temporary = KEPT.with_suffix(f".{id(package)}")
            temporary.write_bytes(package.extractfile("package/build/dist/vnu.jar").read())
            temporary.replace(KEPT)
    return KEPT


def fetched() -> bytes:
    try:
        with urllib.request.urlopen(TARBALL, timeout=60) as answer:
            return answer.read()
    except OSError as error:
        pytest.skip(f"NPM IS OUT OF REACH: THE EXAMPLE'S HTML WAS NOT VALIDATED. {error}")
