"""What a watch promises about pings: its interval, its topics, and what was heard."""

from typing import Any

from homeassistant.data_entry_flow import InvalidData
import pytest

from custom_components.mqtt_sentinel.watch.watched import Watched

from .dialogs import Dialog
from .house import House, custom_watch, watch
from .traces import Traces

LIVE = {"require_live": False}


def found(house: House, watch_id: str = "front") -> Watched:
    """A watch in the heart."""
    watched: Watched = house.entry.runtime_data.sentinel.watches[watch_id]
    return watched


def promise(house: House, watch_id: str = "front") -> tuple[float | None, int]:
    """The interval and the misses of a watch."""
    settings = found(house, watch_id).config.settings
    return settings.ping_interval, settings.ping_misses


async def change(house: House, watch_id: str = "front", **checks: Any) -> Dialog:
    """Change how a watch is checked."""
    dialog = await Dialog.change(house, watch_id)
    await dialog.submit(name="Front", expect="always", checks=LIVE | checks)
    return dialog


# What is promised


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        ({}, {}, (None, 3)),
        ({}, {"ping_interval": 30, "ping_misses": 5.0}, (None, 5)),
        ({"ping_interval": 2}, {"ping_interval": 30}, (2, 3)),
        ({"ping_interval": 2, "ping_misses": 7}, {"ping_misses": 5}, (2, 7)),
        ({"ping_topics": ["a/b"]}, {}, (60, 3)),
        ({"ping_topics": ["a/b"]}, {"ping_interval": 30}, (30, 3)),
        ({"ping_topics": ["a/b"], "ping_interval": 2}, {"ping_interval": 30}, (2, 3)),
    ],
)
async def test_the_promise(
    house: House,
    data: dict[str, Any],
    options: dict[str, float],
    expected: tuple[float | None, int],
) -> None:
    await house.set_up(watch("front", **data), **options)
    assert promise(house) == expected


async def test_the_defaults_hold_at_once(house: House) -> None:
    await house.set_up(watch("front", ping_topics=["a/b"]))
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "ping_interval": 7, "ping_misses": 2}
    )
    await house.clock.settle()
    assert promise(house) == (7, 2)


async def test_the_dialog_sets_it_and_takes_it_back(house: House) -> None:
    await house.set_up(watch("front"))
    dialog = await change(
        house, ping_interval=2.5, ping_misses=4, ping_topics=[" a/b ", "", "c/+/d", "a/b"]
    )
    assert dialog.ended == "reconfigure_successful"
    data = house.entry.subentries["front"].data
    assert data["ping_topics"] == ["a/b", "c/+/d"]
    assert type(data["ping_misses"]) is int
    assert promise(house) == (2.5, 4)
    dialog = await Dialog.change(house, "front")
    assert dialog.suggested("checks.ping_interval") == 2.5
    assert dialog.suggested("checks.ping_misses") == 4
    assert dialog.suggested("checks.ping_topics") == ["a/b", "c/+/d"]
    await change(house, ping_topics=[])
    data = house.entry.subentries["front"].data
    assert not {"ping_interval", "ping_misses", "ping_topics"} & set(data)
    assert promise(house) == (None, 3)


@pytest.mark.parametrize(
    "topics",
    [
        ["a#"],
        ["a/b+"],
        ["#"],
        ["+/+"],
        ["+/#"],
        ["a/\x00"],
        ["a/b", "a/#/b"],
        [f"a/{n}" for n in range(21)],
    ],
)
async def test_topics_that_cannot_be_used(house: House, topics: list[str]) -> None:
    await house.set_up(watch("front"))
    dialog = await change(house, ping_interval=5, ping_topics=topics)
    assert dialog.step == "expect"
    assert dialog.errors == {"checks": "bad_ping_topic"}
    assert dialog.suggested("checks.ping_topics") == topics
    assert dialog.suggested("checks.ping_interval") == 5
    await dialog.submit(name="Front", expect="none", checks=LIVE | {"ping_topics": ["a/b"]})
    assert dialog.ended == "reconfigure_successful"


@pytest.mark.parametrize(
    "checks", [{"ping_interval": 0}, {"ping_interval": 100_000}, {"ping_misses": 0}]
)
async def test_the_numbers_have_their_bounds(house: House, checks: dict[str, float]) -> None:
    await house.set_up(watch("front"))
    with pytest.raises(InvalidData):
        await change(house, **checks)


# Topics of its own


async def test_any_message_on_any_of_the_topics_is_a_ping(house: House) -> None:
    await house.set_up(watch("front", expect="none", ping_topics=["node/beat", "other/+/beat"]))
    for topic, payload in (
        ("node/beat", b"\xff{"),
        ("other/x/beat", b""),
        ("node/beat", b"x" * 1_000_000),
    ):
        await house.clock.advance(1)
        before = found(house).last_seen
        await house.broker.publish(topic, payload)
        assert found(house).last_seen != before
    assert found(house).cadence.gaps == [1, 1]
    assert house.entry.runtime_data.mqtt.dead_letters.counts == {}


async def test_what_the_broker_kept_is_no_ping(house: House) -> None:
    await house.set_up(watch("front", expect="none", ping_topics=["node/beat"]))
    await house.broker.publish("node/beat", "", retain=True)
    assert found(house).last_seen is None
    assert found(house).cadence.last is None


