"""The part of the story with a camera: what it saw before, while and after something happened."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
import hashlib
from pathlib import Path
import sqlite3
import sys
import tempfile
import time
from typing import Any

from .cameras.access import Access
from .cameras.reading import Reading, missing, read
from .members.camera import camera_node
from .observer import DOMAIN, StoryError, fired_at
from .pipe import Deed
from .world import AT_ONCE, BROKER_BACK, FRONT, World, slug

type Json = Any

CAMERA = "Front camera"

_MEMBER = "camera"
_DEVICE = "front"
_NODE = camera_node(_DEVICE)
_MOTION = "camera front"
_MOVED = f"binary_sensor.{slug(CAMERA)}_motion"
_STREAM = f"binary_sensor.{slug(CAMERA)}_stream"
_PICTURE = f"camera.{slug(CAMERA)}"
_LAST = f"sensor.{slug(CAMERA)}_last_clip"

_PRE_ROLL = 3.0
_DURATION = 2.0
_CAPTURED = 1.0

_PIECE = 1.0
"""Seconds of a piece of the stream: so much may be under way when something breaks."""
_LATE = 0.5
"""Seconds that a picture is under way at most: when it was taken is known by when it came."""
_STREAM_UP = 15.0
"""Seconds for a stream to be opened, also one that was lost a moment ago."""
_SAVED = 10.0
"""Seconds for a clip to be saved that has all it wants."""
_FRESH = 5.0
"""Seconds that a picture of a stream may be old."""

_LOOK = 0.05
"""Pause between looks at what tells nobody: a folder, a process."""

_PART = (100, 299)
_PROCESSES = Path("/proc")


async def motion_recorded(world: World) -> None:
    """Motion before a camera: a clip that begins before it, to be seen by who is told of it."""
    seen = world.observer
    await _set_up(world)
    picture = await seen.client.fetch(f"/api/camera_proxy/{_PICTURE}")
    world.check((picture.status, picture.kind) == (200, "image/jpeg"), f"no picture: {picture}")
    [shown] = await _readings(picture.body, "picture.jpg")
    age = time.time() - shown.ms / 1000
    world.check(0 <= age < _FRESH, f"the picture is {age:.1f} s old")
    asked = await _move(world)
    clip = await _saved(world, asked)
    went = time.time()

    url = clip["url"]
    part = await seen.client.fetch(url, signed_in=False, span=_PART)
    whole = await seen.client.fetch(url, signed_in=False)
    world.check((whole.status, whole.kind) == (200, "video/mp4"), f"{url}: {whole.status}")
    world.check(
        (part.status, part.body) == (206, whole.body[_PART[0] : _PART[1] + 1]),
        f"{url}, a range of it: {part.status}, {len(part.body)} bytes",
    )
    world.check(
        clip["sha256"] == hashlib.sha256(whole.body).hexdigest()
        and clip["size"] == len(whole.body),
        f"it is not what was told: {clip}",
    )
    await _check_thumbnail(world, clip["thumbnail"], signed_in=False)
    await _check_shows(world, [whole.body], asked - _PRE_ROLL, min(asked + _DURATION, went))
    facts = {"kind": "clip", "causes": ["motion"], "part": 1, "incident_ids": []}
    world.check(facts.items() <= clip.items(), f"told otherwise: {clip}")
    world.check(clip["event_ids"] != [], "it says not which motion it was")
    world.check(clip["pre_roll"] >= _PRE_ROLL, f"its pre-roll is {clip['pre_roll']} s")
    row = (await asyncio.to_thread(_listed, world.home.directory)).get(clip["media_id"])
    world.check(
        row is not None and (row.sha256, row.size) == (clip["sha256"], clip["size"]),
        f"the journal has {row} of {clip['media_id']}",
    )
    await seen.until(
        lambda: seen.attribute(_LAST, "media_content_id") == clip["media_content_id"],
        f"{_LAST}: {clip['media_id']}",
        AT_ONCE,
    )
    await world.check_quiet()


async def camera_smashed(world: World) -> None:
    """A camera is smashed while it records: what it saw is saved, and it is missed; it comes back."""
    asked = await _move(world)
    await _recording_for(world, asked, _DURATION)
    await world.fleet.kill(_MEMBER)
    killed = time.time()
    await world.mismatch(CAMERA, "disconnected", within=AT_ONCE)
    await _saved(world, asked)
    since = asked - _PRE_ROLL
    await _check_shows(world, await _told_since(world, since), since, killed - _PIECE)
    await world.fleet.start(_MEMBER)
    await world.agreement(CAMERA, within=_STREAM_UP + world.times.settle)
    world.check(len(world.events(CAMERA, "recovered")) == 1, "the recovery was not told once")
    # Nobody said that the motion is over. The next one ends it, too.
    asked = time.time()
    await world.fleet.tell(_NODE, Deed.MOTION)
    await _gone(world)
    await _saved(world, asked)
    await world.check_quiet()


async def recordings_found(world: World) -> None:
    """A clip is asked for, and found again: by camera and day, with its picture, and it plays."""
    seen = world.observer
    asked = time.time()
    answer = await seen.client.ask(f"{DOMAIN}.capture_clip", entity_id=_PICTURE, duration=_CAPTURED)
    [clip] = answer["clips"]
    world.check(answer["failed"] == [] and clip["causes"] == ["action"], f"answered {answer}")
    there = await asyncio.to_thread(Path(clip["path"]).is_file)
    world.check(there, f"{clip['path']} is not there")
    found = await _found(world)
    world.check(clip["media_content_id"] in found, f"{clip['media_content_id']} is not in {found}")
    told = {event["media_content_id"] for event in world.events(CAMERA, "clip_saved")}
    world.check(told <= found.keys(), f"of {told}, {found.keys()} are found")
    for child in found.values():
        await _check_thumbnail(world, child["thumbnail"])
    body = await _played(world, clip["media_content_id"])
    await _check_shows(world, [body], asked, asked + _CAPTURED - _LATE)


async def killed_while_recording(world: World) -> None:
    """Home Assistant is killed while it records: what it had is there, and nothing is left over."""
    # The alarm panel of this home writes its state down only every quarter of an hour.
    await world.observer.client.command(
        "call_service", domain="homeassistant", service="save_persistent_states"
    )
    asked = await _move(world)
    await _recording_for(world, asked, _DURATION)
    before = await _found(world)
    readers = await asyncio.to_thread(_readers, world.home.pid)
    world.check(bool(readers) or sys.platform != "linux", "no ffmpeg reads the stream")
    await world.home.kill()
    killed = time.time()
    await _until(lambda: not any(map(_runs, readers)), "an ffmpeg outlives it")
    await world.home.start()
    await world.sign_in_again()
    seen = world.observer
    await seen.until(
        lambda: seen.state(_STREAM) == "on", "the stream is up", BROKER_BACK + world.times.grace
    )
    work = world.home.directory / "media" / DOMAIN / ".recording"
    await _until(lambda: not list(work.iterdir()), f"leftovers in {work}")
    after = await _found(world)
    lost = before.keys() - after.keys()
    world.check(not lost, f"lost: {lost}")
    new = after.keys() - before.keys()
    world.check(len(new) == 1, f"of what was recorded there is {new}")
    since = asked - _PRE_ROLL
    rows = await asyncio.to_thread(_listed, world.home.directory)
    matter = [media_id for media_id, row in rows.items() if row.ended > since]
    clips = [await _played(world, f"media-source://{DOMAIN}/{each}") for each in matter]
    await _check_shows(world, clips, since, killed - 2 * _PIECE)
    left = [folder for folder in readers.values() if folder.parent.exists()]
    world.check(not left, f"pieces of the stream are left in {left}")
    await world.agreement(CAMERA, within=BROKER_BACK + world.times.grace)
    await world.check_quiet()


async def _set_up(world: World) -> None:
    """Set the camera up, and wait for its stream; what tells of motion before it was heard once."""
    seen = world.observer
    await world.fleet.tell(_NODE, Deed.MOTION)
    await world.installation.hears(_MOTION)
    access = Access()
    await world.installation.add_camera(
        CAMERA,
        f"rtsp://127.0.0.1:{world.fleet.port(_MEMBER)}/{_DEVICE}",
        (access.user, access.password),
        detector=f"{FRONT} (services)",
        motion=f"{_MOTION} (services)",
        pre_roll=_PRE_ROLL,
        duration=_DURATION,
        settle=_STREAM_UP,
    )
    await seen.until(lambda: seen.state(_STREAM) == "on", "the stream is up", _STREAM_UP)
    # What is to be seen of the time before a motion has to be there: that much is waited for.
    await asyncio.sleep(_PRE_ROLL)
    await world.fleet.wait_for(_MEMBER, sent="2")


async def _move(world: World) -> float:
    """Have somebody come before the camera; answer when that was heard, in epoch seconds."""
    await _gone(world)
    seen = world.observer
    told = len(_motions(world))
    await world.fleet.tell(_NODE, Deed.MOTION)
    await seen.until(
        lambda: seen.state(_MOVED) == "on" and len(_motions(world)) > told,
        f"{_MOVED} on, and told",
        AT_ONCE,
    )
    return _motions(world)[-1]


def _motions(world: World) -> list[float]:
    """When motion was told to have begun, in epoch seconds."""
    return [
        fired_at(event)
        for event in world.observer.events
        if event["event_type"] == f"{DOMAIN}_motion" and event["data"]["motion"] == "began"
    ]


async def _gone(world: World) -> None:
    """Wait until nobody is seen before the camera."""
    seen = world.observer
    await seen.until(lambda: seen.state(_MOVED) != "on", f"{_MOVED} off", AT_ONCE + _PRE_ROLL)


async def _recording_for(world: World, asked: float, seconds: float) -> None:
    """Wait until it records, and has for so many seconds: how long that is, is what is played."""
    seen = world.observer
    await seen.until(lambda: seen.state(_PICTURE) == "recording", "it records", AT_ONCE)
    await asyncio.sleep(max(0.0, asked + seconds - time.time()))


async def _saved(world: World, asked: float) -> Mapping[str, Json]:
    """Wait for the first clip that ends after a moment in epoch seconds; return what is told of it."""
    await world.observer.until(lambda: bool(_told(world, asked)), "a clip is saved", _SAVED)
    return _told(world, asked)[0]


def _told(world: World, since: float) -> list[Mapping[str, Json]]:
    """What was told of the clips that end after a moment in epoch seconds."""
    told = world.events(CAMERA, "clip_saved")
    return [clip for clip in told if datetime.fromisoformat(clip["ended"]).timestamp() > since]


async def _told_since(world: World, since: float) -> list[bytes]:
    """The clips that end after a moment in epoch seconds: one goes on where the one before ended."""
    client = world.observer.client
    fetched = [await client.fetch(clip["url"], signed_in=False) for clip in _told(world, since)]
    return [clip.body for clip in fetched]


@dataclass(frozen=True, slots=True)
class _Row:
    """A clip as the journal lists it: its SHA-256, its size in bytes, its end in epoch seconds."""

    sha256: str
    size: int
    ended: float


def _listed(directory: Path) -> dict[str, _Row]:
    """All media that the journal's own file lists, by their ids, the oldest first."""
    with closing(
        sqlite3.connect(f"file:{directory / f'{DOMAIN}.db'}?mode=ro", uri=True)
    ) as journal:
        rows = journal.execute(
            "SELECT media_id, sha256, size, began + duration FROM sentinel_media ORDER BY began"
        )
        return {media_id: _Row(*facts) for media_id, *facts in rows}


