"""How the value of a user's own topic is taken out of its payload."""

from contextlib import suppress
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template

from ..dialects.custom import path_extract, whole_payload
from ..dialects.payload import read_json
from ..dialects.route import Flaw, MalformedError

if TYPE_CHECKING:
    from ..dialects.custom import CustomTopic, Extract


def extract_of(hass: HomeAssistant, custom: CustomTopic) -> Extract:
    """The function that reads the value: by template, by JSON path, or the whole payload.

    Raises ValueError for a JSON path that cannot be read.
    """
    if custom.template:
        return _template_extract(Template(custom.template, hass))
    return path_extract(custom.place) if custom.place else whole_payload


def _template_extract(template: Template) -> Extract:
    def extract(payload: bytes) -> str:
        variables = {"value": whole_payload(payload)}
        with suppress(MalformedError):  # a template may well read a payload that is no JSON
            variables["value_json"] = read_json(payload)
        try:
            return str(template.async_render(variables, parse_result=False))
        except TemplateError as error:
            raise MalformedError(Flaw.NO_VALUE, "value_template") from error

    return extract
