"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds, messages a flood, seconds of a paced load, the many watches.

    ``scene``: how many seconds the scene takes.
    """

    rounds: int = 9
    messages: int = 10_000
    seconds: float = 5.0
    many: int = 10_000
    scene: float = 60.0


QUICK = Effort(rounds=3, messages=2_000, seconds=2.0, many=500, scene=5.0)
