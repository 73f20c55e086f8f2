"""What is in a stream, as ffmpeg tells it, and what is made of it."""

from dataclasses import dataclass
import re

from .source import PiCamera, Source, StillImages

COPIED_VIDEO = frozenset({"h264", "hevc"})
COPIED_AUDIO = frozenset({"aac"})
_TRACK = re.compile(r"\s+Stream #0:\d+(?:\[0x[0-9a-f]+\])?(?:\([^)]*\))?: (Video|Audio): (\w+)(.*)")
_SIZE = re.compile(r", (\d{2,5})x(\d{2,5})[ ,]")
# What has no time is left out, and what cannot be seen without that: all before the first key frame that
# has one. (0) says that it was there.
_FROM_TIMED_KEY_FRAME = r"noise=drop=not(st(0\,ld(0)+key*(1-eq(pts\,nopts))))"
_RATE = re.compile(r", (\d+(?:\.\d+)?) fps")


@dataclass(frozen=True, slots=True)
class Contents:
    """The first video and the first audio of a stream, by ffmpeg's names of their codecs.

    Width and height in pixels, ``rate`` in pictures a second; None what is not there or not told.
    ``untimed``: it cannot be told when its first picture is to be shown. Each RTSP stream begins so; where
    pictures are not sent in the order in which they are shown (B-frames), ffmpeg cannot guess it.
    """

    video: str
    audio: str | None = None
    width: int | None = None
    height: int | None = None
    rate: float | None = None
    untimed: bool = False

    @property
    def encodes(self) -> bool:
        """Tell whether the video has to be encoded, which costs; otherwise it is copied."""
        return self.video not in COPIED_VIDEO


def known_contents(source: Source) -> Contents | None:
    """What is in a stream that one need not look into; None where one has to."""
    match source:
        case PiCamera(width=width, height=height):
            return Contents("h264", None, width, height)
        case StillImages():
            return Contents("mjpeg")
        case _:
            return None


def read_contents(told: str) -> Contents | None:
    """What ffmpeg tells of its input, in the lines of its log; None without a video."""
    tracks: dict[str, tuple[str, str]] = {}
    for line in told.splitlines():
        if found := _TRACK.fullmatch(line):
            tracks.setdefault(found[1], (found[2], found[3]))
    if "Video" not in tracks:
        return None
    codec, rest = tracks["Video"]
    size, rate = _SIZE.search(f"{rest} "), _RATE.search(rest)
    return Contents(
        codec,
        tracks["Audio"][0] if "Audio" in tracks else None,
        int(size[1]) if size else None,
        int(size[2]) if size else None,
        float(rate[1]) if rate else None,
    )


def outputs(contents: Contents) -> list[str]:
    """The arguments that choose the tracks, and copy what can be copied."""
    # Parameter sets before each key frame, which not every camera sends again: each piece can be read
    # without those before it.
    codec = "h264" if contents.encodes else contents.video
    repeated = f"{codec}_mp4toannexb,dump_extra=freq=keyframe"
    if contents.untimed:
        repeated = f"{_FROM_TIMED_KEY_FRAME},{repeated}"
    # The picture in even numbers, as H.264 wants it, and a key frame a second for the ring to cut at.
    video = (
        [
            *("-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p", "-c:v", "libx264"),
            *("-preset", "ultrafast", "-tune", "zerolatency", "-crf", "26", "-threads", "1"),
            *("-force_key_frames", "expr:gte(t,n_forced)", "-bsf:v", repeated),
        ]
        if contents.encodes
        else ["-c:v", "copy", "-bsf:v", repeated]
    )
    if contents.audio is None:
        return ["-map", "0:v:0", *video]
    audio = ["copy"] if contents.audio in COPIED_AUDIO else ["aac", "-b:a", "64k"]
    return ["-map", "0:v:0", "-map", "0:a:0?", *video, "-c:a", *audio]
