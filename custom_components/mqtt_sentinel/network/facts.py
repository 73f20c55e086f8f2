"""The words of network cameras: streams, credentials, addresses that are asked."""

from dataclasses import dataclass, field
from enum import StrEnum

# More than any camera says of itself in a name, a model, a codec.
LONGEST_TEXT = 128


class Codec(StrEnum):
    """How a stream is encoded, as SDP calls it."""

    H264 = "H264"
    H265 = "H265"
    JPEG = "JPEG"
    MPEG4 = "MPEG4"
    AAC = "AAC"
    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"
    G726 = "G726"
    OPUS = "OPUS"
    L16 = "L16"
    MP2T = "MP2T"
    OTHER = "other"


class Media(StrEnum):
    """What a stream carries."""

    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """The size of a picture as it is shown, in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a camera. None is what it did not say; ``rate`` in pictures a second.

    ``control`` is the address at which it is set up, as it was given; it decides about nothing here.
    """

    media: Media
    codec: Codec
    size: Size | None = None
    rate: float | None = None
    control: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password. Neither is ever shown by what this says of itself.

    Raises ValueError when there is a control character in one: it could end a header.
    """

    username: str = field(repr=False)
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in self.username + self.password):
            raise ValueError("a control character in a user name or password")
