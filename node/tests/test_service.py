"""Services, sensors, the examples, and the command for the shell."""

from collections.abc import Callable
from datetime import datetime
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import textwrap
import threading

from mosquitto import Ear, Mosquitto, free_port
import pytest

from mqtt_sentinel_node import Backoff, Client, Command, Pace, SensorEvent, Service
from mqtt_sentinel_node.cli import main

SECONDS = 10.0
HOME = Path(__file__).parents[1]


def test_a_service_is_connected_pings_and_says_goodbye(broker: Mosquitto, ear: Ear) -> None:
    with Service(
        "127.0.0.1", broker.port, service="object_detection", device="front", ping_every=0
    ) as service:
        assert not service.ping()
        assert service.wait_until_up(SECONDS)
        assert service.ping({"frames": 10})
        assert ear.wait_for(lambda: bool(ear.on("ping/object_detection/front")))
    assert ear.wait_for(lambda: ear.on("connected/object_detection/front") == [b"true", b"false"])
    assert ear.on("ping/object_detection/front") == [b'{"frames": 10}']


def test_a_service_that_dies_is_disconnected(broker: Mosquitto, ear: Ear) -> None:
    service = Service("127.0.0.1", broker.port, service="s", device="d", prefix="site1/").start()
    assert service.wait_until_up(SECONDS)
    service.abandon()
    assert ear.wait_for(lambda: ear.on("site1/connected/s/d") == [b"true", b"false"])


def test_pings_are_not_said_more_often_than_wanted(broker: Mosquitto, ear: Ear) -> None:
    with Service("127.0.0.1", broker.port, service="s", device="d") as service:
        assert service.wait_until_up(SECONDS)
        assert [service.ping() for _ in range(3)] == [True, False, False]
    assert ear.wait_for(lambda: ear.on("connected/s/d")[-1:] == [b"false"])
    assert len(ear.on("ping/s/d")) == 1


def test_a_ping_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service("127.0.0.1", free_port(), service="s", device="d", ping_every=3600)
    monkeypatch.setattr(Service, "up", True)  # it is just losing its connection
    assert not service.ping()
    service.stop()
    assert not service.ping()


def test_a_service_is_told_to_run(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Command] = []
    two = threading.Event()

    def hear(command: Command) -> None:
        told.append(command)
        if len(told) == 2:
            two.set()

    with Client("127.0.0.1", broker.port, client_id="core") as core:
        core.publish("status/camera_manager/front", {"status": False}, retain=True).wait(SECONDS)
        with Service(
            "127.0.0.1", broker.port, service="camera_manager", device="front", on_command=hear
        ) as service:
            assert service.wait_until_up(SECONDS)
            for payload in (b"garbage", b"[]", b'{"status": 1}', b'{"status": true, "data": 3}'):
                core.publish("status/camera_manager/front", payload).wait(SECONDS)
            core.publish(
                "status/camera_manager/front",
                {"status": True, "data": {"to_analyze": True, "stream": None}},
            )
            assert two.wait(SECONDS)
    assert told == [Command(False), Command(True, {"to_analyze": True, "stream": None})]
    assert caplog.text.count("Not a command") == 4


