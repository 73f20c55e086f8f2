"""Addresses: what they are, and whose."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network.facts import Credentials
from custom_components.mqtt_sentinel.network.urls import (
    SERVICES,
    STREAMS,
    Url,
    UrlError,
    Whose,
    judge,
    read_url,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("rtsp://10.0.0.5/a?b=c&d", Url("rtsp", "10.0.0.5", 554, "/a?b=c&d")),
        ("RTSP://Camera.Local:8554", Url("rtsp", "camera.local", 8554, "/")),
        ("rtsps://[fe80::1]:322/x", Url("rtsps", "fe80::1", 322, "/x")),
        (" rtsp://10.0.0.5/K\u00fcche ", Url("rtsp", "10.0.0.5", 554, "/K%C3%BCche")),
        ("rtsp://10.0.0.5/a%20b#part", Url("rtsp", "10.0.0.5", 554, "/a%20b")),
    ],
)
def test_an_address_is_read(text: str, url: Url) -> None:
    assert read_url(text, STREAMS) == (url, None)
    assert read_url(url.text, STREAMS) == (url, None)


def test_credentials_are_taken_out_and_put_in() -> None:
    url, credentials = read_url("rtsp://us%40er:p%3A%2Fss@10.0.0.5/a", STREAMS)
    assert url.text == "rtsp://10.0.0.5/a"
    assert credentials == Credentials("us@er", "p:/ss")
    assert url.with_credentials(credentials) == "rtsp://us%40er:p%3A%2Fss@10.0.0.5/a"
    assert url.with_credentials(None) == url.text


def test_a_password_in_a_path_is_not_shown() -> None:
    text = "rtsp://10.0.0.5/user=admin_password=tlJwpbo6_channel=1.sdp?pwd=tlJwpbo6&x=1"
    url, _ = read_url(text, STREAMS)
    assert url.text == text
    assert "tlJwpbo6" not in f"{url} {url!r}"
    assert "channel=1.sdp" in str(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rtsp://",
        "http://10.0.0.5/",
        "file:///etc/passwd",
        "rtsp://10.0.0.5:0/",
        "rtsp://10.0.0.5:99999/",
        "rtsp://10.0.0.5:x/",
        "rtsp://10.0.0.5/a b",
        "rtsp://10.0.0.5/\r\nX: y",
        "rtsp://[::1/",
        "rtsp://a..b/",
        f"rtsp://{'a' * 64}/",
        "rtsp://1:2:3/",
        "rtsp://%41/",
        "rtsp://a%0d:b@10.0.0.5/",
        "rtsp://10.0.0.5/" + "a" * 3000,
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        read_url(text, STREAMS)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "whose", "asked"),
    [
        ("http://10.0.0.5:8000/onvif", Whose.OWN, "http://10.0.0.5:8000/onvif"),
        ("http://u:p@10.0.0.5/onvif", Whose.OWN, "http://10.0.0.5/onvif"),
        ("http://192.168.1.64/onvif", Whose.MOVED, "http://10.0.0.5/onvif"),
        ("http://camera.local/onvif", Whose.MOVED, "http://10.0.0.5/onvif"),
        ("http://camera/onvif", Whose.MOVED, "http://10.0.0.5/onvif"),
        ("http://[fe80::1]/onvif", Whose.MOVED, "http://10.0.0.5/onvif"),
        ("http://8.8.8.8/onvif", Whose.FOREIGN, None),
        ("http://evil.example.com/onvif", Whose.FOREIGN, None),
        ("http://10.0.0.5.evil.com/", Whose.FOREIGN, None),
        ("gopher://10.0.0.5/", Whose.UNREADABLE, None),
    ],
)
def test_whose_an_address_is(text: str, whose: Whose, asked: str | None) -> None:
    found, url, _ = judge(text, "10.0.0.5", SERVICES)
    assert (found, url and url.text) == (whose, asked)


@given(
    st.text()
    | st.builds(
        lambda *parts: "".join(parts),
        st.sampled_from(["rtsp://", "http://", "rtsps://", "//", ""]),
        st.sampled_from(["u:p@", "@", "", "[", "%"]) | st.text(max_size=5),
        st.sampled_from(["10.0.0.5", "[::1]", "8.8.8.8", "a.local"]) | st.text(max_size=10),
        st.sampled_from([":554", ":", ":-1", ""]) | st.text(max_size=5),
        st.text(max_size=20),
    )
)
def test_nobody_but_who_answered_is_asked(text: str) -> None:
    _, url, _ = judge(text, "10.0.0.5", STREAMS | SERVICES)
    if url:
        assert url.host == "10.0.0.5"
        again, credentials = read_url(url.text, STREAMS | SERVICES)
        assert again.host == "10.0.0.5"
        assert credentials is None
        assert url.text.isascii()
