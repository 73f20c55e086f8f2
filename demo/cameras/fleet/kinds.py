"""The kinds of things that stand in a home's network, and what a search should make of each."""

from dataclasses import dataclass
from enum import StrEnum

from demo.cameras.access import Access, Scheme

from .sdp import FULL_HD, Streams


class Verdict(StrEnum):
    """What a search that has the password of ``RIGHT`` should say of a thing."""

    READY = "ready"
    PASSWORD_REFUSED = "password_refused"
    NO_STREAM = "no_stream"
    NO_VIDEO = "no_video"
    NOT_A_CAMERA = "not_a_camera"
    SLOW = "slow"
    SILENT = "silent"
    REFUSED = "refused"
    BAD_ANSWER = "bad_answer"


class Probed(StrEnum):
    """What it does when it is asked by WS-Discovery."""

    ANSWERS = "answers"
    LATE = "late"
    """Answers after ``Thing.delay``."""
    SILENT = "silent"
    GARBAGE = "garbage"
    HUGE = "huge"
    BOMB = "bomb"
    """XML whose entities grow without end."""
    LIES = "lies"
    """Says that its services are somewhere out of the home."""
    NOBODY = "nobody"
    """Nothing listens there."""


class Asked(StrEnum):
    """What it does when it is asked over ONVIF."""

    ANSWERS = "answers"
    LATE = "late"
    SILENT = "silent"
    GARBAGE = "garbage"
    BOMB = "bomb"
    LIES = "lies"
    """Says that its stream is somewhere out of the home."""
    PAGE = "page"
    """Answers as any web server does."""
    NOBODY = "nobody"


class Streamed(StrEnum):
    """What it does when it is asked over RTSP."""

    ANSWERS = "answers"
    LATE = "late"
    SILENT = "silent"
    """Accepts, and never answers."""
    NO_PATH = "no-path"
    """Speaks RTSP, and has no stream."""
    HTTP = "http"
    SSH = "ssh"
    ECHO = "echo"
    GARBAGE = "garbage"
    """An endless answer without sense."""
    CLOSES = "closes"
    """Closes each connection at once."""
    NOBODY = "nobody"


RIGHT = Access(Scheme.DIGEST, "admin", "right")
"""User and password that a search is given."""

