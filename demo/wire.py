"""The only module of the demo that speaks MQTT (3.1.1, over paho-mqtt 2).

A ``Link`` is one MQTT connection of a service or device, in the words that the demo needs: it has
a Last Will and a birth, it comes back by itself, and it can end in every way a real one does.
"""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass
import logging
import socket
from typing import Self

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_LOG = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 5
"""Short, so that a cut network is noticed within some seconds (a broker waits 1.5 times that)."""

_RECONNECT_SECONDS = (1, 4)
"""Backoff from the first to the longest pause before the next attempt to connect."""

_GOODBYE_SECONDS = 2.0
"""How long a closing link waits for the broker to acknowledge its last message."""

_HANDSHAKE_SECONDS = 2.0

# CONNECT of a clean session with an empty client id, keep-alive 5 s, and what answers it.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens on TCP."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``host:port``; raises ValueError for anything else."""
        host, colon, port = text.rpartition(":")
        if not (host and colon):
            raise ValueError(f"{text!r} is not HOST:PORT")
        return cls(host, int(port))

    def __str__(self) -> str:
        """Return ``host:port``."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message; when it was received, ``retain`` means that the broker had kept it."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


def _nothing() -> None:
    """Ignore that a link went up or down."""


def _unheard(_message: Message) -> None:
    """Ignore a message."""


class Link:
    """One MQTT connection that comes back by itself until it is ended.

    ``birth`` makes the messages that are published at every (re)connect; it is called then, so
    that they can carry the time. ``on_up`` is called once the broker has acknowledged them and
    the subscriptions. The callbacks run in the link's own thread; the methods are for the thread
    that made the link.
    """

    def __init__(
        self,
        broker: Address,
        client_id: str,
        *,
        will: Message | None = None,
        birth: Callable[[], Sequence[Message]] = tuple,
        subscriptions: Sequence[str] = (),
        on_message: Callable[[Message], None] = _unheard,
        on_up: Callable[[], None] = _nothing,
        on_down: Callable[[], None] = _nothing,
        keepalive: int = KEEPALIVE_SECONDS,
    ) -> None:
        """Describe the connection; ``open`` makes it."""
        self._broker = broker
        self._client_id = client_id
        self._birth = birth
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_up = on_up
        self._on_down = on_down
        self._keepalive = keepalive
        self._up = False
        self._unacknowledged: set[int] = set()
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
        client.reconnect_delay_set(*_RECONNECT_SECONDS)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        self._client = client

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection, the birth and the subscriptions."""
        return self._up

    def open(self) -> None:
        """Start connecting, and go on until it works."""
        self._client.connect_async(self._broker.host, self._broker.port, self._keepalive)
        self._client.loop_start()

    def publish(self, message: Message) -> bool:
        """Publish, and return whether the message was handed to a living connection.

        A message of QoS 1 that was not is sent after the next connect.
        """
        return self._publish(message).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self, last: Message | None = None) -> bool:
        """Leave properly, so that the Last Will stays unsaid; ``last`` is published before.

        Returns whether the broker acknowledged ``last``.
        """
        said = False
        if last is not None:
            info = self._publish(last)
            if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                info.wait_for_publish(_GOODBYE_SECONDS)
                said = info.is_published()
        self._client.disconnect()
        self._client.loop_stop()
        self._up = False
        return said

    def drop(self) -> None:
        """Lose the connection without a DISCONNECT (the broker says the Will), then come back."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):  # It is lost already.
                connection.shutdown(socket.SHUT_RDWR)

    def crash(self) -> None:
        """Lose the connection without a DISCONNECT and stay away."""
        self.drop()
        self.vanish()

    def vanish(self) -> None:
        """Fall silent as a device without power does: nobody closes the connection.

        The broker has to find out by the keep-alive. The socket is closed with this object.
        """
        self._client.loop_stop()
        self._up = False

    def _publish(self, message: Message) -> MQTTMessageInfo:
        return self._client.publish(message.topic, message.payload, message.qos, message.retain)

    def _connected(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _LOG.warning("%s: the broker refused the connection: %s", self._client_id, reason)
            return
        # The answers come to this thread, so none can be missed before all are awaited.
        self._unacknowledged = {self._publish(message).mid for message in self._birth()}
        if self._subscriptions:
            _, message_id = client.subscribe([(topic, 1) for topic in self._subscriptions])
            if message_id is not None:
                self._unacknowledged.add(message_id)
        self._look_up()

    def _subscribed(
        self,
        _client: Client,
        _userdata: object,
        message_id: int,
        _reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._acknowledged(message_id)

    def _published(
        self,
        _client: Client,
        _userdata: object,
        message_id: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._acknowledged(message_id)

    def _acknowledged(self, message_id: int) -> None:
        if message_id in self._unacknowledged:
            self._unacknowledged.discard(message_id)
            self._look_up()

    def _look_up(self) -> None:
        if not self._unacknowledged:
            _LOG.info("%s: connected", self._client_id)
            self._up = True
            self._on_up()

    def _disconnected(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        _LOG.info("%s: disconnected: %s", self._client_id, reason)
        self._up = False
        self._on_down()

    def _received(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._on_message(Message(message.topic, message.payload, message.qos, message.retain))


async def accepts_connections(broker: Address) -> bool:
    """Try once whether an MQTT broker answers there: a whole handshake, not only an open port."""
    try:
        reader, writer = await asyncio.open_connection(broker.host, broker.port)
    except OSError:
        return False
    try:
        writer.write(_CONNECT)
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            answer = await reader.readexactly(len(_CONNACK_ACCEPTED))
        writer.write(_DISCONNECT)
        await writer.drain()
    except OSError, asyncio.IncompleteReadError:  # TimeoutError is an OSError.
        return False
    finally:
        writer.close()
    return answer == _CONNACK_ACCEPTED
