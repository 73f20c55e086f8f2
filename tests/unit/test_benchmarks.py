"""What benchmarks make of what they measured, and what they send."""

import json

import pytest

from benchmarks import load
from benchmarks.measure import in_rounds
from benchmarks.results import Judged, Row, Span, as_json, as_table, percentile
from custom_components.mqtt_sentinel.dialects.route import MalformedError, Message
from custom_components.mqtt_sentinel.dialects.table import DIALECTS

from .build import at


def row(*, ours: float = 5.0, judged: Judged = Judged.OURS) -> Row:
    return Row("lag", "how late", "ms", ours, None, None, 10.0, judged)


def test_ratio_is_the_median_of_the_rounds() -> None:
    # In the second round the machine was busy with something else.
    made = Row.of_rounds("ping", "CPU", "us", [(11, 10), (60, 50), (12, 10)], 1.2)
    assert (made.ours, made.comparison, made.ratio) == (12, 10, 1.2)
    assert made.met


def test_ratio_above_the_bar_is_missed() -> None:
    assert not Row.of_rounds("ping", "CPU", "us", [(11, 10)], 1.05).met


@pytest.mark.parametrize(("ours", "met"), [(10.0, True), (10.1, False)])
def test_a_row_without_comparison_is_held_against_its_bar(ours: float, met: bool) -> None:
    assert row(ours=ours).met is met


def test_a_ratio_that_is_not_there_is_not_met() -> None:
    assert not row(judged=Judged.RATIO).met


def test_cpu_a_message() -> None:
    assert Span(cpu=0.5, wall=2.0, count=10_000).micros == pytest.approx(50)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_percentile(share: float, value: float) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_json_is_one_line() -> None:
    text = as_json([row(), Row.of_rounds("ping", "CPU", "us", [(1, 3)], 1.1)])
    assert "\n" not in text
    first, second = json.loads(text)
    assert first == {
        "name": "lag",
        "ours": 5.0,
        "comparison": None,
        "ratio": None,
        "bar": 10.0,
        "met": True,
        "unit": "ms",
        "judged": "ours",
    }
    assert second["ratio"] == 0.333


def test_table_tells_what_was_missed() -> None:
    head, first, second = as_table([row(), row(ours=11)]).splitlines()
    assert head.split() == ["ours", "comparison", "ratio", "bar"]
    assert first.endswith("5 ms                     10 ms     met")
    assert second.split()[-1] == "MISSED"


async def test_rounds_begin_with_another_each_time_and_the_first_goes_uncounted() -> None:
    order: list[str] = []

    def flood(name: str):  # type: ignore[no-untyped-def] # a helper of this test
        async def run() -> float:
            order.append(name)
            return len(order)

        return run

    measured = await in_rounds(2, {"a": flood("a"), "b": flood("b")})
    assert "".join(order) == "abbaab"
    assert measured == [{"b": 3, "a": 4}, {"a": 5, "b": 6}]


def decoded(message: load.Message) -> object:
    topic, payload = message
    site, *levels = topic.split("/")
    route = {
        ("autocore", "status"): "autocore/+/status",
        ("autocore", "telemetry"): "autocore/+/telemetry",
    }.get((levels[0], levels[-1]), f"{levels[0]}/+/+")
    dialect = DIALECTS["autocore" if levels[0] == "autocore" else "services"]
    (decode,) = (found.decode for found in dialect.routes if found.filter == route)
    return decode(Message(topic, site, payload, False, at(1)))


@pytest.mark.parametrize("kind", [load.status, load.telemetry, load.ping, load.online])
def test_what_is_sent_can_be_read(kind: load.Maker) -> None:
    assert decoded(kind("ours", 3, 7))


@pytest.mark.parametrize("count", range(4))
def test_garbage_cannot_be_read(count: int) -> None:
    with pytest.raises(MalformedError):
        decoded(load.garbage("ours", 3, count))
