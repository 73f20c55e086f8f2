"""Answers to WS-Discovery (2005/04), as good and as bad as they come."""

import asyncio
import re
from typing import override
import uuid

from .kinds import Probed, Thing

ELSEWHERE = "198.51.100.7"
"""An address that is nobody's (RFC 5737): whoever asks it has left the home."""

BOMB = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "boom">',
        *(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">'.encode() for level in range(1, 12)),
        b"]><b>&a11;</b>",
    )
)

_HUGE_BYTES = 60_000
_ASKED = re.compile(rb"<(?:[\w.-]+:)?MessageID[^>]*>\s*([^<\s]+)\s*</")

_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" \
xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header>\
<wsa:MessageID>urn:uuid:{answer}</wsa:MessageID><wsa:RelatesTo>{asked}</wsa:RelatesTo>\
<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>\
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action>\
</SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference>\
<wsa:Address>urn:uuid:{thing}</wsa:Address></wsa:EndpointReference>\
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>\
onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming \
onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/{model} \
onvif://www.onvif.org/location/city/home{more}</d:Scopes><d:XAddrs>{service}</d:XAddrs>\
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body>\
</SOAP-ENV:Envelope>"""


def _match(thing: Thing, asked: str, more: str = "") -> bytes:
    service = thing.service_url
    if thing.kind.probed is Probed.LIES:
        service = service.replace(thing.address, ELSEWHERE)
    return _MATCH.format(
        answer=uuid.uuid4(),
        asked=asked,
        thing=uuid.uuid5(uuid.NAMESPACE_URL, thing.address),
        name=thing.name.replace(" ", "%20"),
        model=thing.model,
        more=more,
        service=service,
    ).encode()


def reply(thing: Thing, probe: bytes) -> bytes | None:
    """Return what it answers to a probe, None for nothing."""
    asked = _ASKED.search(probe)
    if asked is None:
        return None
    message_id = asked[1].decode(errors="replace")
    match thing.kind.probed:
        case Probed.ANSWERS | Probed.LATE | Probed.LIES:
            return _match(thing, message_id)
        case Probed.GARBAGE:
            return bytes(range(256)) + b"<ProbeMatches><<<"
        case Probed.HUGE:
            return _match(thing, message_id, " onvif://www.onvif.org/" + "x" * _HUGE_BYTES)
        case Probed.BOMB:
            return BOMB
    return None


class Responder(asyncio.DatagramProtocol):
    """The WS-Discovery port of one thing."""

    def __init__(self, thing: Thing) -> None:
        """Answer for ``thing``."""
        self._thing = thing
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        said = reply(self._thing, data)
        if said is not None:
            delay = self._thing.kind.delay if self._thing.kind.probed is Probed.LATE else 0.0
            asyncio.get_running_loop().call_later(delay, self._send, said, addr)

    def _send(self, said: bytes, to: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(said, to)
