"""Where ffmpeg is: the machine's own, else the one that the package imageio-ffmpeg brings."""

from functools import cache
from importlib import import_module
from pathlib import Path
import shutil


class FfmpegError(Exception):
    """There is no ffmpeg here, or it failed; the text says what it said."""


@cache
def find() -> Path:
    """Return the path of the program; raises FfmpegError where there is none."""
    if installed := shutil.which("ffmpeg"):
        return Path(installed)
    try:
        return Path(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError) as reason:
        raise FfmpegError(
            "there is no ffmpeg: install it, or the Python package imageio-ffmpeg"
        ) from reason


def offer(folder: Path) -> Path | None:
    """Make ``folder`` one that has a program ``ffmpeg``, to be put on somebody's PATH.

    Returns None, and does nothing, where ffmpeg is on the PATH already or is nowhere.
    """
    if shutil.which("ffmpeg"):
        return None
    try:
        program = find()
    except FfmpegError:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "ffmpeg"
    link.unlink(missing_ok=True)
    link.symlink_to(program)
    return folder
