"""WS-Discovery (2005/04): the question who is there, and what those say who answer. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from .facts import LONGEST_TEXT
from .plain_xml import Element, XmlError, read_xml
from .urls import SERVICES, Url, Whose, judge

MULTICAST = "239.255.255.250"
PORT = 3702
MOST_BYTES = 16 * 1024
_MOST_MATCHES = 4
_MOST_XADDRS = 8
_MOST_SCOPES = 64
_LONGEST_ENDPOINT = 256
_SCOPE = "onvif://www.onvif.org/"


class Kind(StrEnum):
    """What is asked for: some cameras answer to one of them only."""

    TRANSMITTER = "dn:NetworkVideoTransmitter"
    DEVICE = "tds:Device"


_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"\
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"\
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">\
<e:Header><w:MessageID>{message_id}</w:MessageID>\
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>\
</e:Header><e:Body><d:Probe><d:Types>{kind}</d:Types></d:Probe></e:Body></e:Envelope>"""


class ProbeError(ValueError):
    """It is no answer to the question."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may be a camera: an address, and what it said of itself; empty is what it did not say.

    ``services`` are its device services, all at ``address``; ``left_out`` says why addresses that it
    gave are not asked, or are asked at ``address`` instead, which hosts those were is in ``elsewhere``.
    """

    address: str
    services: tuple[Url, ...] = ()
    name: str = ""
    hardware: str = ""
    location: str = ""
    endpoint: str = ""
    left_out: tuple[Whose, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def is_same_as(self, other: Candidate) -> bool:
        """Tell whether it is one thing that answers at two addresses.

        Both say who they are; that alone anybody could say. It counts when one names the other's address.
        """
        return (
            self.endpoint == other.endpoint != ""
            and self.address != other.address
            and (other.address in self.elsewhere or self.address in other.elsewhere)
        )

    def merged(self, other: Candidate) -> Candidate:
        """What both say of one address."""
        return Candidate(
            self.address,
            tuple(dict.fromkeys(self.services + other.services)),
            self.name or other.name,
            self.hardware or other.hardware,
            self.location or other.location,
            self.endpoint or other.endpoint,
            tuple(dict.fromkeys(self.left_out + other.left_out)),
            tuple(dict.fromkeys(self.elsewhere + other.elsewhere)),
        )


def question(kind: Kind, message_id: str) -> bytes:
    """The question for things of a kind; ``message_id`` is ``urn:uuid:...``, made for it alone."""
    return _PROBE.format(kind=kind.value, message_id=message_id).encode()


def read_matches(data: bytes, address: str, asked: frozenset[str]) -> Candidate:
    """What the one at ``address`` answered to one of the questions ``asked`` (by their ids).

    Raises :class:`ProbeError` when it is no answer to them.
    """
    if len(data) > MOST_BYTES:
        raise ProbeError("too long")
    try:
        envelope = read_xml(data)
    except XmlError as error:
        raise ProbeError(str(error)) from error
    if envelope.text_of("Header", "RelatesTo") not in asked:
        raise ProbeError("not what was asked")
    matches = [*envelope.all("Body", "ProbeMatches", "ProbeMatch")][:_MOST_MATCHES]
    if not matches:
        raise ProbeError("no match")
    found = Candidate(address)
    for match in matches:
        found = found.merged(_candidate(match, address))
    return found


def _candidate(match: Element, address: str) -> Candidate:
    judged = [
        judge(text, address, SERVICES) for text in match.text_of("XAddrs").split()[:_MOST_XADDRS]
    ]
    scopes = match.text_of("Scopes").split()[:_MOST_SCOPES]
    # What is at home elsewhere comes after what is surely its own.
    services = [url for _, url, _ in sorted(judged, key=lambda one: one[0] is not Whose.OWN) if url]
    return Candidate(
        address,
        tuple(dict.fromkeys(services)),
        _scope(scopes, "name/"),
        _scope(scopes, "hardware/"),
        _scope(scopes, "location/"),
        readable(match.text_of("EndpointReference", "Address"), _LONGEST_ENDPOINT),
        tuple(dict.fromkeys(whose for whose, *_ in judged if whose is not Whose.OWN)),
        tuple(dict.fromkeys(host for whose, _, host in judged if whose is Whose.MOVED)),
    )


def _scope(scopes: list[str], name: str) -> str:
    """The first that a camera says of a name; of a place the narrowest words."""
    for scope in scopes:
        kind = scope[len(_SCOPE) :] if scope.lower().startswith(_SCOPE) else ""
        if kind.lower().startswith(name):
            text = readable(unquote(kind[len(name) :]).rpartition("/")[2])
            if text:
                return text
    return ""


def readable(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text of a stranger as it may be shown: printable, in one line, not long."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: longest * 2])
    return " ".join(shown.split())[:longest]
