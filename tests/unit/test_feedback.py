"""Answers on topics of a user's own."""

import pytest

from custom_components.mqtt_sentinel.dialects.feedback import read_feedback, within
from custom_components.mqtt_sentinel.dialects.route import Message
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from .build import at


@pytest.mark.parametrize(
    ("payload", "ok"),
    [(b"OK", True), (b" ok\n", True), (b"Error", False), (b"", None), (b"1", None)],
)
def test_an_answer_is_ok_or_error(payload: bytes, ok: bool | None) -> None:
    report = read_feedback(Message("my/own/topic", "", payload, True, at(3)))
    if ok is None:
        assert report is None
    else:
        assert report
        assert (report.key, report.source) == (
            ThingKey("feedback", "", "my/own/topic"),
            "my/own/topic",
        )
        assert (report.ok, report.retained, report.at) == (ok, True, at(3))


@pytest.mark.parametrize(
    ("topic", "topic_filter", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/b", "a", False),
        ("a", "a/b", False),
        ("a/b", "+/b", True),
        ("a/b", "+/+", True),
        ("a/b/c", "+/+", False),
        ("a/b/c", "#", True),
        ("a/b/c", "a/#", True),
        ("a", "a/#", True),
        ("b/c", "a/#", False),
        ("a", "a/b/#", False),
        ("a//c", "a/+/c", True),
        ("", "+", True),
    ],
)
def test_which_topics_a_filter_is_for(topic: str, topic_filter: str, expected: bool) -> None:
    assert within(topic, topic_filter) is expected
