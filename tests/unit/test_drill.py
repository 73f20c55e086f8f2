"""The drill: what it orders, what it sees, and that it puts everything back."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.mqtt_sentinel.evidence.clips.recording import STALLED_SECONDS
from custom_components.mqtt_sentinel.evidence.facts import PART_SECONDS
from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.drill import Drill
from custom_components.mqtt_sentinel.watch.drill_report import DrillReport, Line, LineResult
from custom_components.mqtt_sentinel.watch.drill_words import (
    LOOK_TIME,
    NOT_IN_TIME,
    PATIENCE,
    PING_SLACK,
    RECORD_SLACK,
    RECORD_TIME,
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

SETTLE = 15.0
INTERVAL = 10.0
WALL = 1_000_000.0
WAS_OFF = Found(up=False, turn_on=b"on", put_back=b"off")
WAS_ON = Found(up=True, stays_on=True)
TOLD_ON = Found(up=False, stays_on=True, turn_on=b"on", put_back=b"on")
STREAMED = Found(up=True, stays_on=True, turn_on=b"look", put_back=b"stream")


class Bench:
    """A drill on a clock of its own."""

    def __init__(self, *services: str, **pings: float) -> None:
        self.at = 100.0
        self.needs: dict[str, Need] = {}
        self.drill = Drill(
            "1",
            "house",
            [self._service(name, pings) for name in services or ("front", "back")],
            self.need,
            self.now,
        )

    def _service(self, name: str, pings: Mapping[str, float]) -> DrilledService:
        camera = name.startswith("camera")
        seen = camera or name.startswith("seen")
        return DrilledService(
            name, name.capitalize(), SETTLE, pings.get(name), not seen, records=camera
        )

    def need(self, watch_id: str) -> Need:
        return self.needs.get(watch_id, Need.FREE)

    @property
    def now(self) -> Instant:
        return Instant(self.at, self.at + WALL)

    def wait(self, seconds: float) -> None:
        """Time passes; the drill is woken as it asked."""
        end = self.at + seconds
        while (deadline := self.drill.next_deadline()) is not None and deadline <= end:
            assert deadline > self.at or self.at == end, "it asks to be woken again and again"
            self.at = deadline
            self.drill.wake(self.now)
        self.at = end
        self.drill.wake(self.now)

    def look(self, **found: Found) -> None:
        self.drill.looked(dict.fromkeys(self.drill.watch_ids, WAS_OFF) | found, self.now)

    def go(self, **found: Found) -> list[Order]:
        """Find things, go, and answer with what is ordered first."""
        self.look(**found)
        assert self.drill.orders() == []
        self.drill.go(self.now)
        return self.drill.orders()

    def send(self, ok: bool = True) -> list[Order]:
        """Send all that is ordered."""
        orders = self.drill.orders()
        for order in orders:
            self.drill.sent(order, ok, self.now)
        return orders

    def start(self, **found: Found) -> None:
        """Find things, and turn all on."""
        for order in self.go(**found):
            self.drill.sent(order, True, self.now)

    def up(self, *names: str) -> None:
        for name in names:
            self.drill.heard(name, True, self.now)

    def down(self, *names: str) -> None:
        for name in names:
            self.drill.heard(name, False, self.now)

    def report(self) -> DrillReport:
        return self.drill.report("House", self.now)

    def lines(self) -> dict[str, Line]:
        return {line.watch_id: line for line in self.report().services}

    @property
    def faults(self) -> dict[str, Fault | None]:
        return {name: line.fault for name, line in self.lines().items()}

    def kill(self) -> None:
        """Home Assistant dies, and is there again; the broker is not yet."""
        data = self.drill.as_dict()
        self.drill = Drill.resumed(data, self.need, self.now)


def back(name: str, payload: bytes = b"off") -> Order:
    return Order(name, payload, back=True)


# All is well


def test_it_turns_all_on_sees_them_and_turns_them_off() -> None:
    bench = Bench(front=INTERVAL)
    assert bench.drill.stage is Stage.LOOKING
    assert bench.drill.commanded == ["front", "back"]
    assert bench.go() == [Order("front", b"on", False), Order("back", b"on", False)]
    for name in ("front", "back"):
        bench.drill.sent(Order(name, b"on", False), True, bench.now)
    bench.wait(2)
    bench.up("front", "back")
    bench.wait(3)
    assert bench.drill.orders() == []
    bench.drill.pinged("front", bench.now)
    assert bench.drill.stage is Stage.RESTORING
    assert bench.send() == [back("front"), back("back")]
    bench.wait(1)
    bench.down("front", "back")
    assert bench.drill.stage is Stage.TELLING
    bench.wait(4)
    bench.drill.told(True, bench.now)
    assert bench.drill.stage is Stage.OVER
    assert bench.drill.next_deadline() is None
    report = bench.report()
    assert (report.result, report.why, report.told) == (DrillResult.PASSED, None, True)
    assert (report.started, report.ended) == (WALL + 100, WALL + 106)
    assert report.restored
    assert report.failed == []
    front, other = report.services
    assert front == Line(
        "Front", "front", LineResult.PASSED, None, True, False, 2.0, 3.0, 1.0, False
    )
    assert (other.connected_after, other.pinged_after, other.off_after) == (2.0, None, 1.0)


def test_what_is_only_seen_is_never_commanded() -> None:
    bench = Bench("front", "seen", seen=INTERVAL)
    assert bench.drill.commanded == ["front"]
    bench.start(seen=Found(up=True))
    bench.up("front")
    assert bench.drill.stage is Stage.TURNING_ON
    bench.drill.pinged("seen", bench.now)
    assert bench.send() == [back("front")]
    bench.down("front")
    assert bench.drill.result is DrillResult.PASSED
    line = bench.lines()["seen"]
    assert (line.commanded, line.was_connected, line.left_on) == (False, True, False)
    assert line.off_after is None


def test_what_ran_without_a_command_is_left_alone() -> None:
    bench = Bench("front")
    assert bench.go(front=WAS_ON) == []
    assert bench.drill.stage is Stage.TELLING
    assert bench.drill.orders() == []
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on


def test_what_was_told_on_is_told_again_and_left_on() -> None:
    bench = Bench("front")
    bench.start(front=TOLD_ON)
    bench.up("front")
    assert bench.drill.orders() == []
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on


def test_what_ran_otherwise_gets_its_command_back_and_need_not_go() -> None:
    bench = Bench("front")
    bench.start(front=STREAMED)
    assert bench.send() == [back("front", b"stream")]
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on


def test_a_service_may_answer_before_it_is_known_that_it_was_told() -> None:
    bench = Bench("front")
    bench.go()
    bench.up("front")
    assert bench.drill.stage is Stage.TURNING_ON
    bench.drill.sent(Order("front", b"on", False), True, bench.now)
    assert bench.drill.stage is Stage.RESTORING


# What can fail


@pytest.mark.parametrize(
    ("does", "fault", "after"),
    [
        ("nothing", Fault.DID_NOT_CONNECT, SETTLE),
        ("connects", Fault.DID_NOT_PING, INTERVAL + PING_SLACK),
    ],
)
def test_what_is_not_seen_in_time(does: str, fault: Fault, after: float) -> None:
    bench = Bench("front", front=INTERVAL)
    bench.start()
    if does == "connects":
        bench.up("front")
    bench.wait(after - 0.1)
    assert bench.drill.stage is Stage.TURNING_ON
    bench.wait(0.1)
    # It is turned off all the same.
    assert bench.send() == [back("front")]
    bench.down("front")
    assert bench.drill.result is DrillResult.FAILED
    assert bench.faults == {"front": fault}
    assert bench.report().failed == ["Front"]
    assert bench.lines()["front"].result is LineResult.FAILED


def test_a_ping_before_the_connection_does_not_count() -> None:
    bench = Bench("front", front=INTERVAL)
    bench.start()
    bench.drill.pinged("front", bench.now)
    bench.up("front")
    assert bench.drill.stage is Stage.TURNING_ON


def test_who_comes_and_leaves_again_did_not_stay() -> None:
    bench = Bench()
    bench.start()
    bench.up("front")
    bench.down("front")
    bench.up("back")
    bench.send()
    bench.down("back")
    assert bench.faults == {"front": Fault.DISCONNECTED, "back": None}


def test_what_does_not_turn_off() -> None:
    bench = Bench("front")
    bench.start()
    bench.up("front")
    bench.send()
    bench.wait(SETTLE - 0.1)
    assert bench.drill.stage is Stage.RESTORING
    bench.wait(0.1)
    assert bench.drill.result is DrillResult.FAILED
    assert bench.faults == {"front": Fault.DID_NOT_TURN_OFF}
    # It was told to: there is nothing more to be done.
    assert bench.report().restored


def test_the_first_fault_is_the_one_that_is_told() -> None:
    bench = Bench("front", front=INTERVAL)
    bench.start()
    bench.up("front")
    bench.wait(INTERVAL + PING_SLACK)
    bench.send()
    bench.wait(SETTLE)
    assert bench.faults == {"front": Fault.DID_NOT_PING}


def test_what_cannot_be_told_on() -> None:
    bench = Bench("front")
    (order,) = bench.go()
    bench.drill.sent(order, False, bench.now)
    assert bench.send() == [back("front")]
    assert bench.faults == {"front": Fault.NOT_SENT}


def test_what_cannot_be_put_back_is_tried_again() -> None:
    bench = Bench("front")
    bench.start()
    bench.up("front")
    assert bench.send(ok=False) == [back("front")]
    bench.wait(RETRY - 0.1)
    assert bench.drill.orders() == []
    bench.wait(0.1)
    assert bench.send() == [back("front")]
    bench.down("front")
    assert bench.drill.result is DrillResult.PASSED


def test_a_drill_of_which_nobody_is_told_did_not_pass() -> None:
    bench = Bench("front")
    bench.go(front=WAS_ON)
    bench.drill.told(False, bench.now)
    report = bench.report()
    assert (report.result, report.why) == (DrillResult.FAILED, Why.NOT_TOLD)
    assert report.failed == []


# Cameras


SEEN = Found(up=True)
GONE = Found(up=False)


def test_a_camera_records_while_all_is_on() -> None:
    bench = Bench("front", "camera")
    bench.start(camera=SEEN)
    assert bench.drill.recordings() == ["camera"]
    assert bench.drill.recordings() == []  # once
    bench.up("front")
    bench.wait(RECORD_TIME + 1)
    assert bench.drill.stage is Stage.TURNING_ON
    bench.drill.recorded("camera", "clip", bench.now)
    assert bench.send() == [back("front")]
    bench.down("front")
    assert bench.drill.result is DrillResult.PASSED
    line = bench.lines()["camera"]
    assert (line.result, line.records, line.commanded) == (LineResult.PASSED, True, False)
    assert (line.recorded_after, line.media_id, line.not_recorded) == (3.0, "clip", None)
    front = bench.lines()["front"]
    assert (front.records, front.recorded_after, front.media_id) == (False, None, None)


def test_a_camera_that_connects_later_records_then() -> None:
    bench = Bench("camera")
    bench.start(camera=GONE)
    assert bench.drill.recordings() == []
    bench.wait(4)
    bench.up("camera")
    assert bench.drill.recordings() == ["camera"]
    bench.down("camera")
    bench.up("camera")
    assert bench.drill.recordings() == []
    bench.wait(3)
    bench.drill.recorded("camera", "clip", bench.now)
    line = bench.lines()["camera"]
    assert (line.connected_after, line.recorded_after) == (4.0, 3.0)


def test_a_camera_without_a_stream_is_not_recorded() -> None:
    bench = Bench("camera")
    bench.start(camera=GONE)
    bench.wait(SETTLE)
    assert bench.drill.recordings() == []
    assert bench.drill.result is DrillResult.FAILED
    assert bench.faults == {"camera": Fault.DID_NOT_CONNECT}
    assert bench.lines()["camera"].not_recorded is None


def test_a_camera_that_does_not_record_says_why() -> None:
    bench = Bench("camera")
    bench.start(camera=SEEN)
    bench.drill.not_recorded("camera", "disk_full", bench.now)
    assert bench.drill.result is DrillResult.FAILED
    assert bench.faults == {"camera": Fault.DID_NOT_RECORD}
    line = bench.lines()["camera"]
    assert (line.media_id, line.not_recorded) == (None, "disk_full")


def test_a_recording_that_is_never_done() -> None:
    bench = Bench("camera", "front", front=120)
    bench.start(camera=SEEN)
    bench.up("front")
    assert bench.drill.next_deadline() == bench.at + RECORD_TIME + RECORD_SLACK
    bench.wait(RECORD_TIME + RECORD_SLACK)
    assert bench.drill.stage is Stage.TURNING_ON
    bench.drill.recorded("camera", "late", bench.now)
    bench.drill.not_recorded("camera", "later", bench.now)
    bench.drill.pinged("front", bench.now)
    bench.send()
    bench.down("front")
    assert bench.faults == {"camera": Fault.DID_NOT_RECORD, "front": None}
    line = bench.lines()["camera"]
    assert (line.media_id, line.not_recorded) == (None, NOT_IN_TIME)


def test_a_recording_that_is_just_in_time() -> None:
    bench = Bench("camera")
    bench.start(camera=SEEN)
    bench.wait(RECORD_TIME + RECORD_SLACK - 0.1)
    bench.drill.recorded("camera", "clip", bench.now)
    assert bench.drill.result is DrillResult.PASSED


def test_a_camera_that_misses_its_ping_may_record_all_the_same() -> None:
    bench = Bench("camera", "front", camera=INTERVAL, front=60)
    bench.start(camera=SEEN)
    bench.up("front")
    bench.wait(INTERVAL + PING_SLACK)
    bench.drill.recorded("camera", "clip", bench.now)
    bench.drill.pinged("front", bench.now)
    bench.send()
    bench.down("front")
    assert bench.faults == {"camera": Fault.DID_NOT_PING, "front": None}
    assert bench.lines()["camera"].media_id == "clip"


def test_a_camera_that_misses_its_ping_before_its_recording_failed() -> None:
    bench = Bench("camera", "front", camera=INTERVAL, front=60)
    bench.start(camera=SEEN)
    bench.up("front")
    bench.wait(INTERVAL + PING_SLACK)
    bench.drill.not_recorded("camera", "no_stream", bench.now)
    bench.drill.pinged("front", bench.now)
    bench.send()
    bench.down("front")
    assert bench.faults == {"camera": Fault.DID_NOT_PING, "front": None}
    assert bench.lines()["camera"].not_recorded == "no_stream"


def test_a_camera_that_pings_late_and_records_waits_for_both() -> None:
    bench = Bench("camera", camera=INTERVAL)
    bench.start(camera=SEEN)
    bench.drill.recorded("camera", "clip", bench.now)
    assert bench.drill.stage is Stage.TURNING_ON
    bench.wait(1)
    bench.drill.pinged("camera", bench.now)
    assert bench.drill.result is DrillResult.PASSED


def test_a_camera_that_leaves_after_its_clip_did_not_stay() -> None:
    bench = Bench("camera")
    bench.start(camera=SEEN)
    bench.down("camera")
    bench.drill.recorded("camera", "clip", bench.now)
    assert bench.faults == {"camera": Fault.DISCONNECTED}
    assert bench.lines()["camera"].media_id == "clip"


def test_a_drill_that_is_stopped_records_nothing_more() -> None:
    bench = Bench("front", "camera")
    bench.start(camera=SEEN)
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    assert bench.drill.recordings() == []
    bench.drill.recorded("camera", "clip", bench.now)
    bench.drill.not_recorded("camera", "stopping", bench.now)
    bench.send()
    bench.down("front")
    line = bench.lines()["camera"]
    assert (line.result, line.media_id) == (LineResult.UNFINISHED, None)


def test_after_a_crash_what_was_recorded_is_told_and_nothing_is_recorded_again() -> None:
    bench = Bench("front", "camera", "camera2")
    bench.start(camera=SEEN, camera2=SEEN)
    assert bench.drill.recordings() == ["camera", "camera2"]
    bench.drill.recorded("camera", "clip", bench.now)
    for _ in range(2):
        bench.kill()
        bench.up("camera", "camera2")
    bench.drill.broker(True, bench.now)
    bench.drill.looked_again({"front": b"on"}, bench.now)
    bench.send()
    bench.down("front")
    assert bench.drill.recordings() == []
    report = bench.report()
    assert (report.result, report.why) == (DrillResult.INTERRUPTED, Why.RESTARTED)
    assert [line.media_id for line in report.services] == [None, "clip", None]
    assert [line.records for line in report.services] == [False, True, True]
    assert DrillReport.from_dict(report.as_dict()) == report


def test_what_was_stored_before_cameras_were_recorded_is_read() -> None:
    bench = Bench("front")
    bench.start()
    data = bench.drill.as_dict()
    for key in ("records", "media_id"):
        del data["services"][0][key]
    drill = Drill.resumed(data, bench.need, bench.now)
    stored = drill.report("House", bench.now).as_dict()
    for key in ("records", "recorded_after", "media_id", "not_recorded"):
        del stored["services"][0][key]
    (line,) = DrillReport.from_dict(stored).services
    assert (line.records, line.recorded_after, line.media_id) == (False, None, None)


def test_a_camera_that_records_motion_already_has_time_to_save_it() -> None:
    assert RECORD_TIME + RECORD_SLACK > PART_SECONDS + STALLED_SECONDS


# Others


def test_what_somebody_needs_by_then_is_left_on() -> None:
    bench = Bench()
    bench.start()
    bench.needs["front"] = Need.NEEDED
    bench.up("front", "back")
    assert bench.send() == [back("back")]
    bench.down("back")
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on
    assert not bench.lines()["back"].left_on


def test_what_somebody_needs_after_it_was_told_off_is_no_fault() -> None:
    bench = Bench("front")
    bench.start()
    bench.up("front")
    bench.send()
    bench.needs["front"] = Need.NEEDED
    bench.wait(SETTLE)
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on


def test_arming_stops_it_and_leaves_on_what_the_alarm_needs() -> None:
    bench = Bench()
    bench.start()
    bench.up("front")
    bench.needs |= {"front": Need.WAIT, "back": Need.WAIT}
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.wait(PATIENCE - 1)
    assert bench.drill.orders() == []
    bench.needs |= {"front": Need.NEEDED, "back": Need.FREE}
    bench.drill.wake(bench.now)
    assert bench.send() == [back("back")]
    bench.wait(0)
    assert bench.drill.stage is Stage.TELLING
    report = bench.report()
    assert (report.result, report.why) == (DrillResult.STOPPED, Why.ARMED)
    assert [line.result for line in report.services] == [LineResult.UNFINISHED] * 2
    bench.drill.told(False, bench.now)
    assert bench.drill.result is DrillResult.STOPPED


def test_nobody_waits_for_certainty_for_ever() -> None:
    bench = Bench("front")
    bench.start()
    bench.needs["front"] = Need.WAIT
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.wait(PATIENCE)
    assert bench.send() == [back("front")]


def test_arming_while_it_puts_back() -> None:
    """What was told off by then is left to the alarm, and what was not stays on."""
    bench = Bench()
    bench.start()
    bench.up("front", "back")
    sent, open_ = bench.drill.orders()
    bench.drill.sent(sent, True, bench.now)
    bench.needs["back"] = Need.NEEDED
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.drill.sent(open_, False, bench.now)  # taken back
    assert bench.drill.stage is Stage.TELLING
    assert bench.drill.orders() == []
    assert bench.lines()["back"].left_on


def test_arming_before_anything_was_commanded_leaves_nothing_to_do() -> None:
    bench = Bench()
    bench.look()
    assert bench.drill.is_worth_keeping
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.drill.go(bench.now)
    assert bench.drill.orders() == []
    assert bench.drill.stage is Stage.TELLING


def test_it_is_stopped_once() -> None:
    bench = Bench()
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.drill.stop(DrillResult.INTERRUPTED, Why.BROKER_GONE, bench.now)
    assert bench.drill.why is Why.ARMED


def test_what_somebody_else_commands_meanwhile_is_what_it_goes_back_to() -> None:
    bench = Bench("front")
    bench.start()
    theirs = Found(True, True, b"on", b"theirs")
    bench.drill.commanded_otherwise("front", theirs, bench.now)
    bench.up("front")
    assert bench.send() == [back("front", b"theirs")]
    assert bench.drill.result is DrillResult.PASSED
    assert bench.lines()["front"].left_on


def test_what_somebody_else_commands_last_stands() -> None:
    bench = Bench()
    bench.start()
    bench.up("front", "back")
    bench.drill.commanded_otherwise("front", Found(True, True, b"on", b"theirs"), bench.now)
    assert bench.send() == [back("back")]
    bench.drill.commanded_otherwise("back", WAS_OFF, bench.now)
    assert bench.drill.result is DrillResult.PASSED
    assert [line.left_on for line in bench.lines().values()] == [True, False]


def test_what_is_left_alone_is_no_business_of_the_drill_when_others_command_it() -> None:
    bench = Bench("front", front=INTERVAL)
    bench.start(front=WAS_ON)
    bench.drill.commanded_otherwise("front", WAS_OFF, bench.now)
    bench.drill.pinged("front", bench.now)
    assert bench.drill.orders() == []
    assert bench.drill.stage is Stage.TELLING


# The broker


def test_a_broker_that_never_confirms() -> None:
    bench = Bench()
    bench.wait(LOOK_TIME)
    assert bench.drill.stage is Stage.TELLING
    report = bench.report()
    assert (report.result, report.why) == (DrillResult.INTERRUPTED, Why.BROKER_GONE)
    bench.look()  # too late
    assert bench.drill.stage is Stage.TELLING


def test_a_broker_that_goes_interrupts_it_and_all_is_put_back_when_it_is_there() -> None:
    bench = Bench()
    bench.start()
    bench.up("front")
    bench.drill.broker(False, bench.now)
    assert bench.drill.result is DrillResult.INTERRUPTED
    assert not bench.report().restored
    bench.wait(3600)
    assert bench.drill.orders() == []
    assert bench.drill.next_deadline() is None
    bench.drill.broker(True, bench.now)
    assert bench.drill.orders() == []  # what stands is looked at first
    bench.drill.looked_again({"front": b"on", "back": b"on"}, bench.now)
    assert bench.send() == [back("front"), back("back")]
    bench.down("front")
    assert bench.drill.stage is Stage.TELLING
    assert bench.report().restored


def test_what_others_commanded_while_the_broker_was_gone_stands() -> None:
    bench = Bench()
    bench.start()
    bench.drill.broker(False, bench.now)
    bench.drill.broker(True, bench.now)
    bench.drill.looked_again({"front": b"theirs", "back": b"on"}, bench.now)
    assert bench.send() == [back("back")]
    assert bench.lines()["front"].left_on


def test_a_broker_that_goes_before_anything_was_commanded() -> None:
    bench = Bench()
    bench.drill.broker(False, bench.now)
    assert bench.drill.stage is Stage.TELLING


def test_a_broker_that_goes_after_the_way_back_began() -> None:
    bench = Bench("one", "two", "three")
    bench.start()
    bench.up("one", "two", "three")
    one, two, three = bench.drill.orders()
    bench.drill.sent(one, True, bench.now)
    bench.down("one")
    bench.drill.sent(two, True, bench.now)
    bench.drill.sent(three, False, bench.now)
    bench.drill.broker(False, bench.now)
    bench.drill.sent(two, True, bench.now)  # it is not certain that it arrived
    assert bench.drill.next_deadline() is None
    bench.drill.broker(True, bench.now)
    bench.drill.looked_again({"two": b"off", "three": b"on"}, bench.now)
    assert bench.send() == [back("three")]
    bench.down("two", "three")
    assert bench.drill.result is DrillResult.INTERRUPTED


# Home Assistant dies


def test_what_has_to_be_kept() -> None:
    bench = Bench("front")
    assert not bench.drill.is_worth_keeping
    bench.look()
    assert bench.drill.is_worth_keeping
    bench.drill.go(bench.now)
    assert bench.drill.is_worth_keeping
    bench.send()
    bench.up("front")
    assert bench.drill.is_worth_keeping
    bench.send()
    bench.down("front")
    assert not bench.drill.is_worth_keeping


def test_after_a_crash_everything_is_put_back() -> None:
    bench = Bench("front", "back", "seen")
    bench.start(back=STREAMED, seen=Found(up=True))
    bench.up("front")
    bench.kill()
    drill = bench.drill
    assert drill.is_worth_keeping
    assert drill.commanded == ["front", "back"]
    assert drill.next_deadline() is None
    bench.wait(60)
    drill.broker(True, bench.now)
    drill.broker(False, bench.now)  # gone again
    bench.wait(LOOK_TIME)
    assert drill.stage is Stage.LOOKING
    drill.broker(True, bench.now)
    drill.looked_again({"front": b"on"}, bench.now)
    assert bench.send() == [back("front"), back("back", b"stream")]
    assert drill.stage is Stage.RESTORING
    bench.down("front")
    report = bench.report()
    assert (report.result, report.why) == (DrillResult.INTERRUPTED, Why.RESTARTED)
    assert report.started == WALL + 100
    assert report.restored


def test_after_a_crash_what_others_commanded_since_stands() -> None:
    bench = Bench("front", "back", "third")
    bench.start()
    bench.kill()
    bench.drill.broker(True, bench.now)
    bench.drill.looked_again({"front": b"theirs", "back": b"off", "third": b"on"}, bench.now)
    assert bench.send() == [back("third")]
    bench.down("third")
    assert bench.drill.stage is Stage.RESTORING  # it was told off, and is on
    bench.down("back")
    assert bench.drill.stage is Stage.TELLING
    assert [line.left_on for line in bench.lines().values()] == [True, False, False]


def test_after_a_crash_a_broker_that_tells_nothing_keeps_nobody_on() -> None:
    bench = Bench("front")
    bench.start()
    bench.kill()
    bench.drill.broker(True, bench.now)
    bench.drill.looked({"front": WAS_OFF}, bench.now)  # that is not asked any more
    bench.wait(LOOK_TIME)
    assert bench.send() == [back("front")]
    bench.drill.looked_again({"front": b"theirs"}, bench.now)  # too late
    assert bench.drill.stage is Stage.RESTORING


def test_after_a_crash_before_anything_was_commanded() -> None:
    """It was on its way; that it was not sent nobody knows any more."""
    bench = Bench("front")
    bench.look(front=TOLD_ON)
    bench.kill()
    bench.drill.broker(True, bench.now)
    bench.drill.looked_again({"front": b"on"}, bench.now)
    assert bench.drill.stage is Stage.TELLING
    assert bench.lines()["front"].left_on


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"id": "1", "alarm_id": "house", "started": 1, "services": [{}]},
        {"id": "1", "alarm_id": "house", "started": "soon", "services": []},
        {"id": "1", "alarm_id": "house", "started": 1, "services": 7},
    ],
)
def test_what_cannot_be_read_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Drill.resumed(wrong, lambda _: Need.FREE, Instant(0, 0))


@pytest.mark.parametrize("change", [{"put_back": None}, {"put_back": "%"}, {"settle": "long"}])
def test_a_service_that_cannot_be_read_is_refused(change: dict[str, Any]) -> None:
    bench = Bench("front")
    bench.look()
    data = bench.drill.as_dict()
    data["services"][0] |= change
    with pytest.raises(ValueError, match=r"."):
        Drill.resumed(data, bench.need, bench.now)


# What does not matter any more


def test_what_comes_late_changes_nothing() -> None:
    bench = Bench("front")
    bench.drill.told(True, bench.now)
    assert bench.drill.stage is Stage.LOOKING
    bench.drill.go(bench.now)
    assert bench.drill.stage is Stage.LOOKING
    bench.start()
    bench.up("front")
    bench.drill.pinged("front", bench.now)
    bench.drill.sent(Order("front", b"on", False), False, bench.now)
    bench.send()
    bench.down("front")
    before = bench.report()
    bench.drill.commanded_otherwise("front", TOLD_ON, bench.now)
    bench.drill.stop(DrillResult.STOPPED, Why.ARMED, bench.now)
    bench.drill.broker(False, bench.now)
    assert bench.report() == before


def test_a_report_can_be_stored() -> None:
    bench = Bench(front=INTERVAL)
    bench.start()
    bench.up("front")
    bench.wait(SETTLE)
    bench.drill.pinged("front", bench.now)
    bench.send()
    bench.wait(SETTLE)
    for told in (None, True):
        report = bench.report()
        assert report.told is told
        assert DrillReport.from_dict(report.as_dict()) == report
        bench.drill.told(True, bench.now)
    stopped = Bench()
    stopped.drill.stop(DrillResult.STOPPED, Why.ARMED, stopped.now)
    assert DrillReport.from_dict(stopped.report().as_dict()) == stopped.report()
