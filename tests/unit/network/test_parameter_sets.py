"""The size of pictures, against what encoders that everybody uses make of sizes that are known."""

from base64 import b64decode
from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network.bits import Bits, BitsError
from custom_components.mqtt_sentinel.network.facts import Size
from custom_components.mqtt_sentinel.network.parameter_sets import (
    MOST_BYTES,
    ParameterSetError,
    h264,
    h265,
)

# ffmpeg 5.1: -f lavfi -i testsrc2=size=...:rate=... -c:v libx264 or libx265, the unit of type 7 or 33.
H264 = [
    ("Z0LAKNoB4AiflwEQAAADABAAAAMDIPGDKg==", "1920x1080", 25.0),
    ("Z0LAH9oBQBbsBEAAAAMAQAAADwPGDKg=", "1280x720", 30.0),
    ("Z0LAFtoCgPbARAAAAwAEAAADAHg8WLqA", "640x480", 15.0),
    ("Z01AHvQFgSbARAAAAwAEAAADAMh8UKqA", "704x576", 25.0),  # interlaced
    ("Z01APvQDwCJ+8BEAAAMAAQAAAwBkHx4+oA==", "1920x1080", 50.0),  # interlaced, cropped by fields
    ("Z3oAMry0AUQHr8TgIgAAAwACAAADAFAeMGVA", "2592x1944", 20.0),  # 4:2:2
    ("Z/QADJGWgVCHj4/ARAAAAwAEAAADAFA8UKqA", "322x242", 10.0),  # 4:4:4
    ("Z24AM6bLQB4AIfYCIAAAAwBAAAAGQeMGVA==", "3840x2160", 12.5),  # 10 bits
    ("Z2QACqy0OTxERgIgAAADACAAAAMBQeJE1A==", "98x50", 5.0),  # with scaling lists
    ("Z0LAHtoCkL+Ik/8DiQUEbgQEA0oAAAfSAAHUwB4sXUA=", "642x362", 29.97),  # all of the usability part
]
H265 = [
    ("QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBEHy5ZWVKTC8BaAgAAAAwCAAAAMhA==", "1920x1080"),
    ("QgEBAiAAAAMAkAAAAwAAAwBdoAKAgC0TZZWVKTC8BaAgAAADACAAAAMDIQ==", "1280x720"),  # 10 bits
    ("QgEBAWAAAAMAkAAAAwAAAwCWoAFAIAWhZZWVKTC8BaAgAAADACAAAAMB4Q==", "2560x1440"),
    ("QgEBBAgAAAMAnQgAAAMAAD+wBSIBccRPllZUpMLwFoCAAAADAIAAAAyE", "642x362"),  # 4:2:2
    ("QgEBBAgAAAMAnggAAAMAADyQAVEAgOPj8srKlJheAtAQAAADABAAAAMBkIA=", "322x242"),  # 4:4:4
]


