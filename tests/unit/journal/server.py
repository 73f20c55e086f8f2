"""A database of the tests' own: on a socket in a temporary folder, reachable by nobody else."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
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
from typing import Any, ClassVar

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection

_SECONDS = 60.0


@dataclass
class Server(ABC):
    """A server whose files are in a folder. ``role`` is whom it runs as: it refuses root."""

    main: ClassVar[str]
    """The database that is always there."""

    binaries: Path
    folder: Path
    role: str
    _process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @staticmethod
    @abstractmethod
    def find_binaries() -> Path | None:
        """The folder of its programs, of the newest version; the test is skipped without a driver."""

    @abstractmethod
    def init(self) -> None:
        """Make its files."""

    @abstractmethod
    def connect(self, database: str) -> DBAPIConnection:
        """A connection of the one who may do anything, which commits each statement."""

    @abstractmethod
    def new_place(self) -> str:
        """Make a place without tables, and return its URL."""

    @abstractmethod
    def url(self, database: str, user: str = ...) -> str:
        """The URL of a database, as a user would write it."""

    @abstractmethod
    def closed_place(self) -> tuple[str, str]:
        """Make a place; its URL for the one who owns it, and for one who may not make tables."""

    @abstractmethod
    def cut(self, connection: Connection) -> None:
        """End somebody's connection, as one who administers it may."""

    @property
    @abstractmethod
    def command(self) -> Sequence[str]:
        """How it is started."""

    @property
    @abstractmethod
    def gone(self) -> type[Exception]:
        """What its driver raises when nobody answers."""

    def execute(self, *statements: str, database: str | None = None) -> Sequence[Any]:
        """Run statements as the one who may do anything; what the last one found."""
        link = self.connect(database or self.main)
        with closing(link), closing(link.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_name(self) -> str:
        """A name that nothing has yet."""
        return f"journal{next(self._names)}"

    def as_role(self) -> dict[str, object]:
        """How to run its programs."""
        about = {"cwd": self.folder}
        return about if os.geteuid() else about | {"user": self.role, "extra_groups": []}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, **self.as_role())
        end = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{self.command[0]}: {(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except self.gone:
            return False
        return True

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                self.crash(process)
            process.wait(_SECONDS)

    def crash(self, process: subprocess.Popen[bytes]) -> None:
        """End it without giving it time for anything."""
        process.send_signal(signal.SIGKILL)


@contextmanager
def running_server(kind: type[Server]) -> Iterator[Server]:
    """A server that runs; the test is skipped where there is none to run."""
    binaries = kind.find_binaries()
    if binaries is None:
        pytest.skip(f"{kind.__name__} is not installed")
    role = _role()
    folder = Path(tempfile.mkdtemp(prefix="sentinel-db-"))  # short: sockets have short names
    if os.geteuid() == 0:
        shutil.chown(folder, role)
    server = kind(binaries, folder, role)
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
    pytest.skip("there is nobody but root to run a database")
