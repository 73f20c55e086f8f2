"""The demo's cameras, seen by a real ffmpeg."""

import asyncio
from contextlib import suppress
from pathlib import Path
import shutil
import subprocess

import pytest

from demo.cameras.access import Access, Scheme
from demo.cameras.camera import Camera, Mood
from demo.cameras.clock import COLUMNS, ROWS, WIDTH, Face, Moment, pack, see, unpack
from demo.cameras.deeds import CameraDeed
from demo.cameras.encoder import Audio, Codec, Look
from demo.cameras.ffmpeg import FfmpegError, find, offer
from demo.cameras.reading import ReadingError, missing, read
from demo.cameras.remote import RemoteCamera

_NOW_MS = 1_795_295_000_123
_FRAME_MS = 100


@pytest.fixture(autouse=True)
def _ffmpeg() -> None:
    try:
        find()
    except FfmpegError as reason:
        pytest.skip(str(reason))


async def _record(
    url: str, file: Path, seconds: float = 1.0, *options: str
) -> subprocess.CompletedProcess[bytes]:
    """Record a stream as it is, the way that the integration does."""
    command = [
        *(str(find()), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-analyzeduration", "500000"),  # it starts sooner
        *("-rtsp_transport", "tcp", "-i", url, "-t", str(seconds), "-c", "copy", *options),
        str(file),
    ]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)


