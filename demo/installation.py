"""Sets the integration up as a user does in the web page: through the flows' own HTTP API."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .broker import Broker, BrokerKind
from .client import Client, FlowForm
from .household import ALARM

_FLOW = "config/config_entries/flow"
_OPTIONS = "config/config_entries/options/flow"
_SUBENTRY = "config/config_entries/subentries/flow"
_REPAIR = "repairs/issues/fix"
_PROGRESS_SECONDS = 0.1
"""Pause between looks at a flow that shows progress, as the web page is told by an event."""

_DIALECTS = [
    "services",
    "autocore",
    "museum",
    "surveillance",
    "zigbee2mqtt",
    "tasmota",
    "frigate",
]

_PROTOCOL = {BrokerKind.MOSQUITTO: "5", BrokerKind.AMQTT: "3.1.1"}

type Json = Any


class SetUpError(Exception):
    """A flow went another way than a user would expect; the text is what it showed."""


@dataclass(frozen=True, slots=True)
class Times:
    """Settle time, grace, and how long to listen, in seconds: all far shorter than in a home."""

    settle: float = 3.0
    grace: float = 4.0
    listen: float = 3.0


class Installation:
    """The MQTT Sentinel of one home."""

    def __init__(self, client: Client, entry_id: str) -> None:
        """Know the hub's entry."""
        self._client = client
        self.entry_id = entry_id

    async def watches(self) -> dict[str, str]:
        """The subentries: title -> id."""
        listed = await self._client.command(
            "config_entries/subentries/list", entry_id=self.entry_id
        )
        return {subentry["title"]: subentry["subentry_id"] for subentry in listed}

    async def watch_heard(self, name: str, **expect: Json) -> None:
        """Watch a thing that was heard, by the name it is offered with."""
        form = await self._start("device", "user")
        form = await self._submit(form, {"next_step_id": "heard"}, "heard")
        offered = form.result["data_schema"][0]["selector"]["select"]["options"]
        value = next(option["value"] for option in offered if f" {name} " in option["label"])
        form = await self._submit(form, {"thing": value}, "expect")
        await self._submit(form, _expect(name, **expect), "create_entry")

    async def hears(self, name: str, within: float = 5.0) -> None:
        """Wait until a thing is offered to be watched: it was heard. Raises SetUpError if it is not."""
        offered: list[str] = []
        try:
            async with asyncio.timeout(within):
                while not any(f" {name} " in label for label in offered):
                    await asyncio.sleep(_PROGRESS_SECONDS)
                    form = await self._start("device", "user")
                    form = await self._submit(form, {"next_step_id": "heard"}, "heard")
                    options = form.result["data_schema"][0]["selector"]["select"]["options"]
                    offered = [option["label"] for option in options]
                    await self._client.request("DELETE", f"{_SUBENTRY}/{form.flow_id}")
        except TimeoutError as error:
            raise SetUpError(f"{name} is not heard: {offered}") from error

    async def watch_unheard(self, dialect: str, thing: str, name: str) -> None:
        """Watch a service by its name although nothing was ever heard of it."""
        form = await self._start("device", "user")
        form = await self._submit(form, {"next_step_id": "manual"}, "manual")
        named = {"dialect": dialect, "thing": thing}
        form = await self._submit(form, named, "manual")
        if (form.result["errors"] or {}).get("thing") != "not_heard":
            raise SetUpError(f"a thing that was never heard passed for one that was: {form.result}")
        form = await self._submit(form, {**named, "anyway": True}, "expect")
        form = await self._submit(form, _expect(name, expect="alarm"), "alarm")
        directions = {"verify_connect": True, "verify_disconnect": True}
        await self._submit(form, directions, "create_entry")

    async def expect(self, name: str, **expect: Json) -> None:
        """Change what is expected of a watch that is always expected up."""
        form = await self._start("device", "expect", await self._id(name))
        await self._submit(form, _expect(name, **expect), "abort")

    async def promise_pings(self, name: str, *, every: float, misses: int) -> None:
        """Hold a watch to a ping every so many seconds; nothing else of it is changed."""
        form = await self._start("device", "expect", await self._id(name))
        fields = {field["name"]: field for field in form.result["data_schema"]}
        expect = fields["expect"]["description"]["suggested_value"]
        answers = _expect(name, expect=expect, ping_interval=every, ping_misses=misses)
        if expect == "alarm":
            form = await self._submit(form, answers, "alarm")
            answers = {"verify_connect": True, "verify_disconnect": True}
        await self._submit(form, answers, "abort")

    async def tick(self, issue: Mapping[str, Json], choice: str, name: str = "") -> None:
        """Have an issue fixed its way ``choice``, for all things that it offers with ``name``."""
        body = {"handler": issue["domain"], "issue_id": issue["issue_id"]}
        form = _at(await self._client.start_flow(_REPAIR, body), "init")
        form = _at(await self._client.submit(_REPAIR, form, {"next_step_id": choice}), choice)
        offered = form.result["data_schema"][0]["selector"]["select"]["options"]
        ticked = [option["value"] for option in offered if name in option["value"]]
        _at(await self._client.submit(_REPAIR, form, {"things": ticked}), "create_entry")

    async def guard(self, services: list[str], not_connect: tuple[str, ...] = ()) -> None:
        """Have the home's alarm rely on services, all directions verified but ``not_connect``."""
        watches = await self.watches()
        ids = {name: watches[name] for name in services}
        known = next((key for title, key in watches.items() if title == "Home alarm"), None)
        form = await self._start("alarm", "reconfigure" if known else "user", known)
        if not known:
            form = await self._submit(form, {"next_step_id": "existing"}, "existing")
        answers = {
            "entity_id": ALARM,
            "modes": ["armed_home", "armed_away", "armed_night", "armed_vacation"],
            "relies_on": list(ids.values()),
        }
        form = await self._submit(form, answers, "directions")
        directions = {
            "verify_disconnect": list(ids.values()),
            "verify_connect": [key for name, key in ids.items() if name not in not_connect],
        }
        await self._submit(form, directions, "abort" if known else "create_entry")

    async def make_panel(
        self, name: str, services: list[str], motion: list[str], code: str
    ) -> None:
        """Make an alarm panel for services, that rings at once when motion is seen, with a code."""
        watches = await self.watches()
        ids = [watches[service] for service in services]
        form = await self._start("alarm", "user")
        form = await self._submit(form, {"next_step_id": "panel"}, "panel")
        about = {
            "name": name,
            "offered": ["armed_away"],
            "relies_on": ids,
            "modes": ["armed_away"],
            "not_ready": "refuse",
        }
        form = await self._submit(form, about, "times")
        times = {
            "armed_away": {"exit_delay": 1, "entry_delay": 1},
            "trigger_time": 0,
            "after_trigger": "armed",
        }
        form = await self._submit(form, times, "triggers")
        triggers = {
            "instant": [watches[sensor] for sensor in motion],
            "button_mode": "armed_away",
            "may_disarm": False,
        }
        form = await self._submit(form, triggers, "code")
        form = await self._submit(form, {"code": code, "code_arm_required": True}, "directions")
        directions = {"verify_disconnect": ids, "verify_connect": ids}
        await self._submit(form, directions, "create_entry")

    async def switch_heard(self, relay: str, name: str, **more: Json) -> None:
        """Set a relay up that was heard, as it is offered but for ``name`` and ``more``."""
        form = await self._submit(await self._relay(), {"next_step_id": "heard"}, "heard")
        offered = form.result["data_schema"][0]["selector"]["select"]["options"]
        value = next(each["value"] for each in offered if each["label"].startswith(f"{relay} ("))
        form = await self._submit(form, {"relay": value}, "switching")
        await self._submit(form, _switching(form, name, **more), "create_entry")

    async def switch_unheard(
        self, dialect: str, thing: str, relay: str, name: str, **more: Json
    ) -> None:
        """Set a relay up by its name, of which nothing was heard yet."""
        form = await self._submit(await self._relay(), {"next_step_id": "manual"}, "manual")
        named = {"dialect": dialect, "thing": thing, "relay": relay}
        form = await self._submit(form, named, "manual")
        if (form.result["errors"] or {}).get("relay") != "not_heard":
            raise SetUpError(f"a relay that was never heard passed for one that was: {form.result}")
        form = await self._submit(form, {**named, "anyway": True}, "switching")
        await self._submit(form, _switching(form, name, **more), "create_entry")

    async def _relay(self) -> FlowForm:
        return await self._start("relay", "user")

    async def fix(self, issue: Mapping[str, Json], choice: str) -> None:
        """Have an issue fixed its way ``choice``."""
        body = {"handler": issue["domain"], "issue_id": issue["issue_id"]}
        form = _at(await self._client.start_flow(_REPAIR, body), "init")
        _at(await self._client.submit(_REPAIR, form, {"next_step_id": choice}), "create_entry")

    async def make_scene(self, name: str, steps: list[Json]) -> None:
        """Make a scene; its steps are given as text, all at once."""
        form = await self._start("scene", "user")
        form = await self._submit(form, {"name": name}, "menu")
        form = await self._submit(form, {"next_step_id": "text"}, "text")
        form = await self._submit(form, {"steps": steps}, "menu")
        await self._submit(form, {"next_step_id": "finish"}, "create_entry")

    async def add_camera(self, name: str, url: str, user: tuple[str, str], **more: Json) -> None:
        """Set a camera up by its address and the user who may see it, always expected up.

        ``more``: ``detector`` and ``motion``, labels that the form offers; ``pre_roll``, ``duration`` and
        ``settle``, seconds.
        """
        form = await self._start("camera", "user")
        form = await self._submit(form, {"next_step_id": "address"}, "address")
        # Nobody sees it without the password; the form says so, and asks again.
        form = await self._submit(form, {"url": url}, "address")
        if (form.result["errors"] or {}).get("url") != "password_needed":
            raise SetUpError(f"a camera that has a password was opened without: {form.result}")
        username, password = user
        address = {"url": url, "username": username, "password": password}
        form = await self._submit(form, address, "camera")
        answers = {
            "name": name,
            "expect": "always",
            "detector": _offered(form, "detector", more["detector"]),
            "motion": [_offered(form, "motion", more["motion"])],
            "recording": {"pre_roll": more["pre_roll"], "duration": more["duration"]},
            "checks": {"settle": more["settle"]},
        }
        await self._submit(form, answers, "create_entry")

    async def forget(self, name: str) -> None:
        """Remove a watch."""
        await self._client.command(
            "config_entries/subentries/delete",
            entry_id=self.entry_id,
            subentry_id=await self._id(name),
        )

    async def _id(self, name: str) -> str:
        return (await self.watches())[name]

    async def _start(
        self, subentry_type: str, step: str, subentry_id: str | None = None
    ) -> FlowForm:
        body: dict[str, Json] = {"handler": [self.entry_id, subentry_type]}
        if subentry_id:
            body["subentry_id"] = subentry_id
        form = await self._client.start_flow(_SUBENTRY, body)
        return _at(form, step)

    async def _submit(self, form: FlowForm, answers: Mapping[str, Json], step: str) -> FlowForm:
        return _at(await self._client.submit(_SUBENTRY, form, answers), step)


