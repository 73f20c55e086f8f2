"""What cameras say of their streams, as they say it, and as nobody should."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network.facts import Codec, Media, Size, Stream
from custom_components.mqtt_sentinel.network.sdp import MOST_BYTES, SdpError, read_sdp

HIKVISION = b"""v=0\r
o=- 1415260762000000 1415260762000000 IN IP4 192.168.1.64\r
s=Media Presentation\r
e=NONE\r
b=AS:5100\r
t=0 0\r
a=control:rtsp://192.168.1.64/Streaming/Channels/101/\r
m=video 0 RTP/AVP 96\r
c=IN IP4 0.0.0.0\r
b=AS:5000\r
a=recvonly\r
a=x-dimensions:1280,720\r
a=control:rtsp://192.168.1.64/Streaming/Channels/101/trackID=1\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 profile-level-id=420029; packetization-mode=1; \
sprop-parameter-sets=Z0LAKNoB4AiflwEQAAADABAAAAMDIPGDKg==,aM48gA==\r
m=audio 0 RTP/AVP 8\r
a=rtpmap:8 PCMA/8000\r
a=control:trackID=2\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
"""


def video(*attributes: str, payload: int = 96) -> Stream:
    """The only stream of a description with some attributes."""
    lines = ["v=0", f"m=video 0 RTP/AVP {payload}", *attributes]
    [stream] = read_sdp("\r\n".join(lines).encode())
    return stream


def test_all_streams_of_a_camera() -> None:
    base = "rtsp://192.168.1.64/Streaming/Channels/101/"
    assert read_sdp(HIKVISION) == (
        # What the encoder says counts more than an attribute that somebody typed.
        Stream(Media.VIDEO, Codec.H264, Size(1920, 1080), 25.0, base + "trackID=1"),
        Stream(Media.AUDIO, Codec.PCMA, control="trackID=2"),
        Stream(Media.OTHER, Codec.OTHER),
    )


def test_h265() -> None:
    sets = "sprop-vps=QAEMAf; sprop-sps=QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBEHy5ZWVKTC8BaAgAAAAwCAAAAMhA"
    stream = video("a=rtpmap:98 H265/90000", f"a=fmtp:98 {sets}; sprop-pps=RAHB", payload=98)
    assert (stream.codec, stream.size) == (Codec.H265, Size(1920, 1080))


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ("a=x-dimensions:1920,1080", Size(1920, 1080)),
        ("a=x-dimensions: 640 , 480", Size(640, 480)),
        ("a=framesize:96 352-288", Size(352, 288)),
        ("a=cliprect:0,0,720,1280", Size(1280, 720)),
        ("a=x-dimensions:0,1080", None),
        ("a=x-dimensions:99999999999999,1080", None),
        ("a=cliprect:10,10,5,5", None),
        ("a=framesize:nonsense", None),
    ],
)
def test_size_by_attributes(attribute: str, size: Size | None) -> None:
    assert video("a=rtpmap:96 H264/90000", attribute).size == size


@pytest.mark.parametrize(
    ("attribute", "rate"),
    [
        ("a=framerate:25", 25.0),
        ("a=framerate:29.970000", 29.97),
        ("a=x-framerate: 15", 15.0),
        ("a=framerate:0", None),
        ("a=framerate:nan", None),
        ("a=framerate:900000", None),
    ],
)
def test_rate_by_attributes(attribute: str, rate: float | None) -> None:
    assert video(attribute, payload=26) == Stream(Media.VIDEO, Codec.JPEG, rate=rate)


@pytest.mark.parametrize(
    ("mapped", "codec"),
    [
        ("JPEG/90000", Codec.JPEG),
        ("hevc/90000", Codec.H265),
        ("MP4V-ES/90000", Codec.MPEG4),
        ("mpeg4-generic/16000/1", Codec.AAC),
        ("PCMU/8000", Codec.PCMU),
        ("G726-32/8000", Codec.G726),
        ("opus/48000/2", Codec.OPUS),
        ("AV1/90000", Codec.OTHER),
        ("", Codec.OTHER),
    ],
)
def test_codecs(mapped: str, codec: Codec) -> None:
    assert video("a=rtpmap:95 H264/90000", f"a=rtpmap:96 {mapped}").codec is codec


@pytest.mark.parametrize(
    "sets",
    ["!!!!,aM48gA==", "aM48gA==", "", ",,,", "Z0LAKA==", "\u00fcber", "A" * 5000, "Z" * 13],
)
def test_parameter_sets_that_say_nothing(sets: str) -> None:
    stream = video("a=rtpmap:96 H264/90000", f"a=fmtp:96 sprop-parameter-sets={sets}")
    assert (stream.codec, stream.size) == (Codec.H264, None)


def test_control_of_no_sane_length_is_left_out() -> None:
    assert video(f"a=control:{'x' * 2000}").control is None
    assert video("a=control:a\x07b").control is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="something else"),
        pytest.param(b"v=0\r\ns=x\r\n", id="no stream"),
        pytest.param(b"v=0\r\nm=video 0\r\n", id="no payload"),
        pytest.param(b"v=0\r\n" + b"m=video 0 RTP/AVP 96\r\n" * 17, id="many streams"),
        pytest.param(b"v=0\r\nm=video 0 RTP/AVP 96\r\n" + b"a\n" * 1001, id="many lines"),
        pytest.param(b"v=0\r\nm=video 0 RTP/AVP 96\r\n" + b"a" * MOST_BYTES, id="long"),
    ],
)
def test_what_is_no_description(body: bytes) -> None:
    with pytest.raises(SdpError):
        read_sdp(body)


lines = st.sampled_from(
    [
        *HIKVISION.split(b"\r\n"),
        *(b"a=x-dimensions:", b"a=framesize:96 ", b"a=cliprect:", b"a=framerate:", b"a=rtpmap:96 "),
        *(b"m=", b"m=video 0 RTP/AVP 96", b"a=fmtp:96 sprop-sps=", b"a=", b"a=:"),
    ]
)


@given(
    st.binary()
    | st.lists(st.tuples(lines, st.binary(max_size=30)).map(b"".join)).map(
        lambda some: b"\r\n".join([b"v=0", *some])
    )
)
def test_anything_is_streams_or_an_error(body: bytes) -> None:
    try:
        streams = read_sdp(body)
    except SdpError:
        return
    assert 0 < len(streams) <= 16
