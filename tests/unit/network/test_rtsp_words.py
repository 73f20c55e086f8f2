"""Answers over RTSP, put together from pieces."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.mqtt_sentinel.network.rtsp_words import (
    Answer,
    AnswerReader,
    ForeignError,
    RtspError,
    request,
)

ANSWER = (
    b"\r\nRTSP/1.0 200 OK\r\nCSeq: 2\r\nnonsense\r\nWWW-Authenticate: Basic\r\n"
    b"www-authenticate:Digest\r\nContent-Length: 5\r\n\r\nhello"
)


def read(*pieces: bytes) -> Answer | None:
    reader = AnswerReader()
    for piece in pieces:
        if answer := reader.feed(piece):
            return answer
    return None


@given(st.lists(st.integers(0, len(ANSWER)), max_size=10).map(sorted))
def test_an_answer_in_pieces(cuts: list[int]) -> None:
    places = [0, *cuts, len(ANSWER)]
    answer = read(*(ANSWER[a:b] for a, b in pairwise(places)))
    assert answer
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["www-authenticate"] == ("Basic", "Digest")
    assert answer.first("cseq") == "2"
    assert answer.first("server") == ""


def test_lines_may_end_without_carriage_return() -> None:
    answer = read(b"RTSP/1.0 404\nServer: x\n\n")
    assert answer
    assert (answer.status, answer.first("server")) == (404, "x")


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-OpenSSH\r\n", b"\x00", b"RTSX", b"RH"]
)
def test_something_else_is_known_at_once(data: bytes) -> None:
    with pytest.raises(ForeignError):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 fine\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 65 + b"\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"x" * 20_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: \u0661\r\n\r\n".encode(),
    ],
)
def test_what_no_camera_says(data: bytes) -> None:
    with pytest.raises(RtspError) as caught:
        read(data)
    assert not isinstance(caught.value, ForeignError)


def test_a_request() -> None:
    assert request("OPTIONS", "rtsp://c/", {"CSeq": "1"}) == (
        b"OPTIONS rtsp://c/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    )
    with pytest.raises(ValueError, match="within a line"):
        request("OPTIONS", "rtsp://c/", {"a": "b\r\nc: d"})


parts = st.sampled_from(
    [
        b"RTSP/1.0 200 OK",
        b"\r\n",
        b"\n",
        b"Content-Length: ",
        b"5",
        b"999999999",
        b":",
        b"\xff",
        b"a",
    ]
)


@given(st.lists(st.lists(parts).map(b"".join) | st.binary()))
def test_anything_is_an_answer_or_an_error(pieces: list[bytes]) -> None:
    reader = AnswerReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except RtspError:
        pass