class Written:
    """Bits, written one after the other: what an encoder could make that ffmpeg has not."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, value: int, count: int) -> Written:
        self.bits += f"{value:0{count}b}" if count else ""
        return self

    def ue(self, *values: int) -> Written:
        for value in values:
            code = f"{value + 1:b}"
            self.bits += "0" * (len(code) - 1) + code
        return self

    def se(self, value: int) -> Written:
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def unit(self, header: bytes) -> bytes:
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        raw = int(bits, 2).to_bytes(len(bits) // 8)
        escaped = bytearray()
        for byte in raw:
            if escaped[-2:] == b"\0\0" and byte <= 3:
                escaped.append(3)
            escaped.append(byte)
        return header + bytes(escaped)


def test_h264_of_a_real_encoder() -> None:
    for text, size, rate in H264:
        picture = h264(b64decode(text))
        assert (str(picture.size), picture.rate) == (size, rate)


def test_h265_of_a_real_encoder() -> None:
    assert [(str(h265(b64decode(text)).size)) for text, _ in H265] == [size for _, size in H265]


def written_h264(*, poc: Written | None = None, chroma: int = 1, crop: bool = False) -> Written:
    """A parameter set of high profile, 640x368, without the part that is for the looks."""
    written = Written().put(100, 8).put(0, 16).ue(0, chroma)
    if chroma == 3:
        written.put(1, 1)  # colours apart: each is cropped as brightness is
    # A list of what is scaled how: the first is there, and goes on as it began; the others are not.
    lists = 12 if chroma == 3 else 8
    written.ue(0, 0).put(0, 1).put(1, 1).put(1, 1).se(2).se(-10).put(0, lists - 1).ue(0)
    written.bits += (poc or Written().ue(2)).bits
    written.ue(1).put(0, 1).ue(39, 22).put(1, 1).put(0, 1)
    return (written.put(1, 1).ue(0, 0, 0, 8) if crop else written.put(0, 1)).put(0, 1)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (written_h264(), Size(640, 368)),
        (written_h264(chroma=0, crop=True), Size(640, 360)),
        (written_h264(chroma=3, crop=True), Size(640, 360)),
        (
            written_h264(poc=Written().ue(1).put(0, 1).se(-3).se(4).ue(2).se(1).se(0)),
            Size(640, 368),
        ),
    ],
)
def test_h264_of_rare_kinds(written: Written, size: Size) -> None:
    picture = h264(written.unit(b"\x67"))
    assert (picture.size, picture.rate) == (size, None)


def test_h264_without_its_end_still_has_a_size() -> None:
    """Some cut off what comes after the size."""
    unit = b64decode(H264[0][0])[:10]
    assert h264(unit).size == Size(1920, 1080)
    assert h264(unit).rate is None


@pytest.mark.parametrize(
    ("tick", "scale", "rate"), [(0, 50, None), (1, 0, None), (1, 4_000_000, None), (2, 100, 25.0)]
)
def test_a_rate_that_cannot_be_is_left_out(tick: int, scale: int, rate: float | None) -> None:
    written = written_h264()
    written.bits = written.bits[:-1]
    written.put(1, 1).put(0, 4).put(1, 1).put(tick, 32).put(scale, 32)
    assert h264(written.unit(b"\x67")).rate == rate


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(written_h264(poc=Written().ue(1).put(0, 1).se(0).se(0).ue(256)), id="order"),
        pytest.param(written_h264(chroma=4), id="colours"),
        pytest.param(Written().put(66, 8).put(0, 16).put(0, 40), id="no number"),
    ],
)
def test_h264_that_cannot_be(written: Written) -> None:
    with pytest.raises(ParameterSetError):
        h264(written.unit(b"\x67"))


def written_h265(sub_layers: int, width: int = 800, height: int = 600) -> Written:
    written = Written().put(0, 4).put(sub_layers, 3).put(1, 1).put(0, 96)
    present = [(number % 2, 1) for number in range(sub_layers)]
    for profile, level in present:
        written.put(profile, 1).put(level, 1)
    if sub_layers:
        written.put(0, 2 * (8 - sub_layers))
    for profile, level in present:
        written.put(0, 88 * profile + 8 * level)
    return written.ue(0, 1, width, height).put(0, 1)


@pytest.mark.parametrize("sub_layers", [0, 1, 3, 6])
def test_h265_with_layers(sub_layers: int) -> None:
    assert h265(written_h265(sub_layers).unit(b"\x42\x01")).size == Size(800, 600)


@pytest.mark.parametrize(
    "written", [written_h265(7), written_h265(0, width=0), written_h265(0, height=16385)]
)
def test_h265_that_cannot_be(written: Written) -> None:
    with pytest.raises(ParameterSetError):
        h265(written.unit(b"\x42\x01"))


@pytest.mark.parametrize("read", [h264, h265])
@pytest.mark.parametrize("unit", [b"", b"\x67", b"\x68\xce\x3c\x80", b"\x40\x01\x0c\x01"])
def test_what_is_no_parameter_set(read: object, unit: bytes) -> None:
    assert callable(read)
    with pytest.raises(ParameterSetError):
        read(unit)


def test_a_parameter_set_that_is_too_long() -> None:
    with pytest.raises(ParameterSetError, match="too long"):
        h264(b"\x67" + b"\xff" * MOST_BYTES)


@given(
    st.binary(max_size=MOST_BYTES + 1),
    st.sampled_from([(h264, b"\x67"), (h265, b"\x42\x01")]),
    st.sampled_from([b"", b"\x64\x00\x28", b"\x42\xc0\x28", b"\x01\x01" + b"\x00" * 10]),
)
def test_anything_is_a_picture_or_an_error(
    data: bytes, kind: tuple[object, bytes], start: bytes
) -> None:
    read, header = kind
    assert callable(read)
    try:
        picture = read(header + start + data)
    except ParameterSetError:
        return
    assert picture.size.width > 0
    assert picture.size.height > 0


@given(st.sampled_from(H264), st.integers(0, 400), st.integers(0, 400))
def test_a_real_one_with_wrong_bits_is_a_picture_or_an_error(
    vector: tuple[str, str, float], one: int, other: int
) -> None:
    unit = bytearray(b64decode(vector[0]))
    for place in (one, other):
        unit[place // 8 % len(unit)] ^= 1 << place % 8
    with suppress(ParameterSetError):
        h264(bytes(unit))


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_come_out_as_they_went_in(numbers: list[int]) -> None:
    bits = Bits(Written().ue(*numbers).unit(b"").replace(b"\0\0\3", b"\0\0"))
    assert [bits.unsigned() for _ in numbers] == numbers


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_numbers_below_zero(number: int) -> None:
    assert Bits(Written().se(number).unit(b"").replace(b"\0\0\3", b"\0\0")).signed() == number


def test_there_are_only_so_many_bits() -> None:
    bits = Bits(b"\x80")
    assert bits.flag()
    with pytest.raises(BitsError):
        bits.take(8)
    with pytest.raises(BitsError, match="no number"):
        Bits(bytes(6)).unsigned()
