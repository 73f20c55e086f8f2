"""What can go wrong with a database, in words that show no secret. Pure."""

from enum import StrEnum
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
)

if TYPE_CHECKING:
    from sqlalchemy import URL

_LONGEST = 300


class Trouble(StrEnum):
    """Why the journal cannot be opened or written."""

    BAD_URL = "bad_url"
    NO_DRIVER = "no_driver"
    CANNOT_CONNECT = "cannot_connect"
    NO_RIGHTS = "no_rights"
    NEWER_SCHEMA = "newer_schema"
    DISK_FULL = "disk_full"
    LOCKED = "locked"
    CORRUPT = "corrupt"
    FAILED = "failed"


class JournalError(Exception):
    """Something was not written or read; the text says why and shows no secret."""

    def __init__(self, text: str, trouble: Trouble = Trouble.FAILED) -> None:
        super().__init__(text)
        self.trouble = trouble


class NewerSchemaError(JournalError):
    """The journal was written by a newer version than this one."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the journal has version {found}, and this one knows {known}", Trouble.NEWER_SCHEMA
        )


# What Python, its drivers or SQLAlchemy raise about a value that no database would take.
BAD_VALUES = (TypeError, ValueError, OverflowError)
FAILURES = (SQLAlchemyError, JournalError, OSError, ImportError)

_SQLITE = {
    sqlite3.SQLITE_PERM: Trouble.NO_RIGHTS,
    sqlite3.SQLITE_READONLY: Trouble.NO_RIGHTS,
    sqlite3.SQLITE_AUTH: Trouble.NO_RIGHTS,
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_CANTOPEN: Trouble.CANNOT_CONNECT,
    sqlite3.SQLITE_CORRUPT: Trouble.CORRUPT,
    sqlite3.SQLITE_NOTADB: Trouble.CORRUPT,
}
# By SQLSTATE, or the class that its first two letters are.
_STATES = {
    "42501": Trouble.NO_RIGHTS,
    "25006": Trouble.NO_RIGHTS,
    "53100": Trouble.DISK_FULL,
    "53": Trouble.CANNOT_CONNECT,
    "08": Trouble.CANNOT_CONNECT,
    "28": Trouble.CANNOT_CONNECT,
    "3D": Trouble.CANNOT_CONNECT,
    "57": Trouble.CANNOT_CONNECT,
    "40": Trouble.LOCKED,
    "55": Trouble.LOCKED,
}
_STATES_OF_VALUES = {"22", "23", "54"}
_MYSQL = {
    **dict.fromkeys((1142, 1143, 1227, 1290, 1370), Trouble.NO_RIGHTS),
    **dict.fromkeys((1021, 1114), Trouble.DISK_FULL),
    **dict.fromkeys((1205, 1213), Trouble.LOCKED),
    **dict.fromkeys((1040, 1044, 1045, 1049, *range(2000, 2062)), Trouble.CANNOT_CONNECT),
}
_MYSQL_OF_VALUES = {1048, 1264, 1265, 1292, 1300, 1366, 1406, 3988}


def _sqlite_code(error: DBAPIError) -> int | None:
    # The lowest byte; above it is which way it happened.
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _state(error: DBAPIError) -> str | None:
    for name in ("sqlstate", "pgcode"):  # psycopg, psycopg2
        if isinstance(state := getattr(error.orig, name, None), str):
            return state
    return None


def _mysql_code(error: DBAPIError) -> int | None:
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return code if isinstance(code, int) else None


def trouble_of(error: BaseException) -> Trouble:
    """What an error of a database means."""
    match error:
        case JournalError():
            return error.trouble
        case NoSuchModuleError() | ImportError():
            return Trouble.NO_DRIVER
        case DBAPIError():
            return _of_database(error)
        case ArgumentError():
            return Trouble.BAD_URL
        case PermissionError():
            return Trouble.NO_RIGHTS
        case OSError():
            return Trouble.CANNOT_CONNECT
    return Trouble.FAILED


def _of_database(error: DBAPIError) -> Trouble:
    if (code := _sqlite_code(error)) is not None:
        return _SQLITE.get(code, Trouble.FAILED)
    # Before the state, which MariaDB and MySQL have, too; it says less.
    if (number := _mysql_code(error)) is not None:
        return _MYSQL.get(number, Trouble.FAILED)
    if (state := _state(error)) is not None:
        return _STATES.get(state) or _STATES.get(state[:2]) or Trouble.FAILED
    # A driver that has no code to show has nobody at the other end.
    return Trouble.CANNOT_CONNECT


def is_about_values(error: BaseException) -> bool:
    """Tell whether an error is about what was to be written, and not about the database.

    Then it is of no use to try again.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, BAD_VALUES) and not isinstance(error, SQLAlchemyError)
    if error.connection_invalidated:
        return False
    if isinstance(error, DataError | IntegrityError):
        return True
    if (code := _mysql_code(error)) is not None:
        return code in _MYSQL_OF_VALUES
    if (state := _state(error)) is not None:
        return state[:2] in _STATES_OF_VALUES
    # The driver itself would not take it: nobody was asked.
    return isinstance(error, ProgrammingError)


def words_of(error: BaseException, url: URL | str | None = None) -> str:
    """What an error says: one line of a sane length, without the secrets of the URL.

    Neither the statement nor its values are in it.
    """
    inner = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = str(inner)
    for secret in _secrets(url):
        text = text.replace(secret, "***")
    return " ".join(text.split())[:_LONGEST] or type(inner).__name__


def _secrets(url: URL | str | None) -> list[str]:
    if url is None:
        return []
    if isinstance(url, str):  # one that nobody could read
        return [url] if url else []
    values = [url.password or ""]
    for name, value in url.query.items():
        if any(word in name.lower() for word in ("pass", "secret", "token", "key")):
            values += [value] if isinstance(value, str) else value
    found = {form for text in values if text for form in (text, quote(text, ""), quote_plus(text))}
    return sorted(found, key=len, reverse=True)
