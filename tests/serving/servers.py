"""A site on disk, servers for it that listen on sockets in its folder, and a client for those."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

#: Server → how it is started, and what it says once it listens.
COMMANDS = {
    "gunicorn": (
        "gunicorn --bind unix:{socket} --workers {workers} --threads 4 tests.serving.wsgi",
        "Booting worker",
    ),
    "uvicorn": (
        "uvicorn --uds {socket} --workers {workers} --lifespan off --no-access-log tests.serving.asgi:application",
        "Uvicorn running on",
    ),
}
ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds: a machine that is busy with other tests takes its time


class Site:
    """A folder with database and media, and the URLs of what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.serving.settings",
            "SERVING_SITE": str(folder),
            "SERVING_NOTES": str(folder / "notes"),
            # Other sites render beside this one: it need not wait for them.
            "TMPDIR": str(folder),
        }
        command = [sys.executable, "-m", "tests.serving.seed"]
        made = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
        self.urls = json.loads(made.stdout)

    def stored(self, url: str) -> bytes:
        return (self.folder / url.partition("?")[0].lstrip("/")).read_bytes()


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: Path) -> None:
        self.process = process
        self.address = str(address)

    def ask(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Send a request line as it stands, nothing normalised, and read the answer."""
        with (
            self.connected(target, method, **headers) as connection,
            connection.makefile("rb") as file,
        ):
            status, told = head_of(file)
            return Answer(status, told, file.read())

    @contextmanager
    def connected(
        self, target: str | bytes, method: str = "GET", **headers: str
    ) -> Iterator[socket.socket]:
        """Send a request, and leave the reading to the caller."""
        target = target.encode() if isinstance(target, str) else target
        headers = {"Host": "localhost", "Connection": "close", **headers}
        lines = [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
        lines += [b"", b""]
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(self.address)
            connection.sendall(
                method.encode() + b" " + target + b" HTTP/1.1\r\n" + b"\r\n".join(lines)
            )
            yield connection

    def memory(self) -> int:
        """Return the most that any of its processes ever took, in bytes."""
        return max(_high_water(pid) for pid in _family(self.process.pid))

    def holds(self, part: str) -> bool:
        """Say whether one of its processes has a file open whose name has this part."""
        files = [
            file for pid in _family(self.process.pid) for file in Path(f"/proc/{pid}/fd").iterdir()
        ]
        return any(part in os.path.realpath(file) for file in files)


def head_of(file) -> tuple[int, dict[str, str]]:
    """Read status and headers, names in lower case."""
    status = int(file.readline().split()[1])
    headers = {}
    while line := file.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return status, headers


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # Threads come and go.
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@contextmanager
def serving(
    kind: str, site: Site, workers: int = 1, more: str = "", **environment: str
) -> Iterator[Server]:
    """Start gunicorn or uvicorn for a site; `more` are further words of its command."""
    command, ready = COMMANDS[kind]
    address = Path(tempfile.mkdtemp(dir=site.folder), "socket")
    words = [*command.format(socket=address, workers=workers).split(), *more.split()]
    environment = {**site.environment, **environment}
    with running([sys.executable, "-m", *words], ready, environment) as process:
        _await(process, address)
        yield Server(process, address)


def _await(process: subprocess.Popen[str], address: Path) -> None:
    """Return as soon as somebody listens: a server's workers come after its first words."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(str(address))
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    raise AssertionError(f"Nobody listens at {address}.")


@contextmanager
def nginx(site: Site, behind: Server, more: str = "") -> Iterator[Server]:
    """Start nginx in front of a server, with the configuration that docs/media.md gives."""
    folder = Path(tempfile.mkdtemp(dir=site.folder))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "conf").write_text(f"""
        {user}
        pid {folder}/pid; error_log stderr notice; worker_processes 1;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
            fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{
                listen unix:{folder}/socket;
                {more}
                location /media/ {{
                    proxy_pass http://unix:{behind.address};
                    proxy_set_header Host $host;
                }}
                location /internal/media/ {{
                    internal;
                    alias {site.folder}/media/;
                    add_header X-Content-Type-Options nosniff;
                }}
            }}
        }}
    """)
    command = ["nginx", "-p", str(folder), "-c", str(folder / "conf"), "-g", "daemon off;"]
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    with running(command, "start worker process ", {**os.environ, "PATH": path}) as process:
        yield Server(process, folder / "socket")


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_nginx() -> bool:
    """Say whether nginx is installed; Debian keeps it off the PATH of most."""
    return bool(shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"])))


@contextmanager
def running(
    command: list[str], ready: str, environment: dict[str, str], **options: bool
) -> Iterator[subprocess.Popen[str]]:
    """Run a command, from the moment that it says it is ready."""
    options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **options) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError(f"{command[0]} does not start:\n{''.join(said)}")
        # What it says from now on must go somewhere, or it waits for ever.
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        try:
            yield process
        finally:
            process.terminate()
            drain.join()