_WRONG = "nobody knows it"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. ``verdicts``: any of them is right. ``delay`` in seconds, where it is late.

    ``found``: whether a search finds it that asks by WS-Discovery and knows no address.
    """

    name: str
    verdicts: frozenset[Verdict]
    probed: Probed = Probed.ANSWERS
    asked: Asked = Asked.ANSWERS
    streamed: Streamed = Streamed.ANSWERS
    streams: Streams = FULL_HD
    access: Access = RIGHT
    delay: float = 0.0

    @property
    def found(self) -> bool:
        """See above."""
        return self.probed in (Probed.ANSWERS, Probed.LATE, Probed.LIES)


def _access(scheme: Scheme, password: str = RIGHT.password) -> Access:
    return Access(scheme, RIGHT.user, password)


_READY = frozenset({Verdict.READY})
_LOCKED = frozenset({Verdict.PASSWORD_REFUSED})
_NOT_A_CAMERA = frozenset({Verdict.NOT_A_CAMERA})
_OPEN = _access(Scheme.OPEN)
_UHD = (3840, 2160)

KINDS = (
    Kind("digest", _READY),
    Kind("digest with sound", _READY, streams=Streams(audio="PCMA")),
    Kind("digest 4K H.265", _READY, streams=Streams("H265", _UHD, "AAC")),
    Kind("basic", _READY, streams=Streams(size=(1280, 720)), access=_access(Scheme.BASIC)),
    Kind("either", _READY, streams=Streams(size=(2560, 1440)), access=_access(Scheme.EITHER)),
    Kind("SHA-256", _READY, streams=Streams("H265"), access=_access(Scheme.DIGEST_SHA256)),
    Kind("open", _READY, streams=Streams(size=(640, 360), audio="PCMU"), access=_OPEN),
    Kind("open MJPEG", _READY, streams=Streams("JPEG"), access=_OPEN),
    Kind("no ONVIF", _READY, asked=Asked.NOBODY),
    Kind("a web page for ONVIF", _READY, asked=Asked.PAGE),
    Kind("garbage for ONVIF", _READY, asked=Asked.GARBAGE, access=_OPEN),
    Kind("a bomb for ONVIF", _READY, asked=Asked.BOMB, access=_OPEN),
    Kind("a stream elsewhere", _READY, asked=Asked.LIES, access=_OPEN),
    Kind("services elsewhere", _READY, Probed.LIES, access=_OPEN),
    Kind("deaf to probes", _READY, Probed.SILENT),
    Kind("no WS-Discovery", _READY, Probed.NOBODY),
    Kind("garbage for a probe", _READY, Probed.GARBAGE),
    Kind("a flood for a probe", _READY, Probed.HUGE),
    Kind("a bomb for a probe", _READY, Probed.BOMB),
    Kind("a little slow", _READY, Probed.LATE, Asked.LATE, Streamed.LATE, delay=0.3),
    Kind("slow", _READY | {Verdict.SLOW}, streamed=Streamed.LATE, access=_OPEN, delay=3.0),
    Kind(
        "too slow",
        frozenset({Verdict.SLOW, Verdict.SILENT}),
        asked=Asked.NOBODY,
        streamed=Streamed.LATE,
        delay=30.0,
    ),
    Kind("wrong password", _LOCKED, access=_access(Scheme.DIGEST, _WRONG)),
    Kind("wrong password, basic", _LOCKED, access=_access(Scheme.BASIC, _WRONG)),
    Kind(
        "wrong password, no ONVIF",
        _LOCKED,
        asked=Asked.NOBODY,
        access=_access(Scheme.EITHER, _WRONG),
    ),
    Kind("sound only", frozenset({Verdict.NO_VIDEO}), streams=Streams(None, audio="PCMA")),
    Kind(
        "no such path",
        frozenset({Verdict.NO_STREAM}),
        asked=Asked.NOBODY,
        streamed=Streamed.NO_PATH,
    ),
    Kind(
        "silent",
        frozenset({Verdict.SILENT}),
        asked=Asked.SILENT,
        streamed=Streamed.SILENT,
    ),
    Kind(
        "a web server",
        _NOT_A_CAMERA,
        Probed.NOBODY,
        Asked.PAGE,
        Streamed.HTTP,
    ),
    Kind("an SSH server", _NOT_A_CAMERA, Probed.NOBODY, Asked.NOBODY, Streamed.SSH),
    Kind(
        "an echo",
        _NOT_A_CAMERA | {Verdict.BAD_ANSWER},
        Probed.NOBODY,
        Asked.NOBODY,
        Streamed.ECHO,
    ),
    Kind(
        "garbage without end",
        _NOT_A_CAMERA | {Verdict.BAD_ANSWER},
        Probed.NOBODY,
        Asked.NOBODY,
        Streamed.GARBAGE,
    ),
    Kind(
        "closes at once",
        _NOT_A_CAMERA | {Verdict.BAD_ANSWER, Verdict.REFUSED, Verdict.SILENT},
        Probed.NOBODY,
        Asked.NOBODY,
        Streamed.CLOSES,
    ),
    Kind(
        "nobody",
        frozenset({Verdict.REFUSED}),
        Probed.NOBODY,
        Asked.NOBODY,
        Streamed.NOBODY,
    ),
)
"""All kinds. The verdict is of a search that is told the address."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One of a kind, at an address, with its ports."""

    kind: Kind
    number: int
    address: str
    rtsp_port: int
    onvif_port: int
    discovery_port: int

    @property
    def name(self) -> str:
        """What it calls itself."""
        return f"Camera {self.number}"

    @property
    def model(self) -> str:
        """Its hardware."""
        return "DS-2CD2143" if self.kind.streams.video != "H265" else "IPC-HFW5831"

    @property
    def path(self) -> str:
        """Where its stream is; one without ONVIF takes any path."""
        return "Streaming/Channels/101"

    @property
    def stream_url(self) -> str:
        """The address of its stream, without password."""
        return f"rtsp://{self.address}:{self.rtsp_port}/{self.path}"

    @property
    def service_url(self) -> str:
        """The address of its ONVIF device service."""
        return f"http://{self.address}:{self.onvif_port}/onvif/device_service"
