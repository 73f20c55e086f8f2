"""The ring of a camera: its last seconds in short pieces, made by one ffmpeg that runs all the time.

ffmpeg tells each piece that it finished, so nothing is looked for. When it ends, or is silent, it is
started again: from the same source, else from the next that can be opened.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass, field, replace
import logging
from pathlib import Path
import random
import shutil
from typing import TYPE_CHECKING

from ...command.backoff import Backoff
from ..facts import DEFAULT_PRE_ROLL, Segment
from .codecs import Contents
from .fault import ended_by_fault
from .launch import cutting, is_untimed, launch, why_ended
from .pieces import RunClock, of_run, read_line
from .probe import LostError, contents_of, length_of
from .process import Program
from .source import Source, framed, label
from .stream import Condition, Left, Lost, Stream, why_lost

if TYPE_CHECKING:
    from ...watch.clock import Instant

_LOGGER = logging.getLogger(__name__)
_USUAL = 10
_LAST_WORDS = 1.0
"""Seconds to read what a process wrote that is gone."""
_SHORT_LOOK = 1.0
"""Seconds that ffmpeg looks into a stream before it begins: each is one without pictures."""
_LONG_LOOK = 10.0
"""What it gets where that was not enough: key frames may be far apart."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How long things take, in seconds.

    ``pre_roll`` is what a recording wants of the past; ``margin`` more is kept, for the recorder to
    take its pieces. A source has ``probe`` to be opened and ``first`` to give its first piece;
    a stream is silent after ``silence``, or after thrice its usual piece. A run of ``steady`` is none
    that failed at once. While a source is in use that is not the best, better ones are tried after ``better``.
    """

    pre_roll: float = DEFAULT_PRE_ROLL
    margin: float = 10.0
    probe: float = 15.0
    first: float = 30.0
    silence: float = 10.0
    steady: float = 30.0
    better: float = 600.0
    backoff: Backoff = field(default_factory=Backoff)


DEFAULT_TEMPO = Tempo()


@dataclass(frozen=True, slots=True)
class _End:
    """How the use of a source ended. ``lasted``: seconds since its first piece, None without any.

    ``better``: the source that it was left for. ``untimed``: it was given up since ffmpeg did not know yet
    that its contents are.
    """

    why: Lost
    lasted: float | None = None
    better: int | None = None
    untimed: bool = False


class Ring:
    """One camera's stream, kept going.

    ``heard`` is told each finished piece, ``changed`` each change of how the stream is; both in the
    event loop, in order, and what they raise is theirs. A piece's file is there for the pre-roll and
    the margin after its end: who wants it for longer links or copies it.
    """

    def __init__(
        self,
        ffmpeg: str,
        sources: Sequence[Source],
        folder: Path,
        *,
        now: Callable[[], Instant],
        heard: Callable[[Segment], object],
        changed: Callable[[Stream], object],
        tempo: Tempo = DEFAULT_TEMPO,
    ) -> None:
        """Know the sources, the best first, and the folder, which is this ring's alone."""
        self._ffmpeg = ffmpeg
        self._sources = tuple(sources)
        self._folder = folder
        self._now = now
        self._heard = heard
        self._changed = changed
        self._tempo = tempo
        self._stream = Stream(Condition.STARTING)
        self._kept: deque[Segment] = deque()
        self._contents: dict[int, Contents] = {}
        self._failed: dict[int, Lost] = {}
        self._looks: dict[int, float] = {}
        self._using = 0
        """The source that streams, or that did last."""
        self._run = 0
        self._program: Program | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def stream(self) -> Stream:
        """How the stream is."""
        return self._stream

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The pieces whose files are there, the oldest first."""
        return tuple(self._kept)

    @property
    def newest(self) -> Segment | None:
        """The last finished piece that is there."""
        return self._kept[-1] if self._kept else None

    @property
    def contents(self) -> Contents | None:
        """What is in the stream, where that is known."""
        return self._contents.get(self._using)

    @property
    def pid(self) -> int | None:
        """The process id of its ffmpeg, where one runs."""
        return self._program.pid if self._program else None

    def start(self) -> None:
        """Begin, once, in the running event loop."""
        self._tell(Condition.STARTING)
        self._keeping = asyncio.get_running_loop().create_task(
            self._keep(), name=f"ring {self._folder.name}"
        )
        self._keeping.add_done_callback(self._over)

    async def stop(self) -> None:
        """End: the process and the folder are gone when this returns, within 5 seconds."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self._kept.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def is_fed(self) -> bool:
        """Tell whether still images are what it reads now."""
        return self._program is not None and self._program.takes

    def feed(self, jpeg: bytes) -> bool:
        """Give the next image, where still images are the source; tell whether it was taken."""
        return self._program is not None and self._program.feed(framed(jpeg))

    def _over(self, keeping: asyncio.Task[None]) -> None:
        if ended_by_fault(keeping):
            self._tell(Condition.LOST, Lost.ENDED)

    async def _keep(self) -> None:
        """Go from source to source, for ever."""
        tried, first = 0, 0
        while True:
            end = await self._round(first)
            if end.better is not None:
                first = end.better
                continue
            self._tell(Condition.LOST, end.why)
            tried = 1 if end.lasted is not None and end.lasted >= self._tempo.steady else tried + 1
            await asyncio.sleep(self._tempo.backoff.pause(tried, random.random()))  # noqa: S311 - no secret
            # The one that worked, if there is one: to look at the better ones takes time.
            first = 0 if end.lasted is None else self._using

    async def _round(self, first: int) -> _End:
        """Use the first source that can be opened, until it is lost."""
        order = [first, *(k for k in range(len(self._sources)) if k != first)]
        for index in order:
            end = await self._use(index)
            if end.lasted is not None:
                return end
            self._failed[index] = end.why
            self._contents.pop(index, None)
            self._looks[index] = _LONG_LOOK
        return end

    async def _use(self, index: int) -> _End:
        source = self._sources[index]
        try:
            if index not in self._contents:
                self._contents[index] = await contents_of(self._ffmpeg, source, self._tempo.probe)
            end = await self._live(index, self._contents[index])
            if end.untimed:
                self._contents[index] = replace(self._contents[index], untimed=True)
                end = await self._live(index, self._contents[index])
        except LostError as lost:
            _LOGGER.debug("%s cannot be opened: %s", label(source), lost)
            return _End(lost.why)
        except OSError as reason:
            _LOGGER.debug("%s cannot be read: %s", label(source), reason)
            return _End(why_lost([reason.strerror or ""], Lost.NO_FFMPEG))
        return end

    async def _live(self, index: int, contents: Contents) -> _End:
        """Run ffmpeg on a source until one of them ends."""
        source = self._sources[index]
        self._run += 1
        run = _Run(self._run)
        look = self._looks.get(index, _SHORT_LOOK)
        command = cutting(self._ffmpeg, source, contents, run=run.number, look=look)
        self._prune()
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        looking: asyncio.Task[int] | None = None
        async with contextlib.AsyncExitStack() as stack:
            programs = await launch(stack, source, command, self._folder)
            self._program = programs[-1]
            stack.callback(self._forget)
            if index:
                looking = asyncio.create_task(self._better(index))
                stack.push_async_callback(_cancelled, looking)
            silent = await self._listen(run, index, looking)
            # What it was at is finished, or not: see what is left of it when it is gone.
            for program in programs[::-1]:
                await program.end()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS):
                    while line := await programs[-1].line():
                        self._finished(run, line)
            await self._unfinished(run)
        if looking and looking.done() and not looking.cancelled():
            return _End(Lost.ENDED, self._lasted(run), better=looking.result())
        untimed = not contents.untimed and is_untimed(programs)
        return _End(silent or why_ended(source, programs), self._lasted(run), untimed=untimed)

    def _lasted(self, run: _Run) -> float | None:
        return None if run.began is None else self._now().mono - run.began

    async def _listen(
        self, run: _Run, index: int, looking: asyncio.Task[int] | None
    ) -> Lost | None:
        """Hear of each piece until there is no more; why, where it is not ffmpeg that ended."""
        assert self._program
        while not (looking and looking.done()):
            limit = self._tempo.first
            if run.usual:
                limit = max(self._tempo.silence, 3 * max(run.usual))
            try:
                async with asyncio.timeout(limit):
                    line = await self._program.line()
            except TimeoutError:
                return Lost.STALLED if run.usual else Lost.TIMEOUT
            if not line:
                await self._program.ended()
                return None
            self._finished(run, line)
            if run.began is not None:
                self._failed.pop(index, None)
                self._using = index
                self._tell(Condition.STREAMING)
        return None

    async def _better(self, index: int) -> int:
        """Wait until a better source than this can be opened, and answer which."""
        while True:
            await asyncio.sleep(self._tempo.better)
            for each in range(index):
                try:
                    self._contents[each] = await contents_of(
                        self._ffmpeg, self._sources[each], self._tempo.probe
                    )
                except LostError as lost:
                    self._failed[each] = lost.why
                else:
                    return each

    def _finished(self, run: _Run, line: str) -> None:
        """Hand on the piece that a line tells."""
        piece = read_line(line)
        if piece is None or piece.is_empty:
            return
        began, duration = run.clock.place(piece, self._now())
        run.listed.add(piece.name)
        run.usual.append(duration)
        self._hand_on(run, Segment(self._folder / piece.name, run.number, began, duration))

    async def _unfinished(self, run: _Run) -> None:
        """Hand on what a run that is over left unfinished, if a picture of it can be seen."""
        ended = self._now()
        for path in await asyncio.to_thread(of_run, self._folder, run.number):
            if path.name in run.listed:
                continue
            if duration := await length_of(self._ffmpeg, path):
                began = run.clock.place_unfinished(duration, ended)
                self._hand_on(run, Segment(path, run.number, began, duration))
            else:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    def _hand_on(self, run: _Run, segment: Segment) -> None:
        if run.began is None:
            run.began = self._now().mono
        self._kept.append(segment)
        asyncio.get_running_loop().call_soon(self._heard, segment)
        self._prune()

    def _prune(self) -> None:
        """Remove what is older than anybody wants; also while nothing new comes, or a full disk stays full."""
        oldest = self._now().mono - self._tempo.pre_roll - self._tempo.margin
        past = []
        while self._kept and self._kept[0].ended < oldest:
            past.append(self._kept.popleft().path)
        if past:
            asyncio.get_running_loop().run_in_executor(None, _remove, past)

    def _tell(self, condition: Condition, why: Lost | None = None) -> None:
        """Tell how the stream is, if that is new."""
        failed = {
            index: each
            for index, each in self._failed.items()
            if condition is Condition.LOST or index < self._using
        }
        stream = Stream(
            condition,
            why,
            label(self._sources[self._using]),
            (contents := self.contents) is not None and contents.encodes,
            tuple(Left(label(self._sources[index]), failed[index]) for index in sorted(failed)),
        )
        if stream != self._stream:
            self._stream = stream
            asyncio.get_running_loop().call_soon(self._changed, stream)

    def _forget(self) -> None:
        self._program = None


class _Run:
    """One life of the process."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.clock = RunClock()
        self.listed: set[str] = set()
        self.usual: deque[float] = deque(maxlen=_USUAL)
        self.began: float | None = None
        """When the first piece was there, in monotonic seconds."""


async def _cancelled(task: asyncio.Task[int]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
