"""A broker that hangs with its connection open is noticed, and so is its return."""

import logging

from homeassistant.components import mqtt
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.mqtt_sentinel.intake.mqtt import Link
from custom_components.mqtt_sentinel.intake.pulse import TIMING, pulse_topic
from custom_components.mqtt_sentinel.watch.pulse import Timing

from .house import GRACE, SUBSCRIBE_TIME, Broker, House, hub_entry, own_log, watch
from .traces import Traces

FRONT = "object_detection/front"
PULSE = pulse_topic("hub")
LONGEST = TIMING.quiet + TIMING.probes * TIMING.answer
GONE = ("suspended", "broker_gone", "none")


@pytest.fixture
async def listening(house: House) -> House:
    """A hub whose broker answers, and whose watch is up; nothing is said for a while."""
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(2 * GRACE)
    return house


def probes(broker: Broker) -> int:
    return broker.published.count(PULSE)


async def test_a_quiet_broker_that_answers_is_nobodys_trouble(
    listening: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    asked, heard = probes(listening.broker), listening.entry.runtime_data.mqtt.messages
    await listening.clock.advance(10 * TIMING.quiet)
    assert probes(listening.broker) - asked == 10
    assert listening.issues == {}
    assert own_log(caplog) == []
    assert listening.judged("front") == ("ok", "agrees", "live")

    # Its own probes are no messages of devices.
    assert listening.entry.runtime_data.mqtt.messages == heard
    assert list(listening.entry.runtime_data.sentinel.known) == []
    assert listening.value("sensor.mqtt_sentinel_message_rate") == "0.0"


async def test_a_broker_that_speaks_is_not_asked(listening: House) -> None:
    asked = probes(listening.broker)
    for _ in range(10):
        await listening.clock.advance(TIMING.quiet - 1)
        await listening.service(FRONT, "on")
    # The one that was due when it began to speak.
    assert probes(listening.broker) - asked <= 1


async def test_a_broker_that_hangs_is_one_issue(
    listening: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    listening.broker.hang()
    await listening.clock.advance(LONGEST)
    assert list(listening.issues) == ["broker_gone_hub"]
    assert listening.issues["broker_gone_hub"].translation_key == "broker_silent"
    assert listening.judged("front") == GONE
    assert listening.value("binary_sensor.front_connectivity") == "unavailable"
    await listening.clock.advance(10 * GRACE)
    assert listening.judged("front") == GONE
    assert listening.fired == []
    silent = (logging.INFO, "The MQTT broker does not answer; all verdicts are suspended")
    assert own_log(caplog) == [silent]

    listening.broker.hang(answer=True)
    await listening.clock.advance(TIMING.quiet)
    assert listening.issues == {}
    assert own_log(caplog) == [silent, (logging.INFO, "The MQTT broker is back")]
    # It was there all the time for all we know: nothing was lost on the way.
    assert listening.judged("front") == ("ok", "agrees", "live")
    await listening.clock.advance(2 * GRACE)
    assert listening.fired == []


async def test_what_came_late_counts(listening: House) -> None:
    listening.broker.hang()
    await listening.clock.advance(LONGEST)
    await listening.service(FRONT, "off")
    assert listening.judged("front") == GONE
    listening.broker.hang(answer=True)
    await listening.clock.advance(TIMING.look)
    assert listening.issues == {}
    assert listening.judged("front") == ("unknown", "grace", "none")
    await listening.clock.advance(GRACE)
    assert listening.fired == [("mismatch", "disconnected")]


async def test_a_connection_that_breaks_at_last_is_the_same_issue(listening: House) -> None:
    listening.broker.hang()
    await listening.clock.advance(LONGEST)
    since = listening.issues["broker_gone_hub"].translation_placeholders
    await listening.clock.advance(GRACE)
    asked = probes(listening.broker)
    await listening.broker.go()
    assert list(listening.issues) == ["broker_gone_hub"]
    assert listening.issues["broker_gone_hub"].translation_key == "broker_gone"
    assert listening.issues["broker_gone_hub"].translation_placeholders == since
    await listening.clock.advance(10 * GRACE)
    assert probes(listening.broker) == asked

    listening.broker.hang(answer=True)
    await listening.broker.come()
    await listening.clock.advance(SUBSCRIBE_TIME)
    assert listening.issues == {}
    assert probes(listening.broker) == asked + 1
    # What was heard before need not be true any more.
    assert listening.judged("front") == ("unknown", "grace", "none")


@pytest.fixture
async def only_wide(house: House) -> House:
    """A house of which all that is heard is heard by filters with wildcards.

    Home Assistant asks for these one by one, and then for all others at once.
    """
    entry = house.entry = hub_entry(watch("hall", dialect="museum"))
    entry.add_to_hass(house.hass)
    house.hass.config_entries.async_update_entry(
        entry, data={"dialects": ["museum"], "prefixes": [""]}
    )
    return house


async def test_one_that_hangs_right_after_it_was_subscribed_to_is_noticed_as_soon(
    only_wide: House,
) -> None:
    assert await only_wide.hass.config_entries.async_setup("hub")
    await only_wide.clock.advance(SUBSCRIBE_TIME)
    assert only_wide.entry.runtime_data.pulse.trusted
    assert probes(only_wide.broker) == 1
    only_wide.broker.hang()
    await only_wide.clock.advance(LONGEST + TIMING.look)
    assert only_wide.issues["broker_gone_hub"].translation_key == "broker_silent"


async def test_nothing_is_asked_before_the_answer_can_be_heard(only_wide: House) -> None:
    broker = only_wide.broker
    broker.hold_acknowledgements()
    assert await only_wide.hass.config_entries.async_setup("hub")
    await only_wide.clock.advance(SUBSCRIBE_TIME)
    hub = only_wide.entry.runtime_data
    while PULSE not in broker.subscribed:
        await broker.acknowledge_next()
    assert hub.mqtt.link is Link.SUBSCRIBED
    assert probes(broker) == 0
    await broker.acknowledge()
    assert probes(broker) == 1
    assert hub.pulse.trusted


async def test_one_that_brings_nothing_back_is_tried_again(house: House) -> None:
    house.broker.hang()
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(TIMING.again)
    house.broker.hang(answer=True)
    await house.clock.advance(TIMING.again)
    assert house.entry.runtime_data.pulse.trusted
    house.broker.hang()
    await house.clock.advance(LONGEST + TIMING.look)
    assert house.issues["broker_gone_hub"].translation_key == "broker_silent"


async def test_a_broker_that_forbids_probes_is_not_called_silent(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.broker.hang()
    await house.set_up(watch("front"))
    await house.service(FRONT, "on")
    await house.clock.advance(TIMING.again - 1)
    assert house.judged("front") == ("ok", "agrees", "live")
    assert house.issues == {}
    assert probes(house.broker) == TIMING.probes
    [(level, line)] = own_log(caplog)
    assert level == logging.INFO
    assert PULSE in line

    # It is tried anew with each connection, and said once.
    await house.broker.go()
    await house.broker.come()
    await house.clock.advance(TIMING.again - 1)
    assert probes(house.broker) == 2 * TIMING.probes
    assert len([line for _, line in own_log(caplog) if PULSE in line]) == 1


async def test_the_own_topics_of_a_broker_tell_its_silence_too(house: House) -> None:
    house.broker.hang()
    entry = hub_entry(watch("front"))
    entry.add_to_hass(house.hass)
    house.hass.config_entries.async_update_entry(
        entry, data={"dialects": ["services", "broker"], "prefixes": [""]}
    )
    house.entry = entry
    assert await house.hass.config_entries.async_setup(entry.entry_id)
    await house.clock.advance(SUBSCRIBE_TIME)
    await house.service(FRONT, "on")
    await house.broker.publish("$SYS/broker/uptime", "9999 seconds", retain=True)
    for uptime in range(10):
        await house.clock.advance(10)
        await house.broker.publish("$SYS/broker/uptime", f"{10 * uptime} seconds")
    assert "broker_gone_hub" not in house.issues
    await house.clock.advance(44)
    assert "broker_gone_hub" not in house.issues
    await house.clock.advance(2)
    assert house.issues["broker_gone_hub"].translation_key == "broker_silent"
    await house.broker.publish("$SYS/broker/uptime", "7 seconds")
    assert "broker_gone_hub" not in house.issues


async def test_what_a_stranger_left_on_the_topic_is_no_answer(house: House) -> None:
    house.broker.hang()
    await house.set_up()
    await house.broker.publish(PULSE, "x", retain=True)
    await house.clock.advance(10 * GRACE)
    assert not house.entry.runtime_data.pulse.trusted
    assert house.issues == {}


async def test_a_clock_that_is_set_disturbs_nothing(
    listening: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The intake remembers the time of the last message as people tell it."""
    mqtt_intake = listening.entry.runtime_data.mqtt
    asked = probes(listening.broker)
    for error in (-86_400.0, 86_400.0):
        for _ in range(3):
            await listening.service(FRONT, "on")
            mqtt_intake.last_message += error
            await listening.clock.advance(TIMING.quiet - 1)
    assert listening.issues == {}
    assert probes(listening.broker) - asked <= 4
    listening.broker.hang()
    mqtt_intake.last_message += 86_400
    await listening.clock.advance(LONGEST + TIMING.quiet)
    assert list(listening.issues) == ["broker_gone_hub"]


async def test_a_client_that_cannot_send_is_nobodys_trouble(
    listening: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object) -> None:
        raise HomeAssistantError

    caplog.clear()
    monkeypatch.setattr(mqtt, "async_publish", refuse)
    await listening.clock.advance(LONGEST)
    assert list(listening.issues) == ["broker_gone_hub"]
    assert [level for level, _ in own_log(caplog)] == [logging.INFO]


async def test_a_client_that_waits_holds_nothing_up_and_is_let_go(
    listening: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant's client waits for each message that it could not write yet."""
    hass = listening.hass
    assert await hass.config_entries.async_unload(listening.entry.entry_id)
    await listening.clock.advance(200)
    before = Traces.of(hass)
    assert await hass.config_entries.async_setup(listening.entry.entry_id)
    await listening.clock.advance(2 * TIMING.quiet)

    async def wait(*_: object) -> None:
        await hass.loop.create_future()

    monkeypatch.setattr(mqtt, "async_publish", wait)
    await listening.clock.advance(2 * LONGEST)
    assert list(listening.issues) == ["broker_gone_hub"]
    assert await hass.config_entries.async_unload(listening.entry.entry_id)
    await listening.clock.advance(200)
    assert Traces.of(hass).timers - before.timers == {}
    assert Traces.of(hass).tasks - before.tasks == {}
    assert listening.issues == {}


def test_a_silent_broker_is_noticed_before_home_assistant_does() -> None:
    timing = Timing()
    assert timing.quiet + timing.probes * timing.answer < mqtt.const.DEFAULT_KEEPALIVE
