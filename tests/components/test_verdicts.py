"""Reports against expectations, as the entities and issues show it."""

import pytest

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, House, alarm, custom_watch, watch

FRONT = "object_detection/front"


async def test_silence_counts_from_the_end_of_the_grace_on(house: House) -> None:
    await house.set_up(watch("front"))
    assert house.judged("front") == ("pending", "settling", "none")
    assert house.value("binary_sensor.front_connectivity") == "unknown"

    await house.clock.advance(SETTLE - SUBSCRIBE_TIME)
    assert house.judged("front") == ("unknown", "grace", "none")
    assert house.problem("front") == "unknown"

    await house.clock.advance(GRACE - SETTLE + SUBSCRIBE_TIME - 0.1)
    assert house.judged("front") == ("unknown", "grace", "none")
    assert house.issues == {}

    await house.clock.advance(0.1)
    assert house.judged("front") == ("mismatch", "never_heard", "none")
    assert house.problem("front") == "on"
    assert house.issue("front") == "never_heard_always"
    assert house.fired == [("mismatch", "never_heard")]


async def test_the_first_live_report_agrees_at_once(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "online")
    assert house.judged("front") == ("ok", "agrees", "live")
    assert house.problem("front") == "off"
    assert house.value("binary_sensor.front_connectivity") == "on"

    await house.clock.advance(10 * GRACE)
    assert house.issues == {}
    assert house.fired == []


async def test_a_disconnect_of_what_was_connected_is_a_mismatch_at_once(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "online")
    await house.clock.advance(GRACE)

    await house.service(FRONT, "offline")
    assert house.judged("front") == ("mismatch", "disconnected", "none")
    assert house.issue("front") == "disconnected_always"
    assert house.value("binary_sensor.front_connectivity") == "off"

    await house.service(FRONT, "online")
    assert house.judged("front") == ("ok", "agrees", "live")
    assert house.issues == {}
    assert house.fired == [("mismatch", "disconnected"), ("recovered", "disconnected")]


@pytest.mark.usefixtures("all_enabled")
async def test_a_retained_online_is_believed_and_marked_as_such(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "online", retain=True)
    assert house.judged("front") == ("ok", "agrees", "retained")
    assert house.state("binary_sensor.front_connectivity").attributes["proof"] == "retained"
    assert house.value("sensor.front_last_seen") == "unknown"

    await house.clock.advance(10 * GRACE)
    assert house.judged("front") == ("ok", "agrees", "retained")

    await house.service(FRONT, "online")
    assert house.judged("front") == ("ok", "agrees", "live")
    assert house.state("binary_sensor.front_connectivity").attributes["proof"] == "live"


