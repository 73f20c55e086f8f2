"""What a search is told to do, and what it finds."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from .facts import Credentials, Media, Size, Stream
from .probe import Candidate
from .urls import RTSP_PORT, Url, Whose
from .ws_discovery import Asked


class Verdict(StrEnum):
    """What came of validating a candidate."""

    READY = "ready"
    PASSWORD_NEEDED = "password_needed"  # noqa: S105
    PASSWORD_REFUSED = "password_refused"  # noqa: S105
    NO_STREAM = "no_stream"
    NO_VIDEO = "no_video"
    NOT_A_CAMERA = "not_a_camera"
    # It talks, but not as fast as there is time for.
    SLOW = "slow"
    SILENT = "silent"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"
    # The time for the whole search was over before its turn came.
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a search takes, in seconds, and how much of it goes on at a time.

    ``seconds`` is for everything, ``listening`` of it for answers to the probe. Each candidate has as
    much time as there is when all have the same, ``longest`` at most. ``settling``: until the first is
    validated; by then nearly all have answered, and it is known how many share the time. ``tries``: wrong passwords shown to one camera.
    """

    seconds: float = 9.0
    listening: float = 1.5
    settling: float = 0.6
    longest: float = 4.0
    at_once: int = 32
    most_candidates: int = 256
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Search:
    """What to search for, and where. Nobody is asked but who is named here, or answers by multicast.

    ``addresses`` are IP addresses, validated whether they answer a probe or not. ``basic`` allows to show a password
    itself to a camera that offers no other way, at its RTSP address. Raises ValueError on an address
    that is none: looking up names is for somebody else.
    """

    interfaces: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    credentials: tuple[Credentials, ...] = field(default=(), repr=False)
    basic: bool = True
    limits: Limits = Limits()
    probe_port: int = 3702
    rtsp_ports: tuple[int, ...] = (RTSP_PORT,)
    onvif_ports: tuple[int, ...] = (80,)

    def __post_init__(self) -> None:
        for address in (*self.interfaces, *self.addresses):
            ip_address(address)

    @property
    def asked(self) -> Asked:
        """Who is asked by probe."""
        return Asked(
            self.interfaces, tuple((address, self.probe_port) for address in self.addresses)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at an address: a row to choose from. Empty or None is what nobody said.

    ``url`` has no credentials; ``credentials`` is the place of what is needed for it, None for none.
    ``server`` is what answered over RTSP. ``left_out`` says why addresses that it gave were not asked,
    or were asked at its own.
    """

    address: str
    verdict: Verdict
    name: str = ""
    maker: str = ""
    model: str = ""
    location: str = ""
    endpoint: str = ""
    url: Url | None = None
    streams: tuple[Stream, ...] = ()
    size: Size | None = None
    rate: float | None = None
    credentials: int | None = None
    server: str = ""
    left_out: tuple[Whose, ...] = ()

    @property
    def video(self) -> Stream | None:
        """The first stream with a picture."""
        return next((stream for stream in self.streams if stream.media is Media.VIDEO), None)

    @property
    def audio(self) -> Stream | None:
        """The first stream with sound."""
        return next((stream for stream in self.streams if stream.media is Media.AUDIO), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is. ``total`` grows while it listens; ``found`` is what is new."""

    done: int
    total: int
    listening: bool
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, in the order of addresses; ``more``: there were more than are looked at."""

    found: tuple[Found, ...]
    more: bool = False


def kind_of(candidate: Candidate) -> str:
    """What is alike among cameras that have the same password, most likely: the first word of each."""
    words = (candidate.hardware or candidate.name).lower().split()
    return words[0] if words else ""
