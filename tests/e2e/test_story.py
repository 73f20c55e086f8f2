"""The story of the demo, on each Home Assistant and each broker that the users have."""

import os
from pathlib import Path
import subprocess

import pytest

from demo.broker import BrokerKind, available
from demo.story import STEPS

ROOT = Path(__file__).parents[2]

NEWEST = "MQTT_SENTINEL_E2E_PYTHON"
PINNED = "MQTT_SENTINEL_E2E_PYTHON_PINNED"

_LONGEST_SECONDS = 600


@pytest.mark.parametrize(
    ("interpreter", "broker"),
    [
        (NEWEST, BrokerKind.MOSQUITTO),
        (PINNED, BrokerKind.MOSQUITTO),
        (NEWEST, BrokerKind.AMQTT),
    ],
)
def test_the_story_comes_true(interpreter: str, broker: BrokerKind) -> None:
    """Every step of the story is told as come true, and the command says so by its exit code."""
    if interpreter not in os.environ:
        pytest.skip(f"{interpreter} names no interpreter; scripts/test sets it")
    if broker not in available():
        pytest.skip(f"{broker} is not installed")
    played = subprocess.run(
        [os.environ[interpreter], "-m", "demo", "--check", "--broker", broker],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    told = [line.split()[:2] for line in played.stdout.splitlines() if " ok " in line]
    assert told == [[step, "ok"] for step in STEPS], played.stdout + played.stderr
    assert played.returncode == 0, played.stderr
