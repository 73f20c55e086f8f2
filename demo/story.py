"""The story that the product exists for, on real parts, step by step."""

from collections.abc import Awaitable, Callable, Mapping
import time

from .drill import drill_fails, drill_passes
from .evidence import (
    camera_smashed,
    killed_while_recording,
    motion_recorded,
    recordings_found,
)
from .guarding import (
    both_come_up,
    broker_killed,
    command_ignored,
    ghost_believed,
    home_killed,
    never_heard,
    service_killed,
    stays_connected,
)
from .inbound import (
    bridge_killed,
    broker_frozen,
    flapping,
    garbage_counted,
    hanging,
    motion_seen_once,
    newcomers_announced,
    storm,
    values_shown,
)
from .observer import StoryError
from .panel import panel_made_here, panel_rings, panel_without_broker
from .process import tail
from .scene import scene_simulated, scene_stopped, scene_with_a_dead_actuator
from .switching import (
    answers_swapped,
    nothing_sent_after_a_minute,
    nothing_sent_late,
    relays_misbehave,
)
from .world import World

_LAST_LINES = 60
"""Of Home Assistant's log, when a step failed."""


async def log_is_clean(world: World) -> None:
    """Nothing of all this made the integration complain in the log."""
    complaints = world.home.complaints()
    world.check(not complaints, f"complaints in the log: {complaints}")


type Step = Callable[[World], Awaitable[None]]

STEPS: dict[str, Step] = {
    "a": both_come_up,
    "b": command_ignored,
    "c": service_killed,
    "d": stays_connected,
    "e": broker_killed,
    "f": home_killed,
    "g": ghost_believed,
    "h": never_heard,
    "i": newcomers_announced,
    "j": hanging,
    "k": bridge_killed,
    "l": values_shown,
    "m": motion_seen_once,
    "n": garbage_counted,
    "o": storm,
    "p": flapping,
    "r": panel_made_here,
    "s": panel_without_broker,
    "t": panel_rings,
    "u": relays_misbehave,
    "v": answers_swapped,
    "w": nothing_sent_late,
    "sc1": scene_with_a_dead_actuator,
    "sc2": scene_stopped,
    "sc3": scene_simulated,
    "dr1": drill_passes,
    "dr2": drill_fails,
    "ev1": motion_recorded,
    "ev2": camera_smashed,
    "ev3": recordings_found,
    "ev4": killed_while_recording,
    "log": log_is_clean,
}
"""The story. Some steps go on from where those before them ended."""

SLOW: dict[str, Step] = {
    "q": broker_frozen,
    "x": nothing_sent_after_a_minute,
    "log": log_is_clean,
}
"""What takes long to come true, and needs nothing of the story."""


async def play(world: World, steps: Mapping[str, Step]) -> bool:
    """Play these steps, one line each with the time it took; tell whether all came true."""
    for letter, step in steps.items():
        about = (step.__doc__ or "").strip()
        begun = time.monotonic()
        try:
            await step(world)
        except StoryError as error:
            took = time.monotonic() - begun
            log = tail(world.home.log, _LAST_LINES)
            print(f"{letter:4}FAILED  {took:5.1f} s  {about}\n{error}\n{log}", flush=True)
            return False
        print(f"{letter:4}ok      {time.monotonic() - begun:5.1f} s  {about}", flush=True)
    return True
