"""What a gallery page costs, built in several ways: `python -m benchmarks.pages`.

The same photographs are shown by the library's `{% picture %}`, without a placeholder, with the one
that names carry, and with one that is read from the storage; by django-pictures; and as they are.
It needs what `benchmarks/peers/requirements.txt` lists, which `make pages` installs, and a Chromium
(on Debian: apt-get install chromium). `--folder` takes your own JPEGs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=100, help="on the page")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="of photographs (JPEG); generated if left out")
    arguments = parser.parse_args()
    if not shutil.which("chromium"):
        sys.exit("It needs Chromium (on Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as site:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "benchmarks.pages.settings",
            "BENCHMARK_SITE": site,
        }
        django.setup()
        # There are no models before the setup.
        from benchmarks.pages.report import report

        report(arguments.photos, arguments.rounds, arguments.folder)


if __name__ == "__main__":
    main()
