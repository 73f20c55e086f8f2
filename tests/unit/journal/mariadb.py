"""A MariaDB of the tests' own."""

from collections.abc import Sequence
import os
from pathlib import Path
import shutil
import subprocess

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from .server import Server


class MariaDB(Server):
    """A data directory in a folder."""

    main = "mysql"

    @staticmethod
    def find_binaries() -> Path | None:
        pytest.importorskip("pymysql", reason="there is no PyMySQL")
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
        found = shutil.which("mariadbd", path=path)
        return Path(found).parent if found and shutil.which("mariadb-install-db") else None

    def init(self) -> None:
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={self._data}"]
        command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **self.as_role())

    @property
    def command(self) -> Sequence[str]:
        return (
            str(self.binaries / "mariadbd"),
            "--no-defaults",
            f"--datadir={self._data}",
            f"--socket={self._socket}",
            "--skip-networking",
            "--debug-no-sync",  # nobody takes the power away here
            "--innodb-buffer-pool-size=16M",
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    @property
    def gone(self) -> type[Exception]:
        import pymysql

        return pymysql.OperationalError

    def connect(self, database: str) -> DBAPIConnection:
        import pymysql

        return pymysql.connect(
            unix_socket=str(self._socket), user="root", database=database, autocommit=True
        )

    def new_place(self) -> str:
        name = self.new_name()
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def closed_place(self) -> tuple[str, str]:
        name = self.new_name()
        self.execute(f"CREATE DATABASE {name}", f"CREATE USER {name}_guest@localhost")
        self.execute(f"GRANT SELECT ON {name}.* TO {name}_guest@localhost")
        return self.url(name), self.url(name, f"{name}_guest")

    def cut(self, connection: Connection) -> None:
        backend = connection.scalar(text("SELECT connection_id()"))
        self.execute(f"KILL {backend}")

    def url(self, database: str, user: str = "root") -> str:
        return f"mysql://{user}@localhost/{database}?unix_socket={self._socket}"