@pytest.mark.parametrize("name", ["", "a/b", "+", "#"])
def test_a_name_is_one_level(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        Service("127.0.0.1", service=name, device="d")


def test_an_event_of_a_sensor() -> None:
    message = SensorEvent.MOTION.message("raspberry-1", {"gpio_pin": 17, "state": "HIGH"})
    event = json.loads(message.payload)
    assert message.topic == "sensor/motion"
    assert event.pop("event_id").startswith("evt-")
    assert datetime.fromisoformat(event.pop("timestamp")).tzinfo is None
    assert event == {
        "device_id": "raspberry-1",
        "source": "PIR",
        "type": "MOTION_DETECTED",
        "data": {"gpio_pin": 17, "state": "HIGH"},
    }
    other = SensorEvent.BUTTON.message("r", source="door", prefix="site1/")
    assert other.topic == "site1/sensor/button"
    assert json.loads(other.payload)["source"] == "door"


def test_a_pace_lets_one_through() -> None:
    pace = Pace(3600)
    assert [pace.due(), pace.due()] == [True, False]
    pace.again()
    assert pace.due()
    with pytest.raises(ValueError, match="negative"):
        Pace(-1)


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_pauses_grow_to_a_bound_within_which_one_is_back_in_five_seconds(chance: float) -> None:
    backoff = Backoff()
    assert backoff.pause(0, chance) <= 1
    assert all(0.5 <= backoff.pause(failures, chance) <= 2 for failures in range(5000))
    with pytest.raises(ValueError, match="first"):
        Backoff(2, 1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: Client("", client_id="a"), "host"),
        (lambda: Client("h", client_id=""), "id"),
        (lambda: Client("h", client_id="a", keepalive=0), "keepalive"),
        (lambda: Client("h", client_id="a").publish("a/+"), "wildcards"),
        (lambda: Client("h", client_id="a").publish(""), "topic"),
        (lambda: Client("h", client_id="a").publish("a\0"), "topic"),
        (lambda: Client("h", client_id="a").publish("a" * 65_536), "65,535"),
        (lambda: Client("h", client_id="a").publish("a", qos=3), "QoS"),
        (lambda: Client("h", client_id="a").publish("a", float("nan")), "JSON"),
        (lambda: Client("h", client_id="a").subscribe("a/#/b", print), "end only"),
        (lambda: Client("h", client_id="a").subscribe("a+", print), "alone"),
    ],
)
def test_what_cannot_be_is_said_at_once(wrong: Callable[[], object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wrong()


# The examples


def test_the_example_of_a_pir_sensor(broker: Mosquitto, ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "gpiozero.py").write_text(
        textwrap.dedent("""
        class MotionSensor:
            def __init__(self, pin):
                assert pin == 17
            def wait_for_motion(self, timeout):
                return True
            def wait_for_no_motion(self, timeout):
                return True
        """)
    )
    text = (HOME / "examples" / "pir_sensor.py").read_text()
    (tmp_path / "example.py").write_text(text.replace('"localhost"', f'"127.0.0.1", {broker.port}'))
    with subprocess.Popen(
        [sys.executable, tmp_path / "example.py"],
        env={"PYTHONPATH": os.pathsep.join([str(HOME / "src"), str(tmp_path)])},
    ) as example:
        assert ear.wait_for(lambda: len(ear.on("sensor/motion")) == 2)
        example.terminate()
    first, second = (json.loads(payload) for payload in ear.on("sensor/motion")[:2])
    assert first["data"] == {"gpio_pin": 17, "state": "HIGH"}
    apart = datetime.fromisoformat(second["timestamp"]) - datetime.fromisoformat(first["timestamp"])
    assert apart.total_seconds() >= 1.99
    assert ear.wait_for(lambda: ear.on("connected/sensor_motion/raspberry-1")[-1:] == [b"false"])


def test_the_example_of_object_detection(broker: Mosquitto, ear: Ear) -> None:
    text = (HOME / "examples" / "object_detection.py").read_text()
    subprocess.run(
        [
            sys.executable,
            "-c",
            text.replace('"localhost"', f'"127.0.0.1", {broker.port}')
            .replace("    yield from ()", '    yield b""')
            .replace("    return None", "    return {'status': True}"),
        ],
        env={"PYTHONPATH": str(HOME / "src")},
        check=True,
    )
    assert ear.wait_for(lambda: bool(ear.on("motion/camera/front")))


# The shell


@pytest.fixture
def there(broker: Mosquitto) -> list[str]:
    return ["--broker", f"127.0.0.1:{broker.port}"]


def test_publish_from_the_shell(there: list[str], ear: Ear) -> None:
    assert main([*there, "publish", "a/b", "hello", "--retain", "--qos", "2"]) == 0
    assert main([*there, "publish", "a/c", "now", "--qos", "0"]) == 0
    assert ear.wait_for(lambda: ear.on("a/b") == [b"hello"] and ear.on("a/c") == [b"now"])


def test_publish_what_comes_in(there: list[str], ear: Ear) -> None:
    command = [
        sys.executable,
        "-m",
        "mqtt_sentinel_node",
        "--mqtt",
        "3.1.1",
        *there,
        "publish",
        "x",
    ]
    environment = {"PYTHONPATH": str(HOME / "src")}
    subprocess.run([*command, "--lines"], input=b"1\n2\r\n3", env=environment, check=True)
    subprocess.run([*command, "-"], input=b"1\n2\n", env=environment, check=True)
    assert ear.wait_for(lambda: ear.on("x") == [b"1", b"2", b"3", b"1\n2\n"])


def test_what_cannot_be_delivered_is_kept_and_goes_out_with_the_next(
    there: list[str], ear: Ear, tmp_path: Path
) -> None:
    queue = ["--queue", str(tmp_path / "q")]
    nowhere = ["--broker", f"127.0.0.1:{free_port()}", "--timeout", "0.1"]
    assert main([*nowhere, "publish", "a", "1"]) == 1
    assert main([*nowhere, *queue, "publish", "a", "2"]) == 75
    assert main([*there, *queue, "publish", "a", "3"]) == 0
    assert ear.wait_for(lambda: ear.on("a") == [b"2", b"3"])


def test_ping_from_the_shell(
    there: list[str], ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTINEL_PASSWORD", "of nobody")
    assert main([*there, "--prefix", "home/", "ping", "backup", "nas"]) == 0
    password = tmp_path / "password"
    password.write_text("secret\n")
    assert (
        main([*there, "--username", "u", "--password-file", str(password), "ping", "a", "b"]) == 0
    )
    assert ear.wait_for(lambda: ear.on("home/ping/backup/nas") == ear.on("ping/a/b") == [b""])
    assert not ear.on("connected/backup/nas")


def test_run_is_connected_and_pings_while_the_program_lives(there: list[str], ear: Ear) -> None:
    command = [sys.executable, "-m", "mqtt_sentinel_node", *there, "run", "--ping-every", "0.1"]
    program = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(
        [*command, "service", "device", "--", *program],
        env={"PYTHONPATH": str(HOME / "src")},
        stdin=subprocess.DEVNULL,
    ) as running:
        assert ear.wait_for(lambda: len(ear.on("ping/service/device")) >= 3)
        assert ear.on("connected/service/device") == [b"true"]
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM
    assert ear.wait_for(lambda: ear.on("connected/service/device") == [b"true", b"false"])


def test_run_pings_for_what_the_program_prints(
    there: list[str], ear: Ear, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    program = "import sys, time\nfor _ in range(50): print('work', flush=True); time.sleep(0.02)\nsys.exit(3)"
    command = [sys.executable, "-m", "mqtt_sentinel_node", *there, "run", "--ping-every", "0.1"]
    done = subprocess.run(
        [*command, "--ping-on-output", "s", "d", sys.executable, "-c", program],
        env={"PYTHONPATH": str(HOME / "src")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout == b"work\n" * 50
    assert ear.wait_for(lambda: ear.on("connected/s/d") == [b"true", b"false"])
    assert 1 <= len(ear.on("ping/s/d")) < 20


def test_run_tells_of_a_program_that_is_not_there(
    there: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*there, "run", "s", "d", "--", "/no/such/program"]) == 1
    assert main([*there, "run", "s", "d"]) == 1
    assert "which program?" in capsys.readouterr().err
