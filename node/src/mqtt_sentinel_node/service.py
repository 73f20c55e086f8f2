"""A service as MQTT Sentinel knows them: it says that it is connected, it pings, it is told to run.

| topic | what |
| --- | --- |
| ``connected/{service}/{device}`` | ``true`` at every connect, ``false`` at the end; also the Will |
| ``ping/{service}/{device}`` | the work goes on |
| ``status/{service}/{device}`` | commands, ``{"status": bool, "data": {...} or null}``, retained |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import logging
from typing import TYPE_CHECKING, Any

from .client import Client, Options
from .errors import RefusedError
from .message import Message, Payload, Priority, encode
from .pace import Pace

if TYPE_CHECKING:
    from typing_extensions import Unpack  # of Python 3.12; mypy knows it without installing it

_LOG = logging.getLogger(__name__)

PING_SECONDS = 20.0
"""A third of the interval that MQTT Sentinel expects if it is not told another."""


@dataclass(frozen=True)
class Command:
    """The service is told to run, or not to. ``data`` is what it should know for that."""

    status: bool
    data: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, payload: bytes) -> "Command":
        """Read a payload; raises ValueError for what is no command."""
        told = json.loads(payload)
        if not isinstance(told, dict) or not isinstance(told.get("status"), bool):
            raise ValueError('a command is {"status": true or false, "data": {...} or null}')  # noqa: TRY004  # of a payload
        data = told.get("data")
        if data is not None and not isinstance(data, dict):
            raise ValueError("data is an object or null")
        return cls(told["status"], data)


class Service(Client):
    """One service of one device, with a connection of its own.

    ``prefix`` goes before all its topics (``site1/``). ``on_command`` is called with each command
    as it comes, and with the last one at every connect, for the broker retains it. All else is as
    in ``Client``; a Will, birth or goodbye of your own replaces the one on ``connected/...``.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        service: str,
        device: str,
        prefix: str = "",
        ping_every: float = PING_SECONDS,
        on_command: Callable[[Command], None] | None = None,
        **options: "Unpack[Options]",
    ) -> None:
        """Describe the service; raises ValueError for names that are no level of a topic."""
        for name in (service, device):
            if not name or any(sign in name for sign in "/+#\0"):
                raise ValueError(f"not a name: {name!r}")
        self._ping_topic = f"{prefix}ping/{service}/{device}"
        self._pace = Pace(ping_every)
        topic = f"{prefix}connected/{service}/{device}"
        gone = Message(topic, b"false", retain=True)
        options.setdefault("client_id", f"{service}-{device}")
        options.setdefault("will", gone)
        options.setdefault("birth", [Message(topic, b"true", retain=True)])
        options.setdefault("goodbye", [gone])
        super().__init__(host, port, **options)
        if on_command is not None:
            heard = on_command
            self.subscribe(
                f"{prefix}status/{service}/{device}", lambda message: _command(message, heard)
            )

    def ping(self, payload: Payload = None) -> bool:
        """Say that the work goes on; return whether that was said now.

        Call it from the loop that does the work, as often as you like: it is said at most once in
        ``ping_every`` seconds. It never raises and never waits for its turn: a ping that cannot be
        said now would be no sign of life later.
        """
        if not self.up or not self._pace.due():
            return False
        try:
            receipt = self.send(Message(self._ping_topic, encode(payload), qos=0), Priority.HIGH)
        except RefusedError:
            said = False
        else:
            said = receipt.error is None
        if not said:
            self._pace.again()
        return said


def _command(message: Message, heard: Callable[[Command], None]) -> None:
    try:
        command = Command.read(message.payload)
    except ValueError as why:
        _LOG.warning("Not a command on %s: %s", message.topic, why)
        return
    heard(command)