async def _found(world: World) -> dict[str, Mapping[str, Json]]:
    """All clips of the camera as the media browser shows them, by their ids in it."""
    ask = world.observer.client.command
    root = await ask("media_source/browse_media", media_content_id=f"media-source://{DOMAIN}")
    [camera] = [child for child in root["children"] if child["title"] == CAMERA]
    days = await ask("media_source/browse_media", media_content_id=camera["media_content_id"])
    found: dict[str, Mapping[str, Json]] = {}
    for day in days["children"]:
        listed = await ask("media_source/browse_media", media_content_id=day["media_content_id"])
        found |= {child["media_content_id"]: child for child in listed["children"]}
    return found


async def _played(world: World, media_content_id: str) -> bytes:
    """A clip as the media browser plays it: at an address that needs no signing in."""
    client = world.observer.client
    resolved = await client.command("media_source/resolve_media", media_content_id=media_content_id)
    clip = await client.fetch(resolved["url"], signed_in=False)
    world.check(
        (clip.status, clip.kind, resolved["mime_type"]) == (200, "video/mp4", "video/mp4"),
        f"{resolved} is {clip.status}, {clip.kind}",
    )
    return clip.body


async def _check_thumbnail(world: World, url: str, *, signed_in: bool = True) -> None:
    got = await world.observer.client.fetch(url, signed_in=signed_in)
    world.check(
        (got.status, got.kind, got.body[:2]) == (200, "image/jpeg", b"\xff\xd8"),
        f"{url} is {got.status}, {got.kind}",
    )


