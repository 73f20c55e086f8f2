"""Programs on a leash. The program is Python, or a shell."""

import asyncio
import os
from pathlib import Path
import signal
import sys

import pytest

from custom_components.mqtt_sentinel.evidence.cameras import process
from custom_components.mqtt_sentinel.evidence.cameras.process import Program


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


async def test_what_it_writes_and_how_it_ends(tmp_path: Path) -> None:
    program = await Program.start(
        python("import os; print(os.getcwd()); raise SystemExit(3)"), folder=tmp_path
    )
    assert await program.line() == f"{tmp_path}\n"
    assert await program.line() == ""
    assert await program.ended() == 3
    assert not program.is_missing
    await program.end()


async def test_arguments_are_handed_on_as_they_are() -> None:
    arguments = ["-y", "a b", "'\"", "$HOME", "\n", "--", "", "ü"]
    program = await Program.start([*python("import sys; print(sys.argv[1:])"), *arguments])
    assert await program.output(1_000) == f"{arguments}\n".encode()
    await program.end()


async def test_output_that_is_too_long_is_cut() -> None:
    program = await Program.start(python("print('x' * 100_000)"))
    assert await program.output(10) == b"x" * 10
    await program.end()


@pytest.mark.parametrize("name", ["no-such-program", "/nowhere/at-all", "/dev/null"])
async def test_a_program_that_is_not_there(name: str) -> None:
    program = await Program.start([name, "-i"])
    assert await program.ended()
    assert program.is_missing
    assert program.log.lines()[-1].startswith(f"{name}: ")


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Program.start(["true"], folder=tmp_path / "nowhere")


async def test_the_end_of_its_log_is_kept_without_secrets() -> None:
    code = (
        "import sys; e = sys.stderr.buffer\n"
        "e.write(b'first\\n' + b'x' * 1_000_000 + b'y\\n\\nrtsp://joe:secret@a/1: no\\rhunter2 \\xff end')"
    )
    program = await Program.start(python(code), secrets=("hunter2",), log_lines=3)
    await program.ended()
    long, address, last = program.log.lines()
    assert long.endswith("xy")
    assert len(long) < 10_000
    assert address == "rtsp://***@a/1: no"
    assert last == "*** \N{REPLACEMENT CHARACTER} end"
    await program.end()


async def test_what_would_make_ffmpeg_write_a_log_is_not_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FFREPORT", "file=/tmp/passwords.log")
    monkeypatch.setenv("KEPT", "1")
    program = await Program.start(
        python("import os; print('FFREPORT' in os.environ, os.environ['KEPT'])")
    )
    assert await program.line() == "False 1\n"
    await program.end()


async def test_it_may_end_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE", 60.0)  # the machine may be busy
    code = (
        "import os, signal, sys, time\n"
        # Not print: it may be at that when the signal comes, and refuses to be called again.
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(os.write(1, b'bye\\n') != 4))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    program = await Program.start(python(code))
    assert await program.line() == "up\n"
    await program.end()
    assert await program.line() == "bye\n"
    assert await program.ended() == 0


async def test_it_is_ended_if_it_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True); time.sleep(600)"
    )
    program = await Program.start(python(code))
    assert await program.line() == "up\n"
    monkeypatch.setattr(process, "_GRACE", 0.5)
    await program.end()
    assert await program._process.wait() == -9


async def test_its_children_end_with_it() -> None:
    """They are of its group, and keep its output open for as long as they live."""
    program = await Program.start(["sh", "-c", "sleep 600 & echo up; wait"])
    assert await program.line() == "up\n"
    await program.end()
    async with asyncio.timeout(10):
        assert await program.line() == ""


async def test_it_is_fed_what_it_reads_and_no_more() -> None:
    program = await Program.start(
        python("import sys; print(len(sys.stdin.buffer.read(3)), flush=True)"),
        stdin=asyncio.subprocess.PIPE,
    )
    assert program.feed(b"abc")
    assert await program.line() == "3\n"
    await program.ended()
    await program.end()


async def test_who_does_not_read_is_not_fed_more() -> None:
    program = await Program.start(
        python("import time; time.sleep(600)"), stdin=asyncio.subprocess.PIPE
    )
    assert program.feed(b"x" * 1_000_000)
    assert not program.feed(b"x")
    await program.end()
    assert not program.feed(b"x")


async def test_who_has_no_ear_is_not_fed() -> None:
    program = await Program.start(["true"])
    assert not program.feed(b"x")
    await program.end()


async def test_a_child_that_left_its_group_holds_up_nobody() -> None:
    program = await Program.start(["setsid", "-f", "sh", "-c", "echo $$; exec sleep 600"])
    child = int(await program.line())
    try:
        async with asyncio.timeout(10):
            await program.end()
            assert await program.ended() == 0
    finally:
        os.kill(child, signal.SIGKILL)
