"""The view that hands out media: what it hands out, as what, and to whom."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs
from aiohttp.test_utils import TestClient
from homeassistant.components.http.auth import async_sign_path
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.mqtt_sentinel.web.media import media_url, thumbnail_url
from custom_components.mqtt_sentinel.web.signing import EXPIRATION, signed_links

from ..media.files import JPEG
from .evidence import CLIP, Media

CONTENT = bytes(range(256)) * 4
PICTURE = "door/2026-11-21/03-12-44-abc-p1.jpg"
UNKNOWN = "door/2026-11-21/03-12-44-abc-v1.bin"


@pytest.fixture
async def client(media: Media, hass_client: ClientSessionGenerator) -> TestClient:
    """Somebody who is logged in."""
    return await hass_client()


@pytest.fixture
async def stranger(media: Media, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    """Somebody who is not."""
    return await hass_client_no_auth()


@pytest.mark.parametrize(
    ("media_id", "mime", "shown"),
    [
        (CLIP, "video/mp4", "inline"),
        (PICTURE, "image/jpeg", "inline"),
        (CLIP.replace("-1.mp4", "-v1.webm"), "video/webm", "inline"),
        (UNKNOWN, "application/octet-stream", "attachment"),
    ],
)
async def test_a_file_comes_as_what_it_is(
    media: Media, client: TestClient, media_id: str, mime: str, shown: str
) -> None:
    # Whatever is in it: what it is was found out when it got its name.
    media.put(media_id, b"<script>alert(1)</script>")
    response = await client.get(media_url(media_id))
    assert response.status == HTTPStatus.OK
    assert response.content_type == mime
    assert await response.read() == b"<script>alert(1)</script>"
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    name = media_id.rpartition("/")[2]
    assert headers[hdrs.CONTENT_DISPOSITION] == f'{shown}; filename="{name}"'
    assert headers[hdrs.CACHE_CONTROL].startswith("private")
    assert headers.get("Content-Security-Policy") == ("sandbox" if shown == "attachment" else None)


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        ("bytes=0-9", HTTPStatus.PARTIAL_CONTENT, CONTENT[:10]),
        ("bytes=1000-", HTTPStatus.PARTIAL_CONTENT, CONTENT[1000:]),
        ("bytes=-4", HTTPStatus.PARTIAL_CONTENT, CONTENT[-4:]),
        ("bytes=5000-", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
    ],
)
async def test_a_player_may_ask_for_a_range(
    media: Media, client: TestClient, asked: str, status: HTTPStatus, got: bytes
) -> None:
    media.put(CLIP, CONTENT)
    response = await client.get(media_url(CLIP), headers={hdrs.RANGE: asked})
    assert response.status == status
    if got:
        assert await response.read() == got
        begin = CONTENT.rindex(got) if asked != "bytes=0-9" else 0
        end = begin + len(got) - 1
        assert response.headers[hdrs.CONTENT_RANGE] == f"bytes {begin}-{end}/{len(CONTENT)}"
        assert response.content_type == "video/mp4"


async def test_a_player_may_ask_what_it_would_get(media: Media, client: TestClient) -> None:
    media.put(CLIP, CONTENT)
    response = await client.head(media_url(CLIP))
    assert response.status == HTTPStatus.OK
    assert response.content_length == len(CONTENT)
    assert response.headers[hdrs.ACCEPT_RANGES] == "bytes"
    assert (await client.head(media_url(PICTURE))).status == HTTPStatus.NOT_FOUND


async def test_who_has_it_does_not_get_it_again(media: Media, client: TestClient) -> None:
    media.put(CLIP, CONTENT)
    etag = (await client.get(media_url(CLIP))).headers[hdrs.ETAG]
    response = await client.get(media_url(CLIP), headers={hdrs.IF_NONE_MATCH: etag})
    assert response.status == HTTPStatus.NOT_MODIFIED


async def test_the_thumbnail(media: Media, client: TestClient) -> None:
    media.put(CLIP, thumbnail=JPEG)
    media.put(PICTURE, JPEG)
    for media_id in (CLIP, PICTURE):
        response = await client.get(thumbnail_url(media_id))
        assert response.status == HTTPStatus.OK
        assert response.content_type == "image/jpeg"
        assert await response.read() == JPEG
    media.put(UNKNOWN)
    assert (await client.get(thumbnail_url(UNKNOWN))).status == HTTPStatus.NOT_FOUND


async def test_a_camera_may_be_gone_and_the_journal_too(media: Media, client: TestClient) -> None:
    await media.journal.stop()
    media.put(CLIP.replace("door", "long_gone"))
    response = await client.get(media_url(CLIP.replace("door", "long_gone")))
    assert response.status == HTTPStatus.OK


# Who may


@pytest.mark.parametrize("url", [media_url, thumbnail_url])
async def test_a_stranger_gets_nothing(
    media: Media, stranger: TestClient, url: Callable[[str], str]
) -> None:
    media.put(CLIP, CONTENT, JPEG)
    for media_id in (CLIP, PICTURE, "no/such/thing"):
        assert (await stranger.get(url(media_id))).status == HTTPStatus.UNAUTHORIZED
        assert (await stranger.head(url(media_id))).status == HTTPStatus.UNAUTHORIZED


async def test_a_signed_link_is_enough(media: Media, stranger: TestClient) -> None:
    media.put(CLIP, CONTENT, JPEG)
    links = signed_links(media.house.hass, CLIP, thumbnail=True)
    assert links.url.startswith(f"{media_url(CLIP)}?authSig=")
    assert links.thumbnail
    response = await stranger.get(links.url, headers={hdrs.RANGE: "bytes=0-1"})
    assert response.status == HTTPStatus.PARTIAL_CONTENT
    assert (await stranger.get(links.thumbnail)).status == HTTPStatus.OK
    assert signed_links(media.house.hass, CLIP, thumbnail=False).thumbnail is None


async def test_a_signed_link_is_for_one_file(media: Media, stranger: TestClient) -> None:
    media.put(CLIP, CONTENT)
    media.put(PICTURE, JPEG)
    links = signed_links(media.house.hass, CLIP, thumbnail=False)
    other = links.url.replace(CLIP, PICTURE)
    assert (await stranger.get(other)).status == HTTPStatus.UNAUTHORIZED
    assert (await stranger.get(links.url[:-2])).status == HTTPStatus.UNAUTHORIZED


async def test_a_signed_link_ends(media: Media, stranger: TestClient) -> None:
    media.put(CLIP, CONTENT)
    path = async_sign_path(media.house.hass, media_url(CLIP), -EXPIRATION, use_content_user=True)
    assert (await stranger.get(path)).status == HTTPStatus.UNAUTHORIZED
    assert timedelta(hours=1) <= EXPIRATION <= timedelta(days=7)


# What is none of ours


@pytest.mark.parametrize(
    "path",
    [
        "door/2026-11-21/03-12-44-abc-1.jpg",  # a thumbnail has an address of its own
        "door/2026-11-21/secret.txt",
        "door/2026-11-21/03-12-44-abc-1.mp4.gz",
        "door/2026-11-21/03-12-44-abc-1.mp4%00.jpg",
        "door/2026-11-21/03-12-44-abc-1.mp4%0a",
        "door/2026-02-31/03-12-44-abc-1.mp4",
        ".recording/door.abc-1/joined.mp4",
        ".incoming/2026-11-21/03-12-44-abc-1.mp4",
        "%2e%2e/media/secret.txt",
        "door/%2e%2e/secret.txt",
        "door/2026-11-21/..%2fsecret.txt",
        "door/2026-11-21/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.txt",
        "door%2f2026-11-21%2f03-12-44-abc-1.mp4/x/y",
        "door/2026-11-21/..%5c..%5csecret.txt",
        "%2fetc/passwd/x",
        "door/2026-11-21/-i",
        "door/2026-11-21/%27%22.mp4",
        "~/2026-11-21/03-12-44-abc-1.mp4",
        "nobody/2026-11-21/03-12-44-abc-1.mp4",
    ],
)
async def test_there_is_nothing_else(media: Media, client: TestClient, path: str) -> None:
    media.put(CLIP, CONTENT, JPEG)
    (media.root.parent / "secret.txt").write_text("secret")
    (media.root / "secret.txt").write_text("secret")
    (media.root / "door/2026-11-21/secret.txt").write_text("secret")
    (media.root / "door/2026-11-21/03-12-44-abc-1.mp4.gz").write_text("secret")
    for begin in (media_url(""), thumbnail_url("")):
        response = await client.get(URL(begin + path, encoded=True))
        # Home Assistant itself refuses what looks like an attack before it comes to us.
        refused = {HTTPStatus.NOT_FOUND} | ({HTTPStatus.BAD_REQUEST} if "%" in path else set())
        assert response.status in refused
        assert b"secret" not in await response.read()


@pytest.mark.parametrize("what", ["file", "day", "camera"])
async def test_a_link_leads_nowhere(
    media: Media, client: TestClient, tmp_path: Path, what: str
) -> None:
    elsewhere = tmp_path / "elsewhere" / CLIP
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text("secret")
    here = media.root / CLIP
    links = {"file": (here, elsewhere), "day": (here.parent, elsewhere.parent)}
    links["camera"] = (here.parent.parent, elsewhere.parent.parent)
    link, target = links[what]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    assert (await client.get(media_url(CLIP))).status == HTTPStatus.NOT_FOUND


async def test_the_thumbnail_is_no_link(media: Media, client: TestClient, tmp_path: Path) -> None:
    path = media.put(CLIP)
    (tmp_path / "secret").write_text("secret")
    path.with_suffix(".jpg").symlink_to(tmp_path / "secret")
    assert (await client.get(thumbnail_url(CLIP))).status == HTTPStatus.NOT_FOUND


async def test_a_folder_is_no_file(media: Media, client: TestClient) -> None:
    (media.root / CLIP).mkdir(parents=True)
    assert (await client.get(media_url(CLIP))).status == HTTPStatus.NOT_FOUND


async def test_without_a_hub_there_is_nothing(media: Media, client: TestClient) -> None:
    media.put(CLIP)
    assert await media.house.hass.config_entries.async_unload(media.house.entry.entry_id)
    assert (await client.get(media_url(CLIP))).status == HTTPStatus.NOT_FOUND
