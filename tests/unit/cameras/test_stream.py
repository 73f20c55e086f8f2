"""Why a stream is lost, by what ffmpeg said last."""

import pytest

from custom_components.mqtt_sentinel.evidence.cameras.stream import Lost, why_lost


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("http://127.0.0.1:9/x: Connection refused", Lost.REFUSED),
        ("Error opening input files: Connection refused", Lost.REFUSED),
        ("method DESCRIBE failed: 401 Unauthorized", Lost.UNAUTHORIZED),
        ("Server returned 403 Forbidden (access denied)", Lost.UNAUTHORIZED),
        ("Server returned 404 Not Found", Lost.NOT_FOUND),
        ("method DESCRIBE failed: 404 Not found", Lost.NOT_FOUND),
        ("/dev/video0: No such file or directory", Lost.NOT_FOUND),
        ("ERROR: *** no cameras available ***", Lost.NOT_FOUND),
        ("Failed to resolve hostname camera.invalid: Name or service not known", Lost.UNREACHABLE),
        ("Failed to resolve hostname camera.invalid: Name does not resolve", Lost.UNREACHABLE),
        ("No route to host", Lost.UNREACHABLE),
        ("rtsp://camera/1: Connection timed out", Lost.TIMEOUT),
        ("/dev/video0: Device or resource busy", Lost.BUSY),
        ("http://127.0.0.1/page: Invalid data found when processing input", Lost.NO_VIDEO),
        ("Output file #0 does not contain any stream", Lost.NO_VIDEO),
        ("av_interleaved_write_frame(): No space left on device", Lost.NO_SPACE),
        ("Exiting normally, received signal 15.", Lost.ENDED),
    ],
)
def test_what_ffmpeg_says_of_a_loss(line: str, why: Lost) -> None:
    assert why_lost(["[h264 @ 0x1] error while decoding MB 4 0, bytestream 401x", line]) is why


def test_a_full_disk_is_told_before_all_else() -> None:
    assert why_lost(["404 Not Found", "No space left on device"]) is Lost.NO_SPACE


def test_who_says_nothing_ended() -> None:
    assert why_lost([]) is Lost.ENDED
    assert why_lost([], Lost.TIMEOUT) is Lost.TIMEOUT
