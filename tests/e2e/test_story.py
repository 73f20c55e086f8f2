"""The story of the demo, on each Home Assistant and each broker that the users have.

Most of a story is waiting, so two are played at a time, from the moment that the first is asked
for. Each has processes, ports and folders of its own.
"""

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
import os
from pathlib import Path
import subprocess

import pytest

from demo.broker import BrokerKind, available
from demo.story import SLOW, STEPS

ROOT = Path(__file__).parents[2]

NEWEST = "MQTT_SENTINEL_E2E_PYTHON"
PINNED = "MQTT_SENTINEL_E2E_PYTHON_PINNED"

_LONGEST_SECONDS = 600
_AT_A_TIME = 2

type Played = Future[subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Story:
    """Which steps are played, on whose Home Assistant and which broker."""

    interpreter: str
    broker: BrokerKind
    slow: bool = False

    @property
    def can_be_played(self) -> bool:
        """Tell whether both are there."""
        return self.interpreter in os.environ and self.broker in available()

    def play(self) -> subprocess.CompletedProcess[str]:
        """Play it, to its end."""
        command = [os.environ[self.interpreter], "-m", "demo", "--check", "--broker", self.broker]
        return subprocess.run(
            [*command, "--slow"] if self.slow else command,
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
        )


# The longest first.
STORIES = [
    Story(NEWEST, BrokerKind.MOSQUITTO),
    Story(PINNED, BrokerKind.MOSQUITTO),
    Story(NEWEST, BrokerKind.AMQTT),
    Story(NEWEST, BrokerKind.MOSQUITTO, slow=True),
]


@pytest.fixture(scope="module")
def stages(request: pytest.FixtureRequest) -> Generator[dict[Story, Played]]:
    """All stories of this test run that can be played, being played."""
    chosen = [
        story
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
        if isinstance(story := item.callspec.params["story"], Story)
    ]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        playing = {story: pool.submit(story.play) for story in chosen if story.can_be_played}
        yield playing
        for played in playing.values():
            played.cancel()


@pytest.mark.parametrize(
    "story",
    STORIES,
    ids=lambda story: f"{story.interpreter}-{story.broker}{'-slow' if story.slow else ''}",
)
def test_the_story_comes_true(story: Story, stages: dict[Story, Played]) -> None:
    """Every step of the story is told as come true, and the command says so by its exit code."""
    if story.interpreter not in os.environ:
        pytest.skip(f"{story.interpreter} names no interpreter; scripts/test sets it")
    if story.broker not in available():
        pytest.skip(f"{story.broker} is not installed")
    played = stages[story].result()
    told = [line.split()[:2] for line in played.stdout.splitlines() if " ok " in line]
    steps = SLOW if story.slow else STEPS
    assert told == [[step, "ok"] for step in steps], played.stdout + played.stderr
    assert played.returncode == 0, played.stderr
