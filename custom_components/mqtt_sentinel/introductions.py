"""Which subentries have entities: those of now, those to come, those that are set up otherwise."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .outcome.audience import Audience, Moment

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry


class Introductions:
    """Tells the platforms of the subentries that they have to add entities for, or to change.

    ``present`` names all that there are now.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        audience: Audience,
        present: Callable[[], Iterable[str]],
    ) -> None:
        """Start with no platform."""
        self._hass = hass
        self._entry = entry
        self._audience = audience
        self._present = present
        self._adders: list[Callable[[str], None]] = []
        self._changers: list[Callable[[str], None]] = []

    @callback
    def on_new(self, add: Callable[[str], None]) -> None:
        """Call ``add`` with the id of every subentry, those of now and those to come."""
        self._adders.append(add)
        for subentry_id in self._present():
            if subentry_id in self._entry.subentries:
                add(subentry_id)

    @callback
    def on_changed(self, change: Callable[[str], None]) -> None:
        """Call ``change`` with the id of a subentry that was there and was set up otherwise."""
        self._changers.append(change)

    @callback
    def introduce(self, subentry_id: str, name: str, *, new: bool) -> None:
        """Let the platforms add a new subentry, or the entities show a changed one."""
        if subentry_id not in self._entry.subentries:
            return  # a parent that is watched for those behind it has no entities
        if new:
            for add in self._adders:
                add(subentry_id)
            return
        for change in self._changers:
            change(subentry_id)
        if device_id := self.device_id(subentry_id):
            dr.async_get(self._hass).async_update_device(device_id, name=name)
        self._audience.notify(Moment.SHOW, subentry_id, None)

    @callback
    def device_id(self, subentry_id: str) -> str | None:
        """The id of the Home Assistant device of a subentry, None before there is one."""
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, subentry_id), self._entry.entry_id
        )
        return device.id if device else None
