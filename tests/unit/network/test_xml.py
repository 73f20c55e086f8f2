"""XML of strangers, probes and what is said over ONVIF."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha1
from itertools import batched

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network import onvif_words as words
from custom_components.mqtt_sentinel.network.facts import Codec, Credentials, Size
from custom_components.mqtt_sentinel.network.plain_xml import (
    MOST_BYTES,
    Element,
    XmlError,
    XmlReader,
    read_xml,
)
from custom_components.mqtt_sentinel.network.probe import (
    MOST_BYTES as MOST_DATAGRAM,
    Candidate,
    Kind,
    ProbeError,
    question,
    read_matches,
    readable,
)
from custom_components.mqtt_sentinel.network.urls import Whose

from .fakes import matches

ASKED = frozenset(["urn:uuid:asked"])

LAUGHS = b"""<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><a>&b;&b;&b;</a>"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<a>", id="cut short"),
        pytest.param(b"<a/><b/>", id="two"),
        pytest.param(LAUGHS, id="laughs"),
        pytest.param(b'<!DOCTYPE a SYSTEM "http://10.0.0.1/x"><a/>', id="elsewhere"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', id="file"
        ),
        pytest.param(b"<a>&nothing;</a>", id="unknown"),
        pytest.param(b"<a>" * 40 + b"</a>" * 40, id="deep"),
        pytest.param(b"<a>" + b"<b/>" * 10_001 + b"</a>", id="many"),
        pytest.param(b"<a>" + b"x" * 9000 + b"</a>", id="long text"),
        pytest.param(b"<a>" + b" " * MOST_BYTES + b"</a>", id="long"),
        pytest.param(b'<?xml version="1.0" encoding="nonsense"?><a/>', id="encoding"),
        pytest.param(b'<?xml version="1.0" encoding="shift_jis"?><a/>', id="wide encoding"),
        pytest.param(
            b"<a " + b" ".join(b'a%d="1"' % n for n in range(33)) + b"/>", id="attributes"
        ),
    ],
)
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises(XmlError):
        read_xml(text)


def test_elements_are_found_by_their_names() -> None:
    root = read_xml(
        b'<x:a xmlns:x="u:x"><b t="1"> one </b><x:b x:t="2"><c>deep</c></x:b><c/></x:a>'
    )
    assert [found.text.strip() for found in root.all("b")] == ["one", ""]
    assert [found.attributes["t"] for found in root.all("b")] == ["1", "2"]
    assert root.text_of("b", "c") == "deep"
    assert root.text_of("no", "such") == ""
    assert [found.text for found in root.below("c")] == ["deep", ""]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_pieces_make_no_difference(data: bytes, size: int) -> None:
    text = b"<a>" + data + b"</a>"

    def in_pieces(pieces: list[bytes]) -> Element | None:
        reader = XmlReader()
        try:
            for piece in pieces:
                reader.feed(piece)
            return reader.close()
        except XmlError:
            return None

    assert in_pieces([bytes(some) for some in batched(text, size, strict=False)]) == in_pieces(
        [text]
    )


def test_a_camera_that_answers() -> None:
    data = matches(
        "urn:uuid:asked",
        "http://10.0.0.5/onvif/device_service http://[fe80::1]/onvif/device_service",
        "onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/DS-2CD2042WD "
        "onvif://www.onvif.org/location/country/germany onvif://www.onvif.org/Profile/Streaming",
        "urn:uuid:camera",
    )
    found = read_matches(data, "10.0.0.5", ASKED)
    assert [url.text for url in found.services] == ["http://10.0.0.5/onvif/device_service"]
    assert found == Candidate(
        "10.0.0.5",
        found.services,
        "Front door",
        "DS-2CD2042WD",
        "germany",
        "urn:uuid:camera",
        (Whose.MOVED,),
        ("fe80::1",),
    )


def test_it_leads_to_nobody_else() -> None:
    xaddrs = "http://8.8.8.8/onvif ftp://10.0.0.5/ http://192.168.1.1/admin http://10.0.0.5:80/"
    found = read_matches(matches("urn:uuid:asked", xaddrs), "10.0.0.5", ASKED)
    assert [url.text for url in found.services] == ["http://10.0.0.5/", "http://10.0.0.5/admin"]
    assert set(found.left_out) == {Whose.FOREIGN, Whose.UNREADABLE, Whose.MOVED}


def test_what_is_shown_is_one_printable_line() -> None:
    assert readable(" a\u202eb\n\x00c " + "x" * 500, 10) == "a b c xxxx"
    data = matches("urn:uuid:asked", "", "onvif://www.onvif.org/name/%0d%0a%20 onvif://x/name/y")
    assert read_matches(data, "10.0.0.5", ASKED).name == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        matches("urn:uuid:another", "http://10.0.0.5/"),
        matches("urn:uuid:asked", None),
        matches("urn:uuid:asked", "x" * MOST_DATAGRAM),
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(ProbeError):
        read_matches(data, "10.0.0.5", ASKED)


def test_what_two_answers_say() -> None:
    one = Candidate("10.0.0.5", name="a", left_out=(Whose.MOVED,))
    other = Candidate("10.0.0.5", name="b", hardware="c", left_out=(Whose.MOVED, Whose.FOREIGN))
    both = (Whose.MOVED, Whose.FOREIGN)
    assert one.merged(other) == Candidate("10.0.0.5", (), "a", "c", left_out=both)


