"""The leash, without putting it on the process of the tests."""

import ctypes
import os
import sys

import pytest

from custom_components.mqtt_sentinel.evidence.cameras import leash


class Kernel:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def prctl(self, option: int, value: int) -> int:
        self.asked.append((option, value))
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: made)
    return made


def test_a_program_is_started_on_the_leash(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execvp", lambda name, command: started.append((name, command)))
    leash.main(os.getppid(), ["ffmpeg", "-i"])
    assert kernel.asked == [(1, 9)]
    assert started == [("ffmpeg", ["ffmpeg", "-i"])]


def test_no_program_is_started_for_a_parent_that_is_dead(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execvp", lambda *_: pytest.fail("it was started"))
    assert leash.main(os.getppid() + 1, ["ffmpeg"]) == 1


@pytest.mark.usefixtures("kernel")
def test_a_program_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert leash.main(os.getppid(), ["/nowhere/ffmpeg"]) == leash.NOT_FOUND
    assert capsys.readouterr().err == "/nowhere/ffmpeg: No such file or directory\n"


def test_where_there_is_no_such_leash_it_does_without(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert leash.main(os.getppid(), ["/nowhere/ffmpeg"]) == leash.NOT_FOUND
    assert kernel.asked == []
