"""Where the journal is: its URL, how it is shown, and whether it can be used."""

import importlib.util
from pathlib import Path
import sqlite3
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from .failures import FAILURES, JournalError, Trouble, trouble_of
from .schema import probe

DEFAULT_FILE = "mqtt_sentinel.db"
# SQLite: how long to wait for somebody who holds the file.
_BUSY_SECONDS = 5.0
_MOST_WAL_BYTES = 64 * 1024 * 1024
_CONNECT_SECONDS = 10
_SILENT_SECONDS = 30

# Which of a database's drivers are taken, the best first, by the module that each is.
_POSTGRESQL = {"psycopg2": "psycopg2", "psycopg": "psycopg"}
_MYSQL = {"mysqldb": "MySQLdb", "pymysql": "pymysql"}
_DRIVERS = {"sqlite": {"pysqlite": "sqlite3"}, "postgresql": _POSTGRESQL}
_DRIVERS |= dict.fromkeys(("mysql", "mariadb"), _MYSQL)

# A server that is gone without a word must not hold the writer for the quarter of an hour of TCP.
_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": _BUSY_SECONDS, "check_same_thread": False},
    "postgresql": {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": _SILENT_SECONDS,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
        "application_name": "mqtt_sentinel",
    },
}
_OPTIONS["mysql"] = _OPTIONS["mariadb"] = {
    "connect_timeout": _CONNECT_SECONDS,
    "read_timeout": _SILENT_SECONDS,
    "write_timeout": _SILENT_SECONDS,
    "charset": "utf8mb4",
}


def default_url(folder: Path) -> str:
    """The URL of the SQLite journal in a folder."""
    return URL.create("sqlite", database=str(folder / DEFAULT_FILE)).render_as_string()


def read_url(text: str) -> URL:
    """Read a URL, and choose a driver that is there unless it names one.

    Raises JournalError: not a URL of a database that we know, or none of its drivers is there.
    """
    try:
        url = make_url(text.strip())
    except ArgumentError, ValueError:
        # What SQLAlchemy says of it may repeat it.
        raise JournalError("this is no URL of a database", Trouble.BAD_URL) from None
    backend, _, driver = url.drivername.partition("+")
    drivers = _DRIVERS.get(backend)
    if drivers is None or (driver and driver not in drivers):
        raise JournalError(f"no journal can be kept in {url.drivername}", Trouble.BAD_URL)
    if not url.database or (backend == "sqlite" and url.database == ":memory:"):
        raise JournalError("the URL names no database", Trouble.BAD_URL)
    for name in [driver] if driver else drivers:
        if importlib.util.find_spec(drivers[name]):
            return url.set(drivername=f"{backend}+{name}")
    needed = " or ".join([drivers[driver]] if driver else drivers.values())
    raise JournalError(f"{needed} is not installed", Trouble.NO_DRIVER)


def safe(text: str) -> str:
    """A URL for people: no password, and none of the options, in which one may hide."""
    try:
        url = make_url(text.strip())
    except ArgumentError, ValueError:
        return "***"
    return url.set(query={}).render_as_string(hide_password=True)


def file_of(url: URL) -> Path | None:
    """The file of a SQLite journal, None for a server."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database)


def open_engine(url: URL, *, readers: int = 0) -> Engine:
    """An engine for one who writes, or for so many who read at once. Connects to nothing yet."""
    options = dict(_OPTIONS[url.get_backend_name()])
    for name in options.keys() & url.query.keys():
        del options[name]  # the user knows better
    if readers:
        engine = create_engine(
            url,
            connect_args=options,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=readers - 1,
            pool_pre_ping=True,
            pool_recycle=3600,
        )
    else:
        engine = create_engine(url, connect_args=options, hide_parameters=True, poolclass=NullPool)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_reader if readers else _prepare_writer)
        # Python's own idea of when a transaction begins leaves out what changes tables.
        begin = "BEGIN" if readers else "BEGIN IMMEDIATE"
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_writer(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA journal_size_limit={_MOST_WAL_BYTES}")


def _prepare_reader(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=1")


def check(text: str) -> Trouble | None:
    """Tell what stands against a journal at a URL, None if nothing does. Blocks; leaves no trace."""
    try:
        url = read_url(text)
        if (file := file_of(url)) is not None and not file.exists():
            return _check_folder(file.parent)
        engine = open_engine(url)
        try:
            probe(engine)
        finally:
            engine.dispose()
    except FAILURES as error:
        trouble = trouble_of(error)
        return Trouble.CANNOT_CONNECT if trouble in _SHOWN_AS_UNREACHABLE else trouble
    return None


# The dialog has few words, and for these none would help more.
_SHOWN_AS_UNREACHABLE = {Trouble.FAILED, Trouble.LOCKED, Trouble.DISK_FULL, Trouble.CORRUPT}


def _check_folder(folder: Path) -> Trouble | None:
    """Whether a new SQLite file could be made."""
    if not folder.is_dir():
        return Trouble.CANNOT_CONNECT
    probe_file = folder / f".{DEFAULT_FILE}.check"
    try:
        probe_file.touch()
        probe_file.unlink()
    except OSError:
        return Trouble.NO_RIGHTS
    return None
