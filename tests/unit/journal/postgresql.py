"""A PostgreSQL of the tests' own."""

from collections.abc import Sequence
from pathlib import Path
import shutil
import signal
import subprocess

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from .server import Server


class PostgreSQL(Server):
    """A cluster in a folder."""

    main = "postgres"

    @staticmethod
    def find_binaries() -> Path | None:
        pytest.importorskip("psycopg2", reason="there is no psycopg2")
        if found := shutil.which("initdb"):
            return Path(found).resolve().parent
        versions = Path("/usr/lib/postgresql").glob("*/bin")
        return max(versions, key=lambda path: int(path.parent.name), default=None)

    def init(self) -> None:
        command = [self.binaries / "initdb", "-D", self.folder / "data", "-U", "tests"]
        command += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self.as_role())

    @property
    def command(self) -> Sequence[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # nobody takes the power away here
            "max_connections": "30",
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]
        return command + [f"--{name}={value}" for name, value in options.items()]

    def crash(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGQUIT)  # else the memory that it shares would be left behind

    @property
    def gone(self) -> type[Exception]:
        import psycopg2

        return psycopg2.OperationalError

    def connect(self, database: str) -> DBAPIConnection:
        import psycopg2

        link = psycopg2.connect(host=str(self.folder), user="tests", dbname=database)
        link.autocommit = True
        return link

    def new_place(self) -> str:
        # A schema: a database for each takes ten times as long.
        name = self.new_name()
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.url(self.main)}&options=-csearch_path%3D{name}"

    def closed_place(self) -> tuple[str, str]:
        name = self.new_name()
        self.execute(f"CREATE ROLE {name}_guest LOGIN", f"CREATE DATABASE {name}")
        self.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name)
        return self.url(name), self.url(name, f"{name}_guest")

    def cut(self, connection: Connection) -> None:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        self.execute(f"SELECT pg_terminate_backend({backend})")

    def url(self, database: str, user: str = "tests") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"
