"""An MQTT client for services: what it accepts is delivered, and what it promises can be watched."""

from .backoff import Backoff
from .client import Client, Options
from .errors import (
    DisplacedError,
    DroppedError,
    NodeError,
    PutAsideError,
    QueueFullError,
    RefusedError,
    RejectedError,
    StoppedError,
    StoreError,
    UndeliveredError,
)
from .link import Protocol
from .message import Message, Payload, Priority
from .metrics import Latency, Metrics
from .outbox import Left
from .pace import Pace
from .receipt import Receipt
from .sensors import SensorEvent
from .service import Command, Service

__all__ = [
    "Backoff",
    "Client",
    "Command",
    "DisplacedError",
    "DroppedError",
    "Latency",
    "Left",
    "Message",
    "Metrics",
    "NodeError",
    "Options",
    "Pace",
    "Payload",
    "Priority",
    "Protocol",
    "PutAsideError",
    "QueueFullError",
    "Receipt",
    "RefusedError",
    "RejectedError",
    "SensorEvent",
    "Service",
    "StoppedError",
    "StoreError",
    "UndeliveredError",
]
