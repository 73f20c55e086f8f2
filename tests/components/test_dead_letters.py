"""Messages that cannot be read: counted, bounded, and nobody else's trouble."""

from collections.abc import Iterator
import json
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, callback
import pytest

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.dialects.route import Flaw
from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.intake.dead_letters import MOST_KEPT
from tests.unit.dialects.examples import EXAMPLES, Example

from .house import GRACE, SUBSCRIBE_TIME, House, hub_entry, own_log, watch

FRONT = "connected/object_detection/front"
ESP = "autocore/esp/status"

MALFORMED = [
    pytest.param(FRONT, "", "not_a_bool", id="nothing"),
    pytest.param(FRONT, "perhaps", "not_a_bool", id="a word"),
    pytest.param(FRONT, b"\xff\xfe\x00", "not_a_bool", id="invalid UTF-8"),
    pytest.param(FRONT, b"1" * 10_000_000, "not_a_bool", id="10 MB"),
    pytest.param("connected/\x07/front", "on", "bad_name", id="a bell for a name"),
    pytest.param(f"connected/{'x' * 1000}/front", "on", "bad_name", id="an endless name"),
    pytest.param(ESP, "{", "not_json", id="half an object"),
    pytest.param(ESP, b"\xff", "not_json", id="an object of invalid UTF-8"),
    pytest.param(ESP, "[" * 100_000, "not_json", id="a deep well"),
    pytest.param(ESP, "NaN", "not_json", id="not a number"),
    pytest.param(ESP, "[]", "not_an_object", id="a list"),
    pytest.param(ESP, b"{" + b" " * 10_000_000 + b"}", "too_large", id="an object of 10 MB"),
    pytest.param(ESP, {"status": "online"}, "missing_field", id="nobody's"),
    pytest.param(ESP, {"device_id": "esp"}, "missing_field", id="no status"),
    pytest.param(ESP, {"device_id": 7, "status": "online"}, "wrong_type", id="a number for a name"),
    pytest.param(ESP, {"device_id": "esp", "status": "ill"}, "wrong_type", id="an unknown status"),
    pytest.param(
        ESP,
        {"device_id": "esp", "status": "online", "uptime": "long"},
        "wrong_type",
        id="a word for a number",
    ),
    pytest.param(
        ESP, {"device_id": "other", "status": "online"}, "contradictory_id", id="another's"
    ),
    pytest.param("devices/esp/status", "ill", "not_a_bool", id="no word of a museum"),
]


@pytest.fixture
async def listening(house: House) -> House:
    """A hub that has just heard from all its watches."""
    await house.set_up(watch("front"), watch("esp", dialect="autocore"))
    await house.broker.publish(FRONT, "on")
    await house.broker.publish(ESP, {"device_id": "esp", "status": "online"})
    await house.clock.advance(GRACE)
    return house


