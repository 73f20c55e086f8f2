"""The custom dialect: any topic, a place in its payload, and what means connected there."""

from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Any

import orjson

from ..watch.reports import ConnectionReport, RelayReport, ThingKey
from .payload import MOST_JSON_BYTES, read_bool, read_json
from .route import Decoder, Flaw, MalformedError, Message

NAME = "custom"
# What the relay of a custom topic is called: nothing.
THE_RELAY = ""

type Extract = Callable[[bytes], str]

_STEP = re.compile(r"\.?(?:([^.\[\]]+)|\[(\d+)\])")


@dataclass(frozen=True, slots=True)
class CustomTopic:
    """One topic of a user's own.

    ``place`` is a JSON path (``status.wifi[0].up``) or empty for the whole payload; ``template``
    a value template for those who need more. ``payload_on`` and ``payload_off`` are the words
    for connected and not; both or none are set, and none accepts all usual forms of yes and no.
    """

    topic: str
    place: str = ""
    template: str = ""
    payload_on: str = ""
    payload_off: str = ""

    @property
    def key(self) -> ThingKey:
        """Its identity: two watches may read two places of one topic."""
        place = self.template or self.place
        return ThingKey(NAME, "", f"{self.topic}#{place}" if place else self.topic)


def parse_path(path: str) -> tuple[str | int, ...]:
    """Split ``a.b[0].c`` into its steps. Raises ValueError with the place that is wrong."""
    steps: list[str | int] = []
    position = 0
    path = path.removeprefix("$")
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(path[position:])
        name, index = match.groups()
        steps.append(name if index is None else int(index))
        position = match.end()
    return tuple(steps)


def path_extract(path: str) -> Extract:
    """A function that reads the value at a JSON path. Raises ValueError for a bad path."""
    steps = parse_path(path)

    def extract(payload: bytes) -> str:
        value: Any = read_json(payload)
        for step in steps:
            if isinstance(value, str):  # a number would take one of its letters
                raise MalformedError(Flaw.NO_VALUE, path)
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError) as error:
                raise MalformedError(Flaw.NO_VALUE, path) from error
        if isinstance(value, dict | list) or value is None:
            raise MalformedError(Flaw.WRONG_TYPE, path)
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    return extract


def whole_payload(payload: bytes) -> str:
    """The payload as text. A payload that is no UTF-8 keeps its bytes, one character each."""
    if len(payload) > MOST_JSON_BYTES:
        raise MalformedError(Flaw.TOO_LARGE, str(len(payload)))
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def decoder(custom: CustomTopic, extract: Extract, *, relay: bool = False) -> Decoder:
    """A function that reads the messages of one custom topic, taking the value by ``extract``.

    They tell whether a thing is connected, or a ``relay`` is on; the relay has no name beside it.
    """
    key = custom.key
    words = {custom.payload_on: True, custom.payload_off: False} if custom.payload_on else {}

    def decode(message: Message) -> ConnectionReport | RelayReport:
        value = extract(message.payload).strip()
        if not words:
            up = read_bool(value.encode(errors="replace"))  # a template may make anything
        elif value in words:
            up = words[value]
        else:
            raise MalformedError(Flaw.NOT_A_BOOL)
        if relay:
            return RelayReport(key, message.at, message.retained, message.topic, THE_RELAY, up)
        return ConnectionReport(key, message.at, message.retained, message.topic, up)

    return decode
