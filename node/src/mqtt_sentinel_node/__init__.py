"""An MQTT client for services: what it accepts is delivered, and what it promises can be watched."""

from .backoff import Backoff
from .client import Client
from .errors import (
    DisplacedError,
    DroppedError,
    NodeError,
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
from .receipt import Receipt

__all__ = [
    "Backoff",
    "Client",
    "DisplacedError",
    "DroppedError",
    "Latency",
    "Left",
    "Message",
    "Metrics",
    "NodeError",
    "Payload",
    "Priority",
    "Protocol",
    "QueueFullError",
    "Receipt",
    "RefusedError",
    "RejectedError",
    "StoppedError",
    "StoreError",
    "UndeliveredError",
]
