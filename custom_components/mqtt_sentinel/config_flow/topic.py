"""A topic of a user's own, as a user describes it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.mqtt.util import valid_publish_topic
from homeassistant.helpers.selector import TemplateSelector, TextSelector
import probatio as vol

from ..const import (
    CONF_ANYWAY,
    CONF_PAYLOAD_OFF,
    CONF_PAYLOAD_ON,
    CONF_PLACE,
    CONF_TEMPLATE,
    CONF_TOPIC,
)
from ..dialects.custom import CustomTopic, parse_path
from .forms import yes_or_no

FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_TOPIC): TextSelector(),
    vol.Optional(CONF_PLACE): TextSelector(),
    vol.Optional(CONF_TEMPLATE): TemplateSelector(),
    vol.Optional(CONF_PAYLOAD_ON): TextSelector(),
    vol.Optional(CONF_PAYLOAD_OFF): TextSelector(),
}

# Offered when what was named or described was not heard.
ANYWAY: dict[vol.Marker, Any] = {vol.Required(CONF_ANYWAY, default=False): yes_or_no()}


def topic_errors(described: CustomTopic) -> dict[str, str]:
    """What is wrong with the description of a topic, by field."""
    errors: dict[str, str] = {}
    if not is_topic(described.topic):
        errors[CONF_TOPIC] = "bad_topic"
    if described.place and described.template:
        errors[CONF_TEMPLATE] = "path_or_template"
    try:
        parse_path(described.place)
    except ValueError:
        errors[CONF_PLACE] = "bad_path"
    if bool(described.payload_on) is not bool(described.payload_off):
        errors[CONF_PAYLOAD_OFF] = "both_payloads"
    elif described.payload_on and described.payload_on == described.payload_off:
        errors[CONF_PAYLOAD_OFF] = "same_payloads"
    return errors


def is_topic(topic: str) -> bool:
    """Tell whether something can be published to a topic."""
    try:
        valid_publish_topic(topic)
    except vol.Invalid:
        return False
    return True


def described_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a subentry's data that describes its topic."""
    return {key: data[key] for key in map(str, FIELDS) if key in data}
