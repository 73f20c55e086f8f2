"""Whether a broker still speaks: when it is asked, when it is given up, when it is back."""

from dataclasses import dataclass, field

from hypothesis import given, strategies as st

from custom_components.mqtt_sentinel.watch.pulse import Beat, Pulse, Timing

TIMING = Timing()
LONGEST = TIMING.quiet + TIMING.probes * TIMING.answer
ROUNDING = 1e-6

gaps = st.floats(0.01, 200.0)


@dataclass
class Line:
    """A pulse, and a broker that answers a probe after ``answers`` seconds, or never."""

    answers: float | None = 0.1
    pulse: Pulse = field(default_factory=Pulse)
    now: float = 1000.0
    told: list[tuple[float, Beat]] = field(default_factory=list)
    on_the_way: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pulse.begin(self.now)
        self.ask()

    def ask(self) -> None:
        while beat := self.pulse.due(self.now):
            self.told.append((self.now, beat))
            if beat is Beat.PROBE and self.answers is not None:
                self.on_the_way.append(self.now + self.answers)

    def until(self, end: float) -> None:
        """Let time pass, each thing at its moment."""
        for _ in range(100_000):
            moments = [*self.on_the_way]
            if (deadline := self.pulse.deadline()) is not None:
                assert deadline > self.now
                moments.append(deadline)
            if not moments or min(moments) > end:
                self.now = end
                return
            self.now = min(moments)
            if self.now in self.on_the_way:
                self.on_the_way.remove(self.now)
                self.pulse.hear_probe(self.now)
            self.ask()
        raise AssertionError

    def after(self, seconds: float) -> None:
        self.until(self.now + seconds)

    def message(self) -> None:
        self.pulse.hear(self.now)

    def cadence(self, interval: float, times: int) -> None:
        """The broker tells of itself, as often as it does."""
        for _ in range(times):
            self.after(interval)
            self.pulse.hear_cadence(self.now)
            self.ask()

    @property
    def beats(self) -> list[Beat]:
        return [beat for _, beat in self.told]

    def forget(self) -> None:
        self.told.clear()


def trusted() -> Line:
    """A line on which a probe came back."""
    line = Line()
    line.after(1)
    assert line.pulse.trusted
    line.forget()
    return line


def test_nothing_is_due_before_there_is_a_connection_and_after() -> None:
    pulse = Pulse()
    assert pulse.deadline() is None
    assert pulse.due(5.0) is None
    pulse.hear_probe(5.0)
    assert not pulse.trusted
    pulse.begin(6.0)
    assert pulse.deadline() == 6.0
    pulse.end()
    assert pulse.deadline() is None
    assert pulse.due(1000.0) is None


def test_a_connection_begins_with_a_probe() -> None:
    assert Line().told == [(1000.0, Beat.PROBE)]


def test_a_quiet_broker_that_answers_is_asked_now_and_then() -> None:
    line = trusted()
    line.after(100)
    assert set(line.beats) == {Beat.PROBE}
    assert len(line.beats) == 6


@given(st.lists(st.floats(0.01, TIMING.quiet - 0.01), min_size=1, max_size=40))
def test_one_that_speaks_is_not_asked(steps: list[float]) -> None:
    line = trusted()
    line.message()
    line.answers = None
    for step in steps:
        line.after(step)
        line.message()
    assert line.told == []


@given(st.floats(0.0, TIMING.answer - 0.01), st.lists(gaps, max_size=20))
def test_one_that_answers_in_time_is_not_silent(answers: float, steps: list[float]) -> None:
    line = trusted()
    line.answers = max(answers, 0.001)
    for step in steps:
        line.after(step)
        line.message()
    assert Beat.SILENT not in line.beats


@given(st.lists(gaps, max_size=5))
def test_one_that_hangs_is_noticed_in_time(steps: list[float]) -> None:
    line = trusted()
    for step in steps:
        line.after(step)
        line.message()
    line.forget()
    hangs_at, line.answers = line.now, None
    line.on_the_way.clear()
    line.message()
    line.after(LONGEST + ROUNDING)
    [silent_at] = [at for at, beat in line.told if beat is Beat.SILENT]
    assert silent_at - hangs_at <= LONGEST + ROUNDING
    assert line.beats.count(Beat.PROBE) == TIMING.probes


@given(st.lists(gaps, max_size=10))
def test_without_trust_and_cadence_nothing_is_concluded(steps: list[float]) -> None:
    line = Line(answers=None)
    for step in steps:
        line.after(step)
        line.message()
    line.after(3 * TIMING.again)
    assert line.beats[:3] == [Beat.PROBE, Beat.PROBE, Beat.UNANSWERED]
    assert set(line.beats[3:]) == {Beat.PROBE}


