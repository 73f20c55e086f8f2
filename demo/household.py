"""The household of the demo: an alarm panel, and automations that tell the services what to do."""

from collections.abc import Sequence
import json

ALARM = "alarm_control_panel.home_alarm"

# Only what the story needs: nothing here looks for devices on the network.
CONFIGURATION = """\
logger:
  default: warning
  logs:
    custom_components.mqtt_sentinel: info
    custom_components.mqtt_sentinel.evidence.cameras: debug
frontend:
config:
history:
logbook:
recorder:
system_health:
automation: !include automations.yaml
alarm_control_panel:
  - platform: manual
    name: Home alarm
    unique_id: home_alarm
    code_arm_required: false
    arming_time: 0
    delay_time: 0
"""


def automations(commanded: Sequence[str]) -> dict[str, str]:
    """The files that CONFIGURATION includes; its automations command the topics ``commanded``."""
    both = [_automation(armed=armed, commanded=commanded) for armed in (True, False)]
    return {"automations.yaml": json.dumps(both)}  # JSON is YAML


def _automation(*, armed: bool, commanded: Sequence[str]) -> dict[str, object]:
    """What the core of such a home does when its alarm changes: it tells the services.

    The broker keeps what they were told.
    """
    states = ["armed_away", "armed_home", "armed_night", "armed_vacation"]
    payload = json.dumps({"status": armed, "data": None})
    return {
        "id": f"alarm_{'on' if armed else 'off'}",
        "alias": f"Turn the detection {'on' if armed else 'off'}",
        "mode": "queued",
        "triggers": [
            {
                "trigger": "state",
                "entity_id": ALARM,
                "to": states if armed else "disarmed",
            }
        ],
        "actions": [
            {
                "action": "mqtt.publish",
                "data": {"topic": topic, "payload": payload, "qos": 1, "retain": True},
            }
            for topic in commanded
        ],
    }
