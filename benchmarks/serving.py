"""Requests a second, beside Django's own view and nginx: `python -m benchmarks.serving`.

wrk asks each in turn, round by round, over 16 connections; the media view runs in gunicorn, in two
processes of four threads. Ratios are medians of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from tests.serving.servers import Site, free_port, has_nginx, nginx, serving

#: What the others are compared to.
BASE = "django.views.static.serve"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each round and address")
    arguments = parser.parse_args()
    if not shutil.which("wrk") or not has_nginx():
        sys.exit("It needs wrk and nginx (on Debian: apt-get install wrk nginx-light).")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = Site(Path(folder))
        for key in ("thumb", "original"):
            url = site.urls["shown"][key]
            print(f"{key}, {len(site.stored(url)) / 1000:.1f} kB")
            addresses = dict(started(site, url, stack))
            table(measured(addresses, arguments.rounds, arguments.seconds))


def started(site: Site, url: str, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Start the servers; yield what is compared, and its address."""
    app, ruled, front = free_port(), free_port(), free_port()
    stack.enter_context(serving("gunicorn", site, 2, f"--bind 127.0.0.1:{app}"))
    rule = {"SERVING_AUTHORIZE": "tests.serving.rules.not_hidden"}
    stack.enter_context(serving("gunicorn", site, 2, f"--bind 127.0.0.1:{ruled}", **rule))
    handing = stack.enter_context(serving("gunicorn", site, 2, SERVING_BY="X-Accel-Redirect"))
    direct = f"location /direct/ {{ alias {site.folder}/media/; }}"
    stack.enter_context(nginx(site, handing, f"listen 127.0.0.1:{front}; {direct}"))
    name = url.removeprefix("/media/")
    yield BASE, f"http://127.0.0.1:{app}/static-serve/{name}"
    yield "the media view", f"http://127.0.0.1:{app}{url}"
    yield "the media view, AUTHORIZE by row", f"http://127.0.0.1:{ruled}{url}"
    yield "nginx before the media view", f"http://127.0.0.1:{front}{url}"
    yield "nginx alone", f"http://127.0.0.1:{front}/direct/{name}"


def measured(addresses: dict[str, str], rounds: int, seconds: int) -> dict[str, list[float]]:
    """Return, of each, its requests a second in every round but the first."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, address in addresses.items():
            command = ["wrk", "--threads", "1", "--connections", "16", f"-d{seconds}s", address]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            rate = re.search(r"Requests/sec: +([0-9.]+)", said)
            if rate is None or "Non-2xx" in said:
                sys.exit(f"{name}: {said}")
            if number:
                found[name].append(float(rate[1]))
    return found


def table(found: dict[str, list[float]]) -> None:
    for name, rates in found.items():
        ratios = [rate / base for rate, base in zip(rates, found[BASE], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        ratio = f"{median(ratios):.2f} ({low:.2f}–{high:.2f})"
        print(f"  {name:<34} {median(rates):>8.0f} a second  {ratio} × {BASE}")


if __name__ == "__main__":
    main()
