"""What an action is for: the hub, and those of its subentries that a call names."""

from collections.abc import Collection
from typing import NamedTuple

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN
from ..hub import Hub, SentinelConfigEntry


class Texts(NamedTuple):
    """What is said when something is named that is none of a choice, and when nothing is left."""

    stranger: str
    nothing: str


OF_WATCHES = Texts("no_watch", "nothing_chosen")
OF_ALARMS = Texts("no_alarm", "no_alarm_chosen")
OF_RELAYS = Texts("no_relay", "no_relay_chosen")
OF_CAMERAS = Texts("no_camera", "no_camera_chosen")


@callback
def loaded_hub(hass: HomeAssistant) -> Hub:
    """The hub. Raises ServiceValidationError when it is not loaded."""
    entries: list[SentinelConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return entries[0].runtime_data


@callback
def subentries_of(
    call: ServiceCall, choice: Collection[str], texts: Texts = OF_WATCHES
) -> list[str]:
    """Which subentries of a ``choice`` a call is for, in the order of that.

    What was named itself has to be one of them. In areas, floors and labels, all that are there count.
    Raises ServiceValidationError, with one of the ``texts``, when something is none, or when there is none at all.
    """
    hass, target = call.hass, TargetSelection(call.data)
    entities, devices = er.async_get(hass), dr.async_get(hass)

    def of_entity(entity_id: str) -> str | None:
        entry = entities.async_get(entity_id)
        return entry.config_subentry_id if entry and entry.platform == DOMAIN else None

    def of_device(device_id: str) -> str | None:
        device = devices.async_get(device_id)
        names = device.identifiers if device else ()
        return next((name for domain, name in names if domain == DOMAIN), None)

    selected = async_extract_referenced_entity_ids(hass, target, primary_entities_only=False)
    named = {entity_id: of_entity(entity_id) for entity_id in selected.referenced}
    named |= {device_id: of_device(device_id) for device_id in target.device_ids}
    if strangers := sorted(
        name for name, subentry_id in named.items() if subentry_id not in choice
    ):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=texts.stranger,
            translation_placeholders={"names": ", ".join(strangers)},
        )
    found = {
        *named.values(),
        *map(of_entity, selected.indirectly_referenced),
        *map(of_device, selected.referenced_devices),
    }
    chosen = [subentry_id for subentry_id in choice if subentry_id in found]
    if not chosen:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=texts.nothing)
    return chosen
