"""Films whose every frame carries its number, cut into segments as a camera's are, and read again."""

from dataclasses import dataclass
import importlib.util
import os
from pathlib import Path
import shutil
import subprocess

from custom_components.mqtt_sentinel.evidence.facts import Segment
from custom_components.mqtt_sentinel.watch.clock import Instant


def _ffmpeg() -> str:
    """The one that is asked for, that of the system, or that of a Python package."""
    found = os.environ.get("MQTT_SENTINEL_FFMPEG") or shutil.which("ffmpeg")
    if not found and importlib.util.find_spec("imageio_ffmpeg"):
        found = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    return found or ""


FFMPEG = _ffmpeg()
EPOCH = 1_800_000_000.0
RATE = 10
WIDTH, HEIGHT, BITS = 256, 64, 16
_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")


@dataclass(frozen=True)
class Film:
    """The segments of a film, a second each."""

    paths: tuple[Path, ...]

    def segment(self, number: int, run: int = 1, began: float | None = None) -> Segment:
        """A segment of it, as of a stream that began at nought."""
        start = float(number) if began is None else began
        return Segment(self.paths[number], run, Instant(start, EPOCH + start), 1.0)

    def copy(self, folder: Path) -> Film:
        """The same film somewhere else, on the same file system or not."""
        folder.mkdir(parents=True)
        return Film(tuple(Path(shutil.copy(path, folder)) for path in self.paths))


def make_film(
    folder: Path, seconds: int, *, codec: str = "libx264", sound: bool = False, b_frames: int = 0
) -> Film:
    """Film the numbers: white stripes for ones, black for noughts."""
    folder.mkdir(parents=True, exist_ok=True)
    stripes = f"if(bitand(N,pow(2,floor(X/{WIDTH // BITS}))),235,16)"
    picture = f"nullsrc=s={WIDTH}x{HEIGHT}:r={RATE},geq=lum='{stripes}':cb=128:cr=128"
    gop = ("-g", str(RATE), "-keyint_min", str(RATE), "-bf", str(b_frames))
    if codec == "libx265":
        settings = f"keyint={RATE}:min-keyint={RATE}:scenecut=0:open-gop=0:log-level=none"
        gop = (*gop, "-x265-params", settings)
    else:
        gop = (*gop, "-sc_threshold", "0")
    audio = ("-f", "lavfi", "-i", "sine=440:r=48000") if sound else ()
    subprocess.run(
        [
            *(FFMPEG, *_QUIET, "-f", "lavfi", "-i", picture, *audio, "-t", str(seconds)),
            *("-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p", *gop, "-c:a", "aac"),
            *("-f", "segment", "-segment_format", "mpegts", "-segment_time", "1"),
            str(folder / "%05d.ts"),
        ],
        check=True,
    )
    return Film(tuple(sorted(folder.glob("*.ts"))))


def has_encoder(name: str) -> bool:
    if not FFMPEG:
        return False
    ran = subprocess.run([FFMPEG, *_QUIET, "-encoders"], capture_output=True, check=True)
    return name.encode() in ran.stdout


def numbers(path: Path) -> list[int]:
    """The numbers of all frames of a clip, or of a picture."""
    ran = subprocess.run(
        [
            *(FFMPEG, *_QUIET, "-i", str(path), "-map", "0:v:0", "-vf", "format=gray"),
            *("-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"),
        ],
        capture_output=True,
        check=True,
    )
    assert not ran.stderr, ran.stderr
    size, stripe = WIDTH * HEIGHT, WIDTH // BITS
    rows = (
        ran.stdout[at + size // 2 : at + size // 2 + WIDTH]
        for at in range(0, len(ran.stdout), size)
    )
    return [
        sum((row[bit * stripe + stripe // 2] > 128) << bit for bit in range(BITS)) for row in rows
    ]


def moments(path: Path) -> list[float]:
    """When each frame of a clip is shown, in seconds."""
    ran = subprocess.run(
        [
            *(FFMPEG, *_QUIET, "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"),
            *("-enc_time_base", "1:1000", "-f", "framecrc", "pipe:1"),
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    lines = [line for line in ran.stdout.splitlines() if not line.startswith("#")]
    [base] = [line for line in ran.stdout.splitlines() if line.startswith("#tb 0:")]
    top, _, bottom = base.removeprefix("#tb 0:").partition("/")
    return [int(line.split(",")[2]) * int(top) / int(bottom) for line in lines]