async def test_changing_the_topics_touches_that_watch_only(house: House) -> None:
    await house.set_up(
        watch("front", ping_topics=["a/b", "shared/beat"]),
        watch("back", ping_topics=["shared/beat"]),
    )
    own = {"a/b", "c/d", "shared/beat"}

    def subscribed() -> dict[str, int]:
        counted = Traces.of(house.hass).subscriptions
        return {topic: counted[topic] for topic in own if counted[topic]}

    assert subscribed() == {"a/b": 1, "shared/beat": 2}
    untouched = house.broker.subscribed.count("connected/+/+")
    await change(house, ping_topics=["c/d"])
    await house.clock.advance(1)
    assert subscribed() == {"c/d": 1, "shared/beat": 1}
    await house.service("object_detection/back", "1")
    await house.broker.publish("c/d", "")
    assert house.judged("back") == ("ok", "agrees", "live")
    assert found(house).last_seen is not None
    await change(house, ping_topics=["c/d"], ping_interval=5)  # the topics stay
    await house.clock.advance(1)
    assert house.broker.subscribed.count("c/d") == 1
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    await house.clock.advance(1)
    assert subscribed() == {"shared/beat": 1}
    assert house.broker.subscribed.count("connected/+/+") == untouched
    assert await house.hass.config_entries.async_unload("hub")
    assert subscribed() == {}


async def test_a_topic_of_ones_own_can_ping_too(house: House) -> None:
    await house.set_up(custom_watch("boiler", "cellar/boiler", ping_topics=["cellar/beat"]))
    await house.broker.publish("cellar/boiler", "on")
    before = found(house, "boiler").last_seen
    await house.clock.advance(1)
    await house.broker.publish("cellar/beat", "")
    assert found(house, "boiler").last_seen != before
    assert promise(house, "boiler") == (60, 3)


async def test_a_custom_watch_is_given_its_promise_in_the_dialog(house: House) -> None:
    await house.set_up()
    dialog = await Dialog.create(house, "device")
    await dialog.choose("custom")
    await dialog.submit_while(
        house.clock.settle(), house.broker.publish("cellar/boiler", "on"), topic="cellar/boiler"
    )
    assert dialog.suggested("checks.ping_interval") is None
    await dialog.submit(name="Boiler", expect="always", checks=LIVE | {"ping_topics": ["cellar/#"]})
    (new,) = house.entry.subentries
    assert promise(house, new) == (60, 3)
    dialog = await Dialog.change(house, new)
    await dialog.submit_while(
        house.clock.settle(), house.broker.publish("cellar/boiler", "on"), topic="cellar/boiler"
    )
    assert dialog.suggested("checks.ping_topics") == ["cellar/#"]


# What was heard


async def heard(house: House) -> Dialog:
    """The dialog about a service that was heard."""
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="services||object_detection/back")
    return dialog


async def beat(house: House, topic: str, gap: float) -> None:
    for _ in range(5):
        await house.broker.publish(topic, "")
        await house.clock.advance(gap)


async def test_the_interval_is_proposed_from_what_was_heard(house: House) -> None:
    await house.set_up()
    await beat(house, "ping/object_detection/back", 2)
    dialog = await heard(house)
    assert dialog.suggested("checks.ping_interval") == 3
    shown = dialog.shown["description_placeholders"]
    assert shown == {"thing": "object_detection back", "pings": "2.0 s", "values": "-"}


async def test_values_are_told_but_not_proposed(house: House) -> None:
    await house.set_up()
    for _ in range(5):
        await house.broker.publish("autocore/esp1/telemetry", {"device_id": "esp1", "voltage": 3.3})
        await house.clock.advance(30)
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="autocore||esp1")
    assert dialog.suggested("checks.ping_interval") is None
    shown = dialog.shown["description_placeholders"]
    assert shown == {"thing": "esp1", "pings": "-", "values": "30 s"}


async def test_a_watch_goes_on_learning(house: House) -> None:
    await house.set_up(watch("back", ping_interval=60))
    await beat(house, "ping/object_detection/back", 20)
    dialog = await Dialog.change(house, "back")
    # What is set up stays; what was heard is told beside it.
    assert dialog.suggested("checks.ping_interval") == 60
    assert dialog.shown["description_placeholders"]["pings"] == "20 s"


async def test_what_was_learned_goes_with_the_thing(house: House) -> None:
    await house.set_up()
    await beat(house, "ping/object_detection/back", 2)
    dialog = await heard(house)
    await dialog.submit(name="Back", expect="none", checks=LIVE)
    (new,) = house.entry.subentries
    assert found(house, new).cadence.proposal() == 3
    house.hass.config_entries.async_remove_subentry(house.entry, new)
    await house.clock.settle()
    dialog = await heard(house)
    assert dialog.suggested("checks.ping_interval") == 3


async def test_a_hub_that_is_not_loaded_heard_nothing(house: House) -> None:
    await house.set_up(watch("back"))
    assert await house.hass.config_entries.async_unload("hub")
    dialog = await Dialog.change(house, "back")
    assert dialog.shown["description_placeholders"]["pings"] == "-"


async def test_a_watch_that_is_removed_while_its_dialog_is_open(house: House) -> None:
    await house.set_up()
    dialog = await Dialog.create(house, "device")
    await dialog.choose("manual")
    await dialog.submit(dialect="services", thing="object_detection/back")
    assert dialog.errors == {"thing": "not_heard"}
    await dialog.submit(dialect="services", thing="object_detection/back", anyway=True)
    assert dialog.suggested("checks.ping_interval") is None