@pytest.mark.parametrize(("topic", "payload", "flaw"), MALFORMED)
async def test_a_message_that_cannot_be_read_is_a_dead_letter(
    listening: House,
    topic: str,
    payload: str | bytes | dict[str, object],
    flaw: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = listening.hass.states.async_all()
    caplog.set_level(logging.INFO)  # such payloads are too long to log
    caplog.clear()
    caplog.set_level(logging.DEBUG, "custom_components.mqtt_sentinel")
    await listening.broker.publish(topic, payload)

    dead_letters = listening.entry.runtime_data.mqtt.dead_letters
    assert dead_letters.counts == {flaw: 1}
    (letter,) = dead_letters.kept
    assert letter.flaw == flaw
    assert len(letter.excerpt) <= 4 * 128
    assert len(letter.topic) <= 4 * 256
    assert letter.topic.isascii()
    assert letter.topic.isprintable()
    assert len(payload) == letter.size or isinstance(payload, dict)

    assert listening.hass.states.async_all() == before
    assert own_log(caplog) == []
    assert len([record for record in caplog.records if "Dead letter" in record.message]) == 1


async def test_topics_with_too_many_levels_are_nobodys(listening: House) -> None:
    await listening.broker.publish("connected/" + "x/" * 1000, "on")
    await listening.broker.publish("/".join(["status"] * 1000), "on")
    assert listening.entry.runtime_data.mqtt.dead_letters.counts == {}


async def test_other_messages_on_common_topics_are_no_dead_letters(listening: House) -> None:
    """Half the world uses <something>/status."""
    await listening.broker.publish("homeassistant/status", "online")
    await listening.broker.publish("vacuum/status", json.dumps({"battery": 7}))
    await listening.broker.publish("boiler/status", "x" * 1000)
    hub = listening.entry.runtime_data
    assert hub.mqtt.dead_letters.counts == {}
    assert list(hub.sentinel.known) == []


async def test_only_the_last_ones_are_kept(listening: House) -> None:
    for number in range(MOST_KEPT + 50):
        await listening.broker.publish(f"connected/x/{number}", "perhaps")
    dead_letters = listening.entry.runtime_data.mqtt.dead_letters
    assert dead_letters.counts == {"not_a_bool": MOST_KEPT + 50}
    assert len(dead_letters.kept) == MOST_KEPT
    assert dead_letters.kept[-1].topic == f"connected/x/{MOST_KEPT + 49}"


async def test_the_next_good_message_is_heard(listening: House) -> None:
    for payload in ("perhaps", b"\xff", "off"):
        await listening.broker.publish(FRONT, payload)
    assert listening.judged("front") == ("mismatch", "disconnected", "none")


async def test_a_malformed_message_is_no_sign_of_life(listening: House) -> None:
    await listening.broker.go()
    await listening.broker.come()
    await listening.clock.advance(1)
    await listening.broker.publish(FRONT, "perhaps")
    await listening.clock.advance(GRACE)
    assert listening.judged("front") == ("mismatch", "never_heard", "none")


NESTED = '{"data":' * 100_000 + "0" + "}" * 100_000
WRONG: list[Any] = [None, True, -1, 0.5, "", "x" * 9_000, "\x00", "<b>", [], {}, [{}], 10**40]
UNREADABLE: list[str | bytes] = [
    *("", "{", "null", "[]", "NaN", '{"a": Infinity}', "[" * 100_000, NESTED, "1e999"),
    *(b"\xff\xfe", b"\x00" * 100, b"{" + b" " * 10_000_000 + b"}", b"x" * 10_000_000),
]
# Names that nobody should show as they are; Home Assistant lets no wildcard and no NUL through.
STRANGE = [
    "\x07bell",
    "\u202eleft",
    "<img src=x onerror=alert(1)>",
    "![x](http://a)",
    "`x`",
    "é" * 300,
]


@pytest.fixture
async def polyglot(house: House) -> House:
    """A hub that listens to all dialects, and a thing in one of them."""
    house.entry = hub_entry(watch("front"))
    house.entry.add_to_hass(house.hass)
    house.hass.config_entries.async_update_entry(
        house.entry, data={"dialects": [*DIALECTS], "prefixes": [""]}
    )
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.clock.advance(SUBSCRIBE_TIME)
    await house.broker.publish(FRONT, "on")
    await house.clock.advance(GRACE)
    return house


def places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """All places in a JSON value, itself among them."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from places(inner, *path, key)


def put(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    """A JSON value with something else at one place."""
    if not path:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(value[path[0]], path[1:], other)
    return changed


def wrong(example: Example) -> Iterator[bytes]:
    """An example with a wrong type at each place, and without each field."""
    try:
        value = json.loads(example.payload)
    except ValueError:
        return
    for path in places(value):
        for other in WRONG:
            yield json.dumps(put(value, path, other)).encode()
        for word in ("NaN", "Infinity", "-Infinity", "1e999"):
            yield json.dumps(put(value, path, "@")).replace('"@"', word).encode()


def strange(example: Example) -> Iterator[str]:
    """The topic of an example, with a strange name at each of its places."""
    levels = example.topic.split("/")
    for place in range(len(levels)):
        for name in STRANGE:
            yield "/".join([*levels[:place], name, *levels[place + 1 :]])


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_whatever_comes_in_a_dialect_troubles_nobody(
    polyglot: House, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event[Any]] = []

    @callback
    def keep(event: Event[Any]) -> None:
        if event.event_type.startswith(DOMAIN):
            events.append(event)

    polyglot.hass.bus.async_listen("*", keep)
    before = polyglot.hass.states.async_all("binary_sensor")
    caplog.clear()
    caplog.set_level(logging.INFO)
    sent = 0
    for example in (example for example in EXAMPLES if example.dialect.name == name):
        cases = [(example.topic, payload) for payload in (*UNREADABLE, *wrong(example))]
        cases += [(topic, example.payload) for topic in strange(example)]
        for topic, payload in cases:
            polyglot.broker.deliver(topic, payload)
        sent += len(cases)
        await polyglot.clock.settle()

    hub = polyglot.entry.runtime_data
    counts = hub.mqtt.dead_letters.counts
    assert sent >= 100
    assert counts.total() > sent / 20
    assert all(isinstance(flaw, Flaw) for flaw in counts)
    assert len(hub.mqtt.dead_letters.kept) <= MOST_KEPT
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert events == []
    assert polyglot.hass.states.async_all("binary_sensor") == before
    for letter in hub.mqtt.dead_letters.kept:
        for text in (letter.topic, letter.detail, letter.excerpt):
            assert text.isascii()
            assert text.isprintable() or not text
            assert not set("<>&`") & set(text)
            assert "](" not in text
            assert len(text) <= 4 * 256

    # Those who behave are heard as ever.
    await polyglot.broker.publish(FRONT, "off")
    assert polyglot.judged("front") == ("mismatch", "disconnected", "none")
    assert polyglot.entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "topic", ["connected/" + "x" * 65_000 + "/front", "connected/" + "é" * 32_000 + "/front"]
)
async def test_the_longest_topic_is_kept_short(
    listening: House, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    caplog.set_level(logging.DEBUG, "custom_components.mqtt_sentinel")
    await listening.broker.publish(topic, "on")
    (letter,) = listening.entry.runtime_data.mqtt.dead_letters.kept
    assert letter.flaw == "bad_name"
    assert len(letter.topic) <= 4 * 256
    [line] = [record.getMessage() for record in caplog.records if "Dead letter" in record.message]
    assert len(line) < 2000


async def test_what_a_stranger_wrote_is_shown_harmless(listening: House) -> None:
    await listening.broker.publish(
        "connected/<script>/\x1b[31m", "<img src=x> [click](javascript:x) &lt; `x`\n\x00"
    )
    (letter,) = listening.entry.runtime_data.mqtt.dead_letters.kept
    assert letter.topic == r"connected/\x3cscript\x3e/\x1b[31m"
    assert letter.excerpt == (r"\x3cimg src=x\x3e [click]\x28javascript:x) \x26lt; \x60x\x60\n\x00")


async def test_what_was_in_a_field_is_cut_short_too(listening: House) -> None:
    """A detail may name a field, and its name may be anything."""
    long = "<b>" * 50
    await listening.broker.publish(
        "autocore/esp/telemetry", {"device_id": "esp", long: {"no": "number"}}
    )
    for letter in listening.entry.runtime_data.mqtt.dead_letters.kept:
        assert "<" not in letter.detail
        assert len(letter.detail) <= 4 * 128
