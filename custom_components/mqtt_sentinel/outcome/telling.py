"""What changed, told to people and to the bus; it is shown as states before."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..watch.incidents import Turn
from .audience import Audience, Moment
from .bus import (
    fire_command,
    fire_incident,
    fire_occasion,
    fire_panel,
    fire_refused,
    fire_storm,
)
from .drills import fire_drill
from .issues import show_incident, show_storm
from .media import fire_clip
from .scene_runs import fire_scene

if TYPE_CHECKING:
    from homeassistant.core import Context

    from ..command.command import News
    from ..watch.alarm import Blocker
    from ..watch.drill_report import DrillReport
    from ..watch.panel_words import PanelState, PanelTurn
    from ..watch.sentinel import Change, Sentinel
    from .media import Links, SavedMedia
    from .scene_runs import KeptRun


class Telling:
    """Tells of changes: issues, the bus, and all who listen, each kept from the others' failures.

    ``device_id`` answers with the Home Assistant device of a subentry, None without one.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        audience: Audience,
        sentinel: Sentinel,
        device_id: Callable[[str], str | None],
    ) -> None:
        """Tell nothing yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._audience = audience
        self._sentinel = sentinel
        self._device_id = device_id

    @callback
    def changes(self, changes: Iterable[Change]) -> None:
        """Tell of changes, one after the other, and then of storms."""
        shield = self._audience.shield
        for change in changes:
            watch_id = change.watch.config.id
            if change.turn or _judged_otherwise(change):
                shield(show_incident, self._hass, self._entry_id, change.watch)
            self._audience.notify(Moment.TELL, watch_id, change)
            if change.turn:
                shield(fire_incident, self._hass, self._device_id(watch_id), change)
            if change.occasion:
                device_id, config = self._device_id(watch_id), change.watch.config
                shield(fire_occasion, self._hass, device_id, config, change.occasion)
        self.storms()

    @callback
    def storms(self) -> None:
        """Say of many incidents at once what would else be said of each."""
        watches, shield = self._sentinel.watches, self._audience.shield
        for turn, storm in self._sentinel.storms.news():
            shield(show_storm, self._hass, self._entry_id, storm, watches)
            shield(fire_storm, self._hass, turn, storm, watches)
            if turn is Turn.OPENED:
                for watch_id in storm.members:
                    shield(show_incident, self._hass, self._entry_id, watches[watch_id])

    @callback
    def command(self, news: News, subject: str | None, name: str, context: Context | None) -> None:
        """Tell what became of a command about ``subject``."""
        device_id = self._device_id(subject) if subject else None
        fire_command(self._hass, device_id, name, news, context)

    @callback
    def panel(self, alarm_id: str, name: str, turn: PanelTurn, context: Context | None) -> None:
        """Tell that the panel of an alarm changed."""
        fire_panel(self._hass, self._device_id(alarm_id), name, turn, context)

    @callback
    def button_refused(
        self,
        alarm_id: str,
        name: str,
        state: PanelState,
        by: str,
        against: Iterable[tuple[str, Blocker]],
    ) -> None:
        """Tell that the panel of an alarm did not do what the button ``by`` asked for."""
        fire_refused(self._hass, self._device_id(alarm_id), name, state, by, against)

    def show(self, subject: str) -> None:
        """Show the present state of ``subject``."""
        self._audience.notify(Moment.SHOW, subject, None)

    @callback
    def scene(
        self, subject: str, name: str, happened: str, kept: KeptRun, context: Context | None
    ) -> None:
        """Show and tell that a scene was started, or that a run of it ended."""
        self.show(subject)
        self._audience.notify(Moment.TELL, subject, None)
        device_id = self._device_id(subject)
        self._audience.shield(fire_scene, self._hass, device_id, name, happened, kept, context)

    @callback
    def media(self, saved: SavedMedia, name: str, links: Links, context: Context | None) -> None:
        """Tell that a clip is there, or what a device took itself, of the camera ``name``."""
        entity_id = er.async_get(self._hass).async_get_entity_id(
            CAMERA_DOMAIN, DOMAIN, f"{saved.camera_id}_camera"
        )
        device_id = self._device_id(saved.camera_id)
        fire_clip(self._hass, device_id, name, entity_id, saved, links, context)

    @callback
    def drill(self, alarm_id: str, report: DrillReport, context: Context | None) -> None:
        """Tell that a drill is over, or was refused."""
        fire_drill(self._hass, self._device_id(alarm_id), report, context)


def _judged_otherwise(change: Change) -> bool:
    """Tell whether an open incident is judged anew: its check began again, or came to its end."""
    return change.watch.incident is not None and change.before.verdict is not change.after.verdict
