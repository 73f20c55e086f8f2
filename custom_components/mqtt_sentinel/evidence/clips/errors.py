"""What can go wrong with a clip."""

from contextlib import contextmanager
import errno
from typing import TYPE_CHECKING

from .orders import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class ClipError(Exception):
    """There is no clip, or not yet; ``reason`` for people, ``detail`` for the log."""

    reason = Reason.CANNOT_FINISH

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class CannotFinishError(ClipError):
    """It cannot be made now; what it would be made of stays."""


class DiskFullError(CannotFinishError):
    """There is no room to write it; what it would be made of stays."""

    reason = Reason.DISK_FULL


class CannotWriteError(CannotFinishError):
    """The folder of the clips cannot be read or written; what is there stays."""

    reason = Reason.CANNOT_WRITE


class NotRecordedError(CannotFinishError):
    """The journal did not take it. The caller's ``record`` raises this; the next start tells it again."""

    reason = Reason.NOT_RECORDED


class UnplayableError(ClipError):
    """There is nothing in it that could be shown, and never will be."""

    reason = Reason.UNPLAYABLE


class CaptureError(ClipError):
    """What was to be captured was not; ``reason`` says why."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


@contextmanager
def disk_errors() -> Iterator[None]:
    """Say in our words what the file system says.

    Raises:
        DiskFullError: It has no room.
        CannotWriteError: Something else is wrong with it.

    """
    try:
        yield
    except OSError as error:
        kind = DiskFullError if error.errno in _FULL else CannotWriteError
        raise kind(error.strerror or type(error).__name__) from error
