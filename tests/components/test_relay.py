"""Relays: what they report is shown, what they are told is sent once and verified."""

from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel.const import DOMAIN, EVENT_COMMAND, EVENT_MISMATCH
from custom_components.mqtt_sentinel.control import commands
from custom_components.mqtt_sentinel.logbook import async_describe_events
from custom_components.mqtt_sentinel.watch.verdict import Reason

from .house import GRACE, SETTLE, SUBSCRIBE_TIME, House, custom_relay, relay, subentry_of, watch

SET = "autocore/esp_1/relay/1/set"
SWITCH = "switch.pump"
LAST = "sensor.pump_last_command"
LATENCY = "sensor.pump_command_latency"
TTL = 10


class Bench:
    """A house with a relay, and somebody who switches it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.commands: list[dict[str, Any]] = []
        house.hass.bus.async_listen(EVENT_COMMAND, self._keep)

    @callback
    def _keep(self, event: Event[Any]) -> None:
        self.commands.append(event.data)

    async def order(self, state: str, entity_id: str = SWITCH) -> None:
        await self.house.hass.services.async_call(
            "switch", f"turn_{state}", {"entity_id": entity_id}, blocking=True
        )
        await self.house.clock.settle()

    async def online(self, status: str = "online", *, retain: bool = False) -> None:
        await self.house.broker.publish(
            "autocore/esp_1/status", {"device_id": "esp_1", "status": status}, retain=retain
        )

    async def report(
        self, state: bool, by: str | None = None, number: int = 1, *, retain: bool = False
    ) -> None:
        payload = {"device_id": "esp_1", "relay_index": number, "state": state}
        if by:
            payload["triggered_by"] = by
        await self.house.broker.publish(
            f"autocore/esp_1/relay/{number}/status", payload, retain=retain
        )

    @property
    def sent(self) -> list[bytes]:
        return self.house.broker.sent_to(SET)

    @property
    def results(self) -> list[str]:
        return [command["result"] for command in self.commands]

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.house.state(SWITCH).attributes)


@pytest.fixture
def bench(house: House) -> Bench:
    return Bench(house)


@pytest.fixture
async def pump(bench: Bench) -> Bench:
    """A pump that is there, and off."""
    await bench.house.set_up(relay("pump"))
    await bench.online()
    await bench.report(False)
    await bench.house.clock.advance(GRACE)
    return bench


async def test_it_shows_what_is_reported_and_nothing_else(pump: Bench) -> None:
    house = pump.house
    assert house.value(SWITCH) == STATE_OFF
    await pump.order("on")
    assert pump.sent == [b"ON"]
    assert house.value(SWITCH) == STATE_OFF  # told is not done
    assert (pump.attributes["pending"], pump.attributes["commanded"]) == (True, "on")
    await house.clock.advance(0.2)
    await pump.report(True)
    assert house.value(SWITCH) == STATE_ON
    assert (pump.attributes["pending"], pump.attributes["commanded"]) == (False, "on")
    assert house.value(LAST) == "confirmed"
    assert float(house.value(LATENCY)) == pytest.approx(200, abs=1)
    assert house.judged("pump") == ("ok", "agrees", "live")
    [command] = pump.commands
    assert command["name"] == "Pump"
    assert (command["result"], command["sends"], command["topic"]) == ("confirmed", 1, SET)
    assert command["device_id"]
    await house.clock.advance(3600)
    assert pump.sent == [b"ON"]
    assert house.issues == {}


async def test_the_event_has_the_context_of_who_switched(pump: Bench) -> None:
    context = Context()
    heard: list[Event[Any]] = []

    @callback
    def keep(event: Event[Any]) -> None:
        heard.append(event)

    pump.house.hass.bus.async_listen(EVENT_COMMAND, keep)
    await pump.house.hass.services.async_call(
        "switch", "turn_on", {"entity_id": SWITCH}, blocking=True, context=context
    )
    await pump.house.clock.settle()
    await pump.report(True)
    assert [event.context.id for event in heard] == [context.id]


async def test_acknowledged_and_not_moved(bench: Bench) -> None:
    """It says OK, and its state does not change."""
    house = bench.house
    await house.set_up(relay("pump", confirm="both", feedback_topic="pump/answer"))
    await bench.online()
    await bench.report(False)
    await house.clock.advance(GRACE)
    await bench.order("on")
    await house.broker.publish("pump/answer", "OK")
    assert house.judged("pump")[:2] == ("pending", "settling")
    await house.clock.advance(TTL)
    assert bench.results == ["not_moved"]
    assert set(bench.sent) == {b"ON"}
    await house.clock.advance(SETTLE)
    assert house.judged("pump")[:2] == ("mismatch", "did_not_turn_on")
    assert house.issue("pump") == "did_not_turn_on_command"
    assert house.value(SWITCH) == STATE_OFF


async def test_moved_and_not_acknowledged(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="both", feedback_topic="pump/answer"))
    await bench.online()
    await bench.report(False)
    await house.clock.advance(GRACE)
    await bench.order("on")
    await bench.report(True)
    await house.clock.advance(1)
    assert bench.results == ["confirmed_by_state"]
    assert house.judged("pump")[:2] == ("ok", "agrees")
    assert house.issues == {}


async def test_answered_late(pump: Bench) -> None:
    """The result stands, and what came late is told, and believed as a state."""
    house = pump.house
    await pump.order("on")
    await house.clock.advance(TTL + 1)
    assert pump.results == ["not_confirmed"]
    assert house.judged("pump")[:2] == ("pending", "settling")
    await pump.report(True)
    assert house.value(SWITCH) == STATE_ON
    assert pump.results == ["not_confirmed", "not_confirmed"]
    assert [command["late"] for command in pump.commands] == [None, "ok"]
    assert house.state(LAST).attributes["late"] == "ok"
    assert house.judged("pump")[:2] == ("ok", "agrees")


async def test_answered_twice(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await bench.online()
    await bench.order("on")
    await house.broker.publish("pump/answer", "OK")
    await house.broker.publish("pump/answer", "OK")
    assert bench.results == ["confirmed"]
    await bench.order("off")
    assert bench.results == ["confirmed"]  # the second OK was not for this one
    await house.broker.publish("pump/answer", "ERROR")
    assert bench.results == ["confirmed", "error_reported"]
    assert house.issue("pump") == "error_reported_command"


async def test_on_and_off_while_the_first_is_under_way(pump: Bench) -> None:
    """The newer takes its place; a state that comes for the older is no answer to the newer."""
    house = pump.house
    await pump.order("on")
    await pump.order("off")
    assert pump.results == ["replaced"]
    await pump.report(True)
    assert house.value(SWITCH) == STATE_ON
    await pump.report(False)
    assert pump.results[-1] == "confirmed"
    await house.clock.advance(SETTLE)
    assert house.judged("pump")[:2] == ("ok", "agrees")


async def test_it_is_that_way_already(pump: Bench) -> None:
    """A device that reports changes only says nothing, and nothing is wrong."""
    house = pump.house
    await pump.order("off")
    await house.clock.advance(1)
    assert pump.results == ["confirmed_by_state"]
    assert pump.sent == [b"OFF"]
    assert house.value(LATENCY) == STATE_UNKNOWN
    await house.clock.advance(SETTLE)
    assert house.issues == {}


async def test_an_error_is_said_at_once_and_fixed_by_sending_again(
    bench: Bench, hass_client: ClientSessionGenerator
) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await bench.online()
    await bench.order("on")
    await house.broker.publish("pump/answer", "ERROR")
    assert house.issue("pump") == "error_reported_command"
    assert house.fired == [("mismatch", "error_reported")]

    house.entry.runtime_data.answers.repeat("pump")
    await house.clock.settle()
    assert bench.sent == [b"ON", b"ON"]
    await house.broker.publish("pump/answer", "OK")
    assert house.issues == {}
    assert house.fired[-1][0] == "recovered"


async def test_nothing_is_sent_late(bench: Bench) -> None:
    """The broker is gone for a minute with a command on its way that lives for ten seconds."""
    house = bench.house
    await house.set_up(relay("pump"))
    await bench.online()
    await bench.report(False)
    await house.clock.advance(GRACE)
    await house.broker.go()
    assert house.value(SWITCH) == STATE_UNAVAILABLE
    house.entry.runtime_data.relays.switch("pump", True)
    await house.clock.advance(60)
    assert bench.results == ["expired"]
    await house.broker.come()
    await house.clock.advance(1)
    await bench.online()
    await bench.report(False, retain=True)
    await house.clock.advance(1)
    assert bench.sent == []
    assert house.judged("pump")[:2] == ("mismatch", "not_sent")
    assert house.issue("pump") == "not_sent_command"
    await bench.report(True, "button")
    assert house.issues == {}


async def test_a_critical_relay_raises_critical_issues(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", critical=True))
    await bench.online()
    await bench.report(False)
    await house.clock.advance(GRACE)
    await bench.order("on")
    await house.clock.advance(SETTLE)
    assert house.issue("pump") == "did_not_turn_on_command"
    assert house.issues["incident_pump"].severity is ir.IssueSeverity.CRITICAL
    assert house.events[0].data["severity"] == "critical"


async def test_its_device_is_watched_with_it(bench: Bench) -> None:
    """Nobody set the device up; that it is gone is said of it, and the relay is as unknown as it is."""
    house = bench.house
    await house.set_up(relay("pump", critical=True), relay("light", number="2"))
    await bench.online()
    await bench.report(True)
    await house.clock.advance(GRACE)
    await bench.order("on")
    await bench.report(True)
    await bench.online("offline")
    assert house.value(SWITCH) == STATE_UNAVAILABLE
    [issue] = house.issues.values()
    assert issue.translation_key == "parent_gone_always"
    assert issue.severity is ir.IssueSeverity.CRITICAL
    await bench.online()
    assert house.issues == {}
    assert house.value(SWITCH) == STATE_ON
    assert bench.attributes["proof"] == "retained"


async def test_who_watches_the_device_decides_what_is_expected_of_it(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump"), watch("esp_1", dialect="autocore", expect="none"))
    await bench.online()
    await bench.report(True)
    await house.clock.advance(GRACE)
    await bench.online("offline")
    assert house.value(SWITCH) == STATE_UNAVAILABLE
    assert house.issues == {}


async def test_what_the_broker_kept_of_a_device_that_is_not_there_is_stale(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump"))
    await bench.report(True, retain=True)
    assert house.value(SWITCH) == STATE_UNKNOWN
    assert bench.attributes["proof"] == "none"
    await bench.online(retain=True)
    assert house.value(SWITCH) == STATE_ON
    assert bench.attributes["proof"] == "retained"
    await bench.report(True)
    assert bench.attributes["proof"] == "live"


async def test_the_history_tells_who_switched_it(pump: Bench) -> None:
    house = pump.house
    events = house.follow("event.pump_event")
    await pump.report(True, "button")
    await pump.report(False, "schedule")
    await pump.order("on")
    await pump.report(True)
    assert [(line["state"], line["triggered_by"]) for line in pump.attributes["history"]] == [
        ("on", "command"),
        ("off", "schedule"),
        ("on", "button"),
        ("off", None),
    ]
    assert pump.attributes["triggered_by"] == "command"
    kinds = [
        (state.attributes["event_type"], state.attributes.get("triggered_by")) for state in events
    ]
    assert kinds == [
        ("turned_on", "button"),
        ("turned_off", "schedule"),
        ("turned_on", "command"),
        ("command_confirmed", None),
    ]


async def test_somebody_else_may_switch_it(pump: Bench) -> None:
    """What was commanded is over when it is switched otherwise later."""
    house = pump.house
    await pump.order("on")
    await pump.report(True)
    await pump.report(False, "button")
    assert house.judged("pump")[:2] == ("unknown", "observed_only")
    assert pump.attributes["commanded"] is None
    assert house.issues == {}


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [("on", False, "disconnected_command"), ("off", True, "connected_command")],
)
async def test_one_that_has_to_stay_may_not(
    bench: Bench, first: str, then: bool, reason: str
) -> None:
    house = bench.house
    await house.set_up(relay("pump", hold=True))
    await bench.online()
    await bench.report(then)
    await house.clock.advance(GRACE)
    await bench.order(first)
    await bench.report(not then)
    await bench.report(then, "button")
    await house.clock.advance(SETTLE)
    assert house.issue("pump") == reason


async def test_one_that_nothing_confirms_is_only_sent(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="none"))
    await bench.online()
    await bench.order("on")
    assert bench.results == ["sent"]
    assert house.value(SWITCH) == STATE_UNKNOWN
    await house.clock.advance(GRACE + SETTLE)
    assert house.issues == {}
    assert house.judged("pump")[:2] == ("unknown", "not_verified")


async def test_one_that_never_answers_is_said_to(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await bench.online()
    await bench.order("on")
    await house.clock.advance(TTL + 1)
    assert bench.results == ["not_confirmed"]
    assert len(bench.sent) > 1  # it was tried again in its time
    assert house.issue("pump") == "not_confirmed_command"


async def test_a_command_goes_on_being_judged_after_a_restart(pump: Bench) -> None:
    house = pump.house
    await pump.order("on")
    await house.reload()
    assert pump.results == ["cancelled"]
    await pump.online(retain=True)
    await pump.report(False, retain=True)
    assert house.state(SWITCH).attributes["commanded"] == "on"
    await house.clock.advance(GRACE)
    assert house.issue("pump") == "did_not_turn_on_command"
    assert pump.sent == [b"ON"]  # nothing is sent by itself


async def test_history_and_last_command_survive_a_restart(pump: Bench) -> None:
    house = pump.house
    await pump.order("on")
    await pump.report(True)
    before = pump.attributes["history"]
    await house.reload()
    await pump.online(retain=True)
    assert pump.attributes["history"] == before != []
    assert house.value(LAST) == "confirmed"


@pytest.mark.parametrize("stored", ["nonsense", {"pump": {"last": {"on": 1}, "history": []}}])
async def test_what_cannot_be_read_is_left_out(
    pump: Bench, hass_storage: dict[str, Any], stored: Any
) -> None:
    house = pump.house
    await pump.report(True, "button")
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    hass_storage[f"{DOMAIN}.hub"]["data"]["parts"]["relays"] = stored
    await house.reload()
    await pump.online()
    assert pump.attributes["history"] == []
    assert house.value(LAST) == STATE_UNKNOWN


async def test_a_room_needs_no_connection(bench: Bench) -> None:
    """Museum: a room answers on its own topic, and never says that it is there."""
    house = bench.house
    await house.set_up(
        relay("fog", "room1", "fog", dialect="museum", topic="room1/fog", confirm="both")
    )
    await bench.order("on", "switch.fog")
    assert house.broker.sent_to("room1/fog") == [b"ON"]
    await house.broker.publish("room1/fog/feedback", "OK")
    assert bench.results == []
    await house.broker.publish("room1/fog/state", "ON")
    assert bench.results == ["confirmed"]
    assert house.value("switch.fog") == STATE_ON
    await house.clock.advance(GRACE + SETTLE)
    assert house.issues == {}


async def test_one_error_on_a_shared_topic_blames_nobody(bench: Bench) -> None:
    house = bench.house
    shared = {"dialect": "museum", "confirm": "feedback", "feedback_topic": "room1/status"}
    await house.set_up(
        relay("fog", "room1", "fog", topic="room1/fog", **shared),
        relay("light", "room1", "light", topic="room1/light", **shared),
    )
    await bench.order("on", "switch.fog")
    await bench.order("on", "switch.light")
    await house.broker.publish("room1/status", "ERROR")
    assert bench.results == ["ambiguous", "ambiguous"]
    assert house.issue("fog") == house.issue("light") == "not_confirmed_command"


async def test_a_relay_of_a_topic_of_ones_own(bench: Bench) -> None:
    house = bench.house
    await house.set_up(
        custom_relay("lamp", "home/lamp/is", "home/lamp/do", feedback_topic="home/lamp/said")
    )
    await house.broker.publish("home/lamp/is", "off")
    assert house.value("switch.lamp") == STATE_OFF
    await bench.order("on", "switch.lamp")
    assert house.broker.sent_to("home/lamp/do") == [b"1"]
    await house.broker.publish("home/lamp/is", "on")
    assert bench.results == ["confirmed"]
    assert house.value("switch.lamp") == STATE_ON
    assert not list(house.entry.runtime_data.unwatched())


async def test_what_answers_is_not_heard_twice(bench: Bench, hass: HomeAssistant) -> None:
    """Its feedback is on a topic that its dialect listens to."""
    house = bench.house
    await house.set_up(
        relay("fog", "room1", "fog", dialect="museum", topic="room1/fog", confirm="feedback"),
        relay("sign", "room1", "sign", topic="x", feedback_topic="a/b/c/said", confirm="feedback"),
    )
    assert "room1/fog/feedback" not in house.broker.subscribed
    assert "a/b/c/said" in house.broker.subscribed
    await bench.order("on", "switch.sign")
    await house.broker.publish("a/b/c/said", "nonsense")
    assert bench.results == []
    await house.broker.publish("a/b/c/said", "OK")
    assert bench.results == ["confirmed"]


async def test_added_changed_and_removed_while_it_runs(pump: Bench, hass: HomeAssistant) -> None:
    house = pump.house
    entries = hass.config_entries
    await pump.report(True, number=2)
    entries.async_add_subentry(house.entry, subentry_of(relay("light", number="2")))
    await house.clock.settle()
    assert house.value("switch.light") == STATE_ON  # it was heard before

    light = house.entry.subentries["light"]
    entries.async_update_subentry(
        house.entry, light, data={**light.data, "command_on": "UP"}, title="Lamp"
    )
    await house.clock.settle()
    await pump.order("on", "switch.light")
    assert house.broker.sent_to("autocore/esp_1/relay/2/set") == [b"UP"]

    entries.async_update_subentry(
        house.entry, house.entry.subentries["light"], data={**light.data, "relay": "3"}
    )
    await house.clock.settle()
    assert pump.results == ["cancelled"]
    assert house.value("switch.light") == STATE_UNKNOWN

    await pump.order("on", "switch.light")
    entries.async_remove_subentry(house.entry, "light")
    await house.clock.settle()
    assert hass.states.get("switch.light") is None
    assert pump.results == ["cancelled", "cancelled"]
    await pump.order("on")
    await pump.report(True)
    assert pump.results[-1] == "confirmed"


async def test_the_numbers_of_the_hub_count_it(pump: Bench) -> None:
    house = pump.house
    await pump.order("on")
    await house.clock.advance(0.5)
    await pump.report(True)
    await pump.order("off")
    await house.clock.advance(60)
    shown = {
        name: house.value(f"sensor.mqtt_sentinel_{name}")
        for name in (
            "queued_commands",
            "command_success_rate",
            "commands_confirmed",
            "commands_failed",
            "commands_expired",
        )
    }
    assert shown == {
        "queued_commands": "0",
        "command_success_rate": "50.0",
        "commands_confirmed": "1",
        "commands_failed": "1",
        "commands_expired": "0",
    }


async def test_only_so_many_are_remembered_for_what_comes_late(
    pump: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told all the same, but of nobody."""
    monkeypatch.setattr(commands, "MOST_ENDED", 1)
    house = pump.house
    await pump.order("on")
    await house.clock.advance(TTL + 1)
    await house.hass.services.async_call(
        DOMAIN,
        "send_command",
        {"topic": "gate/do", "payload": "open"},
        blocking=True,
        return_response=True,
    )
    await pump.report(True)
    assert [(told["name"], told["late"]) for told in pump.commands] == [
        ("Pump", None),
        ("MQTT Sentinel", None),
        ("MQTT Sentinel", "ok"),
    ]


