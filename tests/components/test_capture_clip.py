"""The action that records what cameras see now."""

import asyncio
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.mqtt_sentinel.const import DOMAIN
from custom_components.mqtt_sentinel.evidence.clips.orders import Reason
from custom_components.mqtt_sentinel.evidence.facts import Cause

from .evidence import CLIP, Media, clip_of

YARD = CLIP.replace("door", "yard")


def device_of(hass: HomeAssistant, name: str) -> str:
    """The id of the device of a subentry."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, name), "hub")
    assert device
    return device.id


async def capture(
    media: Media,
    *names: str,
    response: bool = True,
    context: Context | None = None,
    **data: Any,
) -> Any:
    """Call the action for cameras."""
    hass = media.house.hass
    return await hass.services.async_call(
        DOMAIN,
        "capture_clip",
        {"device_id": [device_of(hass, name) for name in names]} | data,
        blocking=True,
        context=context,
        return_response=response,
    )


async def error_of(media: Media, *names: str, **options: Any) -> HomeAssistantError:
    """What is raised."""
    with pytest.raises(HomeAssistantError) as caught:
        await capture(media, *names, **options)
    assert caught.value.translation_domain == DOMAIN
    assert "{" not in str(caught.value)
    return caught.value


async def test_it_answers_with_the_clip(media: Media) -> None:
    media.cameras.answers = {"door": clip_of(causes=(Cause.ACTION,))}
    context = Context()
    answer = await capture(media, "door", duration=20, context=context)
    assert media.cameras.asked == [("door", 20.0, context)]
    [clip] = answer["clips"]
    assert answer["failed"] == []
    assert clip["name"] == "Door"
    assert clip["device_id"] == device_of(media.house.hass, "door")
    assert clip["media_id"] == CLIP
    assert clip["media_content_id"] == f"media-source://{DOMAIN}/{CLIP}"
    assert clip["path"] == str(media.root / CLIP)
    assert clip["duration"] == 15.04
    assert clip["url"].startswith(f"/api/{DOMAIN}/media/{CLIP}?authSig=")
    assert clip["thumbnail"].startswith(f"/api/{DOMAIN}/thumbnail/{CLIP}?authSig=")
    assert clip["causes"] == ["action"]


async def test_without_a_duration_it_is_the_cameras_own(media: Media) -> None:
    media.cameras.answers = {"door": clip_of(thumbnail=None)}
    answer = await capture(media, "door")
    assert [duration for _, duration, _ in media.cameras.asked] == [None]
    assert answer["clips"][0]["thumbnail"] is None
    assert await capture(media, "door", response=False) is None


@pytest.mark.parametrize("duration", [0.5, 301, "long", -1])
async def test_the_duration_has_bounds(media: Media, duration: Any) -> None:
    with pytest.raises(vol.Invalid):
        await capture(media, "door", duration=duration)
    assert media.cameras.asked == []


async def test_cameras_record_side_by_side(media: Media) -> None:
    together = asyncio.Barrier(2)
    answers = {"door": clip_of(), "yard": clip_of(YARD)}

    async def wait(camera_id: str, *_: object) -> Any:
        async with asyncio.timeout(5):
            await together.wait()
        return answers[camera_id]

    media.house.entry.runtime_data.cameras.capture = wait
    answer = await capture(media, "yard", "door")
    assert [clip["media_id"] for clip in answer["clips"]] == [CLIP, YARD]


async def test_one_that_fails_does_not_cost_the_others(media: Media) -> None:
    media.cameras.answers = {"door": Reason.NO_STREAM, "yard": clip_of(YARD)}
    answer = await capture(media, "door", "yard")
    assert [clip["name"] for clip in answer["clips"]] == ["Yard"]
    assert answer["failed"] == [
        {
            "device_id": device_of(media.house.hass, "door"),
            "name": "Door",
            "reason": "no_stream",
        }
    ]


@pytest.mark.parametrize("reason", Reason)
async def test_why_there_is_none(media: Media, reason: Reason) -> None:
    media.cameras.answers = {"door": reason}
    error = await error_of(media, "door")
    assert error.translation_key == f"capture_{reason.value}"
    assert "Door" in str(error)


async def test_without_a_response_one_that_fails_is_an_error(media: Media) -> None:
    media.cameras.answers = {"door": clip_of(), "yard": Reason.DISK_FULL}
    error = await error_of(media, "door", "yard", response=False)
    assert error.translation_key == "capture_disk_full"
    assert "Yard" in str(error)
    media.cameras.answers["door"] = Reason.NO_STREAM
    for response in (True, False):
        error = await error_of(media, "door", "yard", response=response)
        assert error.translation_key == "clips_failed"
        assert str(error) == "There is no clip of: Door (no_stream), Yard (disk_full)"


async def test_only_cameras_record(media: Media) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await capture(media, "front")
    assert caught.value.translation_key == "no_camera"
    with pytest.raises(ServiceValidationError) as caught:
        await media.house.hass.services.async_call(
            DOMAIN, "capture_clip", {"area_id": ["nowhere"]}, blocking=True
        )
    assert caught.value.translation_key == "no_camera_chosen"


async def test_who_may_only_look_cannot_record(media: Media, hass_read_only_user: MockUser) -> None:
    with pytest.raises(Unauthorized):
        await capture(media, "door", context=Context(user_id=hass_read_only_user.id))
    assert media.cameras.asked == []


async def test_without_a_hub_it_says_so(media: Media) -> None:
    await media.house.hass.config_entries.async_unload(media.house.entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await capture(media, "door")
    assert caught.value.translation_key == "not_loaded"
