"""The action that deletes what is old in the journal."""

from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..const import CONF_KEEP_DAYS, DOMAIN
from ..evidence.journal.failures import JournalError
from ..evidence.journal.retention import DEFAULT_DAYS
from ..evidence.journal.rows import Kind
from .targets import loaded_hub

PURGE: Final = "purge"
ATTR_KINDS: Final = "kinds"

SCHEMA = vol.Schema(
    {
        vol.Required(CONF_KEEP_DAYS): vol.All(vol.Coerce(int), vol.Range(0, 36_500)),
        # Media go with their files: those are not among them.
        vol.Optional(ATTR_KINDS, default=[kind.value for kind in DEFAULT_DAYS]): vol.All(
            cv.ensure_list,
            [vol.All(vol.In([kind.value for kind in DEFAULT_DAYS]), vol.Coerce(Kind))],
        ),
    }
)


async def purge(call: ServiceCall) -> ServiceResponse:
    """Delete what is older than so many days, and answer with how many rows it were of each kind.

    Raises HomeAssistantError when the journal cannot be written.
    """
    journal = loaded_hub(call.hass).journal
    try:
        deleted = await journal.purge(call.data[ATTR_KINDS], call.data[CONF_KEEP_DAYS])
    except JournalError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="journal_failed",
            translation_placeholders={"said": str(error)},
        ) from None
    return {
        "total": sum(deleted.values()),
        "deleted": {kind.value: number for kind, number in deleted.items()},
    }
