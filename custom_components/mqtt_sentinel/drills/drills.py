"""All drills of a hub: started, carried through, finished after a restart, and never forgotten."""

import asyncio
from collections.abc import Callable
from functools import partial
import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from homeassistant.components.mqtt.const import MQTT_PROCESSED_SUBSCRIPTIONS
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..command.command import Command, Outcome, Priority, Result
from ..const import DOMAIN
from ..control.commands import Origin
from ..dialects import services
from ..intake.mqtt import Link, now
from ..intake.one_timer import OneTimer
from ..outcome.audience import Moment
from ..outcome.drills import tell_of_drill
from ..watch.drill import Drill
from ..watch.drill_report import DrillReport
from ..watch.drill_words import DrillResult, Need, Refusal, Stage, Why
from ..watch.reports import ConnectionReport
from .recording import CameraRecordings
from .records import Records
from .run import Run, found_of, found_up, service_of, topic_of

if TYPE_CHECKING:
    from ..command.command import News
    from ..dialects.route import Message
    from ..storage import MemoryStore
    from ..watch.reports import Report
    from .run import Around

_LOGGER = logging.getLogger(__name__)

# The broker sends what it kept of a topic with, or right after, its confirmation.
RETAINED_TIME = 1.0
# A command is worth sending for at least so long, however short the settle time is.
SHORTEST_TTL = 5.0
# When the hub is unloaded, so long is waited until everything was sent that puts back.
GOODBYE_TIME = 2.0

type Follower = Callable[[str, DrillReport], None]


