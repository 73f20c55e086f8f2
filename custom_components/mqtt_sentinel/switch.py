"""Relays as switches: what they show is what was reported, never what was only asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_RELAY
from .entity import SentinelEntity, add_entities_of
from .hub import SentinelConfigEntry
from .outcome.wording import as_utc
from .watch.expectation import Wanted
from .watch.verdict import Proof

if TYPE_CHECKING:
    from .control.relays import Switched
    from .watch.verdict import Facts

# A command waits for nothing, and the queue keeps the order.
PARALLEL_UPDATES = 0

RELAY = SwitchEntityDescription(key="relay", translation_key="relay")
_WANTED = {Wanted.UP: "on", Wanted.DOWN: "off", Wanted.ANYTHING: None}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SentinelConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of all relays."""
    add_entities_of(
        entry,
        async_add_entities,
        {SUBENTRY_RELAY: lambda hub, subentry: [RelaySwitch(hub, subentry, RELAY)]},
    )


class RelaySwitch(SentinelEntity, SwitchEntity):
    """One relay."""

    _attr_name = None
    _unrecorded_attributes = frozenset({"history"})

    @property
    @override
    def available(self) -> bool:
        """Tell whether its state can be known now."""
        facts = self.watch.facts
        return facts.broker and not facts.parent_gone

    @property
    @override
    def is_on(self) -> bool | None:
        """The reported state, None while none is known that can still be true."""
        return self.watch.facts.up

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Whether a command is under way, how sure the state is, and who switched it when."""
        relay = self.hub.relays[self.subject]
        wanted = _WANTED[self.watch.facts.expectation.wanted]
        return {
            "pending": relay.asked is not None,
            "commanded": wanted,
            "proof": _proof(self.watch.facts).value,
            "triggered_by": relay.history[-1].by if relay.history else None,
            "history": [_line(switched) for switched in reversed(relay.history)],
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Command it to be on; what comes of it is shown when it comes."""
        self.hub.relays.switch(self.subject, True, self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Command it to be off."""
        self.hub.relays.switch(self.subject, False, self._context)


def _proof(facts: Facts) -> Proof:
    """How sure the state is; that of a relay that is off was reported just as well."""
    if facts.up is None:
        return Proof.NONE
    return Proof.LIVE if facts.live else Proof.RETAINED


def _line(switched: Switched) -> dict[str, Any]:
    return {
        "time": as_utc(switched.at).isoformat(),
        "state": _WANTED[Wanted.UP if switched.on else Wanted.DOWN],
        "triggered_by": switched.by,
    }
