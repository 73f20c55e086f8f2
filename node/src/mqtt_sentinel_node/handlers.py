"""The thread in which the handlers of the user run: they may take as long as they like."""

from collections.abc import Callable
import logging
import queue
import threading

_LOG = logging.getLogger(__name__)

_BOUND = 10_000


class Handlers:
    """Calls one thing after the other, in the order in which it was told of them."""

    def __init__(self) -> None:
        """Have nothing to call, and no thread yet."""
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sentinel-handlers", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def post(self, call: Callable[[], None]) -> None:
        """Have something called, however many wait."""
        self._calls.put(call)

    def offer(self, call: Callable[[], None]) -> bool:
        """Have something called, unless too many wait already; return whether it will be."""
        if self._calls.qsize() >= _BOUND:
            return False
        self._calls.put(call)
        return True

    def stop(self, timeout: float) -> None:
        """End after what was posted; wait so many seconds for that, but never for oneself."""
        self._calls.put(None)
        if threading.current_thread() is not self._thread and self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:  # noqa: BLE001, PERF203  # logged
                # It is somebody else's code; the next message is not to blame.
                _LOG.exception("A handler failed")
