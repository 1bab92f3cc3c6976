"""Throwaway database servers: run a command once on each, as `make test` does.

    python -m tests.servers pytest tests/life         on every server that is installed
    python -m tests.servers --all pytest tests/life   on every server; one that is missing is an error

A server lives in a temporary folder, listens on a socket there and nowhere else, and goes with
the command. `TEST_DATABASE` tells the command, and `tests.settings`, where it is.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

#: Server → Django's driver for it, its programs, and what Debian calls the package.
SERVERS = {
    "postgresql": ("psycopg", ["initdb", "pg_ctl"], "postgresql"),
    "mariadb": ("MySQLdb", ["mariadb-install-db", "mariadbd", "mariadb-admin"], "mariadb-server"),
}


def missing(server: str) -> str:
    """Say what the machine lacks to run this server; "" if it lacks nothing."""
    driver, programs, package = SERVERS[server]
    if not all(map(program, programs)):
        return f"it is not installed (on Debian: apt-get install {package})"
    if find_spec(driver) is None:
        return f"the module {driver} is not installed (pip install .[databases])"
    return ""


def program(name: str) -> str | None:
    """Return where a server's program is; Debian keeps some of them off the PATH."""
    folders = [
        os.environ["PATH"],
        "/usr/sbin",
        *map(str, Path("/usr/lib/postgresql").glob("*/bin")),
    ]
    return shutil.which(name, path=os.pathsep.join(folders))


@contextmanager
def running(server: str) -> Iterator[str]:
    """Start a server, and yield the value of `TEST_DATABASE`."""
    with tempfile.TemporaryDirectory(prefix="di-") as folder:
        start, stop = (_postgresql if server == "postgresql" else _mariadb)(Path(folder))
        user = _unprivileged()
        if user:
            shutil.chown(folder, user.pw_name)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        log = Path(folder, "log")
        with log.open("w") as output:
            for command in start:
                called = subprocess.run(
                    command, stdout=output, stderr=output, cwd=folder, **as_user
                )
                if called.returncode:
                    sys.exit(f"{server} does not start: {' '.join(command)}\n{log.read_text()}")
        try:
            yield f"{server}:{folder}"
        finally:
            subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom the servers run as: PostgreSQL refuses to be root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def _postgresql(folder: Path) -> tuple[list[list[str]], list[str]]:
    data = str(folder / "data")
    # What it holds is thrown away: nothing need reach the disk.
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"
    initdb, pg_ctl = str(program("initdb")), str(program("pg_ctl"))
    return [
        [initdb, "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"],
        [pg_ctl, "-D", data, "-w", "-l", str(folder / "server.log"), "-o", options, "start"],
    ], [pg_ctl, "-D", data, "-w", "-m", "immediate", "stop"]


def _mariadb(folder: Path) -> tuple[list[list[str]], list[str]]:
    data, socket = str(folder / "data"), str(folder / "socket")
    admin = [str(program("mariadb-admin")), "--no-defaults", f"--socket={socket}", "--user=root"]
    server = [
        str(program("mariadbd")),
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={socket}",
        f"--pid-file={folder / 'pid'}",
        "--skip-networking",
        "--character-set-server=utf8mb4",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=256M",
        "--max-connections=300",
    ]
    return [
        [
            str(program("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        ["sh", "-c", 'exec "$0" "$@" >/dev/null 2>server.log &', *server],
        [*admin, "--wait=30", "--connect-timeout=30", "ping"],
    ], [*admin, "shutdown"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="a server that is missing is an error")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    failed = 0
    for server in SERVERS:
        if lack := missing(server):
            print(f"=== {server}: {'missing' if arguments.all else 'skipped'}: {lack}", flush=True)
            failed += arguments.all
            continue
        print(f"=== {server}: {' '.join(arguments.command)}", flush=True)
        with running(server) as database:
            environment = {**os.environ, "TEST_DATABASE": database}
            failed += bool(subprocess.run(arguments.command, env=environment).returncode)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
