"""The tasmota dialect, with the full topic that Tasmota has by default.

``tele/{device}/LWT`` carries ``Online`` or ``Offline``. ``tele/{device}/STATE`` carries an object
every few minutes, which counts as a ping and tells the relays among all else: ``{"Time", "Uptime",
"POWER1": "ON", ...}``. ``stat/{device}/POWER{n}`` carries ``ON`` or ``OFF`` whenever a relay was
switched. The only relay of a device is called POWER or POWER1, as an option of it says; it is
relay 1 either way, and ``cmnd/{device}/POWER1`` with ``ON`` or ``OFF`` switches it either way.
"""

from ..watch.expectation import SourceKind
from ..watch.reports import ConnectionReport, PingReport, RelayReport, Report, ThingKey
from .payload import read_bool, read_name, read_object, read_word
from .route import Dialect, Flaw, MalformedError, Message, RelayWords, Route

NAME = "tasmota"
_MOST_RELAYS = 32
_WILL = {b"online": True, b"offline": False}
_RELAYS = {"POWER": "1"} | {f"POWER{n}": str(n) for n in range(1, _MOST_RELAYS + 1)}


def _key(message: Message) -> ThingKey:
    return ThingKey(NAME, message.site, read_name(message.levels[1]))


def _connection(message: Message) -> ConnectionReport:
    up = read_word(message.payload, _WILL)
    if up is None:
        raise MalformedError(Flaw.NOT_A_BOOL)
    return ConnectionReport(_key(message), message.at, message.retained, message.topic, up)


def _state(message: Message) -> list[Report]:
    key = _key(message)
    reports: list[Report] = [PingReport(key, message.at, message.retained, message.topic)]
    for name, value in read_object(message.payload).items():
        relay = _RELAYS.get(name)
        if relay is None:
            continue
        if not isinstance(value, str):
            raise MalformedError(Flaw.WRONG_TYPE, name)
        on = read_bool(value.encode())
        reports.append(RelayReport(key, message.at, message.retained, message.topic, relay, on))
    return reports


def _relay(message: Message) -> RelayReport | None:
    """Read the state of a relay; all other answers to commands pass by."""
    relay = _RELAYS.get(message.levels[2])
    if relay is None:
        return None
    on = read_bool(message.payload)
    return RelayReport(_key(message), message.at, message.retained, message.topic, relay, on)


TASMOTA = Dialect(
    NAME,
    "Tasmota",
    (
        Route("tele/+/LWT", _connection),
        Route("tele/+/STATE", _state),
        Route("stat/+/+", _relay),
    ),
    expects=SourceKind.ALWAYS,
    shown=True,
    relays=RelayWords(lambda thing, relay: f"cmnd/{thing}/POWER{relay}"),
)