class Drills:
    """Runs drills, and knows how each alarm stands with them.

    ``running`` tells whether :meth:`heard` has to hear of reports.
    """

    def __init__(
        self, hass: HomeAssistant, entry_id: str, around: Around, store: MemoryStore
    ) -> None:
        """Prepare; nothing happens before :meth:`start`."""
        self.running = False
        self._hass = hass
        self._around = around
        self._store = store
        self._runs: dict[str, Run] = {}
        self._records = Records(hass, entry_id, lambda: around.expectations.alarms)
        self._kept: list[dict[str, Any]] = []
        self._telling: dict[asyncio.Task[None], Run] = {}
        self._followers: list[Follower] = []
        self._stops: list[CALLBACK_TYPE] = []
        self._listening: dict[str, CALLBACK_TYPE] = {}
        self._recordings = CameraRecordings(hass, around, self._recorded)
        self._timer = OneTimer(hass, self._due)

    # Life

    async def start(self, memory: Any) -> None:
        """Go on from what was stored, before the hub listens to anything.

        Raises HomeAssistantError when the MQTT integration is not set up.
        """
        self._stops = [
            async_dispatcher_connect(self._hass, MQTT_PROCESSED_SUBSCRIPTIONS, self._confirmed),
            self._around.commands.follow(self._came),
        ]
        for drill, name, topics in self._read(memory):
            self._runs[drill.id] = run = Run(drill, name, topics)
            await self._listen(run)
        self._runs_changed()

    def _read(self, memory: Any) -> list[tuple[Drill, str, dict[str, str]]]:
        """The drills that were not finished, each with the name of its alarm and its topics."""
        if memory is None:
            return []
        found: list[tuple[Drill, str, dict[str, str]]] = []
        moment, wrong = now(), not isinstance(memory, dict)
        stored = memory if isinstance(memory, dict) else {}
        alarms, runs = stored.get("alarms", {}), stored.get("running", [])
        wrong |= not isinstance(alarms, dict) or not self._records.read(alarms)
        for data in runs if isinstance(runs, list) else ():
            try:
                need = partial(self._need, str(data["alarm_id"]))
                drill = Drill.resumed(data, need, moment)
                topics = {name: str(data["topics"][name]) for name in drill.commanded}
                found.append((drill, str(data["alarm"]), topics))
            except KeyError, TypeError, ValueError:
                wrong = True
        if wrong:
            _LOGGER.warning("What was stored of drills could not be read")
        return found

    def memory(self) -> dict[str, Any]:
        """What has to outlive Home Assistant, in JSON types."""
        running = [run.as_dict() for run in self._runs.values() if run.drill.is_worth_keeping]
        return {"running": [*self._kept, *running], "alarms": self._records.as_dict()}

    async def stop(self) -> None:
        """End all drills, as far as that can be now; the rest is done at the next start."""
        runs, moment = list(self._runs.values()), now()
        self._kept = [run.as_dict() for run in runs if run.drill.is_worth_keeping]
        awaited: set[asyncio.Task[Outcome]] = set()
        for run in runs:
            drill = run.drill
            drill.stop(DrillResult.INTERRUPTED, Why.RESTARTED, moment)
            run.stop_recording()
            self._take_back(run)
            drill.wake(moment)
            for order in drill.orders():
                command_id = self._submit(run, order.watch_id, run.command_id(order))
                result = self._around.commands.sender.result(command_id)
                awaited.add(self._hass.async_create_task(result))
        self._runs.clear()  # what comes of that is of the next start
        if awaited:
            _, late = await asyncio.wait(awaited, timeout=GOODBYE_TIME)
            for waiting in late:
                waiting.cancel()
        self.running = False
        for task, run in self._telling.items():
            task.cancel()
            run.answer(run.drill.report(run.name, now()))
        for run in runs:
            run.hang_up()
            run.answer(run.drill.report(run.name, now()))
        while self._stops:
            self._stops.pop()()
        while self._listening:
            self._listening.popitem()[1]()
        self._timer.set(None)
        self._records.stop()

    # What doors need

    @callback
    def follow(self, follower: Follower) -> CALLBACK_TYPE:
        """Call ``follower`` with each alarm and report; call the answer to end that."""
        self._followers.append(follower)
        return partial(self._followers.remove, follower)

    def last(self, alarm_id: str) -> DrillReport | None:
        """The last drill of an alarm that began and is over."""
        return self._records.last(alarm_id)

    def refusal(self, alarm_id: str) -> Refusal | None:
        """Why no drill of an alarm can begin now, None when it can."""
        alarm = self._around.expectations.alarms[alarm_id]
        watches = self._around.sentinel.watches
        relied = {reliance.watch_id for reliance in alarm.config.reliances} & watches.keys()
        busy = {name for run in self._runs.values() for name in run.topics}
        checks = {
            Refusal.RUNNING: any(run.drill.alarm_id == alarm_id for run in self._runs.values()),
            Refusal.NOTHING_RELIED_ON: not relied,
            Refusal.ALARM_UNKNOWN: alarm.silent,
            Refusal.ARMED: alarm.is_armed,
            Refusal.BROKER_GONE: self._around.mqtt.link is not Link.SUBSCRIBED,
            Refusal.SHARED: bool(relied & busy),
        }
        return next((refusal for refusal, holds in checks.items() if holds), None)

    async def begin(
        self,
        alarm_id: str,
        context: Context | None = None,
        waiter: asyncio.Future[DrillReport] | None = None,
    ) -> None:
        """Begin a drill of an alarm; what comes of it is told later, and to the ``waiter``.

        Raises ServiceValidationError when it is refused, and KeyError when there is no such alarm.
        """
        config = self._around.expectations.alarms[alarm_id].config
        moment = now()
        if refusal := self.refusal(alarm_id):
            refused = DrillResult.REFUSED
            wall = moment.wall
            self._say(alarm_id, DrillReport("", config.name, refused, refusal, wall, wall), context)
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=f"drill_{refusal.value}",
                translation_placeholders={"name": config.name},
            )
        watches = self._around.sentinel.watches
        relied = [watches[r.watch_id] for r in config.reliances if r.watch_id in watches]
        topics = {
            watch.config.id: topic_of(watch.config.key)
            for watch in relied
            if watch.config.key.dialect == services.NAME
        }
        drill = Drill(
            uuid4().hex, alarm_id, map(service_of, relied), partial(self._need, alarm_id), moment
        )
        self._runs[drill.id] = run = Run(drill, config.name, topics, context)
        run.awaited = set(topics.values())
        if waiter:
            run.waiters.append(waiter)
        self._runs_changed()
        await self._listen(run)
        if not topics:
            self._look_soon(run)
        self._work(run)

    async def run(self, alarm_id: str, context: Context | None = None) -> DrillReport:
        """Run a drill of an alarm, and wait for its end, or until the broker is gone.

        Raises as :meth:`begin` does. Who is cancelled while waiting ends no drill.
        """
        waiter: asyncio.Future[DrillReport] = self._hass.loop.create_future()
        await self.begin(alarm_id, context, waiter)
        return await waiter

    # What happens

    @callback
    def heard(self, report: Report) -> None:
        """A report came, and the watches know of it already."""
        if report.retained:
            return
        for run in list(self._runs.values()):
            for watch_id in run.drill.watch_ids:
                watch = self._around.sentinel.watches.get(watch_id)
                if watch is None or watch.config.key != report.key:
                    continue
                run.drill.heard(watch_id, watch.facts.up is True, report.at)
                if not isinstance(report, ConnectionReport) and (
                    watch.facts.pinged_at == report.at.mono
                ):
                    run.drill.pinged(watch_id, report.at)
                self._work(run)

    @callback
    def follow_link(self, link: Link) -> None:
        """The way to the broker changed."""
        there, moment = link is Link.SUBSCRIBED, now()
        for run in list(self._runs.values()):
            drill = run.drill
            if not there:
                run.stop_looking()
                run.standing.clear()
            drill.broker(there, moment)
            if there and drill.result and drill.stage is Stage.LOOKING:
                self._look_soon(run)
            self._work(run)
            if not there and drill.result and drill.stage is Stage.LOOKING:
                run.answer(drill.report(run.name, moment))  # that may take hours
        self.follow_alarms()

    @callback
    def follow_alarms(self) -> None:
        """Alarms came, went or were changed."""
        alarms, moment = self._around.expectations.alarms, now()
        for alarm_id in [name for name in self._listening if name not in alarms]:
            self._listening.pop(alarm_id)()
            for run in list(self._runs.values()):
                if run.drill.alarm_id == alarm_id:
                    run.drill.stop(DrillResult.INTERRUPTED, Why.REMOVED, moment)
                    self._take_back(run)
                    self._work(run)
        for alarm_id in alarms:
            if alarm_id not in self._listening:
                self._listening[alarm_id] = self._around.audience.listen(
                    alarm_id, partial(self._alarm_changed, alarm_id), Moment.SHOW
                )
        self._records.show()

    @callback
    def _alarm_changed(self, alarm_id: str, _: object) -> None:
        """An alarm panel said something, or a service that it relies on did."""
        alarm = self._around.expectations.alarms.get(alarm_id)
        for run in list(self._runs.values()):
            if run.drill.alarm_id != alarm_id:
                continue
            if alarm and alarm.is_armed and not run.drill.result:
                run.drill.stop(DrillResult.STOPPED, Why.ARMED, now())
                self._take_back(run)
            run.drill.wake(now())
            self._work(run)

    def _need(self, alarm_id: str, watch_id: str) -> Need:
        """Whether somebody needs a service of an alarm's drill up now."""
        if self._around.expectations.is_needed(watch_id):
            return Need.NEEDED
        alarm = self._around.expectations.alarms.get(alarm_id)
        return Need.WAIT if alarm and alarm.is_on_its_way else Need.FREE

    # Looking what there is

    async def _listen(self, run: Run) -> None:
        for watch_id, topic in run.topics.items():
            read = partial(self._told, run, watch_id)
            run.stops.append(await self._around.mqtt.subscribe(topic, "", read))

    @callback
    def _confirmed(self, subscriptions: list[tuple[str, int]]) -> None:
        """The broker confirmed some topics."""
        for run in self._runs.values():
            if run.awaited:
                run.awaited.difference_update(topic for topic, _ in subscriptions)
                if not run.awaited:
                    self._look_soon(run)

    def _look_soon(self, run: Run) -> None:
        run.stop_looking()
        run.look = self._hass.loop.call_later(RETAINED_TIME, self._looked, run)

    @callback
    def _looked(self, run: Run) -> None:
        """What the broker kept is there by now."""
        run.look = None
        drill, watches, moment = run.drill, self._around.sentinel.watches, now()
        if drill.result:  # it is to be put back, and no more
            for watch_id in drill.watch_ids:
                watch = watches.get(watch_id)
                up = watch is not None and watch.facts.up is not False
                drill.heard(watch_id, up, moment)
            drill.looked_again(run.standing, moment)
            self._work(run)
            return
        drill.looked(run.found(watches), moment)
        self._runs_changed()
        self._hass.async_create_task(self._go(run), f"{DOMAIN} drill")

    async def _go(self, run: Run) -> None:
        """Turn everything on, and not before it is certain how to put it back."""
        await self._store.save()
        if run.drill.id in self._runs:
            run.drill.go(now())
            self._work(run)

    @callback
    def _told(self, run: Run, watch_id: str, message: Message) -> None:
        """Somebody, maybe the drill, commanded a service; or did so before it."""
        if run.drill.stage is Stage.LOOKING:
            run.standing[watch_id] = message.payload
            return
        watch = self._around.sentinel.watches.get(watch_id)
        if message.retained or message.payload == run.sent.get(watch_id) or watch is None:
            return
        if command_id := run.open.pop(watch_id, None):
            self._around.commands.sender.cancel(command_id)
        found = found_of(watch.config.key, message.payload, found_up(watch))
        run.drill.commanded_otherwise(watch_id, found, now())
        self._work(run)
        self._store.save_soon()

    # Commanding

    @callback
    def _work(self, run: Run) -> None:
        """Send what there is to send, and see whether it is the end."""
        for order in run.drill.orders():
            self._submit(run, order.watch_id, run.command_id(order))
        self._recordings.follow(run)
        if run.drill.stage is Stage.TELLING and run.drill.id in self._runs:
            self._end(run)
        self._set_timer()

    def _submit(self, run: Run, watch_id: str, command_id: str) -> str:
        topic, settle = run.topics[watch_id], SHORTEST_TTL
        if watch := self._around.sentinel.watches.get(watch_id):
            settle = max(settle, watch.config.settings.settle)
        command = Command(
            command_id,
            topic,
            topic,
            run.sent[watch_id],
            retain=True,
            priority=Priority.ALARM,
            ttl=settle,
        )
        self._around.commands.submit(command, Origin(run.drill.alarm_id, run.context))
        return command_id

    def _take_back(self, run: Run) -> None:
        """Cancel what was not sent yet."""
        while run.open:
            self._around.commands.sender.cancel(run.open.popitem()[1])

    @callback
    def _came(self, news: News, _: Origin) -> None:
        """Something became of a command, maybe of one of ours."""
        if not isinstance(news, Outcome):
            return
        command_id = news.command.id
        for run in list(self._runs.values()):
            order = run.orders.pop(command_id, None)
            if order and run.open.get(order.watch_id) == command_id:
                del run.open[order.watch_id]
                # In place of a replaced one somebody sends a newer one.
                ok = news.result in (Result.SENT, Result.REPLACED)
                run.drill.sent(order, ok, now())
                self._work(run)

    @callback
    def _recorded(self, run: Run) -> None:
        """Something became of a camera's recording; a clip is not forgotten again."""
        self._work(run)
        self._store.save_soon()

    @callback
    def _due(self) -> None:
        moment = now()
        for run in list(self._runs.values()):
            run.drill.wake(moment)
            self._work(run)

    def _set_timer(self) -> None:
        found = (run.drill.next_deadline() for run in self._runs.values())
        self._timer.set(min((at for at in found if at is not None), default=None))

    def _runs_changed(self) -> None:
        """Drills began, went on or ended: that decides what is expected of their services."""
        self.running = bool(self._runs)
        self._around.expectations.set_drilled(
            watch_id
            for run in self._runs.values()
            if run.drill.is_worth_keeping
            for watch_id in run.topics
        )
        self._set_timer()

    # The end

    def _end(self, run: Run) -> None:
        """Everything is put back; what is left is to tell."""
        del self._runs[run.drill.id]
        run.hang_up()
        self._runs_changed()
        alarm = self._around.expectations.alarms.get(run.drill.alarm_id)
        if alarm and alarm.config.drill_tells:
            # Should Home Assistant be killed meanwhile, the result is there all the same.
            report = run.drill.report(run.name, now())
            self._records.take(run.drill.alarm_id, report)
            tells = alarm.config.drill_tells
            # Nobody has to wait for a notify service that hangs.
            task = self._hass.async_create_background_task(
                self._tell(run, tells, report), f"{DOMAIN} drill", eager_start=False
            )
            self._telling[task] = run
            task.add_done_callback(self._telling.pop)
            self._store.save_soon()
        else:
            self._over(run, None)

    async def _tell(self, run: Run, entity_id: str, report: DrillReport) -> None:
        self._over(run, await tell_of_drill(self._hass, entity_id, report))

    @callback
    def _over(self, run: Run, told: bool | None) -> None:
        moment, alarm_id = now(), run.drill.alarm_id
        run.drill.told(told, moment)
        report = run.drill.report(run.name, moment)
        if alarm_id in self._around.expectations.alarms:
            self._records.take(alarm_id, report)
            self._records.show()
            self._say(alarm_id, report, run.context)
        self._store.save_soon()
        run.answer(report)

    def _say(self, alarm_id: str, report: DrillReport, context: Context | None) -> None:
        """Show a result, and tell it."""
        audience = self._around.audience
        audience.notify(Moment.SHOW, alarm_id, None)
        audience.shield(self._around.telling.drill, alarm_id, report, context)
        for follower in list(self._followers):
            audience.shield(follower, alarm_id, report)
