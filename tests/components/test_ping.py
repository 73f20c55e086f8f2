"""The ping check, from the messages to what Home Assistant shows."""

from homeassistant.const import EntityCategory
from homeassistant.helpers import entity_registry as er
import pytest

from .dialogs import Dialog
from .house import GRACE, SETTLE, House, alarm, watch

FRONT = "object_detection/front"
SENSOR = "sensor.front_ping"


async def ping(house: House, *, retain: bool = False) -> None:
    await house.broker.publish(f"ping/{FRONT}", "", retain=retain)


async def keep_pinging(house: House, seconds: int) -> None:
    """It pings every five seconds, the last time at the end."""
    for _ in range(seconds // 5):
        await house.clock.advance(5)
        await ping(house)


@pytest.fixture
async def pinging(house: House) -> House:
    """An armed alarm over a service that pinged in time until just now."""
    await house.panel("armed_away")
    await house.set_up(watch("front", expect="alarm", ping_interval=10), alarm("front"))
    await house.service(FRONT, "on")
    await keep_pinging(house, GRACE)
    return house


def misses(house: House) -> tuple[str, int, int]:
    """The state of the pings, the misses in a row, and all."""
    shown = house.state(SENSOR)
    return shown.state, shown.attributes["consecutive_misses"], shown.attributes["total_misses"]


async def test_three_missed_pings_are_a_mismatch(pinging: House) -> None:
    assert misses(pinging) == ("pinging", 0, 0)
    await pinging.clock.advance(10)
    assert misses(pinging) == ("late", 1, 1)
    await pinging.clock.advance(19)
    assert pinging.judged("front") == ("ok", "agrees", "live")
    assert (pinging.issues, pinging.fired, pinging.protection()) == ({}, [], "protected")
    await pinging.clock.advance(1)
    assert pinging.judged("front") == ("mismatch", "ping_missed", "live")
    assert misses(pinging) == ("missing", 3, 3)
    assert pinging.issue("front") == "ping_missed_alarm"
    assert pinging.fired == [("mismatch", "ping_missed")]
    assert pinging.problem("front") == "on"
    assert pinging.protection() == "unprotected"
    # It is connected for all that.
    assert pinging.value("binary_sensor.front_connectivity") == "on"
    await pinging.clock.advance(100)
    assert misses(pinging) == ("missing", 13, 13)
    assert pinging.fired == [("mismatch", "ping_missed")]


async def test_the_next_live_ping_is_the_recovery(pinging: House) -> None:
    await pinging.clock.advance(30)
    await ping(pinging, retain=True)
    assert pinging.issue("front") == "ping_missed_alarm"
    assert misses(pinging) == ("missing", 3, 3)
    await ping(pinging)
    assert pinging.issues == {}
    assert pinging.fired == [("mismatch", "ping_missed"), ("recovered", "ping_missed")]
    assert misses(pinging) == ("pinging", 0, 3)
    assert pinging.protection() == "protected"


async def test_what_the_broker_kept_is_no_ping(pinging: House) -> None:
    for _ in range(3):
        await pinging.clock.advance(10)
        await ping(pinging, retain=True)
    assert pinging.judged("front") == ("mismatch", "ping_missed", "live")


async def test_disarming_counts_anew(pinging: House) -> None:
    await pinging.clock.advance(20)
    assert misses(pinging) == ("late", 2, 2)
    await pinging.panel("disarmed")
    assert misses(pinging) == ("not_expected", 0, 2)
    await pinging.service(FRONT, "off")
    await pinging.clock.advance(100)
    assert pinging.issues == {}
    await pinging.panel("armed_away")
    await pinging.service(FRONT, "on")
    # From the end of the settle time on there are three intervals.
    await pinging.clock.advance(SETTLE + 29)
    assert pinging.judged("front") == ("ok", "agrees", "live")
    await pinging.clock.advance(1)
    assert pinging.judged("front") == ("mismatch", "ping_missed", "live")
    assert misses(pinging) == ("missing", 3, 5)


async def test_a_service_that_never_pings_is_a_mismatch_after_the_grace(house: House) -> None:
    await house.set_up(watch("front", ping_interval=10))
    await house.service(FRONT, "on", retain=True)
    await house.clock.advance(GRACE - 1)
    assert (house.issues, misses(house)[0]) == ({}, "missing")
    await house.clock.advance(1)
    assert house.issue("front") == "ping_missed_always"


@pytest.mark.parametrize("topic", ["node/beat", "other/x/beat"])
async def test_any_of_several_topics_may_be_the_ping(house: House, topic: str) -> None:
    await house.set_up(watch("front", ping_interval=10, ping_topics=["node/beat", "other/+/beat"]))
    await house.service(FRONT, "on")
    for _ in range(20):
        await house.clock.advance(5)
        await house.broker.publish(topic, b"\x00")
    assert misses(house)[:2] == ("pinging", 0)
    await house.clock.advance(30)
    assert house.issue("front") == "ping_missed_always"


async def test_what_it_measures_is_a_ping_as_well(house: House) -> None:
    await house.set_up(watch("esp", dialect="autocore", ping_interval=10))
    status = {"device_id": "esp", "status": "online"}
    await house.broker.publish("autocore/esp/status", status)
    for degrees in range(20):
        await house.clock.advance(5)
        values = {"device_id": "esp", "temperature": degrees}
        await house.broker.publish("autocore/esp/telemetry", values)
    assert house.judged("esp") == ("ok", "agrees", "live")
    await house.clock.advance(30)
    assert house.judged("esp") == ("mismatch", "ping_missed", "live")


async def test_a_broker_loss_is_no_missed_ping(pinging: House) -> None:
    await pinging.broker.go()
    assert misses(pinging) == ("not_expected", 0, 0)
    await pinging.clock.advance(100)
    await pinging.broker.come()
    await pinging.clock.advance(1)
    await pinging.service(FRONT, "on", retain=True)
    assert misses(pinging) == ("pinging", 0, 0)
    assert pinging.fired == []


# The sensor


async def test_the_sensor(pinging: House, entity_registry: er.EntityRegistry) -> None:
    registered = entity_registry.async_get(SENSOR)
    assert registered
    assert registered.unique_id == "front_ping"
    assert registered.config_subentry_id == "front"
    assert registered.entity_category is EntityCategory.DIAGNOSTIC
    last_ping = pinging.clock.now
    await pinging.clock.advance(10)
    shown = pinging.state(SENSOR).attributes
    assert shown["options"] == ["pinging", "late", "missing", "not_expected"]
    assert (shown["interval"], shown["last_ping"]) == (10, last_ping)


async def test_before_the_first_ping(house: House) -> None:
    await house.set_up(watch("front", expect="none", ping_interval=10))
    assert misses(house) == ("not_expected", 0, 0)
    assert house.state(SENSOR).attributes["last_ping"] is None


async def test_the_sensor_comes_and_goes_with_the_promise(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    async def promise(**checks: object) -> None:
        dialog = await Dialog.change(house, "front")
        await dialog.submit(name="Front", expect="always", checks={"require_live": False} | checks)
        await house.clock.settle()

    await house.set_up(watch("front"), watch("back", ping_interval=20), alarm("front"))
    assert house.hass.states.get(SENSOR) is None
    for _ in range(2):
        await promise(ping_interval=10)
        assert house.state(SENSOR).attributes["interval"] == 10
        await promise(ping_interval=30)
        assert house.state(SENSOR).attributes["interval"] == 30
        await promise()
        assert house.hass.states.get(SENSOR) is None
        assert entity_registry.async_get(SENSOR) is None
    await promise(ping_topics=["a/b"])
    assert house.state(SENSOR).attributes["interval"] == 60
    assert house.state("sensor.back_ping").attributes["interval"] == 20


async def test_a_promise_that_was_withdrawn_while_the_hub_was_off(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    await house.set_up(watch("front", ping_interval=10))
    assert entity_registry.async_get(SENSOR)
    assert await house.hass.config_entries.async_unload("hub")
    front = house.entry.subentries["front"]
    data = {key: value for key, value in front.data.items() if key != "ping_interval"}
    house.hass.config_entries.async_update_subentry(house.entry, front, data=data)
    assert await house.hass.config_entries.async_setup("hub")
    await house.clock.settle()
    assert entity_registry.async_get(SENSOR) is None


async def test_all_misses_survive_a_restart(pinging: House) -> None:
    await pinging.clock.advance(50)
    assert misses(pinging) == ("missing", 5, 5)
    await pinging.reload()
    await pinging.service(FRONT, "on", retain=True)
    assert misses(pinging)[1:] == (0, 5)
    # It still owes one, and the incident goes on.
    assert pinging.judged("front") == ("unknown", "awaiting_ping", "retained")
    assert pinging.issue("front") == "ping_missed_alarm"
    await ping(pinging)
    assert pinging.fired == [("mismatch", "ping_missed"), ("recovered", "ping_missed")]
