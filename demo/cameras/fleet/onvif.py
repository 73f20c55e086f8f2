"""The ONVIF services of a camera, as far as a search asks them: SOAP 1.2 over HTTP."""

from base64 import b64decode
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
import hashlib
import hmac
from xml.etree import ElementTree as ET

from demo.cameras.access import Access, Scheme

from .discovery import ELSEWHERE
from .kinds import Asked, Thing

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
    "<s:Body>{}</s:Body></s:Envelope>"
)
_FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value>"
    '</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
)
_CODECS = {"H264": "H264", "H265": "H265", "JPEG": "JPEG"}

type _Answer = Callable[[Thing], str]


def answer(thing: Thing, body: bytes) -> tuple[int, bytes]:
    """Return the HTTP status and the envelope that answer a SOAP request."""
    try:
        envelope = ET.fromstring(body)
    except ET.ParseError:
        return _fault(400, "WellFormed", "this is no XML")
    asked = envelope.find("{*}Body/*")
    name = asked.tag.rpartition("}")[2] if asked is not None else ""
    if name == "GetSystemDateAndTime":  # whoever asks needs it to prove who it is
        return 200, _ENVELOPE.format(_clock(thing)).encode()
    if not admits(thing.kind.access, envelope):
        return _fault(400, "NotAuthorized", "Sender not Authorized")
    if (said := _ANSWERS.get(name)) is None:
        return _fault(500, "ActionNotSupported", "there is no such action")
    return 200, _ENVELOPE.format(said(thing)).encode()


def _fault(status: int, code: str, text: str) -> tuple[int, bytes]:
    return status, _ENVELOPE.format(_FAULT.format(code=code, text=text)).encode()


def admits(access: Access, envelope: ET.Element) -> bool:
    """Tell whether the UsernameToken of a request proves user and password."""
    if access.scheme is Scheme.OPEN:
        return True
    said = {
        element.tag.rpartition("}")[2]: element.text or ""
        for element in envelope.iterfind("{*}Header//{*}UsernameToken/*")
    }
    try:
        nonce = b64decode(said.get("Nonce", ""), validate=True)
    except binascii.Error:
        return False
    proof = nonce + said.get("Created", "").encode() + access.password.encode()
    digest = binascii.b2a_base64(hashlib.sha1(proof, usedforsecurity=False).digest(), newline=False)
    return said.get("Username") == access.user and hmac.compare_digest(
        digest, said.get("Password", "").encode()
    )


def _clock(_: Thing) -> str:
    now = datetime.now(UTC)
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        "<tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
        f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _information(thing: Thing) -> str:
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>HIKVISION</tds:Manufacturer>"
        f"<tds:Model>{thing.model}</tds:Model><tds:FirmwareVersion>V5.7</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{thing.number:08d}</tds:SerialNumber><tds:HardwareId>88</tds:HardwareId>"
        "</tds:GetDeviceInformationResponse>"
    )


def _media_url(thing: Thing) -> str:
    return thing.service_url.replace("device_service", "media_service")


def _capabilities(thing: Thing) -> str:
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities>"
        f"<tt:Device><tt:XAddr>{thing.service_url}</tt:XAddr></tt:Device>"
        f"<tt:Media><tt:XAddr>{_media_url(thing)}</tt:XAddr></tt:Media>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def _services(thing: Thing) -> str:
    services = {
        "http://www.onvif.org/ver10/device/wsdl": thing.service_url,
        "http://www.onvif.org/ver10/media/wsdl": _media_url(thing),
    }
    said = "".join(
        f"<tds:Service><tds:Namespace>{name}</tds:Namespace><tds:XAddr>{url}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
        for name, url in services.items()
    )
    return f"<tds:GetServicesResponse>{said}</tds:GetServicesResponse>"


def _profiles(thing: Thing) -> str:
    streams = thing.kind.streams
    said = ""
    for token, name, (width, height) in (
        ("Profile_1", "mainStream", streams.size),
        ("Profile_2", "subStream", (640, 360)),
    ):
        video, audio = "", ""
        if streams.video is not None:
            video = (
                '<tt:VideoEncoderConfiguration token="V"><tt:Name>V</tt:Name>'
                f"<tt:Encoding>{_CODECS[streams.video]}</tt:Encoding>"
                f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
                "</tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
                "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
                "</tt:VideoEncoderConfiguration>"
            )
        if streams.audio is not None:
            audio = (
                '<tt:AudioEncoderConfiguration token="A"><tt:Name>A</tt:Name>'
                f"<tt:Encoding>{'AAC' if streams.audio == 'AAC' else 'G711'}</tt:Encoding>"
                "</tt:AudioEncoderConfiguration>"
            )
        said += (
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
            f"{video}{audio}</trt:Profiles>"
        )
    return f"<trt:GetProfilesResponse>{said}</trt:GetProfilesResponse>"


def _stream_uri(thing: Thing) -> str:
    url = thing.stream_url
    if thing.kind.asked is Asked.LIES:
        url = url.replace(thing.address, ELSEWHERE)
    return (
        f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{url}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout>"
        "</trt:MediaUri></trt:GetStreamUriResponse>"
    )


_ANSWERS: dict[str, _Answer] = {
    "GetDeviceInformation": _information,
    "GetCapabilities": _capabilities,
    "GetServices": _services,
    "GetProfiles": _profiles,
    "GetStreamUri": _stream_uri,
}
