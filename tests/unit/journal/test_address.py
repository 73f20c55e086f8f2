"""Where the journal is: what is taken, what is refused, and that no password is shown."""

from collections.abc import Callable
from pathlib import Path
import sqlite3
from urllib.parse import quote

from hypothesis import given, strategies as st
import pytest
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from custom_components.mqtt_sentinel.evidence.journal import address
from custom_components.mqtt_sentinel.evidence.journal.address import (
    check,
    default_url,
    file_of,
    open_engine,
    read_url,
    safe,
)
from custom_components.mqtt_sentinel.evidence.journal.failures import (
    JournalError,
    Trouble,
    is_about_values,
    trouble_of,
    words_of,
)
from custom_components.mqtt_sentinel.evidence.journal.journal import Limits
from custom_components.mqtt_sentinel.evidence.journal.news import Phase
from custom_components.mqtt_sentinel.evidence.journal.schema import VERSION, ensure, write_meta

from .house import Kept
from .server import Server

SECRET = "s3cr€t/@:pass"


# A port at which nobody is.
CLOSED_PORT = 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:word@host/db?sslpassword=other", "postgresql://me:***@host/db"),
        ("sqlite:////config/a.db", "sqlite:////config/a.db"),
        ("mysql://host", "mysql://host"),
        ("me:word@host", "***"),
        ("", "***"),
    ],
)
def test_how_a_url_is_shown(url: str, shown: str) -> None:
    assert safe(url) == shown


@given(password=st.text(min_size=6), where=st.sampled_from(["password", "query"]))
def test_no_password_is_shown(password: str, where: str) -> None:
    try:
        quoted = quote(password, "")
    except UnicodeEncodeError:
        return
    inside, beside = (f":{quoted}", "") if where == "password" else ("", f"?password={quoted}")
    url = f"sqlite://somebody{inside}@host/db{beside}"
    assert safe(url) == f"sqlite://somebody{':***' if inside else ''}@host/db"
    told = words_of(ValueError(f"({password})({quoted})"), make_url(url))
    assert told == "(***)(***)"


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("nonsense", Trouble.BAD_URL),
        ("", Trouble.BAD_URL),
        ("http://host/db", Trouble.BAD_URL),
        ("oracle://host/db", Trouble.BAD_URL),
        ("postgresql+asyncpg://host/db", Trouble.BAD_URL),
        ("postgresql://host:port/db", Trouble.BAD_URL),
        ("postgresql://host", Trouble.BAD_URL),
        ("sqlite://", Trouble.BAD_URL),
        ("sqlite:///:memory:", Trouble.BAD_URL),
        ("mysql+mysqldb://host/db", Trouble.NO_DRIVER),
    ],
)
def test_what_is_refused(url: str, trouble: Trouble) -> None:
    assert check(url) is trouble


def test_a_driver_that_is_there_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: name in {"psycopg", "pymysql"} or None
    )
    assert read_url(" postgresql://host/db ").drivername == "postgresql+psycopg"
    assert read_url("mysql://host/db").drivername == "mysql+pymysql"
    assert read_url("mariadb+pymysql://host/db").drivername == "mariadb+pymysql"
    with pytest.raises(JournalError, match="psycopg2 is not installed"):
        read_url("postgresql+psycopg2://host/db")


def test_a_file_that_can_be_made(file_url: str, tmp_path: Path) -> None:
    assert check(file_url) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_a_journal(file_url: str) -> None:
    ensure(open_engine(read_url(file_url)))
    assert check(file_url) is None


def test_a_file_that_is_somebody_elses(file_url: str, tmp_path: Path) -> None:
    file = tmp_path / "mqtt_sentinel.db"
    with sqlite3.connect(file) as link:
        link.execute("CREATE TABLE theirs (a)")
    link.close()
    assert check(file_url) is None
    link = sqlite3.connect(file)
    assert link.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    link.close()


def test_a_file_that_is_no_database(file_url: str, tmp_path: Path) -> None:
    (tmp_path / "mqtt_sentinel.db").write_bytes(b"garbage" * 1000)
    assert check(file_url) is Trouble.CANNOT_CONNECT


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert check(default_url(tmp_path / "a")) is Trouble.CANNOT_CONNECT


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "touch", refuse)
    assert check(default_url(tmp_path)) is Trouble.NO_RIGHTS


def make_newer(url: str) -> None:
    engine = open_engine(read_url(url))
    ensure(engine)
    with engine.begin() as link:
        write_meta(link, VERSION, "99")
    engine.dispose()


def test_a_newer_journal(url: str) -> None:
    make_newer(url)
    assert check(url) is Trouble.NEWER_SCHEMA


def test_a_server(server: Server) -> None:
    url = server.new_place()
    assert check(url) is None
    engine = create_engine(read_url(url))
    with engine.connect() as link:
        assert not engine.dialect.get_table_names(link)
    ensure(open_engine(read_url(url)))
    assert check(url) is None


def test_a_server_without_rights(server: Server) -> None:
    owners, guests = server.closed_place()
    assert check(guests) is Trouble.NO_RIGHTS
    ensure(open_engine(read_url(owners)))
    assert check(guests) is Trouble.NO_RIGHTS


def test_a_database_that_is_not_there(server: Server) -> None:
    assert check(server.url("nothing")) is Trouble.CANNOT_CONNECT


