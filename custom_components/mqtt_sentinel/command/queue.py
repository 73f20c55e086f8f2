"""The queue in front of the broker: what is sent when, and what became of it.

Whoever uses it calls :meth:`~CommandQueue.wake` when :meth:`~CommandQueue.next_deadline` has come,
gives all that :meth:`~CommandQueue.take` hands out to the client and says whether the client took
it, and collects the :meth:`~CommandQueue.news` after each call. All moments are in monotonic seconds.

* The queue is bounded. All commands without a result count, those that were sent, too. When it is
  full, the newest of the least important commands that were never sent is refused, if it is less
  important than the new one; else the new one is.
* A newer command to the same target replaces an older one that has no result yet, also one that was
  sent already: its next try would undo the newer one. That frees its place in the queue.
* A command is sent only while more than :data:`~.command.LAST_SECOND` of its time is left. One that
  never was is expired then; one that was is waited for until its timeout, also beyond its time.
* What was sent and not confirmed within its timeout is sent again after a pause, if its time and
  its tries allow it; else it has its result at once. An ERROR is an answer: it is not sent again.
* While the broker is away nothing is sent, and time goes on. Answers count until the timeout.
"""

from collections.abc import Callable
from math import inf, nextafter

from ..watch.deadlines import Deadlines
from ..watch.reports import FeedbackReport, RelayReport, Report
from .asked import Asked, Stage
from .backoff import Backoff
from .command import LAST_SECOND, Command, Late, News, Outcome, Relay, Result, Sending
from .line import Line
from .matcher import Finding, Matcher
from .metrics import Metrics

MOST = 1000
# The reports that can be answers.
ANSWERS = (FeedbackReport, RelayReport)


