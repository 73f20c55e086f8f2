"""A PostgreSQL of the tests' own: on a socket in a temporary folder, reachable by nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
import os
from pathlib import Path
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

_SECONDS = 60.0


def find_binaries() -> Path | None:
    """The folder that has ``initdb`` and ``postgres``, of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return max(versions, key=lambda path: int(path.parent.name), default=None)


@dataclass
class Server:
    """A cluster in a folder. ``role`` is whom it runs as: it refuses root."""

    binaries: Path
    folder: Path
    role: str
    _process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def init(self) -> None:
        command = [self.binaries / "initdb", "-D", self.folder / "data", "-U", "tests"]
        command += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self._as())

    def _as(self) -> dict[str, object]:
        about = {"cwd": self.folder}
        return about if os.geteuid() else about | {"user": self.role, "extra_groups": []}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # nobody takes the power away here
            "max_connections": "30",
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]
        command += [f"--{name}={value}" for name, value in options.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as())
        end = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(host=str(self.folder), user="tests", dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGQUIT)
            process.wait(_SECONDS)

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements as the one who may do anything; what the last one found."""
        import psycopg2

        with (
            _closing(
                psycopg2.connect(host=str(self.folder), user="tests", dbname=database)
            ) as link,
            link.cursor() as cursor,
        ):
            link.autocommit = True
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_place(self) -> str:
        """Make a place without tables, and return its URL. A database for each takes ten times as long."""
        name = f"journal{next(self._names)}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def url(self, database: str, user: str = "tests") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"


@contextmanager
def _closing[T](link: T) -> Iterator[T]:
    try:
        yield link
    finally:
        link.close()


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that runs; the test is skipped where there is none to run."""
    pytest.importorskip("psycopg2", reason="there is no psycopg2")
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    role = _role()
    folder = Path(tempfile.mkdtemp(prefix="sentinel-pg-"))  # short: sockets have short names
    if os.geteuid() == 0:
        shutil.chown(folder, role)
    server = Server(binaries, folder, role)
    try:
        server.init()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _role() -> str:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    pytest.skip("there is nobody but root to run PostgreSQL")