@pytest.mark.parametrize(
    ("endpoint", "elsewhere", "same"),
    [("e", ("10.0.0.6",), True), ("e", (), False), ("", ("10.0.0.6",), False)],
)
def test_one_thing_at_two_addresses(endpoint: str, elsewhere: tuple[str, ...], same: bool) -> None:
    """Who only claims to be another must not hide it."""
    one = Candidate("10.0.0.5", endpoint=endpoint, elsewhere=elsewhere)
    other = Candidate("10.0.0.6", endpoint=endpoint)
    assert one.is_same_as(other) is other.is_same_as(one) is same
    assert not one.is_same_as(one)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_question_is_xml(kind: Kind) -> None:
    envelope = read_xml(question(kind, "urn:uuid:1"))
    assert envelope.text_of("Body", "Probe", "Types") == kind.value
    assert envelope.text_of("Header", "MessageID") == "urn:uuid:1"


def test_a_password_is_proven_without_showing_it() -> None:
    # The example of ONVIF's programmer's guide.
    nonce = b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    created = datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC)
    header = words.username_token(Credentials("us<er", "userpassword"), nonce, created)
    token = read_xml(words.envelope(words.CLOCK, header)).first(
        "Header", "Security", "UsernameToken"
    )
    assert token
    expected = sha1(nonce + b"2010-09-16T07:50:45.000Z" + b"userpassword").digest()
    assert token.text_of("Username") == "us<er"
    assert token.text_of("Password") == b64encode(expected).decode()
    assert token.text_of("Nonce") == "LKqI6G/AikKCQrN0zqZFlg=="
    assert "userpassword" not in header


def test_the_time_is_in_utc() -> None:
    there = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert "2025-12-31T23:00:00.000Z" in words.username_token(Credentials("a", "b"), b"", there)


def test_a_token_of_a_profile_ends_no_element() -> None:
    envelope = read_xml(words.envelope(words.stream_uri("a</ProfileToken><b>&")))
    assert envelope.text_of("Body", "GetStreamUri", "ProfileToken") == "a</ProfileToken><b>&"


def clock(year: str = "2026", second: str = "30") -> Element:
    return read_xml(
        b"<R><SystemDateAndTime><UTCDateTime><Time><Hour>12</Hour><Minute>5</Minute>"
        b"<Second>%s</Second></Time><Date><Year>%s</Year><Month>2</Month><Day>28</Day></Date>"
        b"</UTCDateTime></SystemDateAndTime></R>" % (second.encode(), year.encode())
    )


def test_a_clock_is_read() -> None:
    assert words.read_clock(clock()) == datetime(2026, 2, 28, 12, 5, 30, tzinfo=UTC)
    assert words.read_clock(clock(second="60")) == datetime(2026, 2, 28, 12, 5, 59, tzinfo=UTC)
    assert words.read_clock(clock(year="0")) is None
    assert words.read_clock(clock(year="soon")) is None
    assert words.read_clock(read_xml(b"<R/>")) is None


PROFILES = b"""<GetProfilesResponse>
<Profiles token="meta"><Name>no picture</Name></Profiles>
<Profiles><Name>no token</Name><VideoEncoderConfiguration/></Profiles>
<Profiles token="main"><Name>mainStream</Name>
 <VideoEncoderConfiguration><Encoding>H264</Encoding>
  <Resolution><Width>1920</Width><Height>1080</Height></Resolution>
  <RateControl><FrameRateLimit>25</FrameRateLimit></RateControl></VideoEncoderConfiguration>
 <AudioEncoderConfiguration/></Profiles>
<Profiles token="sub"><VideoEncoderConfiguration><Encoding>AV1</Encoding>
  <Resolution><Width>wide</Width><Height>99999</Height></Resolution>
  <RateControl><FrameRateLimit>99999</FrameRateLimit></RateControl></VideoEncoderConfiguration></Profiles>
</GetProfilesResponse>"""


def test_profiles_are_read() -> None:
    assert words.read_profiles(read_xml(PROFILES)) == (
        words.Profile("main", "mainStream", Codec.H264, Size(1920, 1080), 25.0, audio=True),
        words.Profile("sub", "", Codec.OTHER),
    )


def test_a_fault_that_wants_to_know_who_asks() -> None:
    fault = b"<Fault><Code><Value>s:Sender</Value><Subcode><Value>ter:%s</Value></Subcode></Code></Fault>"
    assert words.is_unauthorized(read_xml(fault % b"NotAuthorized"))
    assert not words.is_unauthorized(read_xml(fault % b"ActionNotSupported"))


tags = st.sampled_from(
    [
        *(
            "Envelope",
            "Header",
            "Body",
            "RelatesTo",
            "ProbeMatches",
            "ProbeMatch",
            "XAddrs",
            "Scopes",
        ),
        *("UTCDateTime", "Date", "Year", "Profiles", "VideoEncoderConfiguration", "Width", "Media"),
    ]
)
texts = st.sampled_from(
    ["urn:uuid:asked", "http://10.0.0.5/", "onvif://www.onvif.org/name/x", "-1"]
)
trees = st.recursive(
    texts | st.text(st.characters(categories=["L", "N"])),
    lambda inner: st.builds(
        lambda tag, inside: f'<{tag} token="t">{"".join(inside)}</{tag}>', tags, st.lists(inner)
    ),
)
documents = st.builds(lambda tag, inside: f"<{tag}>{inside}</{tag}>".encode(), tags, trees)


@given(documents | st.binary())
def test_anything_is_an_answer_or_an_error(data: bytes) -> None:
    try:
        found = read_matches(data, "10.0.0.5", ASKED)
        assert found.address == "10.0.0.5"
    except ProbeError:
        pass
    try:
        root = read_xml(data)
    except XmlError:
        return
    words.body_of(root)
    words.is_unauthorized(root)
    words.read_clock(root)
    words.read_information(root)
    words.read_media_service(root)
    words.read_profiles(root)
    words.read_stream_uri(root)
