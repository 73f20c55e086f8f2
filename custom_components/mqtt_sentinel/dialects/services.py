"""The services dialect: one connection for each service of each device.

``connected/{service}/{device}`` carries a yes or no, also as a Last Will;
``ping/{service}/{device}`` carries anything.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, PingReport, ThingKey
from .payload import read_bool, read_name
from .route import Dialect, Message, Route

NAME = "services"


def thing(site: str, service: str, device: str) -> ThingKey:
    """The key of one service of one device."""
    return ThingKey(NAME, site, f"{read_name(service)}/{read_name(device)}")


def _key(message: Message) -> ThingKey:
    _, service, device = message.levels
    return thing(message.site, service, device)


def _connection(message: Message) -> ConnectionReport:
    return ConnectionReport(
        _key(message), message.at, message.retained, message.topic, read_bool(message.payload)
    )


def _ping(message: Message) -> PingReport:
    return PingReport(_key(message), message.at, message.retained, message.topic)


SERVICES = Dialect(
    NAME,
    (Route("connected/+/+", _connection), Route("ping/+/+", _ping)),
    expects=SourceKind.ALARM,
)
