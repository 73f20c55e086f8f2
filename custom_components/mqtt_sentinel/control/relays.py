"""Relays: what was commanded of each, what became of it, and who switched it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
import logging
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from homeassistant.core import CALLBACK_TYPE, Context, callback

from ..command.command import Outcome, Result
from ..intake.mqtt import now
from ..outcome.audience import Audience, Moment
from ..watch.expectation import Expectation, SourceKind, Wanted
from ..watch.verdict import Reason
from .commands import Commands, Origin

if TYPE_CHECKING:
    from ..command.command import Command, News
    from ..setup.relay import RelaySetup
    from ..watch.sentinel import Change, Sentinel

_LOGGER = logging.getLogger(__name__)

LONGEST_HISTORY = 20
# What the thing itself cannot tell: that it did what was commanded from here.
BY_COMMAND = "command"

_FAILURES = {
    Result.ERROR_REPORTED: Reason.ERROR_REPORTED,
    Result.AMBIGUOUS: Reason.NOT_CONFIRMED,
    Result.NOT_CONFIRMED: Reason.NOT_CONFIRMED,
    Result.NOT_MOVED: Reason.NOT_CONFIRMED,
    Result.EXPIRED: Reason.NOT_SENT,
    Result.REFUSED: Reason.NOT_SENT,
}


class LastCommand(NamedTuple):
    """The last command of a relay that has its result.

    ``at``: epoch seconds of the result. ``latency``: seconds, None when nothing came back. ``late``:
    whether an OK or the state (True), or an ERROR (False), came after the result.
    """

    id: str
    on: bool
    result: Result
    at: float
    sends: int
    latency: float | None
    late: bool | None = None


class Switched(NamedTuple):
    """One change of a relay; ``at`` in epoch seconds, ``by`` what switched it, as far as known."""

    at: float
    on: bool
    by: str | None


@dataclass(slots=True)
class RelayState:
    """What is known of one relay beside its state.

    ``asked``: the id of the command under way, ``wanted`` what it is to be by the last. What it changes
    to until ``moves_until``, in monotonic seconds, may come of that command.
    """

    setup: RelaySetup
    stop: CALLBACK_TYPE
    asked: str | None = None
    wanted: bool = False
    moves_until: float = 0.0
    last: LastCommand | None = None
    history: deque[Switched] = field(default_factory=lambda: deque(maxlen=LONGEST_HISTORY))


class Relays:
    """Switches relays, and keeps what came of it.

    ``apply`` carries the heart's changes on; ``save`` writes down what :meth:`remember` answers.
    """

    def __init__(
        self,
        commands: Commands,
        sentinel: Sentinel,
        audience: Audience,
        apply: Callable[..., None],
        save: Callable[[], None],
    ) -> None:
        """Start with none."""
        self._commands = commands
        self._sentinel = sentinel
        self._audience = audience
        self._apply = apply
        self._save = save
        self._relays: dict[str, RelayState] = {}
        self._stored: dict[str, Any] = {}
        commands.follow(self._came)

    def __getitem__(self, relay_id: str) -> RelayState:
        """What is known of a relay. Raises KeyError when there is none of this id."""
        return self._relays[relay_id]

    def __iter__(self) -> Iterator[str]:
        """The ids of all relays."""
        return iter(self._relays)

    def __contains__(self, relay_id: object) -> bool:
        """Tell whether there is a relay of this id."""
        return relay_id in self._relays

    # What is set up

    @callback
    def set(self, relay_id: str, setup: RelaySetup) -> None:
        """A relay is set up, or set up otherwise."""
        before = self._relays.get(relay_id)
        if before is None:
            follow = partial(self._changed, relay_id)
            # Before the entities, so that these show what belongs together.
            stop = self._audience.listen(relay_id, follow, Moment.SHOW)
            relay = self._relays[relay_id] = RelayState(setup, stop)
            _restore(relay, self._stored.pop(relay_id, None))
        elif before.setup.relay != setup.relay:
            self.remove(relay_id)
            self.set(relay_id, setup)
        else:
            before.setup = setup

    @callback
    def remove(self, relay_id: str) -> None:
        """A relay is set up no more."""
        relay = self._relays.pop(relay_id)
        relay.stop()
        if relay.asked:
            self._commands.sender.cancel(relay.asked)

    # What is commanded

    @callback
    def switch(self, relay_id: str, on: bool, context: Context | None = None) -> None:
        """Send the command, and judge from now on whether it is followed.

        Raises KeyError when there is no such relay.
        """
        command = self._expect(relay_id, on)
        self._commands.submit(command, Origin(relay_id, context))

    async def ask(self, relay_id: str, on: bool, context: Context | None = None) -> Outcome:
        """Send the command, and wait for its result. Raises KeyError when there is no such relay."""
        self.switch(relay_id, on, context)
        asked = self._relays[relay_id].asked
        assert asked  # its result comes later
        return await self._commands.sender.result(asked)

    @callback
    def repeat(self, relay_id: str) -> None:
        """Send what is wanted of a relay once more."""
        wanted = self._sentinel.watches[relay_id].facts.expectation.wanted
        self.switch(relay_id, wanted is Wanted.UP)

    def _expect(self, relay_id: str, on: bool) -> Command:
        relay = self._relays[relay_id]
        facts = self._sentinel.watches[relay_id].facts
        already = facts.live and facts.up is on
        command_id = f"relay-{uuid4().hex}"
        command = relay.setup.command(command_id, f"relay:{relay_id}", on, already=already)
        relay.asked, relay.wanted = command_id, on
        relay.moves_until = now().mono + relay.setup.ttl + relay.setup.timeout
        wanted = Wanted.UP if on else Wanted.DOWN
        verify = relay.setup.confirm.state
        expectation = Expectation(wanted, verify, SourceKind.COMMAND)
        self._apply(*self._sentinel.command(relay_id, expectation, now()))
        self._save()
        return command

    # What came of it

    @callback
    def _came(self, news: News, origin: Origin) -> None:
        """Something became of a command."""
        relay = self._relays.get(origin.subject or "")
        if relay is None or origin.subject is None:
            return
        if isinstance(news, Outcome):
            self._ended(origin.subject, relay, news)
        elif relay.last and relay.last.id == news.command.id:
            relay.last = relay.last._replace(late=news.ok)
        self._audience.notify(Moment.SHOW, origin.subject, None)
        self._save()

    @callback
    def _ended(self, relay_id: str, relay: RelayState, outcome: Outcome) -> None:
        if outcome.command.id != relay.asked:
            return  # a newer one took its place
        relay.asked = None
        relay.last = LastCommand(
            outcome.command.id,
            relay.wanted,
            outcome.result,
            now().wall,
            outcome.sends,
            outcome.latency,
        )
        failed = _FAILURES.get(outcome.result)
        self._apply(*self._sentinel.command_ended(relay_id, failed, now()))

    @callback
    def _changed(self, relay_id: str, change: Change | None) -> None:
        """Keep who switched it."""
        if change is None or change.connection is None or change.watch.relay is None:
            return
        relay, report = self._relays[relay_id], change.watch.relay
        told = relay.wanted is report.on and report.at.mono <= relay.moves_until
        by = report.by or (BY_COMMAND if told else None)
        relay.history.append(Switched(report.at.wall, report.on, by))
        self._save()

    # What outlives a restart

    def remember(self) -> dict[str, Any]:
        """What is known of all relays, in JSON types."""
        return {
            relay_id: {
                "last": relay.last._asdict() if relay.last else None,
                "history": [*relay.history],
            }
            for relay_id, relay in self._relays.items()
        }

    def restore(self, stored: Any) -> None:
        """Go on from what :meth:`remember` answered before; call it before relays are set."""
        if isinstance(stored, Mapping):
            self._stored = dict(stored)


def _restore(relay: RelayState, data: Any) -> None:
    """Read what was stored of one relay; what cannot be read is left out, with a warning."""
    if not data:
        return
    try:
        if last := data["last"]:
            relay.last = LastCommand(**last | {"result": Result(last["result"])})
        relay.history.extend(Switched(*switched) for switched in data["history"])
    except KeyError, TypeError, ValueError:
        _LOGGER.warning("What was stored of a relay could not be read")
