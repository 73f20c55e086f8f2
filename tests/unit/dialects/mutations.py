"""Messages that are almost those of the field: examples, changed by chance.

Chance is a ``random.Random``, so that Hypothesis can be it as well as a seed.
"""

from collections.abc import Callable
import json
from random import Random
from typing import Any

from custom_components.mqtt_sentinel.dialects.route import Message, Route

from .examples import EXAMPLES, Example, message, route_of

_NAMES = ["", "a", "0", "1", "POWER1", "homeassistant", "a\nb", "\x00", "..", "<b>", "é" * 300]
_WORDS = [
    "online",
    "OFF",
    "true",
    "0",
    "disabled",
    "new",
    "end",
    "../../x",
    "a/b",
    "\x00",
    "x" * 300,
]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 0.5, 1e30, 1e31, -1e308, 2**63, 10**400),
    *(float("nan"), float("inf"), [], {}, [[]], {"": 0}, {"a": {"b": [1, None]}}),
    *_WORDS,
    ["x"] * 40,
    "y" * 9_000,
]
_BYTES = [b"", b"\xff", b"\x00", b'"', b"{", b"}", b"[" * 2000, b",", b"\\ud800", b"1e999", b" "]
_MOST_DEPTH = 1500


def _within(chance: Random, value: Any) -> Any:
    """Change something in a JSON value."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        changed = dict(value)
        key = chance.choice(list(changed))
        match chance.randrange(5):
            case 0:
                del changed[key]
            case 1:
                changed[chance.choice(_NAMES)] = chance.choice(_VALUES)
            case 2:
                changed[chance.choice(list(changed))] = changed[key]
            case _:
                changed[key] = _within(chance, changed[key])
        return changed
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [*value[:place], _within(chance, value[place]), *value[place + 1 :]]
    return chance.choice(_VALUES)


def _json(chance: Random, payload: bytes) -> bytes:
    try:
        value = json.loads(payload)
    except ValueError:
        value = {}
    for _ in range(chance.randint(1, 3)):
        value = _within(chance, value)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode(errors="replace")


def _cut(chance: Random, payload: bytes) -> bytes:
    place = chance.randint(0, len(payload))
    return payload[:place] + chance.choice(_BYTES) + payload[place + chance.randint(0, 3) :]


def _deep(chance: Random, payload: bytes) -> bytes:
    depth = chance.randint(1, _MOST_DEPTH)
    return b'{"data":' * depth + (payload or b"0") + b"}" * depth


def _noise(chance: Random, payload: bytes) -> bytes:
    return chance.randbytes(chance.randint(0, 64))


def _word(chance: Random, payload: bytes) -> bytes:
    return chance.choice(_WORDS).encode()


def _same(chance: Random, payload: bytes) -> bytes:
    return payload


CHANGES: list[Callable[[Random, bytes], bytes]] = [_json, _json, _cut, _deep, _noise, _word, _same]


def changed(chance: Random, example: Example) -> tuple[Route, Message]:
    """An example with another payload, and sometimes with other names in its topic."""
    route = route_of(example.dialect, example.topic)
    levels = example.topic.split("/")
    if chance.random() < 0.3:
        levels = [
            chance.choice(_NAMES) if want == "+" and chance.random() < 0.5 else level
            for want, level in zip(route.filter.split("/"), levels, strict=True)
        ]
    payload = chance.choice(CHANGES)(chance, example.payload)
    return route, message(
        "/".join(levels),
        payload,
        site=chance.choice(["", "", "east/wing"]),
        retained=chance.random() < 0.5,
    )


def anything(chance: Random) -> tuple[Route, Message]:
    """Any example, changed."""
    return changed(chance, chance.choice(EXAMPLES))
