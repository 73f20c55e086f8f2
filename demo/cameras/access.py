"""Who may see a camera: user and password, asked for as HTTP and RTSP do (RFC 2617, RFC 7616)."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import hmac
import re
from urllib.parse import quote

REALM = "camera"

# A server that forgets its nonces would have to remember them; one for all is enough for tests.
_NONCE = "5f1b1c2d9e8a7b6c5d4e3f2a1b0c9d8e"

_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class Scheme(StrEnum):
    """How a password is asked for."""

    OPEN = "open"
    BASIC = "basic"
    DIGEST = "digest"
    """With MD5, as nearly all cameras do."""
    DIGEST_SHA256 = "digest-sha256"
    EITHER = "either"
    """Digest with MD5, or Basic."""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


type _Hash = Callable[[str], str]

_DIGESTS: dict[Scheme, dict[str, _Hash]] = {
    Scheme.DIGEST: {"MD5": _md5},
    Scheme.DIGEST_SHA256: {"SHA-256": _sha256},
    Scheme.EITHER: {"MD5": _md5},
}
_BASIC = (Scheme.BASIC, Scheme.EITHER)


@dataclass(frozen=True, slots=True)
class Access:
    """The one user of a camera, and how it asks for the password."""

    scheme: Scheme = Scheme.OPEN
    user: str = "admin"
    password: str = "secret"

    @property
    def userinfo(self) -> str:
        """``user:password@`` for a URL, empty if nobody is asked."""
        if self.scheme is Scheme.OPEN:
            return ""
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"

    def challenges(self) -> list[str]:
        """The values of ``WWW-Authenticate`` that ask for the password."""
        asked = [
            f'Digest realm="{REALM}", nonce="{_NONCE}"'
            + ("" if algorithm == "MD5" else f", algorithm={algorithm}")
            for algorithm in _DIGESTS.get(self.scheme, ())
        ]
        if self.scheme in _BASIC:
            asked.append(f'Basic realm="{REALM}"')
        return asked

    def admits(self, method: str, authorization: str | None) -> bool:
        """Tell whether a request with this ``Authorization`` may be answered."""
        if self.scheme is Scheme.OPEN:
            return True
        kind, _, value = (authorization or "").partition(" ")
        match kind.lower():
            case "basic" if self.scheme in _BASIC:
                return self._admits_basic(value)
            case "digest" if self.scheme in _DIGESTS:
                return self._admits_digest(method, value)
        return False

    def _admits_basic(self, value: str) -> bool:
        try:
            said = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(said, f"{self.user}:{self.password}".encode())

    def _admits_digest(self, method: str, value: str) -> bool:
        said = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}
        digest = _DIGESTS[self.scheme].get(said.get("algorithm", "MD5").upper())
        if digest is None or said.get("nonce") != _NONCE or said.get("username") != self.user:
            return False
        who = digest(f"{self.user}:{REALM}:{self.password}")
        what = digest(f"{method}:{said.get('uri', '')}")
        middle = [_NONCE]
        if "qop" in said:
            middle += [said.get("nc", ""), said.get("cnonce", ""), said["qop"]]
        expected = digest(":".join([who, *middle, what]))
        return hmac.compare_digest(expected, said.get("response", ""))
