"""All dialects. A new one is one module and one row here."""

from .autocore import AUTOCORE
from .broker import BROKER
from .detector import DETECTOR
from .esphome import ESPHOME
from .frigate import FRIGATE
from .museum import MUSEUM
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