async def test_a_retained_offline_is_believed(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service(FRONT, "offline", retain=True)
    assert house.value("binary_sensor.front_connectivity") == "off"
    await house.clock.advance(GRACE)
    assert house.judged("front") == ("mismatch", "did_not_turn_on", "none")
    assert house.issue("front") == "did_not_turn_on_always"


async def test_live_proof_can_be_demanded(house: House) -> None:
    await house.set_up(watch("front", require_live=True))
    await house.service(FRONT, "online", retain=True)
    assert house.judged("front") == ("unknown", "awaiting_live", "retained")

    await house.clock.advance(GRACE)
    assert house.judged("front") == ("mismatch", "no_live_proof", "retained")
    assert house.issue("front") == "no_live_proof_always"

    await house.service(FRONT, "online")
    assert house.judged("front") == ("ok", "agrees", "live")
    assert house.issues == {}


async def test_a_ping_is_a_sign_of_life(house: House) -> None:
    await house.set_up(watch("front", require_live=True))
    await house.broker.publish(f"ping/{FRONT}", "whatever", retain=True)
    assert house.judged("front") == ("pending", "settling", "none")
    await house.broker.publish(f"ping/{FRONT}", "whatever")
    assert house.judged("front") == ("ok", "agrees", "live")
    await house.clock.advance(GRACE)
    assert house.issues == {}


async def test_an_observed_watch_is_never_judged(house: House) -> None:
    await house.set_up(watch("front", expect="none"))
    await house.clock.advance(2 * GRACE)
    assert house.judged("front") == ("unknown", "observed_only", "none")
    await house.service(FRONT, "online")
    assert house.judged("front") == ("unknown", "observed_only", "live")
    await house.service(FRONT, "offline")
    assert house.judged("front") == ("unknown", "observed_only", "none")
    assert house.problem("front") == "off"
    assert house.issues == {}
    assert house.fired == []


async def test_a_watch_can_have_its_own_times(house: House) -> None:
    await house.set_up(watch("front", settle=2, grace=5), watch("back"))
    await house.clock.advance(5)
    assert house.judged("front") == ("mismatch", "never_heard", "none")
    assert house.judged("back") == ("pending", "settling", "none")


async def test_the_last_report_within_the_settle_time_wins(house: House) -> None:
    await house.panel("disarmed")
    await house.set_up(watch("front", expect="alarm"), alarm("front"))
    await house.service(FRONT, "off")
    await house.clock.advance(GRACE)

    await house.panel("armed_away")
    for payload in ("on", "off", "on"):
        await house.service(FRONT, payload)
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("ok", "agrees", "live")

    await house.panel("disarmed")
    for payload in ("off", "on"):
        await house.service(FRONT, payload)
    await house.clock.advance(SETTLE)
    assert house.judged("front") == ("mismatch", "connected", "live")


@pytest.mark.parametrize(
    ("dialect", "topic", "online", "offline"),
    [
        ("services", "connected/object_detection/front", b"\x01", b"\x00"),
        (
            "autocore",
            "autocore/front/status",
            {"device_id": "front", "status": "online"},
            {"device_id": "front", "status": "offline"},
        ),
        ("museum", "devices/front/status", "online", "offline"),
        ("museum", "front/status", "ONLINE", "Offline"),
    ],
)
async def test_every_dialect_reaches_its_watch(
    house: House, dialect: str, topic: str, online: str, offline: str
) -> None:
    await house.set_up(watch("front", dialect=dialect), watch("back", dialect=dialect))
    await house.clock.advance(GRACE)
    await house.broker.publish(topic, online)
    assert house.value("binary_sensor.front_connectivity") == "on"
    await house.broker.publish(topic, offline)
    assert house.judged("front") == ("mismatch", "disconnected", "none")
    assert house.judged("back") == ("mismatch", "never_heard", "none")


async def test_feedback_shows_that_a_museum_node_is_there(house: House) -> None:
    await house.set_up(watch("room1", dialect="museum"))
    await house.broker.publish("room1/status", "OK")
    assert house.judged("room1") == ("ok", "agrees", "live")


async def test_a_site_is_told_apart_by_its_prefix(house: House) -> None:
    entry = await house.set_up(
        watch("front"), watch("annex", "object_detection/front", site="site1/annex")
    )
    house.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "prefixes": ["", "site1/annex"]}
    )
    await house.clock.advance(SUBSCRIBE_TIME)
    await house.broker.publish(f"site1/annex/connected/{FRONT}", "1")
    assert house.value("binary_sensor.annex_connectivity") == "on"
    assert house.value("binary_sensor.front_connectivity") == "unknown"


@pytest.mark.parametrize(
    ("described", "online", "offline"),
    [
        ({}, "on", "off"),
        ({"json_path": "wifi[0].up"}, '{"wifi": [{"up": true}]}', '{"wifi": [{"up": false}]}'),
        (
            {"value_template": "{{ value_json.rssi > -80 }}"},
            '{"rssi": -40}',
            '{"rssi": -90}',
        ),
        ({"value_template": "{{ value == 'yo' }}"}, "yo", "ciao"),
        ({"payload_on": "there", "payload_off": "away"}, "there", "away"),
    ],
)
async def test_a_topic_of_ones_own(
    house: House, described: dict[str, str], online: str, offline: str
) -> None:
    await house.set_up(custom_watch("boiler", "cellar/boiler", **described))
    await house.broker.publish("cellar/boiler", online)
    assert house.judged("boiler") == ("ok", "agrees", "live")
    await house.clock.advance(GRACE)
    await house.broker.publish("cellar/boiler", offline)
    assert house.judged("boiler") == ("mismatch", "disconnected", "none")


async def test_a_custom_topic_that_cannot_be_read_changes_nothing(house: House) -> None:
    entry = await house.set_up(
        custom_watch("boiler", "cellar/boiler", value_template="{{ value_json.up | int }}")
    )
    await house.broker.publish("cellar/boiler", '{"up": 1}')
    await house.broker.publish("cellar/boiler", '{"up": "perhaps"}')
    assert house.judged("boiler") == ("ok", "agrees", "live")
    assert entry.runtime_data.mqtt.dead_letters.counts == {"no_value": 1}