class CommandQueue:
    """Commands from their offer to their result; each gets exactly one."""

    def __init__(
        self, chance: Callable[[], float], most: int = MOST, backoff: Backoff | None = None
    ) -> None:
        """Start empty, with the broker away.

        ``chance`` gives a number from 0 to 1 each time; ``most`` commands are open at most.
        """
        self._chance = chance
        self._most = most
        self._backoff = backoff or Backoff()
        self._open: dict[str, Asked] = {}
        self._targets: dict[str, Asked] = {}
        self._line = Line()
        self._matcher = Matcher()
        self._deadlines = Deadlines()
        self._up = False
        self._news: list[News] = []
        self._metrics = Metrics()

    @property
    def depth(self) -> int:
        """How many commands have no result yet."""
        return len(self._open)

    @property
    def ready(self) -> bool:
        """Tell whether there is something to :meth:`take`."""
        return self._up and bool(self._line)

    @property
    def metrics(self) -> Metrics:
        """How the commands do."""
        self._metrics.repeated = self._matcher.repeated
        self._metrics.unasked = self._matcher.unasked
        return self._metrics

    def news(self) -> list[News]:
        """What became of commands since this was asked last, in order."""
        news, self._news = self._news, []
        return news

    def next_deadline(self) -> float | None:
        """When to :meth:`wake` it at the latest, None for never."""
        return self._deadlines.next()

    def broker(self, up: bool) -> None:
        """The broker can be reached, or cannot."""
        self._up = up

    def offer(self, command: Command, now: float) -> None:
        """Take a command on, or refuse it.

        Raises ValueError when a command of its id has no result yet.
        """
        self.wake(now)
        if command.id in self._open:
            raise ValueError(f"the command {command.id} is on its way")
        asked = Asked(command, now)
        older = self._targets.get(command.target)
        if older:
            self._end(older, Result.REPLACED, now)
        elif len(self._open) >= self._most:
            least = self._line.pop_least(command.priority)
            self._end(least or asked, Result.REFUSED, now)
            if not least:
                return
        self._open[command.id] = self._targets[command.target] = asked
        self._wait(asked)

    def cancel(self, command_id: str, now: float) -> None:
        """End a command, if it has no result yet; it may have been sent."""
        self.wake(now)
        asked = self._open.get(command_id)
        if asked:
            self._end(asked, Result.CANCELLED, now)

    def cancel_all(self, now: float) -> None:
        """End all commands."""
        self.wake(now)
        for asked in list(self._open.values()):
            self._end(asked, Result.CANCELLED, now)

    def take(self, now: float) -> Sending | None:
        """Hand out what is to be sent next; say :meth:`sent` or :meth:`not_sent` of it."""
        while self._up and (asked := self._line.pop()):
            rest = asked.rest(now)
            if rest <= LAST_SECOND:
                self._end(asked, _given_up(asked), now)
                continue
            asked.stage = Stage.LEAVING
            asked.tried += 1
            command = asked.command
            return Sending(
                command,
                0 if command.actuator else command.qos,
                None if command.retain else int(rest),
            )
        return None

    def sent(self, command_id: str, now: float) -> None:
        """The client took it: it is on its way, and its time to be confirmed begins."""
        asked = self._leaving(command_id)
        if asked is None:
            return
        confirmation = asked.command.confirmation
        asked.sends += 1
        asked.sent_at = now
        if asked.sends == 1:
            asked.first_sent_at = now
            if confirmation and confirmation.already:
                asked.moved_at = now
        self._metrics.sent += 1
        if confirmation is None:
            self._end(asked, Result.SENT, now)
            return
        asked.stage = Stage.ASKED
        asked.overdue = False
        self._matcher.sent(asked)
        self._deadlines.set(command_id, now + confirmation.timeout)

    def not_sent(self, command_id: str, now: float) -> None:
        """The client did not take it: it is tried again after a pause, in its time."""
        asked = self._leaving(command_id)
        if asked:
            self._pause(asked, now)

    def heard(self, report: Report, correlation: bytes | None = None) -> None:
        """A report came, which may be an answer; ``correlation`` is the data that came with it."""
        if report.retained:
            return
        at = report.at.mono
        if isinstance(report, FeedbackReport):
            self._wake_before(at)
            found = self._matcher.answered(report.source, report.ok, at, correlation)
        elif isinstance(report, RelayReport):
            self._wake_before(at)
            found = self._matcher.moved(Relay(report.key, report.relay), report.on, at)
        else:
            return
        for finding in found:
            self._found(finding, at)

    def wake(self, now: float) -> None:
        """Do all that time brings: expire, give up, try again."""
        while due := self._deadlines.pop_due(now):
            for command_id in due:
                asked = self._open[command_id]
                if asked.stage is Stage.ASKED:
                    self._overdue(asked, now)
                elif asked.stage is Stage.PAUSING:
                    self._wait(asked)
                else:
                    self._end(asked, _given_up(asked), now)

    def _wake_before(self, at: float) -> None:
        """Do what came before something that was heard; what comes with it comes after it."""
        self.wake(nextafter(at, -inf))

    def _wait(self, asked: Asked) -> None:
        """Into the line, for as long as it may be sent."""
        asked.stage = Stage.WAITING
        self._line.add(asked)
        self._deadlines.set(asked.command.id, self._send_by(asked))

    def _leaving(self, command_id: str) -> Asked | None:
        """The command that was taken, if it did not end meanwhile."""
        asked = self._open.get(command_id)
        return asked if asked and asked.stage is Stage.LEAVING else None

    def _overdue(self, asked: Asked, now: float) -> None:
        """It was not confirmed in time."""
        if asked.moved_at is not None:
            # What was so before it was sent took no time, and that is no latency.
            latency = asked.latency(asked.moved_at) or None
            self._end(asked, Result.CONFIRMED_BY_STATE, now, latency)
            return
        asked.overdue = True
        tries = asked.command.tries
        if tries is not None and asked.sends >= tries:
            self._end(asked, _given_up(asked), now)
        else:
            self._pause(asked, now)

    def _pause(self, asked: Asked, now: float) -> None:
        """Try again in a while, or not at all when that would be too late."""
        again_at = now + self._backoff.pause(asked.tried, self._chance())
        if again_at >= self._send_by(asked):
            self._end(asked, _given_up(asked), now)
            return
        asked.stage = Stage.PAUSING
        self._deadlines.set(asked.command.id, again_at)

    def _send_by(self, asked: Asked) -> float:
        return asked.offered_at + asked.command.ttl - LAST_SECOND

    def _found(self, finding: Finding, at: float) -> None:
        """An answer belongs to a command."""
        asked, result, ok = finding
        if result is not None:
            self._end(asked, result, at, asked.latency(at))
            return
        assert asked.result  # only of those that ended it can come late
        self._metrics.late += 1
        self._news.append(Late(asked.command, asked.result, ok, asked.latency(at)))

    def _end(self, asked: Asked, result: Result, now: float, latency: float | None = None) -> None:
        """A command has its result."""
        command = asked.command
        asked.result = result
        asked.ended_at = now
        if self._open.pop(command.id, None):
            del self._targets[command.target]
            self._deadlines.set(command.id, None)
            if asked.stage is Stage.WAITING:
                self._line.remove(asked)
            if asked.sends and command.confirmation:
                self._matcher.ended(asked)
        self._metrics.ended(result, asks=command.confirmation is not None)
        self._news.append(Outcome(command, result, now, asked.sends, latency))


def _given_up(asked: Asked) -> Result:
    """The result of a command that is neither sent nor waited for any more."""
    if not asked.sends:
        return Result.EXPIRED
    if asked.acknowledged:
        return Result.NOT_MOVED
    return Result.AMBIGUOUS if asked.doubted else Result.NOT_CONFIRMED
