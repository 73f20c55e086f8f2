"""Addresses of streams and services, and which of those that a camera gives are asked at all. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address, ip_network
import re
from urllib.parse import quote, unquote, urlsplit

from .facts import Credentials

LONGEST = 2048
RTSP_PORT = 554
STREAMS = frozenset(("rtsp", "rtsps"))
SERVICES = frozenset(("http", "https"))
_PORTS = {"rtsp": RTSP_PORT, "rtsps": 322, "http": 80, "https": 443}
_SAFE = {"rtsp": False, "rtsps": True, "http": False, "https": True}
_PATH_SIGNS = "/?&=%:@!$'()*+,;~-._|[]"
_AT_HOME = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
# Some cameras give out addresses with a password in the path.
_SECRET = re.compile(r"(?i)((?:passw(?:or)?d|passwd|pwd|pass|psw|token|auth)=)[^&_/;?]*+")
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*+[A-Za-z0-9_-]{1,63}\.?")
_HIDDEN = r"\1***"


class UrlError(ValueError):
    """It is no address that could be asked. Says why, and not what it was."""


@dataclass(frozen=True, slots=True, repr=False)
class Url:
    """An address without credentials. ``path`` begins with a slash and has the query with it.

    As a string it is for people and logs: passwords that a camera put into the path are hidden.
    ``text`` is what is asked.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def safe(self) -> bool:
        """Tell whether what is said there is encrypted."""
        return _SAFE[self.scheme]

    @property
    def authority(self) -> str:
        """The host and, unless it goes without saying, the port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.path}"

    def with_credentials(self, credentials: Credentials | None) -> str:
        """The whole address with credentials in it, for a program that takes them no other way."""
        if credentials is None:
            return self.text
        user, password = (quote(part, safe="") for part in _parts(credentials))
        return f"{self.scheme}://{user}:{password}@{self.authority}{self.path}"

    def __str__(self) -> str:
        return _SECRET.sub(_HIDDEN, self.text)

    def __repr__(self) -> str:
        return f"Url({self})"


def _parts(credentials: Credentials) -> tuple[str, str]:
    return credentials.username, credentials.password


def read_url(text: str, schemes: Collection[str]) -> tuple[Url, Credentials | None]:
    """Read an address of one of some schemes, and the credentials in it.

    Raises :class:`UrlError` when it is none.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise UrlError("too long")
    if not text.isprintable() or any(sign.isspace() for sign in text):
        raise UrlError("a sign that no address has")
    try:
        parts = urlsplit(text)
        port = parts.port
        credentials = _credentials(parts.username, parts.password)
    except ValueError as error:
        raise UrlError("not readable") from error
    scheme = parts.scheme.lower()
    if scheme not in schemes or scheme not in _PORTS:
        raise UrlError("not of a known kind")
    if port == 0:
        raise UrlError("no such port")
    query = f"?{parts.query}" if parts.query else ""
    path = quote((parts.path or "/") + query, safe=_PATH_SIGNS)
    return Url(scheme, _host(parts.hostname or ""), port or _PORTS[scheme], path), credentials


def _credentials(username: str | None, password: str | None) -> Credentials | None:
    if username is None:
        return None
    return Credentials(unquote(username), unquote(password or ""))


def _host(host: str) -> str:
    """A host as it is asked. Raises :class:`UrlError`."""
    try:
        return str(ip_address(host))
    except ValueError:
        if len(host) > 253 or not _NAME.fullmatch(host):
            raise UrlError("no host") from None
    return host.lower()


class Whose(StrEnum):
    """Whose an address is that a camera gave."""

    OWN = "own"
    # In the home, but not where the answer came from: an old address, a second one, one before a
    # translation of addresses. The same path is asked at the address that answered.
    MOVED = "moved"
    # Out of the home: a mistake, or somebody who would have us ask others. Never asked.
    FOREIGN = "foreign"
    # No address that could be asked.
    UNREADABLE = "unreadable"


def judge(text: str, address: str, schemes: Collection[str]) -> tuple[Whose, Url | None, str]:
    """Whose an address is that the one at ``address`` gave, what to ask, and the host that was given.

    What is asked is at ``address``, always; None for what is not asked at all. Credentials in it are
    left out.
    """
    try:
        url, _ = read_url(text, schemes)
    except UrlError:
        return Whose.UNREADABLE, None, ""
    if same_host(url.host, address):
        return Whose.OWN, replace(url, host=address), url.host
    try:
        at_home = is_at_home(url.host)
    except ValueError:
        at_home = url.host.endswith((".local", ".lan", ".home.arpa")) or "." not in url.host
    if not at_home:
        return Whose.FOREIGN, None, url.host
    return Whose.MOVED, replace(url, host=address), url.host


def is_at_home(address: str) -> bool:
    """Tell whether an address is one that only a home or this computer uses. Raises ValueError."""
    given = ip_address(address)
    return any(given in network for network in _AT_HOME)


def same_host(one: str, other: str) -> bool:
    """Tell whether two hosts are the same by what they are called; no name is looked up."""
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return one.lower() == other.lower()
