"""Pictures and videos for tests, some of bytes alone, some made by ffmpeg."""

from pathlib import Path
import subprocess

# One grey pixel, as a camera would send it: begin, table, frame header, codes, scan, end.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "03" * 64
    + "ffc0000b080001000101011100ffc400140001000000000000000000000000000000"
    + "09ffc40014100100000000000000000000000000000000ffda0008010100003f0054ffd9"
)


def video(ffmpeg: str, path: Path, *options: str, seconds: int = 1) -> bytes:
    """Make a small video; its name says what it is."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10", "-t", str(seconds))
    subprocess.run([ffmpeg, "-y", "-loglevel", "error", *source, *options, str(path)], check=True)
    return path.read_bytes()
