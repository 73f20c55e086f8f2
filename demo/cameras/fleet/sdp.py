"""What cameras say of their streams: session descriptions as real ones have them."""

from dataclasses import dataclass

_H264 = {
    (640, 360): ("4D401E", "Z01AHuygUBf8uAiAAAADAIAAABkHixbL,aO+PyA=="),
    (1280, 720): ("4D401F", "Z01AH+ygKALdgIgAAAMACAAAAwGQeMGMsA==,aO+PyA=="),
    (1920, 1080): ("4D4028", "Z01AKOygPAET8uAiAAADAAIAAAMAZB4wYyw=,aO+PyA=="),
    (2560, 1440): ("4D4032", "Z01AMuygFABa2AiAAAADAIAAABkHjBjL,aO+PyA=="),
    (3840, 2160): ("4D4033", "Z01AM+ygHgAh9gIgAAADACAAAAZB4wYywA==,aO+PyA=="),
}
"""``profile-level-id`` and ``sprop-parameter-sets`` by size, of x264 at 25 pictures a second."""

_H265 = {
    (1920, 1080): (
        "QAEMAf//AWAAAAMAkAAAAwAAAwB4lZQJ",
        "QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBEHy5ZWVKTC8BaAgAAAAwCAAAAHhA==",
    ),
    (3840, 2160): (
        "QAEMAf//AWAAAAMAkAAAAwAAAwCWlZQJ",
        "QgEBAWAAAAMAkAAAAwAAAwCWoAHgIAIcWWVlSkwvAWgIAAADAAgAAAMAeEA=",
    ),
}
"""``sprop-vps`` and ``sprop-sps`` by size, of x265 at 15 pictures a second."""

_AAC = (
    "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;"
    "config=1408"
)

_AUDIO = {
    "PCMU": ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"],
    "PCMA": ["m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000"],
    "AAC": [
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 MPEG4-GENERIC/16000/1",
        f"a=fmtp:97 {_AAC}",
    ],
}


@dataclass(frozen=True, slots=True)
class Streams:
    """What a camera streams: ``H264``, ``H265`` or ``JPEG`` of a size, ``PCMU``, ``PCMA`` or ``AAC``.

    None for no picture, or no sound. JPEG tells no size in its description.
    """

    video: str | None = "H264"
    size: tuple[int, int] = (1920, 1080)
    audio: str | None = None


FULL_HD = Streams()


def describe(streams: Streams, address: str) -> bytes:
    """Return the session description. Raises KeyError for a size that nobody has."""
    lines = [
        *("v=0", f"o=- 1795295000 1 IN IP4 {address}", "s=Media Presentation"),
        *("c=IN IP4 0.0.0.0", "t=0 0", "a=range:npt=now-", "a=control:*"),
    ]
    match streams.video:
        case "H264":
            profile, sets = _H264[streams.size]
            parameters = (
                f"profile-level-id={profile};packetization-mode=1;sprop-parameter-sets={sets}"
            )
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", f"a=fmtp:96 {parameters}"]
        case "H265":
            vps, sps = _H265[streams.size]
            parameters = f"sprop-vps={vps}; sprop-sps={sps}; sprop-pps=RAHAc8GJ"
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H265/90000", f"a=fmtp:96 {parameters}"]
        case "JPEG":
            lines.append("m=video 0 RTP/AVP 26")
    if streams.video is not None:
        lines.append("a=control:trackID=1")
    if streams.audio is not None:
        lines += [*_AUDIO[streams.audio], "a=control:trackID=2"]
    return "\r\n".join([*lines, ""]).encode()
