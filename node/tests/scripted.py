"""A broker that says exactly what a test has it say."""

from collections.abc import Iterator
from contextlib import contextmanager
import socket
import threading

SECONDS = 10.0

ACCEPTED = b"\x20\x03\x00\x00\x00"


class Scripted:
    """Answers each connection with the next of its lines, and hangs up after all but the last."""

    def __init__(self, *lines: bytes, hang_up_on: bytes | None, last_words: bytes) -> None:
        self.connects: list[bytes] = []
        self.heard: list[bytes] = []
        self._hang_up_on = hang_up_on
        self._last_words = last_words
        self._lines = lines
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for number, line in enumerate(self._lines, start=1):
            connection, _ = self._listener.accept()
            with connection:
                self.connects.append(connection.recv(1000))
                connection.sendall(line)
                if number == len(self._lines) or self._hang_up_on is not None:
                    self._hear(connection)

    def _hear(self, connection: socket.socket) -> None:
        """Hear what the client says, until one of both hangs up."""
        while data := connection.recv(1000):
            self.heard.append(data)
            if self._hang_up_on is not None and self._hang_up_on in data:
                connection.sendall(self._last_words)
                return

    def close(self) -> None:
        self._thread.join(SECONDS)
        self._listener.close()


@contextmanager
def scripted(
    *lines: bytes, hang_up_on: bytes | None = None, last_words: bytes = b""
) -> Iterator[Scripted]:
    broker = Scripted(*lines, hang_up_on=hang_up_on, last_words=last_words)
    yield broker
    broker.close()
