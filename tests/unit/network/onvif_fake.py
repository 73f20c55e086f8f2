"""A camera that speaks ONVIF, with its ways of wanting to know who asks."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from hashlib import sha1

from custom_components.mqtt_sentinel.network.digest import answer, read_challenges
from custom_components.mqtt_sentinel.network.facts import Credentials
from custom_components.mqtt_sentinel.network.plain_xml import Element, read_xml

from .fakes import ADMIN

CHALLENGE = 'Digest realm="onvif", nonce="n1"'


class Lock(Enum):
    """How it wants a password proven."""

    OPEN = auto()
    TOKEN = auto()
    DIGEST = auto()
    BASIC = auto()
    EVERYTHING = auto()  # Digest, even for what time it is


def soap(body: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault(word: str) -> bytes:
    return soap(
        f"<s:Fault><s:Code><s:Subcode><s:Value>ter:{word}</s:Value></s:Subcode></s:Code></s:Fault>"
    )


@dataclass
class Onvif:
    """What a camera answers over ONVIF; None in ``says``: nothing, ever."""

    stream: str = "rtsp://127.0.0.1/main"
    lock: Lock = Lock.OPEN
    right: Credentials = ADMIN
    ahead: timedelta = timedelta(hours=-3)
    media: str = ""
    says: dict[str, bytes | None] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, question, and how it was proven who asks."""

    async def __call__(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[str], bytes] | None:
        envelope = read_xml(body)
        inside = envelope.first("Body")
        assert inside
        question = inside.children[0].name
        token = envelope.first("Header", "Security", "UsernameToken")
        shown = headers.get("authorization", "")
        self.asked.append((path, question, "token" if token else shown.partition(" ")[0]))
        free = question == "GetSystemDateAndTime" and self.lock is not Lock.EVERYTHING
        if not free and not self._admits(path, shown, token):
            return self._refusal()
        said = self.says.get(question, b"")
        return None if said is None else (200, [], said or soap(self._answer(question)))

    def _admits(self, path: str, shown: str, token: Element | None) -> bool:
        match self.lock:
            case Lock.OPEN:
                return True
            case Lock.TOKEN | Lock.BASIC:
                return token is not None and self._is_right(token)
        [challenge] = read_challenges([CHALLENGE])
        return shown == answer(challenge, self.right, "POST", path, cnonce="")

    def _is_right(self, token: Element) -> bool:
        created = token.text_of("Created")
        there = datetime.now(UTC) + self.ahead
        if abs(datetime.fromisoformat(created) - there) > timedelta(seconds=5):
            return False
        secret = b64decode(token.text_of("Nonce")) + created.encode() + self.right.password.encode()
        return token.text_of("Password") == b64encode(sha1(secret).digest()).decode()

    def _refusal(self) -> tuple[int, list[str], bytes]:
        match self.lock:
            case Lock.TOKEN:
                return 400, [], fault("NotAuthorized")
            case Lock.BASIC:
                return 401, ['WWW-Authenticate: Basic realm="x"'], b""
        return 401, [f"WWW-Authenticate: {CHALLENGE}"], b""

    def _answer(self, question: str) -> str:
        there = datetime.now(UTC) + self.ahead
        date = f"<Year>{there.year}</Year><Month>{there.month}</Month><Day>{there.day}</Day>"
        time = f"<Hour>{there.hour}</Hour><Minute>{there.minute}</Minute><Second>{there.second}</Second>"
        clock = f"<UTCDateTime><Time>{time}</Time><Date>{date}</Date></UTCDateTime>"
        profile = (
            '<Profiles token="P0"><VideoEncoderConfiguration><Encoding>H265</Encoding><Resolution>'
            "<Width>2560</Width><Height>1440</Height></Resolution><RateControl><FrameRateLimit>20"
            "</FrameRateLimit></RateControl></VideoEncoderConfiguration></Profiles>"
        )
        said = {
            "GetSystemDateAndTime": f"<SystemDateAndTime>{clock}</SystemDateAndTime>",
            "GetCapabilities": f"<Capabilities><Media><XAddr>{self.media}</XAddr></Media></Capabilities>",
            "GetProfiles": profile,
            "GetStreamUri": f"<MediaUri><Uri>{self.stream}</Uri></MediaUri>",
            "GetDeviceInformation": "<Manufacturer>Maker</Manufacturer><Model>M 1</Model>",
        }[question]
        return f"<{question}Response>{said}</{question}Response>"
