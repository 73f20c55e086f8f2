"""What can be done to the running demo: one table for the server, the command line and the docs."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from .fleet import Fleet, FleetError, Life, MemberState, Network
from .pipe import Deed


class Takes(StrEnum):
    """What a verb has to be followed by."""

    NOTHING = ""
    MEMBER = "NAME"
    NODE = "NODE"
    BROKER_DEED = "kill|start|freeze|thaw"


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do: ``run(fleet, argument)`` does it and returns the line (or lines) to print.

    The argument is empty where ``takes`` is NOTHING.
    """

    name: str
    takes: Takes
    help: str
    run: Callable[[Fleet, str], Awaitable[str]]

    @property
    def usage(self) -> str:
        """Return how it is typed, as ``kill NAME``."""
        return f"{self.name} {self.takes}".rstrip()


def _on_target(
    deed: Callable[[Fleet, str], Awaitable[None]], done: str
) -> Callable[[Fleet, str], Awaitable[str]]:
    """Return a verb's ``run`` that does ``deed`` and says ``done`` with the name filled in."""

    async def run(fleet: Fleet, target: str) -> str:
        await deed(fleet, target)
        return done.format(target)

    return run


def _at_node(deed: Deed, done: str) -> Callable[[Fleet, str], Awaitable[str]]:
    """Return a verb's ``run`` that has ``deed`` happen at a node."""
    return _on_target(lambda fleet, node: fleet.tell(node, deed), done)


async def _list(fleet: Fleet, _: str) -> str:
    running = "running" if fleet.broker.running else "DOWN"
    if fleet.broker.frozen:
        running = "FROZEN"
    head = f"broker    {fleet.broker.kind} on {fleet.broker.address}, {running}"
    return "\n".join([head, *map(_line, fleet.states())])


def _line(state: MemberState) -> str:
    words = [str(state.life)]
    if state.life is Life.ENDED:
        words[0] += f" by itself with {state.exit_code}"
    if state.network is Network.CUT:
        words.append("network CUT")
    words += [f"{name} {value}" for name, value in state.facts.items()]
    return f"{state.name:<9} {state.about}: {', '.join(words)}"


async def _broker(fleet: Fleet, deed: str) -> str:
    match deed:
        case "kill":
            await fleet.kill_broker()
            return "the broker is killed"
        case "start":
            await fleet.start_broker()
            return f"the broker accepts connections on {fleet.broker.address} again"
        case "freeze":
            await fleet.freeze_broker()
            return "the broker is frozen"
        case "thaw":
            await fleet.thaw_broker()
            return "the broker goes on"
    raise FleetError(f"the broker knows {Takes.BROKER_DEED}, not {deed!r}")


