"""A mosquitto that can be killed, and somebody who hears all that it passes on.

What has to be proven is that messages reach the *broker*, and order in which they do. So nothing
may get lost behind it: mosquitto writes a message to the socket of whoever listens before it
acknowledges it, and the listener here has a session that is on the broker's disk, so that it is
served from the first moment after a restart.
"""

from collections.abc import Callable
import contextlib
import os
from pathlib import Path
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

_SEARCH = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
)
MOSQUITTO = shutil.which("mosquitto", path=_SEARCH)

# Below those that the system gives to whoever asks for any port.
_PORTS = range(20_000, 32_000)

_START_SECONDS = 20.0
_KNOCK_SECONDS = 0.01

_CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {directory}/
autosave_interval 0
queue_qos0_messages true
max_queued_messages 0
log_dest stderr
{more}
"""


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Mosquitto:
    """One broker; started again, it has the same port, and knows what it knew at its last stop."""

    def __init__(self, directory: Path, *, more: str = "") -> None:
        """Choose a port; ``more`` are lines of configuration."""
        self.port = free_port()
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            more += "\nuser root"  # else it becomes one that may not write here
        self._configuration = directory / "mosquitto.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(port=self.port, directory=directory, more=more)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it talks MQTT."""
        assert MOSQUITTO is not None
        with (self._directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [MOSQUITTO, "-c", str(self._configuration)], stderr=log, stdout=log
            )
        late = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "mosquitto ended at once"
            assert time.monotonic() < late, "mosquitto does not answer"
            time.sleep(_KNOCK_SECONDS)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it properly: it writes down what it knows."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Hang it: connections stay, and are made, and nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2.0) as connection:
                connection.sendall(connect_packet("knock", clean=True))
                return connection.recv(4) == b"\x20\x02\x00\x00"
        except OSError:
            return False


class Ear:
    """Hears every message, with QoS 0, in the order in which the broker passes them on."""

    def __init__(self, broker: Mosquitto, topic_filter: str = "#") -> None:
        """Connect, and be known to the broker from now on, also after it was killed."""
        self.heard: list[tuple[str, bytes, bool]] = []
        """Topic, payload, and whether the broker had retained it."""
        self._broker = broker
        self._filter = topic_filter.encode()
        self._changed = threading.Condition()
        self._connection: socket.socket
        self._thread: threading.Thread
        self._subscribed = False
        self.connect()
        broker.stop()  # which writes the session down
        self._thread.join()
        self._connection.close()
        broker.start()
        self.connect()

    def connect(self) -> None:
        """Connect again after the broker was started again."""
        with self._changed:
            self._subscribed = False
        connection = socket.create_connection(("127.0.0.1", self._broker.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        subscribe = b"\x00\x01" + _text(self._filter) + b"\x00"
        connection.sendall(
            connect_packet("ear", clean=False) + b"\x82" + _length(len(subscribe)) + subscribe
        )
        self._connection = connection
        self._thread = threading.Thread(target=self._read, args=(connection,))
        self._thread.start()
        with self._changed:
            assert self._changed.wait_for(lambda: self._subscribed, 10), "no SUBACK"

    def close(self) -> None:
        """Leave."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._connection.close()

    def after(self, restart: Callable[[], None]) -> None:
        """Do something that ends the connection, hear the rest of it, and connect again."""
        restart()
        self._thread.join()
        self._connection.close()
        self.connect()

    def wait_for(self, enough: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Wait until ``enough`` is true of what was heard."""
        with self._changed:
            return self._changed.wait_for(enough, seconds)

    def on(self, topic: str) -> list[bytes]:
        """Return the payloads of a topic."""
        return [payload for heard, payload, _ in self.heard if heard == topic]

    def _read(self, connection: socket.socket) -> None:
        rest = b""
        while True:
            try:
                data = connection.recv(1 << 20)
            except OSError:
                return
            if not data:
                return
            rest += data
            start = 0
            with self._changed:
                while (end := _end_of_packet(rest, start)) is not None:
                    self._packet(rest[start:end])
                    start = end
                self._changed.notify_all()
            rest = rest[start:]

    def _packet(self, packet: bytes) -> None:
        kind = packet[0] >> 4
        if kind == 9:
            self._subscribed = True
        if kind != 3:
            return
        start = 1
        while packet[start] & 0x80:
            start += 1
        start += 1
        size = int.from_bytes(packet[start : start + 2], "big")
        topic = packet[start + 2 : start + 2 + size].decode()
        self.heard.append((topic, packet[start + 2 + size :], bool(packet[0] & 1)))


def connect_packet(client_id: str, *, clean: bool) -> bytes:
    """Return a CONNECT of MQTT 3.1.1 without keep-alive."""
    body = b"\x00\x04MQTT\x04" + (b"\x02" if clean else b"\x00") + b"\x00\x00"
    body += _text(client_id.encode())
    return b"\x10" + _length(len(body)) + body


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _length(size: int) -> bytes:
    digits = bytearray()
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)


def _end_of_packet(data: bytes, start: int) -> int | None:
    size, shift = 0, 0
    for at in range(start + 1, min(start + 5, len(data))):
        size |= (data[at] & 0x7F) << shift
        shift += 7
        if not data[at] & 0x80:
            end = at + 1 + size
            return end if end <= len(data) else None
    return None
