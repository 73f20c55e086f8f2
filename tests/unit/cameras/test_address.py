"""Which addresses a stream is taken from, and what of one is shown."""

from urllib.parse import quote

from hypothesis import example, given, strategies as st
import pytest

from custom_components.mqtt_sentinel.evidence.cameras.address import (
    PROTOCOLS,
    AddressError,
    checked,
    cleaned,
    redacted,
    secrets_of,
)

PASSWORD = "sEcr3t-W0rd"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://127.0.0.1/stream",
        "rtsp://127.0.0.1:8554/a/b?c=d&e=%20f",
        "RTSP://Camera.local/1",
        "rtsps://user:pass@nvr.example.org:7441/token?enableSrtp",
        "http://192.168.1.2/video.mjpg",
        "https://[fd00::1]:8443/live",
        "rtsp://camera_1/",
        "rtsp://user:p@ss@camera/1",
        "rtsp://user:'quoted\"%0A@camera/1",
    ],
)
def test_an_address_of_a_stream(url: str) -> None:
    assert checked(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "-i", "-protocol_whitelist", "-f lavfi", "file:///etc/passwd", "/etc/passwd"),
        *("../clip.mp4", "concat:a|b", "concat:http://a/|/etc/passwd", "subfile,,start,0,,:/etc/x"),
        *(
            "file:/etc/passwd",
            "data:,x",
            "pipe:0",
            "tcp://127.0.0.1:80",
            "unix:///run/x",
            "rtmp://a/b",
        ),
        *("crypto+http://a/b", "async:http://a/b", "cache:http://a/b", "http+unix://a/b"),
        *(
            "rtsp:camera/1",
            "rtsp:/camera/1",
            "rtsp://",
            "rtsp:///1",
            "rtsp://:554/1",
            "rtsp://-o/1",
        ),
        *("rtsp://camera:x/1", "rtsp://camera:70000/1", "rtsp://camera:0/1", "rtsp://camera:-1/1"),
        *(
            "rtsp://camera/1\n-y",
            "rtsp://camera/1\r",
            "rtsp://camera/1 -y out",
            "rtsp://camera/\t1",
        ),
        *("rtsp://camera/\x00", "rtsp://kamera/ü", "rtsp://kämera/", "rtsp://camera\\@other/1"),
        *(
            " rtsp://camera/1",
            "rtsp://camera/1 ",
            "rtsp://[::1/1",
            "rtsp://[camera]/1",
            "rtsp://[v1.x]/1",
            "rtsp://::1/1",
        ),
        *(
            "rtsp://[fe80::1%25eth0]/1",
            "rtsp://cam%65ra/1",
            "rtsp://a,b/1",
            "rtsp://user:pa/ss@camera/1",
        ),
        *(
            "rtsp://" + "a" * 254 + "/",
            "rtsp://camera/" + "a" * 2048,
            "rtsp://camera-/",
            "rtsp://ca!mera/",
        ),
    ],
)
def test_what_is_no_address_of_a_stream(url: str) -> None:
    with pytest.raises(AddressError):
        checked(url)


def test_why_it_is_none_does_not_tell_it() -> None:
    with pytest.raises(AddressError) as raised:
        checked(f"rtsp://joe:{PASSWORD}@camera:x/1")
    assert PASSWORD not in str(raised.value)
    assert raised.value.__cause__ is None


@given(st.text())
@example("http://[")
@example("rtsp://a]/")
def test_whatever_is_let_in_is_an_address_and_nothing_else(url: str) -> None:
    try:
        checked(url)
    except AddressError:
        return
    scheme, found, _ = url.partition("://")
    assert found
    assert scheme.lower() in PROTOCOLS
    assert url.isprintable()
    assert " " not in url


@given(
    st.sampled_from(sorted(PROTOCOLS)), st.text(st.characters(min_codepoint=33, max_codepoint=126))
)
def test_what_follows_the_host_changes_nothing_of_the_scheme(scheme: str, rest: str) -> None:
    url = f"{scheme}://camera/{rest}"
    if "\\" in rest:
        with pytest.raises(AddressError):
            checked(url)
    else:
        assert checked(url) == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://camera/1", "rtsp://camera/1"),
        ("rtsp://joe:secret@camera:8554/1", "rtsp://***@camera:8554/1"),
        ("RTSP://joe@camera/1", "rtsp://***@camera/1"),
        ("rtsp://joe:se@cret@camera/1", "rtsp://***@camera/1"),
        ("rtsp://joe:se/cr@et?#@camera/1", "rtsp://***@camera/1"),
        ("http://camera/v?user=joe&pwd=secret", "http://camera/v?user=***&pwd=***"),
        ("rtsp://camera/user=joe_password=secret_channel=1", "rtsp://camera/user=***"),
        ("http://camera/v#secret", "http://camera/v"),
        ("secret", "***"),
        ("", "***"),
        ("joe:secret@camera", "***"),
        ("a secret://x", "***"),
    ],
)
def test_what_of_an_address_is_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown


@given(st.text(), st.text())
@example("joe", "@")
@example("joe", "/?#")
def test_no_password_is_shown_however_it_is_written(user: str, password: str) -> None:
    for written in (password, quote(password, safe="")):
        shown = redacted(f"rtsp://{user}:{written}{PASSWORD}@camera:554/live")
        assert shown == "rtsp://***@camera:554/live"


@given(st.text())
def test_anything_can_be_redacted(text: str) -> None:
    assert isinstance(redacted(text), str)
    assert isinstance(cleaned(text, secrets_of(text)), str)


def test_secrets_as_written_and_as_meant() -> None:
    assert set(secrets_of("rtsp://joey:a%40bc@camera/1")) == {
        *("joey:a%40bc", "joey:a@bc", "joey", "a%40bc", "a@bc")
    }
    assert secrets_of("rtsp://camera/1") == ()
    assert secrets_of("rtsp://a:b@camera/1") == ("a:b",)


@example("", "#\x85")
@given(st.text(), st.text(st.characters(exclude_characters=" \t\r\n'\"<>"), min_size=1))
def test_no_log_tells_a_password(before: str, password: str) -> None:
    url = f"rtsp://joe:{PASSWORD}{password}@camera/1"
    said = f"{before} {url}: Connection refused; user joe, {PASSWORD}{password}"
    told = cleaned(said, secrets_of(url))
    assert PASSWORD not in told
    assert told.isprintable()


def test_addresses_in_a_log_are_redacted_even_if_they_are_not_the_sources() -> None:
    line = "[http @ 0x1] Opening 'http://a:bcd@other/x?key=1' for reading\x1b[0m"
    assert cleaned(line) == "[http @ 0x1] Opening 'http://***@other/x?key=***' for reading [0m"
