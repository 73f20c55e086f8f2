"""The step of a camera that is connected to this computer."""

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
import probatio as vol

from ..const import CONF_LOCAL, CONF_SOURCE
from ..setup.camera import CameraWay
from .camera_form import CameraForms

# The programs that read the camera at the connector of a Raspberry Pi; the older name comes last.
PROGRAMS = ("rpicam-vid", "libcamera-vid")
PI_CAMERA = "pi:0"
_NAME = "Camera"
_NODES = "sys/class/video4linux"


@dataclass(frozen=True, slots=True)
class LocalCameras:
    """What is there: devices with what they are called, and the programs for a Raspberry Pi."""

    devices: dict[str, str]
    programs: tuple[str, ...]


def local_cameras(root: Path, path: str | None = None) -> LocalCameras:
    """Look for the cameras of this computer, below ``root`` and in the program folders ``path``.

    It reads the disk: not for the event loop.
    """
    programs = tuple(name for name in PROGRAMS if shutil.which(name, path=path))
    devices = {PI_CAMERA: f"Raspberry Pi ({programs[0]})"} if programs else {}
    lasting = {
        link.resolve().name: f"/dev/v4l/by-id/{link.name}"
        for link in sorted((root / "dev/v4l/by-id").glob("*"))
    }
    for node in sorted((root / _NODES).glob("video*")):
        # Only the first node of a camera has its pictures; the others tell of them.
        if not (root / "dev" / node.name).exists() or _line(node / "index") not in {"", "0"}:
            continue
        device = lasting.get(node.name, f"/dev/{node.name}")
        devices[device] = f"{_line(node / 'name') or node.name} ({device})"
    return LocalCameras(devices, programs)


def _line(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


class LocalStep(CameraForms):
    """Choose a camera of this computer."""

    # Where to look; PATH unless it is said.
    root = Path("/")
    path: str | None = None

    async def async_step_local(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of those that are there, or say what is missing."""
        errors: dict[str, str] = {}
        if user_input is not None:
            device = user_input[CONF_LOCAL]
            if not self._is_taken(device):
                self._name = self._name or _NAME
                self._identity = {CONF_SOURCE: CameraWay.LOCAL.value, CONF_LOCAL: device}
                self._unique_id = device
                return await self.async_step_camera()
            errors[CONF_LOCAL] = "already_configured"
        found = await self.hass.async_add_executor_job(local_cameras, self.root, self.path)
        if not found.devices:
            return self.async_abort(
                reason="no_local_camera",
                description_placeholders={"programs": ", ".join(PROGRAMS)},
            )
        options = [
            SelectOptionDict(value=device, label=label) for device, label in found.devices.items()
        ]
        schema = vol.Schema(
            {vol.Required(CONF_LOCAL): SelectSelector(SelectSelectorConfig(options=options))}
        )
        return self.async_show_form(
            step_id="local",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._before),
            errors=errors,
            description_placeholders={
                "programs": ", ".join(found.programs) or "-",
                "missing": ", ".join(set(PROGRAMS) - set(found.programs)) or "-",
            },
        )
