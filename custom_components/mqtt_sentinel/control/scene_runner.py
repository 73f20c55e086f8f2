"""One run of a scene in Home Assistant: its orders are carried out, and it is told what came of it."""

import asyncio
from collections.abc import Callable
from functools import partial
import logging
from typing import TYPE_CHECKING

from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
import probatio as vol

from ..command.scene_run import Call, Cancel, Listen, Order, SceneRun, Submit
from ..command.scene_steps import ActionStep, StateTrigger, TopicTrigger
from ..const import DOMAIN
from ..intake.command_topics import CommandTopics
from ..intake.mqtt import now
from ..intake.one_timer import OneTimer
from .commands import Commands, Origin

if TYPE_CHECKING:
    from ..command.command import Outcome
    from ..command.scene_report import StopReason

_LOGGER = logging.getLogger(__name__)

# What an action may say when it does not work: all else is a fault in it, and is logged as such.
_REFUSALS = (HomeAssistantError, vol.Invalid, ValueError, asyncio.CancelledError)


class SceneRunner:
    """Runs a scene from its start to its end; nobody who calls it waits for anything.

    ``on_change`` is called whenever something became of it. All commands and actions carry the
    ``context`` of who started it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        commands: Commands,
        topics: CommandTopics,
        run: SceneRun,
        origin: Origin,
        on_change: Callable[[], None],
    ) -> None:
        """Prepare; nothing is done before :meth:`begin`."""
        self.run = run
        self.origin = origin
        self._hass = hass
        self._commands = commands
        self._topics = topics
        self._on_change = on_change
        self._timer = OneTimer(hass, self._work)
        self._listening: dict[int, CALLBACK_TYPE] = {}
        # A task that nobody holds may be gone before it is done.
        self._calls: set[asyncio.Task[object]] = set()

    @callback
    def begin(self) -> None:
        """Do what is due from the beginning, and all else when its time comes."""
        self._work()

    @callback
    def stop(self, reason: StopReason) -> None:
        """End it at once. What was called goes on, and is not heard of."""
        self.run.stop(reason, now().mono)
        self._work()

    @callback
    def command_ended(self, outcome: Outcome) -> None:
        """A command has its result, one of this run or of another."""
        self.run.command_ended(outcome)
        self._work()

    @callback
    def _work(self) -> None:
        """Do all that is due, also what comes of that at once."""
        while orders := self.run.due(now().mono):
            for order in orders:
                self._carry_out(order)
        self._timer.set(self.run.next_deadline())
        self._on_change()

    @callback
    def _carry_out(self, order: Order) -> None:
        match order:
            case Submit(command):
                self._commands.submit(command, self.origin)
            case Cancel(command_id):
                self._commands.sender.cancel(command_id)
            case Call(number, step):
                self._call(number, step)
            case Listen(number, trigger):
                if isinstance(trigger, StateTrigger):
                    self._listen_to_state(number, trigger)
                else:
                    self._listen_to_topic(number, trigger)
            case _:
                self._listening.pop(order.number)()

    # Actions

    @callback
    def _call(self, number: int, step: ActionStep) -> None:
        """Call an action, not before this turn of the event loop is over."""
        domain, _, name = step.action.partition(".")
        task = self._hass.async_create_background_task(
            self._hass.services.async_call(
                domain,
                name,
                dict(step.data),
                blocking=True,
                context=self.origin.context,
                target={kind: list(names) for kind, names in step.target.items()},
            ),
            f"{DOMAIN} scene step",
            eager_start=False,
        )
        self._calls.add(task)
        task.add_done_callback(partial(self._called, number))

    @callback
    def _called(self, number: int, task: asyncio.Task[object]) -> None:
        self._calls.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            self.run.action_done(number, now().mono)
        else:
            if not isinstance(error, _REFUSALS):
                _LOGGER.error("Step %s of a scene failed", number, exc_info=error)
            detail = str(error) or type(error).__name__
            self.run.action_failed(number, now().mono, detail)
        self._work()

    # Triggers

    @callback
    def _listen_to_state(self, number: int, trigger: StateTrigger) -> None:
        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            state = event.data["new_state"]
            if state is not None and state.state == trigger.state:
                self._triggered(number, now().mono)

        self._listening[number] = async_track_state_change_event(
            self._hass, trigger.entity_id, changed
        )
        if self._hass.states.is_state(trigger.entity_id, trigger.state):
            # It counts at once; the order to ignore it comes with the next that is due.
            self.run.triggered(number, now().mono)

    @callback
    def _listen_to_topic(self, number: int, trigger: TopicTrigger) -> None:
        @callback
        def heard(payload: bytes, at: float) -> None:
            if trigger.matches(payload):
                self._triggered(number, at)

        self._listening[number] = self._topics.listen(trigger.topic, heard)

    @callback
    def _triggered(self, number: int, at: float) -> None:
        self.run.triggered(number, at)
        self._work()