async def _check_shows(world: World, clips: Sequence[bytes], since: float, until: float) -> None:
    """Check by the clock in the picture that clips show all between two moments in epoch seconds."""
    pictures = [picture for clip in clips for picture in await _readings(clip, "clip.mp4")]
    first, last = pictures[0].ms / 1000, pictures[-1].ms / 1000
    world.check(
        first <= since and last >= until,
        f"from {_clock(since)} to {_clock(until)}, shown is {_clock(first)} to {_clock(last)}",
    )
    numbers = [picture.number for picture in pictures]
    world.check(
        not missing(pictures) and len({*numbers}) == len(numbers),
        f"of {len(pictures)} pictures are missing {missing(pictures)}, or some came twice",
    )


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3]


async def _readings(body: bytes, name: str) -> Sequence[Reading]:
    with tempfile.TemporaryDirectory(prefix="sentinel-") as folder:
        path = Path(folder, name)
        await asyncio.to_thread(path.write_bytes, body)
        return await asyncio.to_thread(read, path)


async def _until(came_true: Callable[[], bool], otherwise: str, within: float = _SAVED) -> None:
    """Look at what tells nobody until it came true. Raises StoryError when it does not in time."""
    try:
        async with asyncio.timeout(within):
            while not await asyncio.to_thread(came_true):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise StoryError(f"{otherwise}, after {within:.0f} s") from None


def _readers(parent: int | None) -> dict[int, Path]:
    """The ffmpegs that a process runs now, with the folders they run in; none but on Linux."""
    found = {}
    for path in _PROCESSES.glob("[0-9]*"):
        try:
            name, _, rest = (path / "stat").read_text().partition("(")[2].rpartition(")")
            if name == "ffmpeg" and int(rest.split()[1]) == parent:
                found[int(path.name)] = (path / "cwd").readlink()
        except OSError:
            continue  # it ended meanwhile
    return found


def _runs(pid: int) -> bool:
    """Tell whether a process runs: one that ended and was not asked about does not."""
    try:
        stat = (_PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