async def test_two_that_answer_on_one_topic_of_their_own(bench: Bench, hass: HomeAssistant) -> None:
    """Each answer is heard once, and heard as long as there is one of them."""
    house = bench.house
    shared: dict[str, Any] = {"confirm": "feedback", "feedback_topic": "a/b/c/said"}
    await house.set_up(relay("pump", **shared), relay("light", number="2", **shared))
    await bench.online()
    assert house.broker.subscribed.count("a/b/c/said") == 1
    hass.config_entries.async_remove_subentry(house.entry, "pump")
    await house.clock.settle()
    await bench.order("on", "switch.light")
    await house.broker.publish("a/b/c/said", "OK")
    assert bench.results == ["confirmed"]
    hass.config_entries.async_remove_subentry(house.entry, "light")
    await house.clock.advance(SUBSCRIBE_TIME)
    assert "a/b/c/said" in house.broker.unsubscribed


async def test_one_answer_confirms_one_of_two_that_answer_on_one_topic(bench: Bench) -> None:
    house = bench.house
    shared: dict[str, Any] = {"confirm": "feedback", "feedback_topic": "a/b/c/said"}
    await house.set_up(relay("pump", **shared), relay("light", number="2", **shared))
    await bench.online()
    await bench.order("on")
    await bench.order("on", "switch.light")
    await house.broker.publish("a/b/c/said", "OK")
    assert bench.results == ["confirmed"]
    await house.broker.publish("a/b/c/said", "OK")
    assert bench.results == ["confirmed", "confirmed"]


