"""Things that talk and that nobody watches: announced once, watched or ignored."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mqtt_sentinel import newcomers
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.watch.known import MOST_KNOWN

from .dialogs import Dialog
from .house import House, custom_watch, watch
from .traces import Traces

FIX = "/api/repairs/issues/fix"
LOOK = 10.1


class Page:
    """The page where a user opens the issue."""

    def __init__(self, house: House, client: TestClient[Any, Any]) -> None:
        self._house = house
        self._client = client
        self.shown: dict[str, Any] = {}

    async def open(self, *choices: str) -> None:
        """Begin, and choose from the menu."""
        await self._post(FIX, {"handler": DOMAIN, "issue_id": "known_hub"})
        for choice in choices:
            await self._post(f"{FIX}/{self.shown['flow_id']}", {"next_step_id": choice})

    async def submit(self, **answers: Any) -> None:
        """Fill the form in."""
        assert self.shown["type"] == "form"
        await self._post(f"{FIX}/{self.shown['flow_id']}", answers)

    @property
    def offered(self) -> list[str]:
        """The things that can be ticked."""
        (field,) = self.shown["data_schema"]
        return [option["value"] for option in field["selector"]["select"]["options"]]

    @property
    def ended(self) -> str:
        """How it ended."""
        return str(self.shown.get("reason") or self.shown["type"])

    async def _post(self, url: str, data: dict[str, Any]) -> None:
        response = await self._client.post(url, json=data)
        assert response.status == HTTPStatus.OK, await response.text()
        self.shown = dict(await response.json())
        await self._house.clock.settle()


@pytest.fixture
async def page(house: House, hass_client: ClientSessionGenerator) -> Page:
    """The page, and a hub beside it that watches one service."""
    await house.set_up(watch("front"))
    return Page(house, await hass_client())


async def talk(house: House, *names: str) -> None:
    """Let things of the museum dialect talk, and the hub look."""
    for name in names:
        await house.broker.publish(f"devices/{name}/status", "online")
    await house.clock.advance(LOOK)


def told(house: House) -> tuple[str, str, str]:
    """What the issue says: how many, who, and whether there are more."""
    issue = house.issues["known_hub"]
    given = issue.translation_placeholders
    assert given
    return given["count"], given["names"], given["more"]


def watched(house: House) -> set[str]:
    """The things that are watched, but for the one that always is."""
    return {
        str(subentry.unique_id).rpartition("|")[2]
        for key, subentry in house.entry.subentries.items()
        if key != "front"
    }


def flood(house: House, numbers: Iterable[int]) -> None:
    """Let things with made-up names talk."""
    for n in numbers:
        async_fire_mqtt_message(house.hass, f"ping/made_up/{n}", "")


# One issue


async def test_a_thing_that_talks_is_announced(house: House) -> None:
    await house.set_up(watch("front"))
    await house.service("object_detection/front", "1")
    await house.clock.advance(LOOK)
    assert house.issues == {}
    await talk(house, "room1")
    issue = house.issues["known_hub"]
    assert (issue.translation_key, issue.is_fixable) == ("known_thing", True)
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.data == {"entry_id": "hub"}
    assert told(house) == ("1", "room1 (museum)", "")


async def test_many_are_announced_in_one_issue(house: House) -> None:
    await house.set_up()
    await talk(house, *(f"room{n}" for n in range(7, 0, -1)))
    assert list(house.issues) == ["known_hub"]
    assert house.issues["known_hub"].translation_key == "known_things"
    names = ", ".join(f"room{n} (museum)" for n in range(1, 6))
    assert told(house) == ("7", names, "…")


async def test_names_can_do_no_harm(house: House) -> None:
    await house.set_up()
    await talk(house, "[a](x)*b*", "www.example.com", "y" * 200)
    assert told(house)[1] == (
        r"\[a\]\(x\)\*b\* (museum), www\.example\.com (museum), " + "y" * 39 + "… (museum)"
    )


async def test_a_message_that_is_malformed_makes_nobody_known(house: House) -> None:
    await house.set_up()
    await house.broker.publish("devices/room1/status", "rubbish")
    await house.clock.advance(LOOK)
    assert house.issues == {}


async def test_five_thousand_new_names_in_a_minute_are_one_issue(house: House) -> None:
    await house.set_up()
    updates: list[str] = []

    @callback
    def keep(event: Event[Any]) -> None:
        updates.append(event.data["issue_id"])

    house.hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, keep)
    for second in range(60):
        flood(house, range(second * 84, (second + 1) * 84))
        await house.clock.advance(1)
    await house.clock.advance(LOOK)
    assert set(updates) == {"known_hub"}
    assert len(updates) <= 8  # one every ten seconds
    assert list(house.issues) == ["known_hub"]
    assert told(house)[0] == "5040"
    before = len(updates)
    flood(house, range(5040))  # they go on talking, nobody is new
    await house.clock.advance(60)
    assert len(updates) == before


async def test_the_memory_has_a_bound(house: House) -> None:
    await house.set_up()
    flood(house, range(MOST_KNOWN + 100))
    await house.clock.advance(LOOK)
    assert len(house.entry.runtime_data.sentinel.known) == MOST_KNOWN
    assert told(house)[0] == str(MOST_KNOWN)


async def test_unloading_takes_the_issue_back_and_leaves_nothing(house: House) -> None:
    before = Traces.of(house.hass).timers
    await house.set_up()
    await talk(house, "room1")
    assert await house.hass.config_entries.async_unload("hub")
    await house.clock.settle()
    assert house.issues == {}
    assert not {name for name in Traces.of(house.hass).timers - before if "_look" in name}


async def test_watching_the_last_one_ends_the_issue(house: House) -> None:
    await house.set_up()
    await talk(house, "room1")
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="museum||room1")
    await dialog.submit(name="Room", expect="always", checks={"require_live": False})
    assert house.issues == {}


async def test_a_watch_that_is_removed_is_known_but_not_new(house: House) -> None:
    await house.set_up(watch("front"), custom_watch("boiler", "cellar/boiler"))
    await house.service("object_detection/front", "1")
    for watch_id in ("front", "boiler"):
        house.hass.config_entries.async_remove_subentry(house.entry, watch_id)
    await house.clock.advance(LOOK)
    assert house.issues == {}
    assert house.entry.options["ignored"] == ["services||object_detection/front"]
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    assert set(dialog.choices("thing")) == {"services||object_detection/front"}


# What a user can do


async def test_the_choices(house: House, page: Page) -> None:
    await talk(house, "room1", "room2")
    await page.open()
    assert page.shown["menu_options"] == ["watch", "ignore", "ignore_all", "by_dialect"]
    given = house.issues["known_hub"].translation_placeholders
    assert page.shown["description_placeholders"] == given


async def test_watching_some(house: House, page: Page) -> None:
    await talk(house, "room1", "room2", "room3")
    await page.open("watch")
    assert page.shown["description_placeholders"] == {"count": "3", "shown": "3"}
    assert page.offered == ["museum||room1", "museum||room2", "museum||room3"]
    await page.submit(things=[])
    assert page.shown["errors"] == {"things": "nothing_ticked"}
    await page.submit(things=["museum||room1", "museum||room2"])
    assert page.ended == "create_entry"
    assert watched(house) == {"room1", "room2"}
    assert house.judged("room1") == ("ok", "agrees", "live")
    await house.clock.advance(LOOK)
    assert told(house) == ("1", "room3 (museum)", "")


async def test_watching_all_that_there_are(house: House, page: Page) -> None:
    await talk(house, "room1")
    await page.open("watch")
    await page.submit(things=["museum||room1"])
    await house.clock.advance(LOOK)
    assert house.issues == {}


async def test_one_that_somebody_else_watched_meanwhile_is_watched_once(
    house: House, page: Page
) -> None:
    await talk(house, "room1")
    await page.open("watch")
    house.entry.runtime_data.newcomers.watch(house_keys(house))
    await page.submit(things=["museum||room1"])
    assert page.ended == "create_entry"
    assert watched(house) == {"room1"}


def house_keys(house: House) -> list[Any]:
    return [thing.key for thing in house.entry.runtime_data.sentinel.known]


async def test_what_pings_is_held_to_it(house: House, page: Page) -> None:
    for _ in range(5):
        await house.broker.publish("ping/object_detection/back", "")
        await house.clock.advance(4)
    await page.open("watch")
    await page.submit(things=["services||object_detection/back"])
    (new,) = [sub for key, sub in house.entry.subentries.items() if key != "front"]
    assert new.data["ping_interval"] == 6


async def test_ignoring_some(house: House, page: Page) -> None:
    await talk(house, "room1", "room2")
    await page.open("ignore")
    await page.submit(things=[])
    assert page.shown["errors"] == {"things": "nothing_ticked"}
    await page.submit(things=["museum||room1"])
    assert page.ended == "create_entry"
    assert house.entry.options["ignored"] == ["museum||room1"]
    await talk(house, "room1")
    assert told(house) == ("1", "room2 (museum)", "")
    # It can be picked by hand all the same, and is not ignored any more once it is watched.
    dialog = await Dialog.create(house, "device")
    await dialog.choose("heard")
    await dialog.submit(thing="museum||room1")
    await dialog.submit(name="Room", expect="always", checks={"require_live": False})
    await page.open("ignore")
    await page.submit(things=["museum||room2"])
    assert house.entry.options["ignored"] == ["museum||room2"]


async def test_ignoring_all(house: House, page: Page) -> None:
    await talk(house, "room1", "room2")
    await page.open("ignore_all")
    assert page.ended == "create_entry"
    await talk(house, "room1")
    assert house.issues == {}
    await talk(house, "room3")
    assert told(house) == ("1", "room3 (museum)", "")


async def test_the_list_of_ignored_ones_has_a_bound(
    house: House, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "MOST_IGNORED", 2)
    await talk(house, "room1", "room2", "room3")
    await page.open("ignore_all")
    assert page.ended == "too_many_ignored"
    assert "ignored" not in house.entry.options
    assert set(house.issues) == {"known_hub"}


async def test_only_some_of_very_many_are_shown(house: House, page: Page) -> None:
    flood(house, range(300))
    await house.clock.advance(LOOK)
    await page.open("ignore")
    assert page.shown["description_placeholders"] == {"count": "300", "shown": "200"}
    await page.submit(things=page.offered)
    await house.clock.advance(LOOK)
    assert told(house)[0] == "100"


async def test_nobody_is_left(house: House, page: Page) -> None:
    await talk(house, "room1")
    await page.open()
    house.entry.runtime_data.newcomers.ignore(house_keys(house))
    await page._post(f"{FIX}/{page.shown['flow_id']}", {"next_step_id": "watch"})
    assert page.ended == "nobody_new"


@pytest.mark.parametrize("choice", ["watch", "ignore", "ignore_all", "by_dialect"])
async def test_a_hub_that_is_unloaded_meanwhile(house: House, page: Page, choice: str) -> None:
    await talk(house, "room1")
    await page.open()
    assert await house.hass.config_entries.async_unload("hub")
    await page._post(f"{FIX}/{page.shown['flow_id']}", {"next_step_id": choice})
    assert page.ended == "not_loaded"


async def test_an_issue_that_is_gone_meanwhile(house: House, page: Page) -> None:
    """The menu is asked for once more when the page is loaded again."""
    await talk(house, "room1")
    await page.open()
    ir.async_delete_issue(house.hass, DOMAIN, "known_hub")
    response = await page._client.get(f"{FIX}/{page.shown['flow_id']}")
    assert response.status == HTTPStatus.OK
    assert (await response.json())["type"] == "menu"


# Whole dialects


async def test_watching_a_dialect(house: House, page: Page) -> None:
    await talk(house, "room1", "room2")
    await house.broker.publish("ping/a/b", "")
    await page.open("by_dialect")
    await page.submit(watch_all=["museum"], ignore_all=["museum"])
    assert page.shown["errors"] == {"ignore_all": "watched_and_ignored"}
    await page.submit(watch_all=["museum"], ignore_all=["services"])
    assert page.ended == "create_entry"
    await house.clock.advance(LOOK)
    assert watched(house) == {"room1", "room2"}
    assert house.issues == {}
    await talk(house, "room3")
    await house.broker.publish("ping/a/c", "")
    await house.clock.advance(LOOK)
    assert watched(house) == {"room1", "room2", "room3"}
    assert house.issues == {}
    assert house.judged("room3") == ("ok", "agrees", "live")
    # Somebody takes one away: it does not come back.
    (third,) = [key for key, sub in house.entry.subentries.items() if sub.title == "room3"]
    house.hass.config_entries.async_remove_subentry(house.entry, third)
    await talk(house, "room3")
    assert watched(house) == {"room1", "room2"}


async def test_a_flood_does_not_fill_home_assistant(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "MOST_BY_ITSELF", 5)
    monkeypatch.setattr(newcomers, "_BATCH", 3)
    await house.set_up(watch_all=["museum"])  # type: ignore[arg-type]
    for n in range(8):
        await house.broker.publish(f"devices/room{n}/status", "online")
    await house.clock.advance(LOOK)
    assert len(house.entry.subentries) == 3
    assert house.issues == {}
    await house.clock.advance(LOOK)
    assert len(house.entry.subentries) == 5
    assert told(house)[0] == "3"
    await house.clock.advance(100)
    assert len(house.entry.subentries) == 5
    # One that its user has changed is the user's own, and one that is removed makes room.
    first = next(iter(house.entry.subentries))
    dialog = await Dialog.change(house, first)
    await dialog.submit(name="Mine", expect="always", checks={"require_live": False})
    await house.clock.advance(LOOK)
    assert len(house.entry.subentries) == 6
    assert told(house)[0] == "2"


async def test_what_was_chosen_outlives_a_restart(house: House, page: Page) -> None:
    await talk(house, "room1", "room2")
    await page.open("ignore")
    await page.submit(things=["museum||room1"])
    house.entry.runtime_data.newcomers.choose_dialects([], ["services"])
    await house.clock.settle()
    await house.reload()
    assert house.issues == {}
    await house.broker.publish("ping/a/b", "")
    await talk(house, "room1", "room2")
    assert told(house) == ("1", "room2 (museum)", "")


async def test_many_that_are_added_at_once_are_followed_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of adding a hundred is that of following one change."""
    await house.set_up(watch("front"))
    hub = house.entry.runtime_data
    flood(house, range(100))
    followed: list[int] = []
    follow = hub.newcomers.follow

    def count() -> None:
        followed.append(len(house.entry.subentries))
        follow()

    monkeypatch.setattr(hub.newcomers, "follow", count)
    hub.newcomers.watch(house_keys(house))
    await house.clock.settle()
    assert followed == [101]
    assert len(hub.sentinel.watches) == 101


async def test_a_change_just_before_the_end_is_not_followed(house: House) -> None:
    await house.set_up(watch("front"))
    hub = house.entry.runtime_data
    house.hass.config_entries.async_remove_subentry(house.entry, "front")
    assert await house.hass.config_entries.async_unload("hub")
    await house.clock.settle()
    assert "front" in hub.sentinel.watches  # nobody was left to follow
    await house.reload()
    assert house.entry.runtime_data.sentinel.watches == {}
