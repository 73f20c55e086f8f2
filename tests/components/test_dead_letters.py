"""Messages that cannot be read: counted, bounded, and nobody else's trouble."""

import json
import logging

import pytest

from custom_components.mqtt_sentinel.intake.dead_letters import MOST_KEPT

from .house import GRACE, House, own_log, watch

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
