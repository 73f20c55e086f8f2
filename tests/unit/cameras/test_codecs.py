"""What ffmpeg tells of a stream, of several versions, and what is made of it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.cameras.codecs import (
    Contents,
    known_contents,
    outputs,
    read_contents,
)
from custom_components.mqtt_sentinel.evidence.cameras.source import (
    PiCamera,
    Source,
    StillImages,
    UrlSource,
    VideoDevice,
)

RTSP_5 = """\
Input #0, rtsp, from 'rtsp://127.0.0.1:8554/1':
  Metadata:
    title           : Stream #0:0: Video: mjpeg, yuvj420p, 10x10, 1 fps
                    : Stream #0:0: Video: rawvideo
  Duration: N/A, start: 0.040000, bitrate: N/A
  Stream #0:0: Video: h264 (High), yuv420p(tv, bt709, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 90k tbn
  Stream #0:1: Audio: pcm_alaw, 8000 Hz, mono, s16, 64 kb/s
At least one output file must be specified
"""
TS_9 = """\
Input #0, mpegts, from 'http://127.0.0.1/x':
  Program 1\x20
  Stream #0:0[0x100]: Video: hevc (Main) ([36][0][0][0] / 0x0024), yuv420p(tv), 2560x1440, 12.50 fps, start 1.4
  Stream #0:1[0x101](eng): Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, mono, fltp, 67 kb/s, start 1.4
"""


@pytest.mark.parametrize(
    ("told", "contents"),
    [
        (TS_9, Contents("hevc", "aac", 2560, 1440, 12.5)),
        ("  Stream #0:0: Video: h264, none, 90k tbr", Contents("h264")),
        (
            "  Stream #0:0: Audio: aac\n  Stream #0:1: Video: mjpeg (Baseline), yuvj422p, 640x480",
            Contents("mjpeg", "aac", 640, 480),
        ),
        (
            "  Stream #0:0(und): Video: h264\n  Stream #0:1: Video: mjpeg\n  Stream #0:2: Data: none",
            Contents("h264"),
        ),
        ("  Stream #0:0: Audio: aac", None),
        ("Stream #0:0: Video: h264", None),
        ("rtsp://127.0.0.1/x: Connection refused", None),
        ("", None),
    ],
)
def test_what_ffmpeg_tells(told: str, contents: Contents | None) -> None:
    assert read_contents(told) == contents


def test_what_a_title_says_of_streams_is_not_believed() -> None:
    assert read_contents(RTSP_5) == Contents("h264", "pcm_alaw", 1920, 1080, 25.0)


@given(st.text())
def test_whatever_is_told_can_be_read(told: str) -> None:
    read_contents(told)
    read_contents(f"  Stream #0:0: Video: {told}")


@pytest.mark.parametrize(
    ("source", "contents"),
    [
        (PiCamera(), Contents("h264", None, 1280, 720)),
        (StillImages(), Contents("mjpeg")),
        (VideoDevice(), None),
        (UrlSource("rtsp://camera/1"), None),
    ],
)
def test_what_need_not_be_looked_into(source: Source, contents: Contents | None) -> None:
    assert known_contents(source) == contents


def chosen(contents: Contents, option: str) -> str | None:
    arguments = outputs(contents)
    return arguments[arguments.index(option) + 1] if option in arguments else None


@pytest.mark.parametrize(
    ("video", "encodes", "coder"),
    [
        *(("h264", False, "copy"), ("hevc", False, "copy")),
        *(("mjpeg", True, "libx264"), ("rawvideo", True, "libx264"), ("vp8", True, "libx264")),
    ],
)
def test_video_is_copied_where_it_can_be(video: str, encodes: bool, coder: str) -> None:
    contents = Contents(video)
    assert contents.encodes is encodes
    assert chosen(contents, "-c:v") == coder
    assert ("-force_key_frames" in outputs(contents)) is encodes
    bsf = chosen(contents, "-bsf:v")
    assert bsf
    assert bsf.startswith("hevc_mp4toannexb," if video == "hevc" else "h264_mp4toannexb,")


def test_what_has_no_time_is_left_out_where_ffmpeg_asked_for_that() -> None:
    bsf = chosen(Contents("h264", untimed=True), "-bsf:v")
    assert bsf
    assert bsf.startswith("noise=drop=not(st(0\\,ld(0)+key*(1-eq(pts\\,nopts)))),h264_mp4toannexb,")


@pytest.mark.parametrize(
    ("audio", "coder"), [("aac", "copy"), ("pcm_alaw", "aac"), ("opus", "aac"), (None, None)]
)
def test_audio_is_copied_or_made_aac(audio: str | None, coder: str | None) -> None:
    contents = Contents("h264", audio)
    assert chosen(contents, "-c:a") == coder
    assert ("0:a:0?" in outputs(contents)) is (audio is not None)
