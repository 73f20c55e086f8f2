"""What goes out: one queue for all who command, and everybody who has to hear what became of it."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback

from ..command.command import Outcome
from ..command.matcher import MOST_ENDED
from .sender import CommandSender

if TYPE_CHECKING:
    from ..command.command import Command, News
    from ..outcome.audience import Audience


@dataclass(frozen=True, slots=True)
class Origin:
    """Who commanded: the subentry it is about, None for none, and the context in Home Assistant."""

    subject: str | None = None
    context: Context | None = None


type Follower = Callable[[News, Origin], None]

NOBODY = Origin()


class Commands:
    """Hands commands to the queue, and tells all who follow what became of them.

    ``sender`` needs to hear all reports and what the broker does.
    """

    def __init__(self, hass: HomeAssistant, audience: Audience) -> None:
        """Start with nobody who follows."""
        self.sender = CommandSender(hass, self._came)
        self._audience = audience
        self._followers: defaultdict[str | None, list[Follower]] = defaultdict(list)
        self._open: dict[str, Origin] = {}
        # What comes late belongs to somebody, too.
        self._ended: OrderedDict[str, Origin] = OrderedDict()

    @callback
    def follow(self, follower: Follower, subject: str | None = None) -> CALLBACK_TYPE:
        """Call ``follower`` with all that becomes of commands, or of those about one subentry.

        Call the answer to end that.
        """
        followers = self._followers[subject]
        followers.append(follower)

        @callback
        def stop() -> None:
            followers.remove(follower)
            if not followers:
                self._followers.pop(subject, None)

        return stop

    @callback
    def submit(self, command: Command, origin: Origin = NOBODY) -> None:
        """Send a command as soon as that can be, after this has returned.

        Raises ValueError when a command of its id has no result yet.
        """
        self.sender.submit(command)
        self._open[command.id] = origin

    async def ask(self, command: Command, origin: Origin = NOBODY) -> Outcome:
        """Send a command, and wait for its result.

        Raises ValueError when a command of its id has no result yet. Who is cancelled while waiting
        cancels no command.
        """
        self.submit(command, origin)
        return await self.sender.result(command.id)

    @callback
    def _came(self, news: News) -> None:
        command_id = news.command.id
        if isinstance(news, Outcome):
            origin = self._open.pop(command_id, NOBODY)
            self._ended[command_id] = origin
            self._ended.move_to_end(command_id)
            if len(self._ended) > MOST_ENDED:
                self._ended.popitem(last=False)
        else:
            origin = self._ended.get(command_id, NOBODY)
        # How many follow other subentries costs nothing here.
        for subject in dict.fromkeys((None, origin.subject)):
            for follower in list(self._followers.get(subject, ())):
                self._audience.shield(follower, news, origin)
