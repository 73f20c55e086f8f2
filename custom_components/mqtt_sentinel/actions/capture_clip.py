"""The action that records what cameras see now, and answers with the clips."""

import asyncio
from typing import TYPE_CHECKING, Any

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..const import DOMAIN
from ..evidence.clips.errors import ClipError
from ..evidence.clips.naming import path_of
from ..evidence.clips.orders import Reason
from ..evidence.facts import Clip
from ..outcome.media import SavedMedia, media_facts
from ..web.signing import signed_links
from .targets import OF_CAMERAS, loaded_hub, subentries_of

if TYPE_CHECKING:
    from ..hub import Hub

CAPTURE_CLIP = "capture_clip"
ATTR_DURATION = "duration"

SHORTEST = 1.0
LONGEST = 300.0
# Why there is none, as it is said of one camera; placeholders: its name.
ERRORS = {reason: f"capture_{reason.value}" for reason in Reason}

SCHEMA = cv.make_entity_service_schema(
    {
        vol.Optional(ATTR_DURATION): vol.All(vol.Coerce(float), vol.Range(SHORTEST, LONGEST)),
    }
)


async def capture_clip(call: ServiceCall) -> ServiceResponse:
    """Record with the chosen cameras side by side, and answer when all clips are saved, or are not.

    With a response, a camera that failed is among ``failed``, and the others' clips among ``clips``.
    Raises HomeAssistantError when there is no clip at all, or one is missing and nobody asked for a response.
    """
    hub = loaded_hub(call.hass)
    chosen = subentries_of(call, hub.cameras.setups, OF_CAMERAS)
    # They may be gone when it is over.
    who = [(hub.device_id(each), hub.entry.subentries[each].title) for each in chosen]
    duration: float | None = call.data.get(ATTR_DURATION)
    outcomes = await asyncio.gather(
        *(_capture(hub, camera_id, duration, call) for camera_id in chosen)
    )
    clips: list[dict[str, Any]] = []
    failed: list[tuple[str | None, str, Reason]] = []
    for (device_id, name), outcome in zip(who, outcomes, strict=True):
        if isinstance(outcome, Reason):
            failed.append((device_id, name, outcome))
        else:
            facts = await _facts(hub, outcome)
            clips.append({ATTR_DEVICE_ID: device_id, ATTR_NAME: name, **facts})
    if failed and not (clips and call.return_response):
        raise _error([(name, reason) for _, name, reason in failed])
    if not call.return_response:
        return None
    return {
        "clips": [*clips],
        "failed": [
            {ATTR_DEVICE_ID: device_id, ATTR_NAME: name, "reason": reason.value}
            for device_id, name, reason in failed
        ],
    }


async def _capture(
    hub: Hub, camera_id: str, duration: float | None, call: ServiceCall
) -> Clip | Reason:
    try:
        return await hub.cameras.capture(camera_id, duration, call.context)
    except ClipError as error:
        return error.reason


async def _facts(hub: Hub, clip: Clip) -> dict[str, Any]:
    """What is told of a clip; ``path`` is the file's own, for actions that send files."""
    path = await hub.hass.async_add_executor_job(path_of, clip.media_id, hub.cameras.root)
    links = signed_links(hub.hass, clip.media_id, thumbnail=clip.thumbnail is not None)
    return {"path": str(path), **media_facts(SavedMedia.of_clip(clip), links)}


def _error(failed: list[tuple[str, Reason]]) -> HomeAssistantError:
    if len(failed) == 1:
        [(name, reason)] = failed
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=ERRORS[reason],
            translation_placeholders={"name": name},
        )
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="clips_failed",
        translation_placeholders={
            "names": ", ".join(f"{name} ({reason.value})" for name, reason in failed)
        },
    )