async def test_an_ok_that_does_not_come_is_said_of_one_whose_state_is_known(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await bench.online()
    await bench.report(False)
    await bench.order("on")
    assert house.judged("pump")[:2] == ("pending", "settling")
    await house.clock.advance(TTL + 1)
    assert bench.results == ["not_confirmed"]
    assert house.issue("pump") == "not_confirmed_command"
    house.entry.runtime_data.answers.repeat("pump")
    await house.clock.settle()
    assert [kind for kind, _ in house.fired] == ["mismatch"]  # nothing is better yet
    assert house.issue("pump") is None  # it is being judged
    await house.broker.publish("pump/answer", "OK")
    assert [kind for kind, _ in house.fired] == ["mismatch", "recovered"]


async def test_what_changed_while_its_device_was_away_is_told(pump: Bench) -> None:
    house = pump.house
    events = house.follow("event.pump_event")
    await pump.online("offline")
    await pump.report(True, "button", retain=True)
    assert house.value(SWITCH) == STATE_UNAVAILABLE
    await pump.online()
    assert house.value(SWITCH) == STATE_ON
    kinds = [state.attributes.get("event_type") for state in events]
    assert kinds == ["turned_on"]
    assert pump.attributes["triggered_by"] == "button"


async def test_what_did_as_it_was_told_need_not_say_so_again(pump: Bench) -> None:
    """A device that keeps no state with the broker says nothing after a restart, and is well."""
    house = pump.house
    await pump.order("on")
    await pump.report(True)
    await house.reload()
    await pump.online(retain=True)
    await house.clock.advance(GRACE + SETTLE)
    assert house.value(SWITCH) == STATE_UNKNOWN
    assert house.judged("pump")[:2] == ("unknown", "nothing_heard")
    assert house.issues == {}


async def test_it_was_a_command_that_moved_it_whatever_came_first(bench: Bench) -> None:
    house = bench.house
    await house.set_up(relay("pump", confirm="feedback", feedback_topic="pump/answer"))
    await bench.online()
    await bench.order("on")
    await house.broker.publish("pump/answer", "OK")
    await bench.report(True)
    assert bench.attributes["triggered_by"] == "command"
    await house.clock.advance(60)
    await bench.report(False)
    await bench.report(True)
    assert bench.attributes["triggered_by"] is None


async def test_another_relay_begins_with_no_history(pump: Bench, hass: HomeAssistant) -> None:
    house = pump.house
    await pump.report(True, "button")
    await house.reload()
    entry = house.entry.subentries["pump"]
    hass.config_entries.async_update_subentry(house.entry, entry, data={**entry.data, "relay": "7"})
    await house.clock.settle()
    await pump.online()
    assert pump.attributes["history"] == []


async def test_one_that_is_removed_while_somebody_waits(pump: Bench, hass: HomeAssistant) -> None:
    house = pump.house
    task = hass.async_create_background_task(
        hass.services.async_call(
            DOMAIN,
            "send_command",
            {"entity_id": SWITCH, "state": "on"},
            blocking=True,
            return_response=True,
        ),
        "the call",
    )
    await house.clock.settle()
    hass.config_entries.async_remove_subentry(house.entry, "pump")
    await house.clock.settle()
    response = await task
    assert response
    [command] = response["commands"]  # type: ignore[misc, union-attr]  # it is a list of dicts
    assert (command["name"], command["status"]) == ("Pump", "cancelled")  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (Reason.CONNECTED, "turned on although it was told to be off"),
        (Reason.DISCONNECTED, "turned off although it was told to be on"),
        (Reason.DID_NOT_TURN_ON, "did not turn on"),
        (Reason.NOT_SENT, "could not be sent a command in time"),
    ],
)
def test_the_logbook_speaks_of_relays_as_such(
    hass: HomeAssistant, reason: Reason, line: str
) -> None:
    lines: dict[Any, Any] = {}
    async_describe_events(hass, lambda _, event, describe: lines.update({event: describe}))
    facts = {"name": "Pump", "reason": reason.value, "expected_kind": "command"}
    assert lines[EVENT_MISMATCH](Event(EVENT_MISMATCH, facts)) == {"name": "Pump", "message": line}