def test_one_that_brings_nothing_back_is_asked_again_now_and_then() -> None:
    line = Line(answers=None)
    line.after(TIMING.probes * TIMING.answer)
    assert line.beats == [Beat.PROBE, Beat.PROBE, Beat.UNANSWERED]
    given_up_at = line.now
    line.forget()
    line.after(2 * TIMING.again)
    assert line.told == [(given_up_at + n * TIMING.again, Beat.PROBE) for n in (1, 2)]

    line.answers = 0.1
    line.after(TIMING.again + 1)
    assert line.pulse.trusted
    line.answers = None
    line.forget()
    line.after(LONGEST)
    assert line.beats == [Beat.PROBE, Beat.PROBE, Beat.SILENT]


def test_a_late_answer_earns_trust() -> None:
    line = Line(answers=None)
    line.after(500)
    line.pulse.hear_probe(line.now)
    line.forget()
    line.after(LONGEST)
    assert line.beats == [Beat.PROBE, Beat.PROBE, Beat.SILENT]


def test_silence_ends_with_any_message_and_goes_on_to_be_asked() -> None:
    line = trusted()
    line.answers = None
    line.after(LONGEST)
    assert line.pulse.silent
    line.forget()
    line.after(3 * TIMING.quiet + 1)
    assert line.beats == 3 * [Beat.PROBE]
    line.message()
    line.after(TIMING.look)
    assert line.beats[3:] == [Beat.BACK]
    assert not line.pulse.silent
    line.forget()
    line.after(LONGEST)
    assert line.beats == [Beat.PROBE, Beat.PROBE, Beat.SILENT]


def test_what_was_sent_before_the_silence_is_no_end_of_it() -> None:
    line = trusted()
    line.answers = None
    before = line.now
    line.after(LONGEST)
    line.pulse.hear(before + 1)
    line.after(5)
    assert line.pulse.silent


@given(st.lists(st.tuples(gaps, st.booleans()), max_size=30))
def test_silence_and_its_end_take_turns(steps: list[tuple[float, bool]]) -> None:
    line = trusted()
    for step, answers in steps:
        line.answers = 0.5 if answers else None
        line.after(step)
        if answers:
            line.message()
    turns = [beat for beat in line.beats if beat in (Beat.SILENT, Beat.BACK)]
    assert turns == [(Beat.SILENT, Beat.BACK)[index % 2] for index in range(len(turns))]
    line.answers = 0.5
    line.after(LONGEST)
    assert not line.pulse.silent


def test_a_cadence_tells_the_silence_of_a_broker_that_answers_no_probe() -> None:
    line = Line(answers=None)
    line.cadence(10.0, 6)
    assert not line.pulse.trusted
    line.forget()
    heard_at = line.now
    line.after(100)
    # Three times an interval that the broker can keep: half as long again as the one heard.
    assert line.told == [(heard_at + 45.0, Beat.SILENT)]
    line.pulse.hear_cadence(line.now)
    line.after(1)
    assert line.beats == [Beat.SILENT, Beat.BACK, Beat.PROBE]


def test_a_fast_cadence_has_the_quiet_time_all_the_same() -> None:
    line = Line(answers=None)
    line.cadence(1.0, 25)
    line.forget()
    heard_at = line.now
    line.after(100)
    assert line.told == [(heard_at + TIMING.quiet, Beat.SILENT)]


def test_one_with_a_fast_cadence_is_asked_sooner() -> None:
    line = trusted()
    line.cadence(1.0, 6)
    line.forget()
    heard_at, line.answers = line.now, None
    line.after(100)
    assert line.told[:3] == [
        (heard_at + 6.0, Beat.PROBE),
        (heard_at + 16.0, Beat.PROBE),
        (heard_at + 26.0, Beat.SILENT),
    ]


def test_one_with_a_slow_cadence_is_asked_no_later() -> None:
    line = trusted()
    line.cadence(60.0, 6)
    line.forget()
    heard_at = line.now
    line.after(TIMING.quiet)
    assert line.told == [(heard_at + TIMING.quiet, Beat.PROBE)]


def test_who_was_held_up_itself_listens_before_it_judges() -> None:
    line = trusted()
    line.answers = None
    line.after(LONGEST - 1)
    line.now += 30
    line.ask()
    assert Beat.SILENT not in line.beats
    line.after(TIMING.look)
    assert line.beats[-1] is Beat.SILENT

    line = Line(answers=None)
    line.cadence(10.0, 6)
    line.forget()
    line.now += 300
    line.ask()
    assert line.told == []
    line.pulse.hear_cadence(line.now)
    line.after(TIMING.look)
    assert line.told == []


def test_a_new_connection_begins_anew() -> None:
    line = trusted()
    line.cadence(10.0, 6)
    line.answers = None
    line.after(LONGEST)
    assert line.pulse.silent
    line.pulse.begin(line.now)
    assert not line.pulse.silent
    assert not line.pulse.trusted
    line.forget()
    line.ask()
    line.after(TIMING.again)
    assert line.beats == [Beat.PROBE, Beat.PROBE, Beat.UNANSWERED]
