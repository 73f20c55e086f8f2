"""What a stream can come from, and that nothing of it becomes an option."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.cameras.address import PROTOCOLS
from custom_components.mqtt_sentinel.evidence.cameras.codecs import Contents, outputs
from custom_components.mqtt_sentinel.evidence.cameras.source import (
    PI_PROGRAMS,
    PiCamera,
    Source,
    SourceError,
    StillImages,
    UrlSource,
    VideoDevice,
    framed,
    inputs,
    label,
    of_this_computer,
    producer,
    secrets,
)

RTSP = UrlSource("rtsp://joe:secret@127.0.0.1:8554/1")


def test_rtsp_is_taken_over_tcp_and_may_open_nothing_else() -> None:
    assert inputs(RTSP, 1.5) == [
        *("-analyzeduration", "1500000", "-protocol_whitelist", "rtsp,rtp,tcp"),
        *("-rtsp_transport", "tcp", "-timeout", "10000000", "-i", RTSP.url),
    ]


@pytest.mark.parametrize("scheme", ["http", "https", "rtsps", "HTTPS"])
def test_no_address_may_open_a_file(scheme: str) -> None:
    arguments = inputs(UrlSource(f"{scheme}://camera/1"), 1)
    allowed = arguments[arguments.index("-protocol_whitelist") + 1].split(",")
    assert not {"file", "pipe", "concat", "data", "udp", "subfile"} & set(allowed)
    assert ("-rtsp_transport" in arguments) is (scheme == "rtsps")


def test_a_device_is_asked_for_its_format() -> None:
    assert inputs(VideoDevice("/dev/video2", "h264"), 1)[2:] == [
        *("-f", "v4l2", "-protocol_whitelist", "file", "-input_format", "h264", "-i", "/dev/video2")
    ]
    assert "-input_format" not in inputs(VideoDevice(), 1)


def test_a_raspberry_pi_camera_is_read_through_a_pipe() -> None:
    camera = PiCamera("libcamera-vid", 1, 1920, 1080)
    command = producer(camera)
    assert command
    assert command[0] == "libcamera-vid"
    assert command[-2:] == ["--output", "-"]
    assert command[command.index("--camera") + 1] == "1"
    assert inputs(camera, 1)[-2:] == ["-i", "pipe:0"]


@pytest.mark.parametrize("source", [RTSP, VideoDevice(), StillImages()])
def test_ffmpeg_reads_all_others_by_itself(source: Source) -> None:
    assert producer(source) is None


def test_the_best_of_this_computer_comes_first() -> None:
    assert of_this_computer(1, "/dev/video3") == (
        PiCamera("rpicam-vid", 1),
        PiCamera("libcamera-vid", 1),
        VideoDevice("/dev/video3", "h264"),
        VideoDevice("/dev/video3"),
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (RTSP, "rtsp://***@127.0.0.1:8554/1"),
        (PiCamera(), "rpicam-vid:0"),
        (VideoDevice(), "/dev/video0"),
        (VideoDevice(format="mjpeg"), "/dev/video0 (mjpeg)"),
        (StillImages(), "still images"),
    ],
)
def test_how_a_source_is_shown(source: Source, shown: str) -> None:
    assert label(source) == shown


def test_a_source_keeps_its_password_to_itself() -> None:
    assert "secret" not in repr(RTSP)
    assert "secret" in secrets(RTSP)
    assert secrets(StillImages()) == ()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/etc/passwd",
            "/dev/video",
            "/dev/video0\n",
            "/dev/video0 -y",
            "/dev/../etc/passwd",
            "-i",
        ),
        *(
            "/dev/v4l/by-id/../../sda",
            "/dev/v4l/by-id/-x",
            "/dev/v4l/by-id/",
            "video0",
            "/dev/video9999",
        ),
    ],
)
def test_what_is_no_video_device(path: str) -> None:
    with pytest.raises(SourceError):
        VideoDevice(path)


def test_a_device_by_its_own_name() -> None:
    path = "/dev/v4l/by-id/usb-046d_HD_Webcam_C525-video-index0"
    assert inputs(VideoDevice(path), 1)[-1] == path


def test_a_format_that_no_device_has() -> None:
    with pytest.raises(SourceError):
        VideoDevice(format="-f")


@pytest.mark.parametrize(
    "wrong",
    [{"program": "sh"}, {"camera": -1}, {"camera": 8}, {"width": 1}, {"height": 10_000}],
)
def test_what_is_no_raspberry_pi_camera(wrong: dict[str, object]) -> None:
    with pytest.raises(SourceError):
        PiCamera(**wrong)  # type: ignore[arg-type] # wrong is what it is


HOSTILE = st.one_of(
    st.text(),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "-", "--", "rtsp://", "http://a/", "/dev/video", "/dev/v4l/by-id/"]),
        st.sampled_from(
            ["", "-protocol_whitelist", "concat:", "file:", "../", "\n-y\n", "'", '"', " "]
        ),
        st.text(),
    ),
)


@given(HOSTILE, st.sampled_from([UrlSource, VideoDevice]))
def test_no_choice_of_a_user_becomes_an_option(
    value: str, kind: type[UrlSource | VideoDevice]
) -> None:
    try:
        source = kind(value)
    except SourceError:
        return
    arguments = inputs(source, 1)
    assert arguments.count(value) == 1
    assert arguments[-2:] == ["-i", value]
    assert not value.startswith("-")
    assert value.startswith("/dev/v") or value.partition("://")[0].lower() in PROTOCOLS


@given(st.text(), st.one_of(st.none(), st.text()))
def test_no_name_of_a_codec_becomes_an_argument(video: str, audio: str | None) -> None:
    """A stream may claim to be anything; what is made of it is one of few."""
    known = [
        each
        for copied in ("h264", "hevc", "other")
        for sound in (None, "aac", "other")
        for each in outputs(Contents(copied, sound))
    ]
    assert set(outputs(Contents(video, audio))) <= set(known)


def test_an_image_is_fed_with_its_length() -> None:
    assert framed(b"\xff\xd8--sentinel\r\n") == (
        b"--sentinel\r\nContent-Type: image/jpeg\r\nContent-Length: 14\r\n\r\n\xff\xd8--sentinel\r\n\r\n"
    )


def test_programs_of_the_raspberry_pi() -> None:
    assert PI_PROGRAMS == ("rpicam-vid", "libcamera-vid")
