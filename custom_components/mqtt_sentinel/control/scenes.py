"""All scenes of a hub: what they are, the runs that go on, and what became of the last of each."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.util.ulid import ulid_now

from ..command.command import Outcome
from ..command.scene_reading import read_steps
from ..command.scene_report import StopReason
from ..command.scene_run import SceneRun
from ..command.scene_steps import (
    ActionStep,
    CommandStep,
    SceneError,
    Step,
    Steps,
    TopicTrigger,
    WaitStep,
)
from ..const import CONF_STEPS, SUBENTRY_SCENE
from ..intake.command_topics import CommandTopics
from ..intake.mqtt import Link, MqttIntake, now
from ..outcome.scene_runs import STARTED, KeptRun, read_kept, result
from ..outcome.telling import Telling
from ..storage import MemoryStore
from .commands import Commands, Origin
from .scene_runner import SceneRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..command.command import News

_LOGGER = logging.getLogger(__name__)

# While a scene runs, its progress is shown and kept so often at most.
PROGRESS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SceneSetup:
    """One scene subentry; ``steps`` is None when they cannot be read, and ``flaw`` says why."""

    id: str
    name: str
    steps: Steps | None
    flaw: str = ""


def read_scene(subentry: ConfigSubentry) -> SceneSetup:
    """Read a scene subentry. One that a newer version made may have steps that cannot be read."""
    try:
        steps = read_steps(subentry.data.get(CONF_STEPS))
    except SceneError as error:
        return SceneSetup(subentry.subentry_id, subentry.title, None, str(error))
    return SceneSetup(subentry.subentry_id, subentry.title, steps)


class Scenes:
    """Starts and stops scenes; ``runs`` has the last run of each, going on or over.

    Of one scene there is one run at a time: a start while it runs stops that run, and begins anew.
    Different scenes run side by side. The start and the end of each run are told at once, and kept
    for the next start of Home Assistant; its progress is shown and kept once in
    :data:`PROGRESS_SECONDS` at most. A run does not outlive the hub: it is stopped with it, or
    found interrupted after a crash, and both are told once there is somebody to listen.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        mqtt: MqttIntake,
        topics: CommandTopics,
        commands: Commands,
        telling: Telling,
        store: MemoryStore,
    ) -> None:
        """Start with no scene; ``store`` writes down what :meth:`remember` answers."""
        self.setups: dict[str, SceneSetup] = {}
        self.runs: dict[str, KeptRun] = {}
        self._hass = hass
        self._entry = entry
        self._mqtt = mqtt
        self._commands = commands
        self._telling = telling
        self._store = store
        self._topics = topics
        self._sources: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._going: dict[str, SceneRunner] = {}
        self._pauses: dict[str, asyncio.TimerHandle] = {}
        self._changed: set[str] = set()
        self._stops: list[CALLBACK_TYPE] = []

    # Life

    async def start(self) -> None:
        """Read the scenes, after what was kept was restored and the dialects are listened to.

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        await self.follow()
        for scene_id in self.runs.keys() - self.setups.keys():
            del self.runs[scene_id]
        self._stops = [
            self._commands.follow(self._commanded),
            # Steps that came later than what is written then would be forgotten.
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stop_all),
        ]

    @callback
    def stop(self) -> None:
        """Stop all that runs, and listen to nothing any more."""
        self._stop_all()
        while self._stops:
            self._stops.pop()()

    async def follow(self) -> list[tuple[str, str, bool]]:
        """Follow the subentries; answer which scenes are others now: id, name, whether it is new."""
        subentries = {
            subentry.subentry_id: subentry
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_SCENE
        }
        known = self._sources
        self._sources = {key: (each.title, each.data) for key, each in subentries.items()}
        # To read hundreds of steps takes time: only what is another than before is read.
        found = {
            key: self.setups[key] if known.get(key) == self._sources[key] else read_scene(subentry)
            for key, subentry in subentries.items()
        }
        before, self.setups = self.setups, found
        for scene_id in before.keys() - found.keys():
            self.halt(scene_id, StopReason.UNLOADED)
            self._topics.forget(scene_id)
            self.runs.pop(scene_id, None)
        changed = [setup for setup in found.values() if before.get(setup.id) != setup]
        for setup in changed:
            steps = setup.steps or ()
            if setup.flaw:
                _LOGGER.warning("The scene %s cannot be run: %s", setup.name, setup.flaw)
            await self._topics.follow(setup.id, _feedback_topics(steps), _trigger_topics(steps))
        return [(setup.id, setup.name, setup.id not in before) for setup in changed]

    @callback
    def catch_up(self, _: HomeAssistant) -> None:
        """Tell of the runs that ended when there was nobody to listen."""
        for scene_id, kept in self.runs.items():
            if not kept.told:
                self._tell(scene_id, result(kept), replace(kept, told=True), None)

    # What is asked for

    @callback
    def run(self, scene_id: str, context: Context | None = None) -> None:
        """Start a scene, from its beginning if it runs already.

        Raises KeyError for an unknown one, ValueError for one whose steps cannot be read.
        """
        setup = self.setups[scene_id]
        if setup.steps is None:
            raise ValueError(f"the steps of {setup.name} cannot be read")
        self.halt(scene_id, StopReason.STARTED_AGAIN)
        simulated = self._mqtt.link is not Link.SUBSCRIBED
        moment = now()
        run = SceneRun(ulid_now(), setup.steps, moment.mono, simulated=simulated)
        kept = KeptRun(run.report(), moment.wall, None, tuple(map(_about, setup.steps)))
        runner = SceneRunner(
            self._hass,
            self._commands,
            self._topics,
            run,
            Origin(scene_id, context),
            partial(self._progress, scene_id),
        )
        self._going[scene_id] = runner
        # Whoever hears of it may stop it again before it has begun.
        self._tell(scene_id, STARTED, kept, context)
        runner.begin()

    @callback
    def halt(self, scene_id: str, reason: StopReason) -> None:
        """Stop a scene at once, if it runs."""
        if runner := self._going.get(scene_id):
            runner.stop(reason)

    # What happens

    @callback
    def _stop_all(self, _: Event | None = None) -> None:
        for scene_id in list(self._going):
            self.halt(scene_id, StopReason.UNLOADED)

    @callback
    def _commanded(self, news: News, origin: Origin) -> None:
        """Something became of a command; what comes late is of no run any more."""
        if isinstance(news, Outcome) and (runner := self._going.get(origin.subject or "")):
            runner.command_ended(news)

    @callback
    def _progress(self, scene_id: str) -> None:
        """Something became of a run: its end is told at once, all else is shown once in a while."""
        runner = self._going.get(scene_id)
        if runner is None:
            return  # it has ended
        if not runner.run.ended:
            self._changed.add(scene_id)
            if scene_id not in self._pauses:
                self._show_progress(scene_id)
            return
        del self._going[scene_id]
        self._forget_progress(scene_id)
        report = runner.run.report()
        # Who is stopped with the hub has nobody left who listens.
        told = report.reason is not StopReason.UNLOADED
        kept = replace(self.runs[scene_id], report=report, ended=now().wall, told=told)
        if told:
            self._tell(scene_id, result(kept), kept, runner.origin.context)
        else:
            self.runs[scene_id] = kept

    @callback
    def _show_progress(self, scene_id: str) -> None:
        """Show and keep how far a run is, and look again after a pause."""
        self._pauses.pop(scene_id, None)
        if scene_id not in self._changed:
            return
        self._changed.discard(scene_id)
        report = self._going[scene_id].run.report()
        self.runs[scene_id] = replace(self.runs[scene_id], report=report)
        self._telling.show(scene_id)
        self._store.save_soon()
        self._pauses[scene_id] = self._hass.loop.call_later(
            PROGRESS_SECONDS, self._show_progress, scene_id
        )

    @callback
    def _forget_progress(self, scene_id: str) -> None:
        self._changed.discard(scene_id)
        if pause := self._pauses.pop(scene_id, None):
            pause.cancel()

    @callback
    def _tell(self, scene_id: str, happened: str, kept: KeptRun, context: Context | None) -> None:
        """Keep, show and tell that a scene was started, or that it ended."""
        self.runs[scene_id] = kept
        self._store.save_soon()
        self._telling.scene(scene_id, self.setups[scene_id].name, happened, kept, context)

    # What outlives a restart

    @callback
    def remember(self) -> dict[str, Any]:
        """The last run of each scene, as JSON has it."""
        return {scene_id: kept.as_data() for scene_id, kept in self.runs.items()}

    @callback
    def restore(self, kept: object) -> None:
        """Read what :meth:`remember` answered before; what cannot be read is left out.

        A run that went on then was interrupted.
        """
        if kept is None:
            return
        runs: Mapping[str, Any] = kept if isinstance(kept, Mapping) else {"all": kept}
        unreadable: list[str] = []
        for scene_id, data in runs.items():
            try:
                self.runs[scene_id] = read_kept(data)
            except ValueError:
                unreadable.append(str(scene_id))
        if unreadable:
            _LOGGER.warning("The last runs of scenes could not be read: %s", ", ".join(unreadable))


def _about(step: Step) -> str:
    """What a step is about, for those who read what became of it."""
    if isinstance(step, CommandStep):
        return step.topic
    if isinstance(step, ActionStep):
        return step.action
    trigger = step.trigger
    return trigger.topic if isinstance(trigger, TopicTrigger) else trigger.entity_id


def _feedback_topics(steps: Steps) -> Iterator[str]:
    """The topics on which steps are confirmed."""
    for step in steps:
        if isinstance(step, CommandStep) and step.confirmation and step.confirmation.feedback:
            yield step.confirmation.feedback


def _trigger_topics(steps: Steps) -> Iterator[str]:
    """The topics that steps wait for."""
    for step in steps:
        if isinstance(step, WaitStep) and isinstance(step.trigger, TopicTrigger):
            yield step.trigger.topic
