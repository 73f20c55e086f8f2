"""What is said over ONVIF: SOAP questions, proof of who asks, and what answers say. Pure."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
import hashlib
from xml.sax.saxutils import escape

from .facts import Codec, Credentials, Size
from .parameter_sets import FASTEST, LARGEST_SIDE
from .plain_xml import Element
from .probe import readable

_MOST_PROFILES = 32
_LONGEST_TOKEN = 256

_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    "<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
_TOKEN = (
    f'<w:Security s:mustUnderstand="1" xmlns:w="{_SECURITY}-wssecurity-secext-1.0.xsd"'
    f' xmlns:u="{_SECURITY}-wssecurity-utility-1.0.xsd"><w:UsernameToken>'
    "<w:Username>{username}</w:Username>"
    f'<w:Password Type="{_SECURITY}-username-token-profile-1.0#PasswordDigest">{{digest}}</w:Password>'
    f'<w:Nonce EncodingType="{_SECURITY}-soap-message-security-1.0#Base64Binary">{{nonce}}</w:Nonce>'
    "<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
)

CLOCK = f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>'
INFORMATION = f'<GetDeviceInformation xmlns="{_DEVICE}"/>'
CAPABILITIES = f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>'
PROFILES = f'<GetProfiles xmlns="{_MEDIA}"/>'
_STREAM_URI = (
    f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup>'
    '<Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream>'
    '<Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport>'
    "</StreamSetup><ProfileToken>{token}</ProfileToken></GetStreamUri>"
)

_VIDEO = {"H264": Codec.H264, "H265": Codec.H265, "JPEG": Codec.JPEG, "MPEG4": Codec.MPEG4}
_UNAUTHORIZED = ("notauthorized", "failedauthentication", "not authorized", "unauthorized")


@dataclass(frozen=True, slots=True)
class Profile:
    """A way in which a camera streams. None is what it did not say; ``audio``: it has some."""

    token: str
    name: str
    codec: Codec | None = None
    size: Size | None = None
    rate: float | None = None
    audio: bool = False


def envelope(body: str, header: str = "") -> bytes:
    """A question, with what proves who asks in its ``header``."""
    return _ENVELOPE.format(header=header, body=body).encode()


def stream_uri(token: str) -> str:
    """The question for the address of a profile."""
    return _STREAM_URI.format(token=escape(token))


def username_token(credentials: Credentials, nonce: bytes, created: datetime) -> str:
    """Proof of the password that does not show it (WS-Security UsernameToken, PasswordDigest).

    ``created`` by the clock of the camera; ``nonce`` by chance, made for it alone.
    """
    when = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    digest = hashlib.sha1(
        nonce + when.encode() + credentials.password.encode(), usedforsecurity=False
    ).digest()
    return _TOKEN.format(
        username=escape(credentials.username),
        digest=b64encode(digest).decode(),
        nonce=b64encode(nonce).decode(),
        created=when,
    )


def body_of(answer: Element) -> Element | None:
    """What an envelope holds; None when it is none."""
    body = answer.first("Body") if answer.name == "Envelope" else None
    return body.children[0] if body and body.children else None


def is_unauthorized(fault: Element) -> bool:
    """Tell whether a fault says that it wants to know who asks."""
    said = [
        element.text for name in ("Value", "Text", "faultcode") for element in fault.below(name)
    ]
    return any(word in text.lower() for text in said for word in _UNAUTHORIZED)


def read_clock(answer: Element) -> datetime | None:
    """What time it is there; None when that is not said, or is no time."""
    utc = next(answer.below("UTCDateTime"), None)
    if utc is None:
        return None
    date = [utc.text_of("Date", name) for name in ("Year", "Month", "Day")]
    time = [utc.text_of("Time", name) for name in ("Hour", "Minute", "Second")]
    try:
        year, month, day, hour, minute, second = (int(text[:4]) for text in date + time)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def read_information(answer: Element) -> tuple[str, str]:
    """The maker and the model."""
    return readable(answer.text_of("Manufacturer")), readable(answer.text_of("Model"))


def read_media_service(answer: Element) -> str:
    """The address of the service that knows of streams; empty when it is not said."""
    media = next(answer.below("Media"), None)
    return media.text_of("XAddr") if media else ""


def read_stream_uri(answer: Element) -> str:
    """The address of a stream; empty when it is not said."""
    return answer.text_of("MediaUri", "Uri")


def read_profiles(answer: Element) -> tuple[Profile, ...]:
    """All profiles that have a picture, in the order of the camera: the first is the main one."""
    return tuple(_profiles(answer))[:_MOST_PROFILES]


def _profiles(answer: Element) -> Iterator[Profile]:
    for element in answer.all("Profiles"):
        token = element.attributes.get("token", "")
        video = element.first("VideoEncoderConfiguration")
        if not 0 < len(token) <= _LONGEST_TOKEN or video is None:
            continue
        yield Profile(
            token,
            readable(element.text_of("Name")),
            _VIDEO.get(video.text_of("Encoding").upper(), Codec.OTHER),
            _size(video.text_of("Resolution", "Width"), video.text_of("Resolution", "Height")),
            _rate(video.text_of("RateControl", "FrameRateLimit")),
            audio=element.first("AudioEncoderConfiguration") is not None,
        )


def _size(width: str, height: str) -> Size | None:
    sides = [_number(text) for text in (width, height)]
    match sides:
        case [int(across), int(down)] if 0 < across <= LARGEST_SIDE and 0 < down <= LARGEST_SIDE:
            return Size(across, down)
    return None


def _rate(text: str) -> float | None:
    number = _number(text)
    return float(number) if number and number <= FASTEST else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
