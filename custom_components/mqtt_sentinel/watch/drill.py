"""The drill of an alarm: turn all services on, see them, and put everything back.

Whoever runs it looks up what the services were told last (:meth:`Drill.looked`), keeps what
:meth:`Drill.as_dict` says where it outlives a crash, and only then lets it :meth:`Drill.go`. From then
on it says what happens, collects the :meth:`Drill.orders` after each call, tells what became of them
(:meth:`Drill.sent`), and calls :meth:`Drill.wake` when :meth:`Drill.next_deadline` has come. So it does
with the :meth:`Drill.recordings`, which end by :meth:`Drill.recorded` or :meth:`Drill.not_recorded`.

* All services are turned on at once. Each has its settle time to connect, and then its ping interval to
  ping, if it promises any; a camera is recorded as soon as it is connected. When all of that was seen or missed, all are put back, and those that were
  off have their settle time to go.
* What ran before is left on. What somebody needs by then, an armed alarm most of all, is left on, too.
* Whatever ends a drill before its time, what it turned on is put back: as soon as the broker is there,
  and once it is certain that nobody needs it.
* A drill that Home Assistant did not live to see the end of is only put back (:meth:`Drill.resumed`). A
  service that somebody else commanded since is left alone.
"""

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from .drill_part import Back, Part
from .drill_report import DrillReport, line_of
from .drill_words import (
    LOOK_TIME,
    PATIENCE,
    RETRY,
    DrilledService,
    DrillResult,
    Fault,
    Found,
    Need,
    Order,
    Stage,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .clock import Instant


class Drill:
    """One drill of one alarm. ``need`` tells of a service by its watch whether others need it up."""

    def __init__(
        self,
        drill_id: str,
        alarm_id: str,
        services: Iterable[DrilledService],
        need: Callable[[str], Need],
        at: Instant,
    ) -> None:
        """Begin to look what there is; the broker is there."""
        self.id = drill_id
        self.alarm_id = alarm_id
        self.stage = Stage.LOOKING
        self.result: DrillResult | None = None
        self.why: Why | None = None
        self.started = at.wall
        self._parts = {service.watch_id: Part(service) for service in services}
        self._need = need
        self._there = True
        self._look_until: float | None = at.mono + LOOK_TIME
        self._restoring_since = at.mono
        self._ended: float | None = None
        self._told: bool | None = None
        self._orders: list[Order] = []
        self._recordings: list[str] = []

    @property
    def watch_ids(self) -> list[str]:
        """The watches that it is about."""
        return list(self._parts)

    @property
    def commanded(self) -> list[str]:
        """The watches of the services that it can command."""
        return [watch_id for watch_id, part in self._parts.items() if part.service.commanded]

    @property
    def is_worth_keeping(self) -> bool:
        """Tell whether something has to be put back should Home Assistant die now."""
        resumed = self.stage is Stage.LOOKING and self.result is not None
        return resumed or self.stage in (Stage.READY, Stage.TURNING_ON, Stage.RESTORING)

    # What happens

    def looked(self, found: Mapping[str, Found], at: Instant) -> None:
        """This is how the services were found; of one that is not told of, nothing is known."""
        if self.stage is not Stage.LOOKING or self.result:
            return
        self._look_until = None
        for watch_id, what in found.items():
            part = self._parts[watch_id]
            part.found, part.up = what, what.up
        self.stage = Stage.READY

    def looked_again(self, standing: Mapping[str, bytes], at: Instant) -> None:
        """After a crash, or without the broker for a while, these commands stand, by the watch of the service.

        One that is not the drill's is somebody else's, and newer.
        """
        if self.stage is not Stage.LOOKING or self.result is None:
            return
        self._look_until = None
        for watch_id, payload in standing.items():
            part = self._parts[watch_id]
            if part.back is Back.DONE:
                continue
            if payload == part.found.put_back and not part.needs_no_way_back:
                part.back, part.back_at = Back.SENT, at.mono
            elif payload != part.found.turn_on:
                part.end_back(left_on=True)
        self._begin_to_restore(at)

    def go(self, at: Instant) -> None:
        """What was found is kept: turn everything on."""
        if self.stage is not Stage.READY:
            return
        self.stage = Stage.TURNING_ON
        for watch_id, part in self._parts.items():
            if part.found.turn_on is None:
                part.turned_on(at.mono)
            else:
                part.touched = True
                self._orders.append(Order(watch_id, part.found.turn_on, back=False))
        self.wake(at)

    def sent(self, order: Order, ok: bool, at: Instant) -> None:
        """An order went out, or (not ``ok``) could not."""
        part = self._parts[order.watch_id]
        if order.back:
            self._sent_back(part, ok, at.mono)
        elif self.stage is Stage.TURNING_ON:
            if ok:
                part.turned_on(at.mono)
            else:
                part.fault = Fault.NOT_SENT
        self.wake(at)

    def _sent_back(self, part: Part, ok: bool, at: float) -> None:
        if part.back is not Back.ASKED:
            return
        if ok:
            part.back, part.back_at = Back.SENT, at
        else:
            part.back, part.retry_at = Back.OPEN, at + RETRY

    def heard(self, watch_id: str, up: bool, at: Instant) -> None:
        """A service told, live, that it is connected or not."""
        self._parts[watch_id].heard(up, at.mono)
        self.wake(at)

    def pinged(self, watch_id: str, at: Instant) -> None:
        """A service gave a live sign of life."""
        if self.stage is Stage.TURNING_ON:
            self._parts[watch_id].pinged(at.mono)
            self.wake(at)

    def recorded(self, watch_id: str, media_id: str, at: Instant) -> None:
        """What a camera was asked to record is saved."""
        if self.stage is Stage.TURNING_ON:
            self._parts[watch_id].recorded(media_id, at.mono)
            self.wake(at)

    def not_recorded(self, watch_id: str, reason: str, at: Instant) -> None:
        """There will be no clip of what a camera was asked to record."""
        if self.stage is Stage.TURNING_ON:
            self._parts[watch_id].did_not_record(reason)
            self.wake(at)

    def commanded_otherwise(self, watch_id: str, found: Found, at: Instant) -> None:
        """Somebody else commanded a service meanwhile: that is what it is to be from now on."""
        part = self._parts[watch_id]
        if self.stage in (Stage.READY, Stage.TURNING_ON):
            if part.found.turn_on is not None:
                put_back = found.put_back or part.found.put_back
                part.found = replace(part.found, stays_on=found.stays_on, put_back=put_back)
        elif self.stage is Stage.RESTORING and part.back is not Back.DONE:
            part.end_back(left_on=found.stays_on)
            self._orders = [order for order in self._orders if order.watch_id != watch_id]
        self.wake(at)

    def broker(self, there: bool, at: Instant) -> None:
        """The broker is gone, or there again and everything is heard."""
        self._there = there
        if there:
            if self.stage is Stage.LOOKING and self.result:
                self._look_until = at.mono + LOOK_TIME
        elif self.stage is Stage.LOOKING and self.result:
            self._look_until = None  # it begins anew
        else:
            self.stop(DrillResult.INTERRUPTED, Why.BROKER_GONE, at)
            for part in self._parts.values():
                if part.back is not Back.DONE:
                    part.back, part.retry_at = Back.OPEN, None
            if self.stage is Stage.RESTORING:
                # Somebody may command meanwhile, unheard: what stands is looked at before.
                self.stage, self._look_until = Stage.LOOKING, None
        self.wake(at)

    def stop(self, result: DrillResult, why: Why, at: Instant) -> None:
        """End it now; whoever runs it takes back its orders that were not sent."""
        if self.stage in (Stage.TELLING, Stage.OVER) or self.result:
            return
        self.result, self.why = result, why
        self._orders.clear()
        for part in self._parts.values():
            if part.back is Back.SENT and why is not Why.BROKER_GONE:
                part.end_back()  # what it does from now on is not the drill's
            elif part.back is Back.ASKED:
                part.back, part.retry_at = Back.OPEN, None
        self._look_until = None
        if self.stage is not Stage.RESTORING:
            self._begin_to_restore(at)
        else:
            self._restoring_since = at.mono
            self.wake(at)

    def wake(self, at: Instant) -> None:
        """Do what is due."""
        if self.stage is Stage.LOOKING and self._look_until is not None:
            self._look_on(at)
        if self.stage is Stage.TURNING_ON:
            for watch_id, part in self._parts.items():
                part.judge_on(at.mono)
                if part.is_to_record:
                    part.record_at = at.mono
                    self._recordings.append(watch_id)
            if all(part.is_seen for part in self._parts.values()):
                for part in self._parts.values():
                    part.end_on()
                self._begin_to_restore(at)
        if self.stage is Stage.RESTORING:
            for watch_id, part in self._parts.items():
                self._restore(watch_id, part, at.mono)
            if all(part.back is Back.DONE for part in self._parts.values()):
                self._end(at)

    def told(self, ok: bool | None, at: Instant) -> None:
        """Its result was told, or (not ``ok``) could not be; None: there is nobody to tell."""
        if self.stage is not Stage.TELLING:
            return
        self.stage, self._told = Stage.OVER, ok
        if ok is False and self.result is DrillResult.PASSED:
            # That nobody would be told of a burglar, either, is what a drill is to find.
            self.result, self.why = DrillResult.FAILED, Why.NOT_TOLD

    # What comes of it

    def orders(self) -> list[Order]:
        """What is to be sent now; each is given out once."""
        orders, self._orders = self._orders, []
        return orders

    def recordings(self) -> list[str]:
        """The cameras to be recorded now, by their watches; each is given out once.

        So much as :data:`RECORD_TIME` is wanted of each, and nothing any more once it turns nothing on.
        """
        recordings, self._recordings = self._recordings, []
        return recordings

    def next_deadline(self) -> float | None:
        """When :meth:`wake` has something to do, in monotonic seconds; None for never by itself."""
        found: list[float | None] = [self._look_until]
        if self.stage is Stage.TURNING_ON:
            found += [part.on_deadline for part in self._parts.values()]
        elif self.stage is Stage.RESTORING:
            for part in self._parts.values() if self._there else ():
                found += [part.off_deadline, part.retry_at]
                if part.back is Back.OPEN and part.retry_at is None:
                    found.append(self._restoring_since + PATIENCE)
        return min((moment for moment in found if moment is not None), default=None)

    def report(self, alarm: str, at: Instant) -> DrillReport:
        """What there is to say of it; ``alarm`` is what people call the alarm.

        It has to have a result.
        """
        assert self.result is not None
        whole = self.result in (DrillResult.PASSED, DrillResult.FAILED)
        return DrillReport(
            self.id,
            alarm,
            self.result,
            self.why,
            self.started,
            at.wall if self._ended is None else self._ended,
            self._told,
            all(part.back is Back.DONE for part in self._parts.values()),
            tuple(line_of(part, whole=whole) for part in self._parts.values()),
        )

    # The way back

    def _look_on(self, at: Instant) -> None:
        if self._look_until is None or at.mono < self._look_until:
            return
        if self.result is None:
            self.stop(DrillResult.INTERRUPTED, Why.BROKER_GONE, at)
        else:
            self.looked_again({}, at)

    def _begin_to_restore(self, at: Instant) -> None:
        self.stage, self._restoring_since = Stage.RESTORING, at.mono
        self._recordings.clear()
        self.wake(at)

    def _restore(self, watch_id: str, part: Part, at: float) -> None:
        """Go on with the way back of one service."""
        if part.back is Back.OPEN:
            self._open_way_back(watch_id, part, at)
        elif part.back is Back.SENT:
            if part.found.stays_on:
                part.end_back(left_on=True)
            elif not part.up:
                part.off_at = at
                part.end_back()
            elif at >= part.back_at + part.service.settle:
                if self._need(watch_id) is Need.NEEDED:
                    part.end_back(left_on=True)
                else:
                    part.fault = part.fault or Fault.DID_NOT_TURN_OFF
                    part.end_back()

    def _open_way_back(self, watch_id: str, part: Part, at: float) -> None:
        if part.needs_no_way_back:
            part.end_back(left_on=part.found.stays_on)
            return
        if not self._there or (part.retry_at is not None and at < part.retry_at):
            return
        part.retry_at = None
        need = self._need(watch_id)
        if need is Need.NEEDED:
            part.end_back(left_on=True)
        elif need is Need.FREE or at >= self._restoring_since + PATIENCE:
            assert part.found.put_back is not None  # it was touched
            part.back = Back.ASKED
            self._orders.append(Order(watch_id, part.found.put_back, back=True))

    def _end(self, at: Instant) -> None:
        self.stage, self._ended = Stage.TELLING, at.wall
        if self.result is None:
            failed = any(part.fault for part in self._parts.values())
            self.result = DrillResult.FAILED if failed else DrillResult.PASSED

    # What outlives Home Assistant

    def as_dict(self) -> dict[str, Any]:
        """What has to be put back, in JSON types."""
        return {
            "id": self.id,
            "alarm_id": self.alarm_id,
            "started": self.started,
            "services": [_part_as_dict(part) for part in self._parts.values()],
        }

    @classmethod
    def resumed(cls, data: Mapping[str, Any], need: Callable[[str], Need], at: Instant) -> Self:
        """The drill that :meth:`as_dict` told of, to be put back; the broker is not there yet.

        Raises KeyError, TypeError or ValueError on anything else.
        """
        parts = [_part_from_dict(found) for found in data["services"]]
        drill = cls(
            str(data["id"]), str(data["alarm_id"]), [part.service for part in parts], need, at
        )
        drill.started = float(data["started"])
        drill._parts = {part.service.watch_id: part for part in parts}
        drill.result, drill.why = DrillResult.INTERRUPTED, Why.RESTARTED
        drill._there, drill._look_until = False, None
        return drill


def _part_as_dict(part: Part) -> dict[str, Any]:
    service, found = part.service, part.found
    return {
        "watch_id": service.watch_id,
        "name": service.name,
        "settle": service.settle,
        "commanded": service.commanded,
        "records": service.records,
        "media_id": part.media_id,
        "stays_on": found.stays_on,
        "turn_on": _as_text(found.turn_on),
        "put_back": _as_text(found.put_back),
        "left_on": part.left_on,
        "done": part.back is Back.DONE,
    }


def _part_from_dict(data: Mapping[str, Any]) -> Part:
    service = DrilledService(
        str(data["watch_id"]),
        str(data["name"]),
        float(data["settle"]),
        commanded=bool(data["commanded"]),
        records=bool(data.get("records", False)),
    )
    turn_on, put_back = _from_text(data["turn_on"]), _from_text(data["put_back"])
    if turn_on is not None and put_back is None:
        raise ValueError("it says how to turn a service on, and not how it was")
    # Whether it is connected by now nobody knows: to be seen off, it has to say so, or be known to be.
    found = Found(True, bool(data["stays_on"]), turn_on, put_back)
    part = Part(service, found, touched=turn_on is not None, up=True)
    if media_id := data.get("media_id"):  # it is told of, and never recorded again
        part.media_id = str(media_id)
    if data["done"]:
        part.end_back(left_on=bool(data["left_on"]))
    return part


def _as_text(payload: bytes | None) -> str | None:
    return None if payload is None else b64encode(payload).decode()


def _from_text(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)