async def _follow(url: str) -> asyncio.subprocess.Process:
    """Play a stream until it ends."""
    return await asyncio.create_subprocess_exec(
        *(str(find()), "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url),
        *("-c", "copy", "-f", "null", "-"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def test_the_blocks_say_when_and_which() -> None:
    face = Face(240)
    for moment in (Moment(_NOW_MS, 0), Moment(0, 1), Moment(_NOW_MS, (1 << 20) - 1)):
        picture = face.draw(moment)
        assert len(picture) == WIDTH * 240
        assert see(picture[: WIDTH * WIDTH * ROWS // COLUMNS], WIDTH) == moment
    assert unpack(pack(Moment(_NOW_MS, 1 << 20))) == Moment(_NOW_MS, 0)
    for bit in range(ROWS * COLUMNS):
        assert unpack(pack(Moment(_NOW_MS, 7)) ^ 1 << bit) is None
    assert see(bytes(WIDTH * 64), WIDTH) is None
    with pytest.raises(ValueError, match="rows"):
        Face(60)


@pytest.mark.parametrize("scheme", [Scheme.OPEN, Scheme.BASIC, Scheme.DIGEST, Scheme.EITHER])
async def test_real_ffmpeg_plays_it(scheme: Scheme, tmp_path: Path) -> None:
    """Every picture is there, and each shows the time that its place in the file says."""
    file = tmp_path / "clip.mp4"
    async with Camera(access=Access(scheme, "us er@home", "p@ss:w/rd")) as camera:
        done = await _record(camera.url, file, 3.0)
    assert done.returncode == 0, done.stderr
    pictures = await asyncio.to_thread(read, file)
    assert 28 <= len(pictures) <= 32
    assert not missing(pictures)
    assert pictures[0].key
    assert sum(picture.key for picture in pictures) in (3, 4)
    # ffmpeg leaves the first picture of a stream without a timestamp, which puts it elsewhere.
    offsets = [picture.ms - picture.pts * 1000 for picture in pictures[1:]]
    assert max(offsets) - min(offsets) < 2


@pytest.mark.parametrize(
    "look",
    [
        Look(b_frames=2),
        Look(audio=Audio.AAC),
        Look(audio=Audio.G711),
        Look(codec=Codec.H265, width=640, height=480),
        Look(codec=Codec.MJPEG),
        Look(width=640, height=360, fps=15, gop=15, kbits=400),
    ],
    ids=["b-frames", "aac", "g711", "h265", "mjpeg", "bits"],
)
async def test_variants(look: Look, tmp_path: Path) -> None:
    file = tmp_path / "clip.mkv"
    # ffmpeg leaves the first picture of an RTSP stream without a time, and can make none up where
    # there are B-frames; Matroska, as MPEG-TS, would refuse it.
    timeless = ("-bsf:v", r"noise=drop=eq(pts\,nopts)") if look.b_frames else ()
    async with Camera(look) as camera:
        done = await _record(camera.url, file, 3.0 if look.b_frames else 2.0, *timeless)
    assert done.returncode == 0, done.stderr
    pictures = await asyncio.to_thread(read, file)
    assert len(pictures) >= look.fps
    assert pictures[0].key
    if not look.b_frames:  # else those at the end lack what they refer to
        assert not missing(pictures)
    if look.kbits:
        assert file.stat().st_size > look.kbits * 1000 / 8
    listing = await asyncio.to_thread(
        subprocess.run, [str(find()), "-hide_banner", "-i", str(file)], capture_output=True
    )
    said = listing.stderr.decode()
    named = {Codec.H264: "h264", Codec.H265: "hevc", Codec.MJPEG: "mjpeg"}
    assert f"Video: {named[look.codec]}" in said
    assert f"{look.width}x{look.height}" in said
    assert ("Audio: " in said) == (look.audio is not Audio.NONE)


async def test_small_bit_rate_leaves_the_clock_readable(tmp_path: Path) -> None:
    """A thumbnail's worth of bits: the picture suffers, the blocks do not."""
    source, small = tmp_path / "clip.mkv", tmp_path / "small.mp4"
    async with Camera() as camera:
        await _record(camera.url, source, 2.0)
    words = ["-i", str(source), "-vf", "scale=160:-2", "-c:v", "libx264", "-crf", "45", str(small)]
    await asyncio.to_thread(
        subprocess.run, [str(find()), "-nostdin", "-loglevel", "error", *words], check=True
    )
    before, after = read(source), read(small)
    assert [picture.ms for picture in after] == [picture.ms for picture in before]


async def test_what_is_no_clock_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "gray.mp4"
    words = ["-f", "lavfi", "-i", "color=gray:320x240:d=1", "-c:v", "libx264", str(file)]
    await asyncio.to_thread(
        subprocess.run, [str(find()), "-nostdin", "-loglevel", "error", *words], check=True
    )
    with pytest.raises(ReadingError, match="picture 0 at"):
        read(file)
    assert read(file, skip_unreadable=True) == []
    file.write_bytes(b"no video")
    with pytest.raises(FfmpegError, match=r"gray\.mp4"):
        read(file)
    assert missing([]) == []


@pytest.mark.parametrize("scheme", [Scheme.BASIC, Scheme.DIGEST, Scheme.DIGEST_SHA256])
async def test_wrong_password(scheme: Scheme, tmp_path: Path) -> None:
    async with Camera(access=Access(scheme)) as camera:
        for url in (camera.bare_url, camera.url.replace("secret", "guess")):
            done = await _record(url, tmp_path / "clip.mkv")
            assert done.returncode != 0
            assert b"401" in done.stderr
        camera.change_password("another")
        assert "another" in camera.url
        assert not (tmp_path / "clip.mkv").exists()


async def test_wrong_path(tmp_path: Path) -> None:
    async with Camera(path="live/main") as camera:
        done = await _record(camera.bare_url.replace("main", "mainly"), tmp_path / "clip.mkv")
        assert b"404" in done.stderr
        done = await _record(camera.bare_url, tmp_path / "clip.mkv", 0.5)
        assert done.returncode == 0


async def test_several_clients_at_once(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.mkv" for number in range(4)]
    async with Camera() as camera:
        done = await asyncio.gather(*(_record(camera.url, file, 2.0) for file in files))
        assert [process.returncode for process in done] == [0] * 4
        await camera.wait_until(lambda camera: camera.clients == 0)
    for file in files:
        pictures = read(file)
        assert len(pictures) >= 19
        assert not missing(pictures)


async def test_power_cut_and_return(tmp_path: Path) -> None:
    async with Camera() as camera:
        url, client = camera.url, await _follow(camera.url)
        await camera.wait_until(lambda camera: camera.clients == 1)
        await camera.power_off()
        assert camera.encoder_pid is None
        async with asyncio.timeout(10):
            await client.wait()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", camera.port)
        await camera.power_on()
        assert camera.url == url
        assert (await _record(url, tmp_path / "clip.mkv", 0.5)).returncode == 0


async def test_encoder_dies_and_is_started_again(tmp_path: Path) -> None:
    async with RemoteCamera() as camera:
        client = await _follow(camera.url)
        facts = await camera.tell(CameraDeed.KILL_ENCODER)
        assert facts["encoder_pid"] is None
        async with asyncio.timeout(10):
            await client.wait()
        assert b"503" in (await _record(camera.url, tmp_path / "clip.mkv")).stderr
        await camera.tell(CameraDeed.POWER_ON)
        assert (await _record(camera.url, tmp_path / "clip.mkv", 0.5)).returncode == 0


async def test_process_of_its_own_is_killed_and_comes_back(tmp_path: Path) -> None:
    async with RemoteCamera(access=Access(Scheme.DIGEST), path="front") as camera:
        url, client = camera.url, await _follow(camera.url)
        assert camera.bare_url.endswith("/front")
        while (await camera.tell(CameraDeed.LOOK))["clients"] != 1:
            pass
        await camera.kill()
        assert camera.pid is None
        async with asyncio.timeout(10):
            await client.wait()
        await camera.start()
        assert camera.url == url
        assert (await _record(url, tmp_path / "clip.mkv", 0.5)).returncode == 0
        facts = await camera.tell(CameraDeed.CHANGE_PASSWORD)
        assert "secret-changed" in facts["url"]
        pid = camera.pid
        with pytest.raises(FfmpegError, match="'dance' is not a valid"):
            await camera.tell("dance")  # type: ignore[arg-type]  # what nobody may ask for
        assert camera.pid == pid


async def test_port_in_use_is_said() -> None:
    async with Camera() as camera:
        with pytest.raises(FfmpegError, match="address already in use"):
            await RemoteCamera(port=camera.port).start()


@pytest.mark.parametrize("mood", [Mood.STALLED, Mood.MUTE])
async def test_stalled_camera_keeps_the_connection(mood: Mood) -> None:
    """No packet comes, and the connection is there; then it goes on with a whole picture."""
    async with Camera() as camera:
        reader, writer = await _play(camera)
        await _packets(reader, 1)
        await camera.be(mood)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):  # what was on its way, then nothing
                await _packets(reader, 10_000)
        assert camera.clients == 1
        await camera.be(Mood.WELL)
        await _packets(reader, 10)
        writer.close()


async def test_mute_camera_answers_nothing() -> None:
    async with Camera() as camera:
        await camera.be(Mood.MUTE)
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(1)
        writer.close()


async def test_refusing_camera(tmp_path: Path) -> None:
    async with Camera() as camera:
        client = await _follow(camera.url)
        await camera.wait_until(lambda camera: camera.clients == 1)
        await camera.be(Mood.REFUSING)
        async with asyncio.timeout(10):
            await client.wait()
        assert b"503" in (await _record(camera.url, tmp_path / "clip.mkv")).stderr
        await camera.be(Mood.WELL)
        client = await _follow(camera.url)
        await camera.wait_until(lambda camera: camera.clients == 1)
        await camera.drop()
        assert camera.clients == 0
        await _end(client)


async def test_session_ends_without_a_word() -> None:
    async with Camera(session_seconds=1) as camera:
        reader, writer = await _play(camera)
        for _ in range(4):
            # Any word keeps it: four times half a second is longer than the session.
            writer.write(f"GET_PARAMETER {camera.bare_url} RTSP/1.0\r\nCSeq: 9\r\n\r\n".encode())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await _packets(reader, 10_000)
        assert camera.clients == 1
        async with asyncio.timeout(10):
            while await reader.read(65536):
                pass
        await camera.wait_until(lambda camera: camera.clients == 0)
        writer.close()


async def test_what_is_no_rtsp_is_thrown_out() -> None:
    async with Camera() as camera:
        for said in (b"GET / HTTP/1.1\r\n\r\n", b"x" * 100_000, b"A B RTSP/1.0\r\na: b\r\n" * 200):
            reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
            writer.write(said)
            with suppress(ConnectionError):
                async with asyncio.timeout(10):
                    assert await reader.read() == b""
            writer.close()
        assert camera.clients == 0


async def test_odd_requests() -> None:
    async with Camera() as camera:
        url = camera.bare_url
        asked = {
            ("PLAY", url, ""): 455,
            ("SETUP", f"{url}/streamid=0", "Transport: RTP/AVP;unicast;client_port=1-2"): 461,
            ("SETUP", url, "Transport: RTP/AVP/TCP;interleaved=0-1"): 404,
            ("RECORD", url, ""): 501,
        }
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        for (method, uri, header), status in asked.items():
            writer.write(f"{method} {uri} RTSP/1.0\r\nCSeq: 5\r\n{header}\r\n".encode())
            writer.write(b"\r\n" if header else b"")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(f"RTSP/1.0 {status} ".encode())
            assert b"CSeq: 5" in head
        writer.close()


async def test_no_process_is_left_behind() -> None:
    camera = RemoteCamera()
    await camera.start()
    encoder = camera.facts["encoder_pid"]
    await camera.kill()
    async with asyncio.timeout(10):
        while _runs(encoder):  # noqa: ASYNC110 - it is not our child, so nobody tells us
            await asyncio.sleep(0.02)


def test_ffmpeg_is_offered_where_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = find()
    if shutil.which("ffmpeg"):
        assert offer(tmp_path) is None
    monkeypatch.setattr("demo.cameras.ffmpeg.find", lambda: program)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    for _ in range(2):
        assert offer(tmp_path / "bin") == tmp_path / "bin"
        assert (tmp_path / "bin" / "ffmpeg").samefile(program)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert offer(tmp_path / "more") is None


def _runs(pid: int) -> bool:
    """Whether a process does anything still; one that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError, ProcessLookupError:
        return False


async def _play(camera: Camera) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Play without ffmpeg."""
    reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
    for method, uri, header in (
        ("SETUP", f"{camera.bare_url}/streamid=0", "Transport: RTP/AVP/TCP;interleaved=0-1"),
        ("PLAY", camera.bare_url, "Range: npt=0-"),
    ):
        writer.write(f"{method} {uri} RTSP/1.0\r\nCSeq: 1\r\n{header}\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"RTSP/1.0 200 ")
    return reader, writer


async def _packets(reader: asyncio.StreamReader, count: int) -> None:
    """Read so many RTP packets, and what else comes."""
    while count:
        first = await reader.readexactly(1)
        if first != b"$":
            await reader.readuntil(b"\r\n\r\n")
            continue
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:]))
        count -= 1
