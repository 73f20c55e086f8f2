"""All dialects. A new one is one module and one row here."""

from ..watch.reports import ThingKey
from .autocore import AUTOCORE
from .broker import BROKER
from .detector import DETECTOR
from .esphome import ESPHOME
from .frigate import FRIGATE
from .museum import MUSEUM
from .payload import read_name
from .route import Flaw, MalformedError
from .services import SERVICES
from .shelly import SHELLY
from .surveillance import SURVEILLANCE
from .tasmota import TASMOTA
from .zigbee2mqtt import ZIGBEE2MQTT

DIALECTS = {
    dialect.name: dialect
    for dialect in (
        SERVICES,
        AUTOCORE,
        MUSEUM,
        SURVEILLANCE,
        DETECTOR,
        ZIGBEE2MQTT,
        TASMOTA,
        ESPHOME,
        SHELLY,
        FRIGATE,
        BROKER,
    )
}


def named(dialect: str, site: str, name: str) -> ThingKey:
    """The thing of a dialect that somebody calls ``name``.

    Raises :class:`~.route.MalformedError` when no thing of the dialect can have that name.
    """
    levels = name.strip().split("/")
    if len(levels) not in DIALECTS[dialect].levels:
        raise MalformedError(Flaw.BAD_NAME, "levels")
    return ThingKey(dialect, site, "/".join(map(read_name, levels)))


def shows_values(key: ThingKey) -> bool:
    """Tell whether what a thing measures is shown here, and not by another integration already."""
    dialect = DIALECTS.get(key.dialect)
    return dialect is None or not dialect.shown
