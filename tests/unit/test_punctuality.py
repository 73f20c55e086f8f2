"""Waking the sentinel exactly when it asks for it is as good as waking it all the time."""

from collections.abc import Callable

from hypothesis import given, strategies as st

from custom_components.mqtt_sentinel.watch.clock import Instant
from custom_components.mqtt_sentinel.watch.expectation import Expectation, SourceKind, Wanted
from custom_components.mqtt_sentinel.watch.sentinel import Sentinel
from custom_components.mqtt_sentinel.watch.watched import WatchConfig

from .build import at, connection, ping, watch_of

TICK = 0.25

type Step = Callable[[Sentinel, Instant], object]


def hear(up: bool | None, retained: bool) -> Step:
    def step(sentinel: Sentinel, now: Instant) -> object:
        if up is None:
            return sentinel.hear(ping(now.mono, retained=retained))
        return sentinel.hear(connection(up, now.mono, retained=retained))

    return step


def expect(wanted: Wanted) -> Step:
    expectation = Expectation(wanted, kind=SourceKind.ALWAYS)
    return lambda sentinel, now: sentinel.expect("lamp", expectation, now)


def blink(sentinel: Sentinel, now: Instant) -> object:
    sentinel.broker_lost(now)
    sentinel.broker_back(now)
    return sentinel.subscribed(now)


scripts = st.lists(
    st.tuples(
        st.integers(0, 100).map(lambda ticks: ticks * TICK),
        st.builds(hear, st.none() | st.booleans(), st.booleans())
        | st.builds(expect, st.sampled_from(Wanted))
        | st.just(blink)
        | st.just(lambda sentinel, now: sentinel.verify("lamp", now)),
    ),
    max_size=12,
)
watches = st.builds(
    watch_of,
    settle=st.sampled_from([0.0, 1.0, 15.0]),
    grace=st.sampled_from([0.0, 5.0]),
    require_live=st.booleans(),
)


@given(script=scripts, config=watches)
def test_verdicts_and_incidents_do_not_depend_on_being_looked_at(
    script: list[tuple[float, Step]], config: WatchConfig
) -> None:
    punctual, restless = Sentinel(), Sentinel()
    for sentinel in (punctual, restless):
        sentinel.add(config, at(0))
        blink(sentinel, at(0))
    now = 0.0
    for pause, step in [*script, (100.0, blink)]:
        until = now + pause
        while now < until:
            now += TICK
            restless.wake(at(now))
            restless.configure(config, at(now))  # judges anew, whatever it was told
            if (deadline := punctual.next_deadline()) is not None and deadline <= now:
                punctual.wake(at(deadline))
            lamps = [sentinel.watches["lamp"] for sentinel in (punctual, restless)]
            assert lamps[0].judgement == lamps[1].judgement
            assert lamps[0].incident == lamps[1].incident
        for sentinel in (punctual, restless):
            step(sentinel, at(now))
