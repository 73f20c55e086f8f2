"""Home Assistant on a clock that stands still, with an MQTT client that talks to nobody."""

from collections.abc import Awaitable, Callable, Generator
import logging
from pathlib import Path
from shutil import copy
from unittest.mock import patch

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.mqtt import CONF_BIRTH_MESSAGE, CONF_BROKER, DOMAIN as MQTT_DOMAIN
from homeassistant.const import CONF_PROTOCOL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockPahoClient

from custom_components.mqtt_sentinel.cameras.streams import Streams
from custom_components.mqtt_sentinel.chronicle import keeper
from custom_components.mqtt_sentinel.config_flow import options
from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.journal.address import (
    DEFAULT_FILE,
    default_url,
    open_engine,
    read_url,
)
from custom_components.mqtt_sentinel.evidence.journal.schema import ensure

from .evidence import Media
from .house import START, Broker, Clock, House

# The test plugin has every statement logged, which costs more than the statement.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def freezer() -> Generator[FrozenDateTimeFactory]:
    """Time that only passes when a test says so, for the event loop's timers too."""
    with freeze_time(START) as frozen:
        yield frozen


@pytest.fixture
def expected_lingering_timers() -> bool:
    """No timer may be left after a test."""
    return False


@pytest.fixture(autouse=True)
def _no_ffmpeg() -> Generator[None]:
    """Home Assistant asks ffmpeg for its version when it starts; here no program is run for that."""
    with patch("homeassistant.components.ffmpeg.FFVersion.get_version", return_value="7.0"):
        yield


@pytest.fixture(autouse=True)
def _prepare(freezer: FrozenDateTimeFactory, enable_custom_integrations: None) -> None:
    """Stop the clock before Home Assistant starts, and let it find this integration."""


@pytest.fixture(scope="session")
def empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal in which nothing is: to make one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("journal")
    engine = open_engine(read_url(default_url(folder)))
    ensure(engine)
    engine.dispose()
    return folder / DEFAULT_FILE


@pytest.fixture(autouse=True)
def _journal(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Have the journal in a folder of the test's: that of its configuration is the one of all tests."""
    for module in (keeper, options):
        monkeypatch.setattr(module, "default_url", lambda _: default_url(tmp_path))
    if "journal_file" not in request.fixturenames:
        copy(empty_journal, tmp_path / DEFAULT_FILE)


@pytest.fixture
def journal_file(tmp_path: Path) -> Path:
    """Where the journal of the test is, or will be when the hub has made it."""
    return tmp_path / DEFAULT_FILE


@pytest.fixture(autouse=True)
def media_folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Where Home Assistant's own media are in the test, below which ours are."""
    folder = tmp_path / "media"
    folder.mkdir()
    hass.config.media_dirs = {"local": str(folder)}
    return folder


@pytest.fixture(autouse=True)
def _no_streams() -> Generator[None]:
    """No stream is opened: a test says itself how each of them is."""
    with patch.object(Streams, "start"):
        yield


@pytest.fixture
def all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities that are disabled until somebody asks for them are enabled from the start."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    """The clock of the test."""
    return Clock(hass, freezer)


@pytest.fixture
def mqtt_entry() -> MockConfigEntry:
    """The entry of Home Assistant's MQTT integration."""
    return MockConfigEntry(
        domain=MQTT_DOMAIN,
        title="MQTT",
        data={CONF_BROKER: "nobody", CONF_PROTOCOL: "5"},
        options={CONF_BIRTH_MESSAGE: {}},
        version=2,
    )


@pytest.fixture
def set_up_mqtt(
    hass: HomeAssistant,
    clock: Clock,
    mock_hass_config: None,
    mqtt_entry: MockConfigEntry,
    mqtt_client_mock: MqttMockPahoClient,
) -> Callable[[], Awaitable[Broker]]:
    """Set the MQTT integration up, and answer the broker that it is connected to."""

    async def set_up() -> Broker:
        broker = Broker(hass, clock, mqtt_client_mock)
        mqtt_entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(mqtt_entry.entry_id)
        await clock.settle()
        return broker

    return set_up


@pytest.fixture
async def broker(set_up_mqtt: Callable[[], Awaitable[Broker]]) -> Broker:
    """A broker that Home Assistant's MQTT integration is connected to."""
    return await set_up_mqtt()


@pytest.fixture
def house(hass: HomeAssistant, clock: Clock, broker: Broker) -> House:
    """A house without a hub yet."""
    return House(hass, clock, broker)


@pytest.fixture
async def media(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Media:
    """A house with two cameras, a folder for their media, and a journal."""
    media = Media(house, tmp_path / "media" / DOMAIN)
    await media.set_up()
    return media
