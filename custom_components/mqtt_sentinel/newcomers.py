"""What becomes of things that talk and that nobody watches: announced, watched, or ignored."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from .const import CONF_BY_ITSELF, CONF_IGNORE_ALL, CONF_IGNORED, CONF_WATCH_ALL
from .outcome.known import is_shown, show_known
from .setup.data import key_of, subentry_of, thing_id

if TYPE_CHECKING:
    from .watch.known import KnownThing, KnownThings
    from .watch.reports import ThingKey

_LOGGER = logging.getLogger(__name__)

# As often the issue may change, however fast things turn up.
LOOK_EVERY = timedelta(seconds=10)
# Whoever can publish can make names up. So many of them cannot fill Home Assistant: beyond this,
# things of a dialect that is watched by itself are announced like all others.
MOST_BY_ITSELF = 500
# So many are watched at once, for each makes entities.
_BATCH = 50
# The list is part of the config entry, which is written whole.
MOST_IGNORED = 5_000


class Newcomers:
    """Looks at the known things now and then, and does with them what the user chose.

    The choices are options of the config entry: dialects that are watched or ignored as a whole,
    and things that are ignored one by one.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], known: KnownThings) -> None:
        """Prepare; nothing runs before :meth:`start`."""
        self._hass = hass
        self._entry = entry
        self._known = known
        self._turns: int | None = None
        self._announced = False
        self._stop: CALLBACK_TYPE | None = None
        self._read()

    # Life

    def start(self) -> None:
        """Look regularly from now on."""
        self._stop = async_track_time_interval(self._hass, self._look, LOOK_EVERY)

    def stop(self) -> None:
        """Look no more, and take the issue back."""
        if self._stop:
            self._stop()
            self._stop = None
        show_known(self._hass, self._entry.entry_id, ())

    def follow(self) -> None:
        """The config entry changed: read the choices again, and show what is true now."""
        if self._entry.options is not self._options:
            self._read()
        self._show()

    def _read(self) -> None:
        self._options = options = self._entry.options
        self._watched_dialects = frozenset(options.get(CONF_WATCH_ALL, ()))
        self._ignored_dialects = frozenset(options.get(CONF_IGNORE_ALL, ()))
        self._ignored = frozenset(map(key_of, options.get(CONF_IGNORED, ())))
        self._turns = None

    # What there is

    def strangers(self) -> list[KnownThing]:
        """The things that a user was not asked about yet."""
        ignored, dialects = self._ignored, self._ignored_dialects
        return [
            thing
            for thing in self._known
            if thing.key not in ignored and thing.key.dialect not in dialects
        ]

    @callback
    def _look(self, _: datetime) -> None:
        if not self._watch_by_itself():
            self._show()  # else the hub follows, and shows what is left

    def _watch_by_itself(self) -> bool:
        """Watch some of the things whose dialect is watched as a whole; tell if there were any."""
        if not self._watched_dialects:
            return False
        newcomers = [
            thing.key for thing in self.strangers() if thing.key.dialect in self._watched_dialects
        ]
        batch = newcomers[: min(self._room(), _BATCH)]
        self._watch(batch, by_itself=True)
        return bool(batch)

    def _room(self) -> int:
        """How many more things may be watched that nobody chose one by one."""
        by_itself = sum(
            CONF_BY_ITSELF in subentry.data for subentry in self._entry.subentries.values()
        )
        return max(0, MOST_BY_ITSELF - by_itself)

    def _show(self) -> None:
        """Bring the issue up to date, if something came or went or somebody closed it."""
        entry_id = self._entry.entry_id
        if self._turns == self._known.turns and self._announced is is_shown(self._hass, entry_id):
            return
        strangers = [thing.key for thing in self.strangers()]
        if self._watched_dialects and self._room():
            strangers = [key for key in strangers if key.dialect not in self._watched_dialects]
        self._turns = self._known.turns
        self._announced = bool(strangers)
        show_known(self._hass, entry_id, strangers)

    # What a user chooses

    def watch(self, keys: Iterable[ThingKey]) -> None:
        """Watch these things with the defaults of their dialects."""
        self._watch(keys)

    def _watch(self, keys: Iterable[ThingKey], *, by_itself: bool = False) -> None:
        watched = {subentry.unique_id for subentry in self._entry.subentries.values()}
        for key in keys:
            made = subentry_of(key, self._known.get(key))
            if made["unique_id"] in watched:
                continue
            if by_itself:
                _LOGGER.info("Watching %s, as all of its dialect", made["title"])
            marks = {CONF_BY_ITSELF: True} if by_itself else {}
            self._hass.config_entries.async_add_subentry(
                self._entry,
                ConfigSubentry(
                    data=MappingProxyType({**made["data"], **marks}),
                    subentry_type=made["subentry_type"],
                    title=made["title"],
                    unique_id=made["unique_id"],
                ),
            )

    def ignore(self, keys: Collection[ThingKey]) -> bool:
        """Announce these things no more; False when there are too many to remember."""
        watched = {subentry.unique_id for subentry in self._entry.subentries.values()}
        names = dict.fromkeys([*self._entry.options.get(CONF_IGNORED, ()), *map(thing_id, keys)])
        ignored = [name for name in names if name not in watched]
        if len(ignored) > MOST_IGNORED:
            return False
        self._choose({CONF_IGNORED: ignored})
        return True

    def choose_dialects(self, watch: Iterable[str], ignore: Iterable[str]) -> None:
        """Watch, or ignore, all things of these dialects from now on."""
        self._choose({CONF_WATCH_ALL: list(watch), CONF_IGNORE_ALL: list(ignore)})

    def _choose(self, options: dict[str, list[str]]) -> None:
        self._hass.config_entries.async_update_entry(
            self._entry, options={**self._entry.options, **options}
        )
