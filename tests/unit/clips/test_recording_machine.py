"""A camera's recordings against what anybody would expect of them, told as sets of segments."""

from dataclasses import dataclass, field
from math import inf

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.mqtt_sentinel.evidence.clips import recording as module
from custom_components.mqtt_sentinel.evidence.clips.orders import (
    Close,
    Nothing,
    Open,
    Order,
    Part,
    Reason,
    Take,
    Tell,
)
from custom_components.mqtt_sentinel.evidence.clips.recording import Recording

from .build import at, piece, trigger

# All times are whole ticks of a quarter of a second: exact in binary, so they can be compared.
TICK = 0.25
PART = 8.0
LONGEST = 40.0
# From the youngest segment of the ring on back, that is what a late trigger may count on.
LATEST = 6.0


@dataclass
class Asked:
    """A trigger, and what became of it."""

    number: int
    at: float
    duration: float
    told_at: float
    over: float | None  # when its end was told of, None while it lasts
    floor: int  # how far the segments were taken already
    stopped: float = inf
    parts: list[str] = field(default_factory=list)
    reason: Reason | None = None

    @property
    def until(self) -> float:
        longest = self.at + LONGEST
        return longest if self.over is None else min(self.over + self.duration, longest)


@dataclass
class Piece:
    began: float
    ended: float
    run: int
    key: str | None = None