VERBS = (
    Verb("list", Takes.NOTHING, "Show the broker and all members.", _list),
    Verb(
        "start",
        Takes.MEMBER,
        "Start a member that is not running.",
        _on_target(Fleet.start, "{} is started"),
    ),
    Verb(
        "stop",
        Takes.MEMBER,
        "Shut a member down properly: it says that it goes, its Last Will stays unsaid.",
        _on_target(Fleet.stop, "{} has shut down properly"),
    ),
    Verb(
        "kill",
        Takes.MEMBER,
        "Kill a member with SIGKILL: its Last Will speaks at once.",
        _on_target(Fleet.kill, "{} is killed"),
    ),
    Verb(
        "ignore",
        Takes.MEMBER,
        "Make a service ignore the commands that turn it on and off.",
        _on_target(Fleet.ignore, "{} ignores its commands from now on"),
    ),
    Verb(
        "obey",
        Takes.MEMBER,
        "Make a service obey again, the last command that it heard first.",
        _on_target(Fleet.obey, "{} obeys again"),
    ),
    Verb(
        "cut",
        Takes.MEMBER,
        "Cut a member's network silently: its Last Will speaks when the broker's patience ends.",
        _on_target(Fleet.cut, "the network of {} is cut"),
    ),
    Verb(
        "heal",
        Takes.MEMBER,
        "Repair a member's network.",
        _on_target(Fleet.heal, "the network of {} is whole again"),
    ),
    Verb(
        "freeze",
        Takes.MEMBER,
        "Hang a member (SIGSTOP): it stays connected for a while and does nothing.",
        _on_target(Fleet.freeze, "{} is frozen"),
    ),
    Verb(
        "thaw",
        Takes.MEMBER,
        "Let a frozen member go on.",
        _on_target(Fleet.thaw, "{} goes on"),
    ),
    Verb(
        "power-off",
        Takes.NODE,
        "Take the power from a node or camera: silence, until the broker's or its bridge's "
        "patience ends.",
        _on_target(Fleet.power_off, "{} has no power"),
    ),
    Verb(
        "power-on",
        Takes.NODE,
        "Give a node or camera its power back, or boot an ESP32 that has crashed.",
        _on_target(Fleet.power_on, "{} boots"),
    ),
    Verb(
        "crash",
        Takes.NODE,
        "Crash one ESP32: its Last Will speaks at once, and it stays away.",
        _on_target(Fleet.crash, "{} has crashed"),
    ),
    Verb(
        "drop",
        Takes.NODE,
        "Have one ESP32 lose its connection, or a camera all that it has; it comes back by itself.",
        _on_target(Fleet.drop, "{} lost its connection"),
    ),
    Verb(
        "motion",
        Takes.NODE,
        "Have a sensor or a camera see somebody.",
        _at_node(Deed.MOTION, "{} sees somebody"),
    ),
    Verb(
        "button",
        Takes.NODE,
        "Press the button of a sensor.",
        _at_node(Deed.BUTTON, "the button of {} is pressed"),
    ),
    Verb(
        "pressure",
        Takes.NODE,
        "Step on the mat of a sensor.",
        _at_node(Deed.PRESSURE, "somebody stands on the mat of {}"),
    ),
    Verb(
        "again",
        Takes.NODE,
        "Have a sensor send its last event once more, with the same id.",
        _at_node(Deed.AGAIN, "{} repeats itself"),
    ),
    Verb(
        "hang",
        Takes.NODE,
        "Have a camera deliver no more frames, still connected; nothing else tells of it.",
        _at_node(Deed.HANG, "{} hangs"),
    ),
    Verb(
        "go-on",
        Takes.NODE,
        "Have a camera that hangs, refuses or was relocked be as it was.",
        _at_node(Deed.GO_ON, "{} goes on"),
    ),
    Verb(
        "refuse",
        Takes.NODE,
        "Have a camera throw out who looks at its picture, and let nobody in.",
        _at_node(Deed.REFUSE, "{} refuses everybody"),
    ),
    Verb(
        "relock",
        Takes.NODE,
        "Have a camera ask for another password; who looks at its picture goes on.",
        _at_node(Deed.RELOCK, "{} has another password"),
    ),
    Verb(
        "switch",
        Takes.NODE,
        "Press the button on a plug: its relay changes.",
        _at_node(Deed.SWITCH, "{} is switched"),
    ),
    Verb(
        "behave",
        Takes.NODE,
        "Have an actuator carry its commands out, and say OK.",
        _at_node(Deed.BEHAVE, "{} behaves from now on"),
    ),
    Verb(
        "stick",
        Takes.NODE,
        "Have an actuator say OK, and not move.",
        _at_node(Deed.STICK, "{} sticks from now on"),
    ),
    Verb(
        "hush",
        Takes.NODE,
        "Have an actuator move, and not say OK.",
        _at_node(Deed.HUSH, "{} moves without a word from now on"),
    ),
    Verb(
        "dawdle",
        Takes.NODE,
        "Have an actuator move and say OK three seconds late.",
        _at_node(Deed.DAWDLE, "{} is late from now on"),
    ),
    Verb(
        "stutter",
        Takes.NODE,
        "Have an actuator tell everything twice.",
        _at_node(Deed.STUTTER, "{} tells everything twice from now on"),
    ),
    Verb(
        "swap",
        Takes.NODE,
        "Have an actuator answer a command after the next one was answered.",
        _at_node(Deed.SWAP, "{} answers out of order from now on"),
    ),
    Verb(
        "fail",
        Takes.NODE,
        "Have an actuator say ERROR, and not move.",
        _at_node(Deed.FAIL, "{} fails from now on"),
    ),
    Verb(
        "broker",
        Takes.BROKER_DEED,
        "Kill the broker with SIGKILL, start it again, hang it (SIGSTOP), or let it go on.",
        _broker,
    ),
)


def find(name: str) -> Verb | None:
    """Return the verb of that name."""
    return next((verb for verb in VERBS if verb.name == name), None)


def as_markdown(verbs: Iterable[Verb] = VERBS) -> str:
    """Return the table for the documentation."""
    rows = [f"| `{verb.usage.replace('|', '\\|')}` | {verb.help} |" for verb in verbs]
    return "\n".join(["| command | what happens |", "| --- | --- |", *rows]) + "\n"
