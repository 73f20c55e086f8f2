"""The part of the story with an alarm panel that is made here: nobody else tells the services."""

from typing import Any

from .pipe import Deed
from .world import AT_ONCE, BROKER_BACK, FRONT, GARDEN, World, connectivity

type Json = Any

CASTLE = "alarm_control_panel.castle"
_PROTECTION = "sensor.castle_protection"
_RASPBERRY = "raspberry-1"
_CODE = "4711"


async def panel_made_here(world: World) -> None:
    """A panel made here turns its services on and off itself; they do, and it protects."""
    await world.disarm()
    await world.agreement(FRONT, GARDEN)
    await world.installation.make_panel("Castle", [FRONT, GARDEN], [_RASPBERRY], _CODE)
    await _until(world, CASTLE, "disarmed")
    await world.check_quiet()
    await _arm(world)
    await _until(world, _PROTECTION, "protected")
    world.check(world.observer.state(connectivity(FRONT)) == "on", "protected without a service")
    await _disarm(world)
    await world.agreement(FRONT, GARDEN)
    world.check(world.observer.state(connectivity(FRONT)) == "off", "a service was not turned off")
    await world.check_quiet()


async def panel_without_broker(world: World) -> None:
    """It is disarmed while the broker is gone: the services are told when that is back."""
    await _arm(world)
    await _until(world, _PROTECTION, "protected")
    await world.fleet.kill_broker()
    await _until(world, _PROTECTION, "unknown")
    await _disarm(world)
    await world.fleet.start_broker()
    await world.agreement(FRONT, GARDEN, within=BROKER_BACK + world.times.grace)
    world.check(world.observer.state(connectivity(FRONT)) == "off", "a service was not turned off")
    await world.check_quiet()


async def panel_rings(world: World) -> None:
    """It rings at motion, and still does after Home Assistant was killed; only the code ends it."""
    await _arm(world)
    await _until(world, CASTLE, "armed_away")
    await world.fleet.tell(_RASPBERRY, Deed.MOTION)
    await _until(world, CASTLE, "triggered", within=AT_ONCE)
    await world.home.wrote('"triggered"')
    await world.home.kill()
    await world.home.start()
    await world.sign_in_again()
    await _until(world, CASTLE, "triggered")
    await _until(world, _PROTECTION, "protected", within=BROKER_BACK + world.times.grace)
    await _disarm(world)
    await world.agreement(FRONT, GARDEN)
    await world.installation.forget("Castle")
    await world.check_quiet()


async def _arm(world: World) -> None:
    await world.observer.client.act("alarm_control_panel.alarm_arm_away", CASTLE, code=_CODE)


async def _disarm(world: World) -> None:
    await world.observer.client.act("alarm_control_panel.alarm_disarm", CASTLE, code=_CODE)
    await _until(world, CASTLE, "disarmed", within=AT_ONCE)


async def _until(world: World, entity_id: str, state: str, within: float = 20.0) -> None:
    seen = world.observer
    await seen.until(lambda: seen.state(entity_id) == state, f"{entity_id} {state}", within)
