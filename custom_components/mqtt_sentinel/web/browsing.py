"""The media as a tree: cameras, their days, and what there is of each; for Home Assistant's media browser."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.components.media_player import BrowseError, MediaClass
from homeassistant.components.media_source import BrowseMediaSource
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..evidence.clips.naming import NotOursError, camera_folder
from ..evidence.containers import JPEG, UNKNOWN
from ..evidence.journal.failures import JournalError
from ..evidence.journal.reading import days, latest_media, media, media_of_day
from ..evidence.journal.rows import MediaKind
from ..outcome.wording import as_utc
from .media import container_of, thumbnail_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ..chronicle.keeper import JournalKeeper
    from ..evidence.journal.rows import MediaRow

NAME = "MQTT Sentinel"


class Library:
    """What of the media is shown to people, as the ``journal`` lists it for a ``site``.

    ``titles`` are those of the cameras that are set up, by their ids; what is not among them shows
    under the name that it had last.
    """

    def __init__(
        self, hass: HomeAssistant, journal: JournalKeeper, site: str, titles: Mapping[str, str]
    ) -> None:
        self._hass = hass
        self._journal = journal
        self._site = site
        self._titles = titles
        self._texts: Mapping[str, str] = {}

    async def browse(self, identifier: str) -> BrowseMediaSource:
        """What an identifier names: nothing, a camera, a camera and a day, or a media id.

        Raises BrowseError: there is no such thing, or the journal cannot be asked.
        """
        found = await async_get_translations(
            self._hass, self._hass.config.language, "common", {DOMAIN}
        )
        begin = f"component.{DOMAIN}.common."
        # A language that lacks a text is filled up with English.
        self._texts = {key.removeprefix(begin): text for key, text in found.items()}
        match identifier.split("/"):
            case [""]:
                return await self._cameras()
            case [folder]:
                return await self._days(folder)
            case [folder, day]:
                return await self._day(folder, day)
        return await self._one(identifier)

    async def _ask[T](self, query: Callable[[Connection], T]) -> T:
        try:
            return await self._journal.read(query)
        except JournalError as error:
            raise BrowseError(
                translation_domain=DOMAIN,
                translation_key="media_journal_gone",
                translation_placeholders={"error": str(error)},
            ) from error

    async def _latest(self) -> Mapping[str, MediaRow]:
        return await self._ask(partial(latest_media, site=self._site))

    async def _cameras(self) -> BrowseMediaSource:
        latest = await self._latest()
        titles = {camera_id: row.name or camera_id for camera_id, row in latest.items()}
        titles |= self._titles
        children = [
            _folder(
                camera_folder(camera_id),
                title,
                thumbnail=_thumbnail(latest[camera_id]) if camera_id in latest else None,
            )
            for camera_id, title in sorted(titles.items(), key=lambda item: item[1].casefold())
        ]
        return _folder("", NAME, children)

    async def _camera(self, folder: str) -> tuple[str, str]:
        """The id and the title of a camera, by its folder."""
        latest = await self._latest()
        for camera_id in (*self._titles, *latest):
            if camera_folder(camera_id) == folder:
                title = self._titles.get(camera_id) or latest[camera_id].name
                return camera_id, title or camera_id
        raise _not_found()

    async def _days(self, folder: str) -> BrowseMediaSource:
        camera_id, title = await self._camera(folder)
        found = await self._ask(partial(days, site=self._site, camera_id=camera_id))
        children = [
            _folder(
                f"{folder}/{day}",
                self._text("media_day_count").format(day=self._date(day), count=count),
            )
            for day, count in found.items()
        ]
        return _folder(folder, title, children)

    async def _day(self, folder: str, day: str) -> BrowseMediaSource:
        camera_id, title = await self._camera(folder)
        rows = await self._ask(partial(media_of_day, site=self._site, camera_id=camera_id, day=day))
        if not rows:
            raise _not_found()
        named = self._text("media_camera_day").format(camera=title, day=self._date(day))
        return _folder(
            f"{folder}/{day}", named, [self._leaf(row) for row in reversed(rows)], MediaClass.VIDEO
        )

    async def _one(self, media_id: str) -> BrowseMediaSource:
        row = await self._ask(partial(media, site=self._site, media_id=media_id))
        if row is None:
            raise _not_found()
        return self._leaf(row)

    def _leaf(self, row: MediaRow) -> BrowseMediaSource:
        """One clip, picture or video."""
        try:
            container = container_of(row.media_id)
        except NotOursError:  # somebody else wrote into the database
            container = UNKNOWN
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=row.media_id,
            media_class=MediaClass.IMAGE if container is JPEG else MediaClass.VIDEO,
            media_content_type=container.mime,
            title=self._title(row),
            can_play=container.known,
            can_expand=False,
            thumbnail=_thumbnail(row),
        )

    # Texts

    def _text(self, key: str) -> str:
        return self._texts[key]

    def _date(self, day: str) -> str:
        try:
            moment = date.fromisoformat(day)
        except ValueError:
            return day
        return self._text("media_date").format(
            weekday=self._text(f"media_weekday_{moment.isoweekday()}"),
            day=moment.day,
            month=self._text(f"media_month_{moment.month}"),
            year=moment.year,
        )

    def _title(self, row: MediaRow) -> str:
        """When it began, what it is of, and how long it is if that is known."""
        words = [self._text(f"media_cause_{cause}") for cause in row.causes]
        if row.kind != MediaKind.CLIP:
            words = [self._text(f"media_kind_{row.kind}")]
        began = dt_util.as_local(as_utc(row.began))
        text = self._text("media_title_length" if row.duration else "media_title")
        return text.format(
            time=began.strftime("%H:%M:%S"), what=", ".join(words), seconds=round(row.duration)
        )


def _not_found() -> BrowseError:
    return BrowseError(translation_domain=DOMAIN, translation_key="media_not_found")


def _thumbnail(row: MediaRow) -> str | None:
    """Where the thumbnail is; the frontend asks for it as whoever is logged in."""
    return thumbnail_url(row.media_id) if row.thumbnail else None


def _folder(
    identifier: str,
    title: str,
    children: Sequence[BrowseMediaSource] | None = None,
    of: MediaClass = MediaClass.DIRECTORY,
    *,
    thumbnail: str | None = None,
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type="",
        title=title,
        can_play=False,
        can_expand=True,
        children=children,
        children_media_class=of if children is not None else None,
        thumbnail=thumbnail,
    )
