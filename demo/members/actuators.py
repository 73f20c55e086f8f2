"""A device with actuators, each of which has a habit: how it takes commands, and answers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import threading
from typing import Unpack

from mqtt_sentinel_node import Message

from demo.pipe import Deed, Order
from demo.wire import Wire, Words

from .member import Device, OrderRefusedError

_COMMANDS = {b"ON": True, b"OFF": False}


@dataclass(frozen=True, slots=True)
class Habit:
    """What becomes of a command.

    ``after``: seconds until it is begun. ``moves``: whether it is carried out. ``says``: what it is
    answered with; ``times``: how often that and the state are told. ``swaps``: the answer waits
    until the next command to the device was answered.
    """

    moves: bool = True
    says: bytes | None = b"OK"
    after: float = 0.0
    times: int = 1
    swaps: bool = False


HABITS: Mapping[Deed, Habit] = {
    Deed.BEHAVE: Habit(),
    Deed.STICK: Habit(moves=False),
    Deed.HUSH: Habit(says=None),
    # Longer than the demo waits for an answer, and than its commands may be sent.
    Deed.DAWDLE: Habit(after=3.0),
    Deed.STUTTER: Habit(times=2),
    Deed.SWAP: Habit(swaps=True),
    Deed.FAIL: Habit(moves=False, says=b"ERROR"),
}


@dataclass(slots=True)
class Actuator:
    """One of them: its topics, and the message that tells its state (None: it never does)."""

    command: str
    feedback: str
    state: Callable[[bool], Message] | None = None
    on: bool = False
    habit: Deed = Deed.BEHAVE


class ActuatorDevice(Device):
    """The device; its actuators go by their names."""

    def __init__(
        self, wire: Wire, device: str, actuators: Mapping[str, Actuator], **words: Unpack[Words]
    ) -> None:
        """Have all of them off and behaving."""
        super().__init__(wire, device, **words)
        self._device = device
        self._actuators = actuators
        self._held: list[Actuator] = []
        for actuator in actuators.values():
            self.client.subscribe(
                actuator.command,
                lambda message, to=actuator: self.post(lambda: self._heard(to, message)),  # type: ignore[misc]  # mypy cannot infer it
            )

    def facts(self) -> Mapping[str, str]:
        """Return whether it is connected, and the state and the habit of each actuator."""
        return {self._device: self.link} | {
            name: ("on" if actuator.on else "off")
            + ("" if actuator.habit is Deed.BEHAVE else f" ({actuator.habit})")
            for name, actuator in self._actuators.items()
        }

    def carry_out(self, order: Order) -> None:
        """Change the habit of one actuator."""
        actuator = self._actuators.get(order.node or "")
        if actuator is None:
            raise OrderRefusedError(f"there is no actuator {order.node}")
        if order.deed not in HABITS:
            super().carry_out(order)
        actuator.habit = order.deed

    def _heard(self, actuator: Actuator, message: Message) -> None:
        on = _COMMANDS.get(message.payload)
        if on is None:
            return
        habit = HABITS[actuator.habit]
        if not habit.after:
            self._obey(actuator, habit, on)
            return
        timer = threading.Timer(
            habit.after, lambda: self.post(lambda: self._obey(actuator, habit, on))
        )
        timer.daemon = True
        timer.start()

    def _obey(self, actuator: Actuator, habit: Habit, on: bool) -> None:
        if habit.moves:
            actuator.on = on
            self._tell_state(actuator, habit.times)
        if habit.swaps and not self._held:
            self._held.append(actuator)
            return
        self._answer(actuator, habit)
        while self._held:
            self._answer(self._held.pop(), HABITS[Deed.SWAP])

    def _tell_state(self, actuator: Actuator, times: int) -> None:
        for _ in range(times):
            if actuator.state:
                self.client.send(actuator.state(actuator.on))

    def _answer(self, actuator: Actuator, habit: Habit) -> None:
        for _ in range(habit.times):
            if habit.says:
                self.client.send(Message(actuator.feedback, habit.says))