def test_a_server_that_is_not_there() -> None:
    pytest.importorskip("psycopg2")
    assert check(f"postgresql://a:b@127.0.0.1:{CLOSED_PORT}/db") is Trouble.CANNOT_CONNECT


async def test_a_journal_shows_no_password(
    journal_at: Callable[..., Kept], caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("psycopg2")
    url = URL.create("postgresql", "me", SECRET, "127.0.0.1", CLOSED_PORT, "db")
    kept = journal_at(url.render_as_string(hide_password=False), limits=Limits(patience=0.2))
    state = await kept.is_in(Phase.FAILING)
    assert state.trouble is Trouble.CANNOT_CONNECT
    assert "refused" in state.text
    with pytest.raises(JournalError) as failed:
        await kept.journal.read(lambda link: None)
    for shown in (state.text, repr(failed.value), caplog.text):
        assert SECRET not in shown
        assert quote(SECRET, "") not in shown


async def test_a_url_that_cannot_be_read_is_not_shown(journal_at: Callable[..., Kept]) -> None:
    kept = journal_at(f"postgresql:/me:{SECRET}@host/db")
    state = await kept.is_in(Phase.FAILING)
    assert state.trouble is Trouble.BAD_URL
    assert SECRET not in state.text


def test_the_file_of_a_url(tmp_path: Path) -> None:
    assert file_of(read_url(default_url(tmp_path))) == tmp_path / "mqtt_sentinel.db"
    assert file_of(URL.create("postgresql", database="db")) is None


def test_what_the_user_sets_counts(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(address, "create_engine", lambda url, **more: given.update(more))
    monkeypatch.setattr(address.event, "listen", lambda *_: None)
    open_engine(read_url(f"{file_url}?timeout=1"))
    assert given["connect_args"] == {"check_same_thread": False}


class DriverError(Exception):
    """What a driver raises."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args)
        for name, value in more.items():
            setattr(self, name, value)


def wrapped(kind: type[OperationalError], *args: object, **more: object) -> OperationalError:
    return kind("INSERT", {}, DriverError(*args, **more))


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (wrapped(OperationalError, sqlite_errorcode=13), Trouble.DISK_FULL),
        (wrapped(OperationalError, sqlite_errorcode=5 | 2 << 8), Trouble.LOCKED),
        (wrapped(OperationalError, sqlite_errorcode=1), Trouble.FAILED),
        (wrapped(ProgrammingError, pgcode="42501"), Trouble.NO_RIGHTS),
        (wrapped(OperationalError, sqlstate="53100"), Trouble.DISK_FULL),
        (wrapped(OperationalError, sqlstate="57P01"), Trouble.CANNOT_CONNECT),
        (wrapped(OperationalError, sqlstate="40P01"), Trouble.LOCKED),
        (wrapped(ProgrammingError, pgcode="42P01"), Trouble.FAILED),
        (wrapped(OperationalError, 1142, "denied"), Trouble.NO_RIGHTS),
        (wrapped(OperationalError, 1114, "full", sqlstate="HY000"), Trouble.DISK_FULL),
        (wrapped(OperationalError, 2006, "gone"), Trouble.CANNOT_CONNECT),
        (wrapped(OperationalError, 9999, "?"), Trouble.FAILED),
        (wrapped(OperationalError, "no route"), Trouble.CANNOT_CONNECT),
        (wrapped(OperationalError), Trouble.CANNOT_CONNECT),
        (NoSuchModuleError(), Trouble.NO_DRIVER),
        (ImportError(), Trouble.NO_DRIVER),
        (ArgumentError(), Trouble.BAD_URL),
        (PermissionError(), Trouble.NO_RIGHTS),
        (OSError(), Trouble.CANNOT_CONNECT),
        (RuntimeError(), Trouble.FAILED),
    ],
    ids=repr,
)
def test_what_an_error_means(error: Exception, trouble: Trouble) -> None:
    assert trouble_of(error) is trouble


@pytest.mark.parametrize(
    ("error", "about_values"),
    [
        (wrapped(DataError), True),
        (wrapped(IntegrityError), True),
        (wrapped(OperationalError, pgcode="54000"), True),
        (wrapped(OperationalError, pgcode="08006"), False),
        (wrapped(OperationalError, 1366, "wrong"), True),
        (wrapped(OperationalError, 1366, "wrong", sqlstate="HY000"), True),
        (wrapped(OperationalError, 1205, "locked"), False),
        (wrapped(ProgrammingError, "can't adapt"), True),
        (wrapped(OperationalError, "no route"), False),
        (DataError("INSERT", {}, DriverError(), connection_invalidated=True), False),
        (ValueError(), True),
        (OverflowError(), True),
        (ArgumentError(), False),
        (OSError(), False),
    ],
    ids=repr,
)
def test_which_errors_are_about_the_values(error: Exception, about_values: bool) -> None:
    assert is_about_values(error) is about_values


def test_words_are_short_and_show_no_values() -> None:
    error = OperationalError(
        "INSERT secret", {"a": "value"}, DriverError("no\n  room " + "x" * 1000)
    )
    text = words_of(error)
    assert text.startswith("no room x")
    assert len(text) == 300
    assert words_of(ValueError()) == "ValueError"
    assert words_of(ValueError("this: word"), "word") == "this: ***"
    assert words_of(ValueError("this"), "") == "this"
    url = URL.create("postgresql", query={"sslpassword": ("one1", "two2"), "host": "h"})
    assert words_of(ValueError("one1 two2 h"), url) == "*** *** h"
