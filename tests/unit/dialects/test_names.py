"""What is remembered of topics."""

import pytest

from custom_components.mqtt_sentinel.dialects import names
from custom_components.mqtt_sentinel.dialects.names import by_topic
from custom_components.mqtt_sentinel.dialects.route import Flaw, MalformedError, Message
from custom_components.mqtt_sentinel.watch.reports import ThingKey

from ..build import message


class Reader:
    """Reads which thing a topic is about, and remembers how often it had to."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.thing_of = by_topic(self._read)

    def _read(self, heard: Message) -> ThingKey:
        self.read.append(heard.topic)
        name = heard.levels[0]
        if name == "bad":
            raise MalformedError(Flaw.BAD_NAME)
        return ThingKey("any", heard.site, name)


def test_a_topic_is_read_once() -> None:
    reader = Reader()
    first = reader.thing_of(message("lamp/status"))
    assert first == ThingKey("any", "", "lamp")
    assert reader.thing_of(message("lamp/status", b"else", retained=True)) is first
    assert reader.thing_of(message("door/status")) == ThingKey("any", "", "door")
    assert reader.read == ["lamp/status", "door/status"]


def test_the_same_topic_is_of_another_thing_when_it_came_by_the_filter_of_another_site() -> None:
    reader = Reader()
    for _ in range(2):
        assert reader.thing_of(message("a/b/status")) == ThingKey("any", "", "a")
        assert reader.thing_of(message("a/b/status", site="a")) == ThingKey("any", "a", "b")
        assert reader.thing_of(message("a/b/status", site="a/b")) == ThingKey(
            "any", "a/b", "status"
        )


def test_what_cannot_be_read_is_refused_again() -> None:
    reader = Reader()
    for _ in range(2):
        with pytest.raises(MalformedError):
            reader.thing_of(message("bad/status"))
    assert len(reader.read) == 2


def test_a_very_long_topic_is_not_kept() -> None:
    reader = Reader()
    longest = "lamp/" + "x" * (names.LONGEST_TOPIC - len("lamp/"))
    for topic in (longest, longest, longest + "x", longest + "x"):
        assert reader.thing_of(message(topic)).name == "lamp"
    assert reader.read == [longest, longest + "x", longest + "x"]


def test_no_more_topics_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_TOPICS", 3)
    reader = Reader()
    for name in "abcd":
        reader.thing_of(message(name))
    reader.read.clear()
    reader.thing_of(message("d"))
    assert reader.read == []
    assert reader.thing_of(message("a")).name == "a"
    assert reader.read == ["a"]
