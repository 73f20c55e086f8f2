"""Finds out which RTP packet begins a picture that can be decoded without those before it."""

from .encoder import Codec

_HEADER = 12


def begins_with_key(codec: Codec, packet: bytes) -> bool:
    """Tell whether an RTP packet is the first of a key frame, with its parameter sets if it has any.

    Our encoder puts them right before each key frame.
    """
    if len(packet) < _HEADER:
        return False
    payload = packet[_HEADER + 4 * (packet[0] & 0x0F) :]
    return _KEYS[codec](payload)


def _h264(payload: bytes) -> bool:
    """RFC 6184: a sequence parameter set by itself, or as the first of an aggregate."""
    if len(payload) < 4:
        return False
    kind = payload[0] & 0x1F
    return kind == 7 or (kind == 24 and payload[3] & 0x1F == 7)


def _h265(payload: bytes) -> bool:
    """RFC 7798: a video parameter set by itself, or as the first of an aggregate."""
    if len(payload) < 5:
        return False
    kind = payload[0] >> 1 & 0x3F
    return kind == 32 or (kind == 48 and payload[4] >> 1 & 0x3F == 32)


def _mjpeg(payload: bytes) -> bool:
    """RFC 2435: each picture stands for itself; its first packet begins at its first byte."""
    return len(payload) > 4 and payload[1:4] == b"\0\0\0"


_KEYS = {Codec.H264: _h264, Codec.H265: _h265, Codec.MJPEG: _mjpeg}