async def confirm_address(client: Client) -> None:
    """Tell Home Assistant that its web page is reached; else it goes back to its usual address."""
    if (await client.command("http/config"))["pending"]:
        await client.command("http/config/promote")
    # It took the address over from the configuration, and would say so to the end of the demo.
    await client.command(
        "repairs/ignore_issue", domain="http", issue_id="deprecated_yaml", ignore=True
    )


async def install(client: Client, broker: Broker, times: Times, leave_out: str) -> Installation:
    """Set up MQTT, then MQTT Sentinel with all that it hears but ``leave_out``."""
    form = await client.start_flow(_FLOW, {"handler": "mqtt_sentinel"})
    if form.result.get("reason") != "mqtt_required":
        raise SetUpError(f"without MQTT, the flow should say so: {form.result}")
    form = _at(await client.start_flow(_FLOW, {"handler": "mqtt"}), "broker")
    connection = {
        "broker": broker.address.host,
        "port": broker.address.port,
        "protocol": _PROTOCOL[broker.kind],
        "other_settings": {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"},
    }
    _at(await client.submit(_FLOW, form, connection), "create_entry")
    # The services speak when the alarm commands them: until then nothing is heard of them.
    await client.act("automation.trigger", "automation.turn_the_detection_off")
    form = _at(await client.start_flow(_FLOW, {"handler": "mqtt_sentinel"}), "user")
    answers = {"dialects": _DIALECTS, "listen": times.listen}
    form = _at(await client.submit(_FLOW, form, answers), "listen")
    while form.step == "listen":
        await asyncio.sleep(_PROGRESS_SECONDS)
        form = await client.look(_FLOW, form)
    heard = _at(form, "pick").result["data_schema"][0]["selector"]["select"]["options"]
    ticked = [option["value"] for option in heard if leave_out not in option["value"]]
    form = _at(await client.submit(_FLOW, form, {"things": ticked}), "create_entry")
    installation = Installation(client, form.result["result"]["entry_id"])
    form = _at(await client.start_flow(_OPTIONS, {"handler": installation.entry_id}), "init")
    form = _at(await client.submit(_OPTIONS, form, {"next_step_id": "checks"}), "checks")
    defaults = {"settle": times.settle, "grace": times.grace}
    _at(await client.submit(_OPTIONS, form, defaults), "create_entry")
    return installation


def _expect(
    name: str, *, expect: str, require_live: bool = False, **checks: Json
) -> dict[str, Json]:
    return {"name": name, "expect": expect, "checks": {"require_live": require_live, **checks}}


def _switching(form: FlowForm, name: str, *, checks: Json, **more: Json) -> dict[str, Json]:
    """What the form suggests, and what is wanted otherwise."""
    suggested = {
        field["name"]: field["description"]["suggested_value"]
        for field in form.result["data_schema"]
        if "suggested_value" in field.get("description", {})
    }
    return {"critical": False, "hold": False, **suggested, **more, "name": name, "checks": checks}


def _offered(form: FlowForm, field: str, label: str) -> str:
    """What a form takes for the choice that it offers by a label."""
    [found] = [each for each in form.result["data_schema"] if each["name"] == field]
    options = found["selector"]["select"]["options"]
    values = [str(option["value"]) for option in options if option["label"] == label]
    if len(values) != 1:
        raise SetUpError(f"{label} is not offered once: {options}")
    return values[0]


def _at(form: FlowForm, step: str) -> FlowForm:
    if form.step != step:
        raise SetUpError(f"expected {step}, got {form.result}")
    return form