class RecordingMachine(RuleBasedStateMachine):
    """A camera that lives and dies, and all that asks for it."""

    @initialize(pre_roll=st.sampled_from([0.0, 2.0, 5.0]), up=st.booleans())
    def begin(self, pre_roll: float, up: bool) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(module, "PART_SECONDS", PART)
        self.patch.setattr(module, "LONGEST_RECORDING", LONGEST)
        self.pre_roll = pre_roll
        self.ids = 0
        self.now = 1000.0
        self.up = up
        self.silent = False  # it sends nothing, and nobody says that it is lost
        self.run = 1
        self.began = self.now
        self.length = 1.0
        self.pieces: list[Piece] = []
        self.asked: list[Asked] = []
        self.parts: dict[str, Part] = {}
        self.open: str | None = None
        self.over: set[str] = set()
        self.recording = Recording(pre_roll, self.name)

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()

    def name(self) -> str:
        self.ids += 1
        return f"r{self.ids}"

    def do(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Open(part):
                    assert self.open is None, "two parts at once"
                    assert part.key not in self.parts
                    self.opened(part)
                case Take(key, number):
                    assert key == self.open
                    assert self.pieces[number].key is None, "a segment in two parts"
                    self.pieces[number].key = key
                case Tell(part):
                    assert part.key == self.open
                    self.parts[part.key] = part
                    self.heard(part)
                case Close(part):
                    assert part == self.parts[part.key]
                    assert part.key == self.open
                    self.open = None
                    self.closed(part)
                case Nothing(triggers, reason):
                    for each in triggers:
                        asked = self.asked[int(each.name)]
                        assert asked.reason is None
                        assert not asked.parts
                        asked.reason = reason

    def opened(self, part: Part) -> None:
        recordings = [each.recording_id for each in self.parts.values()]
        if part.number == 1:
            assert part.recording_id not in recordings, "a recording began twice"
            assert part.recording_id not in self.over
        else:
            last = list(self.parts.values())[-1]
            assert (last.recording_id, last.number + 1) == (part.recording_id, part.number)
        if recordings:
            self.over |= {each for each in recordings if each != part.recording_id}
        assert part.triggers, "a part that nobody wants"
        self.open = part.key
        self.parts[part.key] = part
        self.heard(part)

    def heard(self, part: Part) -> None:
        for each in part.triggers:
            asked = self.asked[int(each.name)]
            assert asked.reason is None
            if part.key not in asked.parts:
                asked.parts.append(part.key)

    def closed(self, part: Part) -> None:
        mine = [each for each in self.pieces if each.key == part.key]
        assert part.began.mono == mine[0].began
        assert len({each.run for each in mine}) == 1
        lengths = [each.ended - each.began for each in mine]
        assert sum(lengths[:-1]) < PART

    # What happens.

    @rule(ticks=st.sampled_from([1, 2, 4, 4, 9, 24, 60]))
    def pass_time(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += TICK
            if self.up and not self.silent and self.began + self.length <= self.now:
                self.cut()
            due = self.recording.next_deadline()
            if due is not None and due <= self.now:
                self.do(self.recording.wake(at(self.now)))
                again = self.recording.next_deadline()
                assert again is None or again > self.now, "it is never content"

    def cut(self) -> None:
        self.pieces.append(Piece(self.began, self.now, self.run))
        segment = piece(self.began, self.now - self.began, self.run)
        self.began = self.now
        self.do(self.recording.segment(segment, at(self.now)))

    @precondition(lambda self: self.up)
    @rule(told=st.sampled_from([True, True, False]))
    def lose(self, told: bool) -> None:
        if told:
            self.up = False
            self.do(self.recording.stream_lost(at(self.now)))
            assert self.open is None, "what is there is not saved"
        else:
            self.silent = True

    @precondition(lambda self: not self.up or self.silent)
    @rule()
    def come_back(self) -> None:
        self.up, self.silent = True, False
        self.run += 1
        self.began = self.now

    @precondition(lambda self: self.up)
    @rule()
    def begin_anew(self) -> None:
        """The process is another one, and nobody has noticed that there was none."""
        self.run += 1
        self.began = self.now

    @rule(length=st.sampled_from([0.5, 1.0, 2.0, 4.0]))
    def choose_length(self, length: float) -> None:
        self.length = length

    @rule(
        late=st.sampled_from([0, 0, 0, 1, 8, 20, 200]),
        duration=st.sampled_from([1.0, 4.0, 10.0]),
        lasts=st.booleans(),
    )
    def ask(self, late: int, duration: float, lasts: bool) -> None:
        moment = self.now - late * TICK
        number = len(self.asked)
        over = None if lasts else moment
        floor = max((n for n, each in enumerate(self.pieces) if each.key), default=-1)
        self.asked.append(Asked(number, moment, duration, self.now, over, floor))
        wanted = trigger(moment, str(number), duration=duration, lasts=lasts)
        self.do(self.recording.trigger(wanted, at(self.now)))

    @precondition(lambda self: any(each.over is None for each in self.asked))
    @rule(data=st.data(), late=st.sampled_from([0, 0, 4]))
    def end(self, data: st.DataObject, late: int) -> None:
        lasting = [each for each in self.asked if each.over is None]
        asked = data.draw(st.sampled_from(lasting))
        # What is over after its longest time changes nothing.
        asked.over = max(self.now - late * TICK, asked.at)
        self.do(self.recording.ended(str(asked.number), at(asked.over)))

    @rule()
    def stop(self) -> None:
        self.do(self.recording.stop())
        for asked in self.asked:
            asked.stopped = min(asked.stopped, self.now)
        assert not self.recording.running

    # What must be true.

    @invariant()
    def all_is_shared_out_in_order(self) -> None:
        if not hasattr(self, "pieces"):
            return
        keys = list(self.parts)
        indexes = [keys.index(each.key) for each in self.pieces if each.key]
        assert indexes == sorted(indexes), "segments of parts in another order"
        recordings = [each.key and each.key.partition("-")[0] for each in self.pieces]
        for recording in {each for each in recordings if each}:
            first = recordings.index(recording)
            last = len(recordings) - recordings[::-1].index(recording)
            assert set(recordings[first:last]) == {recording}, "a gap"

    @invariant()
    def what_continues_has_nothing_between(self) -> None:
        for part in getattr(self, "parts", {}).values():
            if part.number > 1:
                assert part.continues is None
                continue
            first = next(n for n, each in enumerate(self.pieces) if each.key == part.key)
            before = self.pieces[first - 1] if first else None
            follows = before and before.key and before.run == self.pieces[first].run
            assert part.continues == (before.key.partition("-")[0] if follows else None)

    @invariant()
    def who_asked_has_it_all_once_it_is_over(self) -> None:
        if not hasattr(self, "recording") or self.recording.running:
            return
        for asked in self.asked:
            assert asked.parts or asked.reason, "no answer"
            if asked.told_at - asked.at > LATEST:
                continue
            since, until = asked.at - self.pre_roll, asked.until
            if asked.parts:
                # Who came later to a recording has nothing from before it began.
                recording = asked.parts[0].partition("-")[0]
                since = max(since, self.parts[f"{recording}-1"].began.mono)
            # Nor does anybody go back behind a recording that there is.
            for each in self.pieces[asked.floor + 1 :]:
                if each.ended > since and each.began < until and each.ended <= asked.stopped:
                    assert each.key, f"{asked} has not got {each}"

    @invariant()
    def nothing_is_kept_that_nobody_wants(self) -> None:
        for each in getattr(self, "pieces", ()):
            assert not each.key or any(
                each.ended > asked.at - self.pre_roll and each.began < asked.at + LONGEST
                for asked in self.asked
            )


TestRecording = RecordingMachine.TestCase
