"""One connection to a broker, from its making to its end. The only module that knows paho-mqtt.

A ``Link`` is used once. paho-mqtt keeps messages of its own over a reconnect, and takes some for
delivered that are not: of a message of QoS 2 that the broker has answered once, it sends only the
second half after a reconnect (MQTT 5, ``_messages_reconnect_reset_out``), also to a broker that was
restarted and has forgotten the first. With a new paho client for every connection nothing is kept
there: what is not acknowledged is in our queue, and is sent again as a whole.

All of it is called by one thread, which owns the loop; nothing here blocks but ``open``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
import logging
import socket
import ssl

from paho.mqtt.client import (
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from .message import Message

_LOG = logging.getLogger(__name__)

_MOST_IN_FLIGHT = 65_535

# Why a broker of MQTT 5 hangs up on what it was sent; its other reasons are its own.
_ABOUT_A_PACKET = {
    0x80,  # unspecified
    0x81,  # malformed packet
    0x82,  # protocol error
    0x83,  # implementation specific
    0x87,  # not authorized
    0x90,  # topic name invalid
    0x94,  # topic alias invalid
    0x95,  # packet too large
    0x99,  # payload format invalid
    0x9A,  # retain not supported
    0x9B,  # QoS not supported
}
# What a PUBLISH needs beside topic and payload, at most: the fixed header, the packet id, the
# lengths and numbers of properties.
_PUBLISH_OVERHEAD = 32

# In seconds, and how often in vain: not sooner than the keepalive would.
_PROBES = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 4, "TCP_KEEPCNT": 15}


class Protocol(Enum):
    """The versions of MQTT."""

    MQTT_3_1_1 = MQTTProtocolVersion.MQTTv311
    MQTT_5 = MQTTProtocolVersion.MQTTv5


@dataclass(frozen=True)
class Settings:
    """How to connect. Times are in seconds; ``session_expiry`` is for a session that is kept."""

    host: str
    port: int
    client_id: str
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None
    protocol: Protocol
    clean_start: bool
    session_expiry: int
    keepalive: int
    connect_timeout: float
    will: Message | None


@dataclass(frozen=True)
class Limits:
    """What the broker said that it takes."""

    in_flight: int = _MOST_IN_FLIGHT
    packet_size: int | None = None
    qos: int = 2
    retain: bool = True
    keepalive: int = 65_535

    def objection(self, message: Message) -> str | None:
        """Return why a message must not be sent: the broker would hang up. None where it may."""
        size = len(message.payload) + len(message.topic.encode()) + _PUBLISH_OVERHEAD
        size += len(message.correlation or b"") + len((message.response_topic or "").encode())
        if self.packet_size is not None and size > self.packet_size:
            return f"the broker takes packets of {self.packet_size} bytes at most"
        if message.qos > self.qos:
            return f"the broker takes QoS {self.qos} at most"
        if message.retain and not self.retain:
            return "the broker retains nothing"
        return None


@dataclass(frozen=True)
class Acknowledged:
    """The broker acknowledged what was sent with this id, or said why it does not want it."""

    packet_id: int
    refusal: str | None


@dataclass(frozen=True)
class Subscribed:
    """The broker answered a SUBSCRIBE; one refusal, or None, for each filter."""

    packet_id: int
    refusals: tuple[str | None, ...]


class Link:
    """One connection. After each call look at ``news``, ``accepted`` and ``ended``."""

    def __init__(self, settings: Settings) -> None:
        """Describe the connection; ``open`` makes it."""
        self.news: list[Acknowledged | Subscribed | Message] = []
        self.accepted: Limits | None = None
        """What the broker takes, since it accepted the connection."""
        self.ended: str | None = None
        """Why there is no connection any more."""
        self.hung_up = False
        """Whether the other side ended it, or made us end it, maybe for what it was sent."""
        self._settings = settings
        self._is_5 = settings.protocol is Protocol.MQTT_5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if self._is_5 else settings.clean_start,
            protocol=settings.protocol.value,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(0)  # the queue counts, see Limits
        client.connect_timeout = settings.connect_timeout
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        if settings.will is not None:
            will = settings.will
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_message = self._received
        self._client = client

    def open(self) -> None:
        """Connect, which may take some seconds; raises OSError. CONNACK comes later."""
        settings = self._settings
        if self._is_5:
            properties = _properties(PacketTypes.CONNECT)
            if not settings.clean_start:
                properties.SessionExpiryInterval = settings.session_expiry
            self._client.connect_async(
                settings.host,
                settings.port,
                settings.keepalive,
                clean_start=settings.clean_start,
                properties=properties,
            )
        else:
            self._client.connect_async(settings.host, settings.port, settings.keepalive)
        self._client.reconnect()
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            # Else each step of QoS 2 waits for the broker's system to acknowledge the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A broker whose machine lost its power has not hung up. Asked by the system every few
            # seconds, it says when it is back that it knows nothing of this connection.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _PROBES.items():
                if hasattr(socket, name):
                    connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    @property
    def file(self) -> int:
        """The number of the socket, to wait on; -1 where there is none any more."""
        connection = self._client.socket()
        return -1 if connection is None else connection.fileno()

    @property
    def has_unread(self) -> bool:
        """Whether TLS has already taken something from the socket, which select cannot see."""
        connection = self._client.socket()
        return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0

    @property
    def wants_to_write(self) -> bool:
        """Whether something is left that the socket did not take."""
        return self._client.want_write()

    def read(self) -> None:
        """Read what has come."""
        try:
            rc = self._client.loop_read()
        except Exception:  # noqa: BLE001  # logged
            # paho raises whatever comes to its mind about a packet that is malformed.
            # An answer too: mosquitto (2.0) tells the sender of a message that is too large so, with
            # a reason that paho (2.1) does not know there.
            _LOG.exception("What the broker sent cannot be read")
            self.hung_up = self.hung_up or self.ended is None
            self.cut("a packet of the broker could not be read")
        else:
            self._look(rc)

    def write(self) -> None:
        """Write what is left."""
        self._look(self._client.loop_write())

    def tick(self) -> None:
        """See to the keep-alive; call it every second or so."""
        self._look(self._client.loop_misc())

    def publish(self, message: Message) -> int | None:
        """Send; return the packet id that the acknowledgement will have. None: not sent.

        QoS 0 is acknowledged as well: when it has been written to the socket.
        """
        properties = None
        if self._is_5 and (message.response_topic or message.correlation):
            properties = _properties(PacketTypes.PUBLISH)
            if message.response_topic:
                properties.ResponseTopic = message.response_topic
            if message.correlation:
                properties.CorrelationData = message.correlation
        info = self._client.publish(
            message.topic, message.payload, message.qos, message.retain, properties
        )
        self._look(info.rc)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> int | None:
        """Ask for messages; return the id of the answer."""
        if self._is_5:
            # In a session that was kept, nothing is told twice: 1 asks for what the broker retains
            # only where the subscription is new.
            handling = 0 if self._settings.clean_start else 1
            rc, packet_id = self._client.subscribe(
                [(name, SubscribeOptions(qos, retainHandling=handling)) for name, qos in filters]
            )
        else:
            rc, packet_id = self._client.subscribe(list(filters))
        self._look(rc)
        return packet_id if rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Ask for no more messages."""
        rc, _ = self._client.unsubscribe(list(filters))
        self._look(rc)

    def leave(self) -> None:
        """Say goodbye: the broker forgets the Will. It is over when ``ended`` says so."""
        self._look(self._client.disconnect())

    def cut(self, why: str) -> None:
        """Close the connection without a word: the broker says the Will."""
        self.ended = self.ended or why
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def _look(self, rc: MQTTErrorCode) -> None:
        if rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_QUEUE_SIZE):
            self.ended = self.ended or str(rc.name)

    def _connected(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.ended = f"the broker refused the connection: {reason}"
            return
        said = vars(properties) if properties is not None else {}
        self.accepted = Limits(
            in_flight=max(1, int(said.get("ReceiveMaximum", _MOST_IN_FLIGHT))),
            packet_size=said.get("MaximumPacketSize"),
            qos=int(said.get("MaximumQoS", 2)),
            retain=bool(said.get("RetainAvailable", 1)),
            # 0: the broker looks after none, so it cannot be too long for it.
            keepalive=int(said.get("ServerKeepAlive", 0)) or self._settings.keepalive,
        )

    def _disconnected(
        self,
        _client: Client,
        _userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self.ended is None:
            # Where no packet says why, paho calls it unspecified; and the reason in a packet that
            # has no properties it does not read (2.1), and calls it a success.
            unread = flags.is_disconnect_packet_from_server and not reason.is_failure
            self.hung_up = unread or reason.value in _ABOUT_A_PACKET
        if flags.is_disconnect_packet_from_server:
            self.ended = self.ended or f"the broker ended the connection: {reason}"
        else:
            self.ended = self.ended or str(reason)

    def _published(
        self,
        _client: Client,
        _userdata: object,
        packet_id: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self.news.append(Acknowledged(packet_id, _refusal(reason)))

    def _subscribed(
        self,
        _client: Client,
        _userdata: object,
        packet_id: int,
        reasons: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self.news.append(Subscribed(packet_id, tuple(map(_refusal, reasons))))

    def _received(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        properties = message.properties
        self.news.append(
            Message(
                message.topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
            )
        )


def _refusal(reason: ReasonCode) -> str | None:
    return str(reason) if reason.is_failure else None


def _properties(packet: int) -> Properties:
    made: Properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho left it out
    return made
