"""What benchmarks make of what they measured, and what they send."""

import json
import socket
import threading

import pytest
from pytest_socket import socket_allow_hosts

from benchmarks import load, measure
from benchmarks.effort import Effort
from benchmarks.measure import Paced, in_rounds
from benchmarks.relays import Relays, answer, messages
from benchmarks.results import Judged, Row, Span, Unmeasured, as_json, as_table, percentile
from benchmarks.sender import Sender, SenderError, publish_packet
from custom_components.mqtt_sentinel.command.scene_reading import read_steps
from custom_components.mqtt_sentinel.command.scene_steps import CommandStep
from custom_components.mqtt_sentinel.dialects.route import MalformedError, Message
from custom_components.mqtt_sentinel.dialects.table import DIALECTS
from custom_components.mqtt_sentinel.watch.reports import RelayReport

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
        "but": None,
    }
    assert second["ratio"] == 0.333


def test_table_tells_what_was_missed() -> None:
    head, first, second = as_table([row(), row(ours=11)]).splitlines()
    assert head.split() == ["ours", "comparison", "ratio", "bar"]
    assert first.endswith("5 ms                     10 ms     met")
    assert second.split()[-1] == "MISSED"


def test_what_was_not_measured_as_it_should_be_is_not_met() -> None:
    made = Row("lag", "how late", "ms", 1.0, None, None, 10.0, Judged.OURS, "nobody keeps up")
    assert not made.met
    assert made.as_dict()["but"] == "nobody keeps up"
    assert "how late; but nobody keeps up" in as_table([made])


def test_what_could_not_be_measured_is_told_beside_the_others() -> None:
    results = [Unmeasured("growth", "no broker"), row()]
    _, first, second = as_table(results).splitlines()
    assert first.startswith("growth: no broker")
    assert first.endswith("NOT MEASURED")
    assert second.endswith("met")
    told, _ = json.loads(as_json(results))
    assert told == {
        "name": "growth",
        "ours": None,
        "comparison": None,
        "ratio": None,
        "bar": None,
        "met": False,
        "error": "no broker",
    }


async def test_a_measurement_that_fails_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(place: object, effort: Effort) -> list[Row]:
        raise measure.MeasureError("nobody was told")

    async def works(place: object, effort: Effort) -> list[Row]:
        return [row()]

    monkeypatch.setattr(measure, "ALONE", {"growth": fails, "memory": works, "deadline": fails})
    wanted = ["growth", "memory"]
    results = [found async for found in measure.measure(None, Effort(), wanted)]  # type: ignore[arg-type] # not looked at
    assert results == [Unmeasured("growth", "MeasureError('nobody was told')"), row()]


@pytest.mark.parametrize(("done", "kept_up"), [(4_500.0, True), (4_400.0, False)])
def test_who_gets_less_done_than_came_does_not_keep_up(done: float, kept_up: bool) -> None:
    assert Paced(lag=3.0, sent=5_000.0, done=done).kept_up(5_000.0) is kept_up


@pytest.mark.parametrize(
    ("size", "head"), [(0, b"\x30\x03"), (125, b"\x30\x80\x01"), (16_381, b"\x30\x80\x80\x01")]
)
def test_a_packet_as_the_standard_wants_it(size: int, head: bytes) -> None:
    packet = publish_packet(("a", b"x" * size))
    assert packet == head + b"\x00\x01a" + b"x" * size


def test_a_message_that_is_too_long_for_mqtt() -> None:
    with pytest.raises(ValueError, match="too long"):
        publish_packet(("a", bytes(268_435_456)))


class Ear:
    """Takes one connection as a broker does, and keeps all that it is sent."""

    def __init__(self, answer: bytes = b"\x20\x02\x00\x00", *more: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._answers = answer, *more
        self.heard = b""
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        connection, _ = self._listener.accept()
        with connection, self._listener:
            connection.recv(1024)
            connection.sendall(self._answers[0])
            if more := self._answers[1:]:
                connection.recv(1024)
                connection.sendall(b"".join(more))
            while some := connection.recv(65_536):
                with self._change:
                    self.heard += some
                    self._change.notify()

    def hears(self, wanted: bytes) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self.heard == wanted, 10), self.heard

    def done(self) -> bytes:
        self._thread.join()
        return self.heard


@pytest.fixture
def sockets(socket_enabled: None) -> None:
    """This computer may be talked to, and nobody else."""
    socket_allow_hosts(["127.0.0.1"])


@pytest.mark.usefixtures("sockets")
def test_all_that_is_sent_arrives_in_order() -> None:
    ear = Ear()
    messages = [("a", str(number).encode()) for number in range(1_200)]
    with Sender(*ear.address) as sender:
        sender.send(messages[:1_000])
        rate = sender.pace(messages[1_000:], 20_000.0)
    assert 0 < rate <= 20_000
    assert ear.done() == b"".join(map(publish_packet, messages)) + b"\xe0\x00"


@pytest.mark.usefixtures("sockets")
def test_a_broker_that_does_not_let_the_sender_in() -> None:
    ear = Ear(b"\x20\x02\x00\x05")
    with pytest.raises(SenderError, match="let the sender in"):
        Sender(*ear.address)
    ear.done()


def test_messages_are_taken_out_when_they_are_whole() -> None:
    sent = [("a/b", b""), ("a", b"x" * 200), ("a", b"y")]
    heard, found = bytearray(), []
    for byte in b"\xd0\x00" + b"".join(map(publish_packet, sent)) + b"\x30\x05":
        heard.append(byte)
        found += messages(heard)
    assert found == sent
    assert heard == b"\x30\x05"  # one begins


@pytest.mark.parametrize(("payload", "on"), [(b"ON", True), (b"OFF", False)])
def test_a_relay_tells_what_it_was_told_to_be(payload: bytes, on: bool) -> None:
    topic, told = answer(("ours/autocore/ESP32_00003/relay/7/set", payload))
    [route] = [each for each in DIALECTS["autocore"].routes if each.filter.count("relay")]
    report = route.decode(Message(topic, "ours", told, False, at(1)))
    assert isinstance(report, RelayReport)
    assert (report.key.name, report.relay, report.on) == ("ESP32_00003", "7", on)


@pytest.mark.usefixtures("sockets")
def test_relays_answer_all_that_they_hear() -> None:
    commands = [(f"ours/autocore/a/relay/{number}/set", b"ON") for number in range(3)]
    ear = Ear(b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x00", *map(publish_packet, commands))
    with Relays(*ear.address):
        ear.hears(b"".join(publish_packet(answer(command)) for command in commands))
    ear.done()


@pytest.mark.usefixtures("sockets")
def test_a_broker_that_does_not_let_the_relays_hear() -> None:
    ear = Ear(b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x80")
    with pytest.raises(SenderError, match="let the relays hear"):
        Relays(*ear.address)
    ear.done()


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


def test_drift_is_what_not_all_are_late_by() -> None:
    assert measure.drift_of([10.5, 11.5, 12.5], [0, 1, 2]) == 0
    assert measure.drift_of([10.5, 11.75, 12.5], [0, 1, 2]) == 0.25


def test_a_scene_that_is_measured_can_be_read() -> None:
    subentry = load.scene("benchmark", [0.0, 1.5], "benchmark")
    first, second = read_steps(subentry["data"]["steps"])
    assert (first.at, second.at) == (0.0, 1.5)
    assert isinstance(second, CommandStep)
    assert second.topic == "benchmark/1"
