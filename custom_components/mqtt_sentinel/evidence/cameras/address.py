"""Addresses of streams: which are let in, and what of one may be shown."""

import ipaddress
import re
from urllib.parse import unquote, urlsplit

# What each scheme may open on its way: whatever the other side answers, it opens no file.
PROTOCOLS: dict[str, str] = {
    "rtsp": "rtsp,rtp,tcp",
    "rtsps": "rtsp,rtp,tcp,tls",
    "http": "http,tcp,https,tls,crypto",
    "https": "https,tls,tcp,crypto",
}
_LONGEST = 2048
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?\Z")
_HIDDEN = "***"
_SHOWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,15}\Z")
# Some cameras want the password in the path or in the query. Which names they have for it nobody
# knows, so no value is shown.
_VALUE = re.compile(r"=[^&/?;]*")
_ANY_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]*")
_SHORTEST_SECRET = 3


class AddressError(ValueError):
    """No address that a stream is taken from; the text says why, without the address."""


def checked(url: str) -> str:
    """The address as it is, if it can only mean a stream of a network camera.

    Raises:
        AddressError: it could mean something else, or nothing.
    """
    if len(url) > _LONGEST:
        raise AddressError("too long")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressError("characters that have to be percent-encoded")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressError("no address, or a password that has to be percent-encoded") from None
    if parts.scheme not in PROTOCOLS or not url.lower().startswith(f"{parts.scheme}://"):
        raise AddressError(f"the scheme is none of {', '.join(PROTOCOLS)}")
    if not _is_host(host, bracketed="[" in parts.netloc.rpartition("@")[2]) or port == 0:
        raise AddressError("no host")
    return url


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return bool(_NAME.match(host))
    try:
        return "%" not in host and bool(ipaddress.IPv6Address(host))
    except ValueError:
        return False


def redacted(url: str) -> str:
    """An address as it may be shown and logged: no user, no password, no value in path or query.

    Whatever the text is, it never raises; of what is no address little is left.
    """
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    if not found or not _SHOWN_SCHEME.match(scheme):
        return _HIDDEN
    # The last @ of all: a password may hold what would end the host, and is not encoded by everybody.
    _, had_user, rest = rest.rpartition("@") if "@" in rest else ("", "", rest)
    shown = _VALUE.sub(f"={_HIDDEN}", rest.partition("#")[0])
    user = f"{_HIDDEN}@" if had_user else ""
    return f"{scheme}://{user}{shown}"


def secrets_of(url: str) -> tuple[str, ...]:
    """User and password of an address, as written and as meant, the longest first."""
    _, _, rest = url.partition("://")
    user, found, _ = rest.rpartition("@")
    if not found:
        return ()
    written = {user, *user.split(":", 1)}
    meant = {unquote(part) for part in written}
    return tuple(sorted((s for s in written | meant if len(s) >= _SHORTEST_SECRET), key=len)[::-1])


def cleaned(line: str, secrets: tuple[str, ...] = ()) -> str:
    """A line of somebody's log, without the secrets and with no address that is not redacted."""
    # These first: of an address that holds them, what is left is one still.
    for secret in secrets:
        line = line.replace(secret, _HIDDEN)
    line = _ANY_ADDRESS.sub(lambda found: redacted(found[0]), line)
    return "".join(char if char.isprintable() else " " for char in line).strip()
