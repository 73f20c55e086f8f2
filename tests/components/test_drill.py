"""The drill of an alarm, on a real hub: what is sent, seen, reported and put back."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from .drilled import BACK, FRONT, OFF, ON, Services
from .house import GRACE, House, alarm, watch


@pytest.fixture
async def guarded(house: House) -> House:
    """A disarmed alarm over two services that are off."""
    await house.panel("disarmed")
    await house.set_up(
        watch("front", expect="alarm", ping_interval=10),
        watch("back", expect="alarm"),
        alarm("front", "back"),
    )
    await house.service(FRONT, "off")
    await house.service(BACK, "off")
    await house.clock.advance(GRACE)
    return house


@pytest.fixture
def services(guarded: House) -> Services:
    """The services, which do as they are told."""
    return Services(guarded, FRONT, BACK)


async def test_it_turns_all_on_sees_them_and_turns_them_off(
    guarded: House, services: Services
) -> None:
    drill = services.drill()
    await guarded.clock.advance(60)
    (report,) = (await drill)["drills"]
    assert services.log == [(FRONT, ON), (BACK, ON), (FRONT, OFF), (BACK, OFF)]
    print(json.dumps(report, indent=1))
    assert report["result"] == "passed"
    assert guarded.value("sensor.house_last_drill") == "passed"
