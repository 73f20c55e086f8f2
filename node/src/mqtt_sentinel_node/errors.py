"""What can go wrong with a message. Everything that this package raises is a NodeError."""


class NodeError(Exception):
    """The base of all errors of this package."""


class RefusedError(NodeError):
    """The message was not taken: it is in no queue, and nobody will send it."""


class QueueFullError(RefusedError):
    """The queue is full, and nothing in it is less important than this message."""


class DisplacedError(QueueFullError):
    """The message was in the queue, and had to make way for a more important one."""


class StoppedError(RefusedError):
    """The client was stopped, or is being stopped."""


class StoreError(RefusedError):
    """The queue on disk could not be opened, read or written; the text says why."""


class RejectedError(NodeError):
    """The broker does not take this message, now or later; the text says why."""


class PutAsideError(NodeError):
    """The broker hung up on this message again and again, so it is not sent any more.

    ``kept`` tells whether it is on disk: ``take_aside`` of the client has it.
    """

    def __init__(self, text: str, *, kept: bool) -> None:
        """Say how often it was tried."""
        super().__init__(text)
        self.kept = kept


class DroppedError(NodeError):
    """A message of QoS 0, for which there was no connection."""


class UndeliveredError(NodeError):
    """The client was stopped before the broker acknowledged the message, or messages.

    ``kept`` tells whether they wait on disk for the next start.
    """

    def __init__(self, text: str, *, kept: bool) -> None:
        """Describe what was left."""
        super().__init__(text)
        self.kept = kept
