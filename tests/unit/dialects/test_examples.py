"""Every example of the field, read by its dialect."""

import pytest

from custom_components.mqtt_sentinel.dialects.route import MalformedError
from custom_components.mqtt_sentinel.dialects.table import DIALECTS

from .contract import hold
from .examples import EXAMPLES, FIXTURES, NOW, Example, decode, listed, message, route_of, told

SITES = pytest.mark.parametrize("site", ["", "site1", "east/wing"])


@SITES
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_message_of_the_field_is_read(example: Example, site: str) -> None:
    dialect = example.dialect
    if example.flaw:
        with pytest.raises(MalformedError) as caught:
            decode(dialect, example.topic, example.payload, site=site)
        assert caught.value.flaw == example.flaw
        return
    decoded = decode(dialect, example.topic, example.payload, site=site, retained=example.retained)
    reports = listed(decoded)
    assert [told(dialect, report) for report in reports] == example.reports
    for report in reports:
        assert report.key.dialect == dialect.name
        assert report.key.site == site
        assert report.at == NOW
        assert report.retained is example.retained
        assert report.source == (f"{site}/{example.topic}" if site else example.topic)
        parent = dialect.parent(report.key)
        assert parent is None or (parent.dialect, parent.site) == (dialect.name, site)
        assert parent is None or dialect.parent(parent) is None


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_it_keeps_what_every_decoder_promises(example: Example) -> None:
    hold(
        route_of(example.dialect, example.topic).decode,
        message(example.topic, example.payload, retained=example.retained),
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_topic_of_a_dialect_has_an_example(dialect: str) -> None:
    told_of = {
        route_of(example.dialect, example.topic).filter
        for example in EXAMPLES
        if example.dialect.name == dialect and example.reports
    }
    # All but the deepest forms of a name, which differ in nothing else.
    assert {route.filter for route in DIALECTS[dialect].routes} == told_of


def test_every_folder_of_examples_is_of_a_dialect() -> None:
    assert {folder.name for folder in FIXTURES.iterdir() if folder.is_dir()} == set(DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_can_happen_at_a_thing_of_a_dialect_is_declared(dialect: str) -> None:
    reports = [
        report
        for example in EXAMPLES
        if example.dialect.name == dialect
        for report in example.reports
        if "occasion" in report
    ]
    declared = DIALECTS[dialect]
    assert {report["occasion"] for report in reports} == set(declared.occasions)
    ended = {report["occasion"] for report in reports if report.get("begins") is False}
    assert ended == set(declared.lasting)
