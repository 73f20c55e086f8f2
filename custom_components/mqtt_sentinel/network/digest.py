"""Answers to "who are you": Digest (RFC 7616, RFC 2617) and Basic (RFC 7617), for RTSP and HTTP. Pure.

aiohttp has a middleware for HTTP Digest. It reads only the first challenge of an answer, and tries by
itself; here each try counts, as a camera may lock an account after a few, and RTSP needs the same.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import re

from .facts import Credentials

_LONGEST = 8192
_MOST_CHALLENGES = 8

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}"
# A parameter of a challenge, or the scheme that begins the next one.
_PART = re.compile(
    rf'[\s,]*+(?:(?P<key>{_WORD})\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s,"]*+))'
    rf"|(?P<scheme>{_WORD})(?=[\s,]|$))"
)
_ESCAPED = re.compile(r"\\(.)")


class Scheme(StrEnum):
    """How a password is proven."""

    DIGEST = "digest"
    BASIC = "basic"


def _md5(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


_HASHES: dict[str, Callable[[bytes], str]] = {"sha-256": _sha256, "md5": _md5}
_SESSION = "-sess"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is wanted of who asks. ``algorithm`` as it was given, empty for none; ``qop``: with ``auth``."""

    scheme: Scheme
    realm: str
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = ""
    qop: bool = False
    stale: bool = False
    userhash: bool = False

    @property
    def hash_name(self) -> str:
        """The name of the hash in lower case, without what else the algorithm says."""
        return (self.algorithm.lower() or "md5").removesuffix(_SESSION)

    @property
    def strength(self) -> int:
        """The more, the safer for the password."""
        if self.scheme is Scheme.BASIC:
            return 0
        return 2 if self.hash_name == "sha-256" else 1


def read_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges of WWW-Authenticate headers that can be answered; what else they say is left out."""
    found: list[Challenge] = []
    for header in headers:
        for scheme, parameters in _parts(header):
            challenge = _challenge(scheme, parameters)
            if challenge and len(found) < _MOST_CHALLENGES:
                found.append(challenge)
    return tuple(found)


def strongest(challenges: Iterable[Challenge], *, basic: bool = True) -> Challenge | None:
    """The one that is best for the password; ``basic`` allows to show it. Where Digest is, Basic is not."""
    able = [found for found in challenges if basic or found.scheme is not Scheme.BASIC]
    return max(able, key=lambda challenge: challenge.strength, default=None)


def answer(
    challenge: Challenge,
    credentials: Credentials,
    method: str,
    uri: str,
    *,
    cnonce: str,
    count: int = 1,
) -> str:
    """The Authorization header for a request. ``cnonce`` by chance; ``count``: of uses of the nonce."""
    if challenge.scheme is Scheme.BASIC:
        pair = f"{credentials.username}:{credentials.password}".encode()
        return f"Basic {b64encode(pair).decode()}"
    digest = _HASHES[challenge.hash_name]

    def hashed(*texts: str) -> str:
        # As it came: what was no UTF-8 in a realm becomes the same bytes again.
        return digest(":".join(texts).encode("utf-8", "surrogateescape"))

    secret = hashed(credentials.username, challenge.realm, credentials.password)
    if challenge.algorithm.lower().endswith(_SESSION):
        secret = hashed(secret, challenge.nonce, cnonce)
    asked = hashed(method, uri)
    numbered = f"{count:08x}"
    middle = (numbered, cnonce, "auth") if challenge.qop else ()
    username = credentials.username
    if challenge.userhash:
        username = hashed(username, challenge.realm)
    quoted = {
        "username": username,
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": uri,
        "response": hashed(secret, challenge.nonce, *middle, asked),
    }
    if challenge.opaque is not None:
        quoted["opaque"] = challenge.opaque
    plain: dict[str, str] = {}
    if challenge.algorithm:
        plain["algorithm"] = challenge.algorithm
    if challenge.qop:
        plain |= {"qop": "auth", "nc": numbered}
    if challenge.qop or challenge.algorithm.lower().endswith(_SESSION):
        quoted["cnonce"] = cnonce
    if challenge.userhash:
        plain["userhash"] = "true"
    pairs = [f'{key}="{_quoted(value)}"' for key, value in quoted.items()]
    return "Digest " + ", ".join(pairs + [f"{key}={value}" for key, value in plain.items()])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _parts(header: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Schemes and their parameters, as far as the header can be read."""
    if len(header) > _LONGEST:
        return []
    found: list[tuple[str, dict[str, str]]] = []
    place = 0
    while part := _PART.match(header, place):
        place = part.end()
        if scheme := part["scheme"]:
            found.append((scheme.lower(), {}))
        elif found:
            quoted = part["quoted"]
            value = part["plain"] if quoted is None else _ESCAPED.sub(r"\1", quoted)
            found[-1][1].setdefault(part["key"].lower(), value)
    return found


def _challenge(scheme: str, parameters: dict[str, str]) -> Challenge | None:
    if not all(_is_one_line(value) for value in parameters.values()):
        return None
    realm = parameters.get("realm", "")
    if scheme == Scheme.BASIC:
        return Challenge(Scheme.BASIC, realm)
    qops = {word.strip().lower() for word in parameters.get("qop", "").split(",")} - {""}
    challenge = Challenge(
        Scheme.DIGEST,
        realm,
        parameters.get("nonce", ""),
        parameters.get("opaque"),
        parameters.get("algorithm", ""),
        qop="auth" in qops,
        stale=parameters.get("stale", "").lower() == "true",
        userhash=parameters.get("userhash", "").lower() == "true",
    )
    can = (
        scheme == Scheme.DIGEST
        and challenge.nonce
        and challenge.hash_name in _HASHES
        and (not qops or challenge.qop)  # only with auth-int: nothing here makes that
    )
    return challenge if can else None


def _is_one_line(text: str) -> bool:
    return not any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in text)
