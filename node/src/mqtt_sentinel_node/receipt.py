"""What ``publish`` returns: something to look at later, or to wait on."""

import threading

from .errors import NodeError
from .message import Message


class Receipt:
    """What becomes of one message.

    It is ``done`` once the broker has acknowledged the message (QoS 0: once it was written to the
    connection), or once it is certain that this will not happen; then ``error`` says why.
    """

    __slots__ = ("_error", "_latch", "message")

    def __init__(self, message: Message) -> None:
        """Know of nothing yet."""
        self.message = message
        self._error: NodeError | None = None
        # Locked until it is done. An Event would do the same; it costs ten times as much to make.
        self._latch = threading.Lock()
        self._latch.acquire()

    @property
    def done(self) -> bool:
        """Whether it is decided what becomes of the message."""
        return not self._latch.locked()

    @property
    def delivered(self) -> bool:
        """Whether the broker has it."""
        return self.done and self._error is None

    @property
    def error(self) -> NodeError | None:
        """Why the broker will not get it from us; None while that is not decided, or it has it."""
        return self._error

    def wait(self, timeout: float | None = None) -> None:
        """Return once the broker has the message; raises why it will not get it.

        Raises TimeoutError after ``timeout`` seconds; the message stays in the queue then.
        """
        if not self._latch.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            raise TimeoutError(f"not acknowledged within {timeout} s: {self.message.topic}")
        self._latch.release()
        if self._error is not None:
            raise self._error

    def finish(self, error: NodeError | None = None) -> None:
        """Decide it, once. For the client that gave the receipt."""
        self._error = error
        self._latch.release()
