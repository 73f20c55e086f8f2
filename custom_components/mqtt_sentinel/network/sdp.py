"""What a camera says of its streams: SDP (RFC 8866) as the answer to DESCRIBE. Pure."""

from base64 import b64decode
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
import math
import re

from .facts import Codec, Media, Size, Stream
from .parameter_sets import FASTEST, LARGEST_SIDE, ParameterSetError, Picture, h264, h265

MOST_BYTES = 64 * 1024
_MOST_STREAMS = 16
_MOST_LINES = 1000
_MOST_SETS = 8
_LONGEST_CONTROL = 1024

_CODECS = {
    "h264": Codec.H264,
    "h265": Codec.H265,
    "hevc": Codec.H265,
    "jpeg": Codec.JPEG,
    "mp4v-es": Codec.MPEG4,
    "mpeg4-generic": Codec.AAC,
    "mp4a-latm": Codec.AAC,
    "pcmu": Codec.PCMU,
    "pcma": Codec.PCMA,
    "g722": Codec.G722,
    "g726-16": Codec.G726,
    "g726-24": Codec.G726,
    "g726-32": Codec.G726,
    "g726-40": Codec.G726,
    "opus": Codec.OPUS,
    "l16": Codec.L16,
    "mp2t": Codec.MP2T,
}
# Payload types that need no rtpmap (RFC 3551).
_STATIC = {
    "0": Codec.PCMU,
    "8": Codec.PCMA,
    "9": Codec.G722,
    "10": Codec.L16,
    "11": Codec.L16,
    "26": Codec.JPEG,
    "33": Codec.MP2T,
}
_SETS: dict[Codec, tuple[str, Callable[[bytes], Picture]]] = {
    Codec.H264: ("sprop-parameter-sets", h264),
    Codec.H265: ("sprop-sps", h265),
}
# Sizes in attributes: all numbers of at most six digits, so that none costs anything.
_DIMENSIONS = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")
_FRAME_SIZE = re.compile(r"\s*\d{1,3}\s+(\d{1,6})\s*-\s*(\d{1,6})\s*")
_CLIP = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")
_RATE = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*")


class SdpError(ValueError):
    """It is no description of streams."""


@dataclass(slots=True)
class _Section:
    """The lines of one stream."""

    media: str
    payload: str
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> Iterator[str]:
        return (value for key, value in self.attributes if key == name)

    def first(self, name: str) -> str | None:
        return next(self.all(name), None)

    def of_payload(self, name: str) -> str | None:
        """An attribute that begins with the payload type which it is about."""
        for value in self.all(name):
            payload, _, rest = value.partition(" ")
            if payload == self.payload:
                return rest.strip()
        return None


def read_sdp(body: bytes) -> tuple[Stream, ...]:
    """The streams of a description, in its order. Raises :class:`SdpError` when it is none."""
    if len(body) > MOST_BYTES:
        raise SdpError("too long")
    lines = body.decode("utf-8", "replace").splitlines()
    if len(lines) > _MOST_LINES:
        raise SdpError("too many lines")
    if not any(line.startswith("v=0") for line in lines[:5]):
        raise SdpError("no SDP")
    sections = list(_sections(lines))
    if not sections:
        raise SdpError("no stream")
    if len(sections) > _MOST_STREAMS:
        raise SdpError("too many streams")
    return tuple(_stream(section) for section in sections)


def _sections(lines: list[str]) -> Iterator[_Section]:
    section: _Section | None = None
    for line in lines:
        if line.startswith("m="):
            if section:
                yield section
            words = line[2:].split()
            if len(words) < 4:
                raise SdpError("a stream without payload")
            section = _Section(words[0].lower(), words[3])
        elif section and line.startswith("a="):
            name, _, value = line[2:].partition(":")
            section.attributes.append((name.strip().lower(), value))
    if section:
        yield section


def _stream(section: _Section) -> Stream:
    media = Media(section.media) if section.media in Media else Media.OTHER
    codec = _codec(section)
    if media is not Media.VIDEO:
        return Stream(media, codec, control=_control(section))
    said = _from_sets(section, codec)
    size = said.size if said else _from_attributes(section)
    rate = _rate(section) or (said.rate if said else None)
    return Stream(media, codec, size, rate, _control(section))


def _codec(section: _Section) -> Codec:
    mapped = section.of_payload("rtpmap")
    if mapped is None:
        return _STATIC.get(section.payload, Codec.OTHER)
    return _CODECS.get(mapped.partition("/")[0].strip().lower(), Codec.OTHER)


def _control(section: _Section) -> str | None:
    control = (section.first("control") or "").strip()
    return control if 0 < len(control) <= _LONGEST_CONTROL and control.isprintable() else None


def _from_sets(section: _Section, codec: Codec) -> Picture | None:
    """What the first readable parameter set says; None when there is none."""
    if codec not in _SETS:
        return None
    name, read = _SETS[codec]
    for parameter in (section.of_payload("fmtp") or "").split(";"):
        key, _, value = parameter.strip().partition("=")
        if key.strip().lower() == name:
            for text in value.split(",")[:_MOST_SETS]:
                try:
                    return read(b64decode(_padded(text.strip()), validate=True))
                except binascii.Error, ParameterSetError, ValueError:
                    continue  # picture parameter sets stand beside it
    return None


def _padded(text: str) -> str:
    """Some leave out what fills base64 up."""
    return text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)


def _from_attributes(section: _Section) -> Size | None:
    for name, pattern in (("x-dimensions", _DIMENSIONS), ("framesize", _FRAME_SIZE)):
        if (value := section.first(name)) and (found := pattern.fullmatch(value)):
            return _size(int(found[1]), int(found[2]))
    if (value := section.first("cliprect")) and (found := _CLIP.fullmatch(value)):
        top, left, bottom, right = (int(number) for number in found.groups())
        return _size(right - left, bottom - top)
    return None


def _size(width: int, height: int) -> Size | None:
    sane = 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE
    return Size(width, height) if sane else None


def _rate(section: _Section) -> float | None:
    for name in ("framerate", "x-framerate"):
        if (value := section.first(name)) and (found := _RATE.fullmatch(value)):
            rate = float(found[1])
            return rate if 0.0 < rate <= FASTEST and math.isfinite(rate) else None
    return None
