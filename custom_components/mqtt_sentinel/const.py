"""Names that several rooms share."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "mqtt_sentinel"

PLATFORMS: Final = (
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.EVENT,
    Platform.SCENE,
    Platform.SENSOR,
    Platform.SWITCH,
)

SUBENTRY_DEVICE: Final = "device"
SUBENTRY_ALARM: Final = "alarm"
SUBENTRY_RELAY: Final = "relay"
SUBENTRY_SCENE: Final = "scene"
SUBENTRY_CAMERA: Final = "camera"

# The hub entry
CONF_DIALECTS: Final = "dialects"
CONF_PREFIXES: Final = "prefixes"
CONF_LISTEN: Final = "listen"
CONF_ANYWAY: Final = "anyway"
SECTION_CHECKS: Final = "checks"
CONF_THINGS: Final = "things"

# Things that nobody watches
CONF_WATCH_ALL: Final = "watch_all"
CONF_IGNORE_ALL: Final = "ignore_all"
CONF_IGNORED: Final = "ignored"
CONF_LISTEN_AGAIN: Final = "listen_again"

# The journal
CONF_JOURNAL_URL: Final = "journal_url"
CONF_JOURNAL_HERE: Final = "journal_here"
CONF_KEEP_DAYS: Final = "keep_days"

# What is watched
CONF_DIALECT: Final = "dialect"
CONF_SITE: Final = "site"
CONF_THING: Final = "thing"
CONF_TOPIC: Final = "topic"
CONF_BY_ITSELF: Final = "by_itself"
CONF_PLACE: Final = "json_path"
CONF_TEMPLATE: Final = "value_template"
CONF_PAYLOAD_ON: Final = "payload_on"
CONF_PAYLOAD_OFF: Final = "payload_off"

# What should be true of it
CONF_EXPECT: Final = "expect"
CONF_STATES: Final = "states"
CONF_VERIFY_CONNECT: Final = "verify_connect"
CONF_VERIFY_DISCONNECT: Final = "verify_disconnect"
CONF_REQUIRE_LIVE: Final = "require_live"
CONF_SETTLE: Final = "settle"
CONF_GRACE: Final = "grace"
CONF_PING_INTERVAL: Final = "ping_interval"
CONF_PING_MISSES: Final = "ping_misses"
CONF_PING_TOPICS: Final = "ping_topics"
EXPECT_NONE: Final = "none"

# A relay
CONF_RELAY: Final = "relay"
CONF_COMMAND_TOPIC: Final = "command_topic"
CONF_COMMAND_ON: Final = "command_on"
CONF_COMMAND_OFF: Final = "command_off"
CONF_CONFIRM: Final = "confirm"
CONF_FEEDBACK_TOPIC: Final = "feedback_topic"
CONF_TIMEOUT: Final = "timeout"
CONF_TTL: Final = "ttl"
CONF_CRITICAL: Final = "critical"
CONF_HOLD: Final = "hold"

# An alarm
CONF_MODES: Final = "modes"
CONF_RELIES_ON: Final = "relies_on"
SECTION_DRILL: Final = "drill"
CONF_DRILL_EVERY: Final = "drill_every"
CONF_DRILL_TELLS: Final = "drill_tells"

# An alarm panel made here
CONF_OFFERED: Final = "offered"
CONF_TIMES: Final = "times"
CONF_EXIT_DELAY: Final = "exit_delay"
CONF_ENTRY_DELAY: Final = "entry_delay"
CONF_TRIGGER_TIME: Final = "trigger_time"
CONF_AFTER_TRIGGER: Final = "after_trigger"
CONF_DELAYED: Final = "delayed"
CONF_INSTANT: Final = "instant"
CONF_INSIDE: Final = "inside"
CONF_BUTTONS: Final = "buttons"
CONF_BUTTON_MODE: Final = "button_mode"
CONF_MAY_DISARM: Final = "may_disarm"
CONF_NOT_READY: Final = "not_ready"
CONF_CODE_ARM_REQUIRED: Final = "code_arm_required"

# A camera
CONF_SOURCE: Final = "source"
CONF_CAMERA: Final = "camera"
CONF_URL: Final = "url"
CONF_FALLBACK_URL: Final = "fallback_url"
CONF_USERNAME: Final = "username"
CONF_PASSWORD: Final = "password"  # noqa: S105
CONF_LOCAL: Final = "local"
CONF_PRE_ROLL: Final = "pre_roll"
CONF_DURATION: Final = "duration"
CONF_DETECTOR: Final = "detector"
CONF_MOTION: Final = "motion"
CONF_MOTION_ENTITIES: Final = "motion_entities"
CONF_RECORDS_FOR: Final = "records_for"
SECTION_RECORDING: Final = "recording"

# How many clips are kept: days, gigabytes, gigabytes that stay free on the disk
CONF_CLIPS_DAYS: Final = "clips_days"
CONF_CLIPS_SIZE: Final = "clips_size"
CONF_CLIPS_FREE: Final = "clips_free"

# A scene
CONF_STEPS: Final = "steps"

# Events on the bus
EVENT_MISMATCH: Final = f"{DOMAIN}_mismatch"
EVENT_RECOVERED: Final = f"{DOMAIN}_recovered"
EVENT_MOTION: Final = f"{DOMAIN}_motion"
EVENT_RECEIVED: Final = f"{DOMAIN}_event_received"
EVENT_COMMAND: Final = f"{DOMAIN}_command"
EVENT_ALARM: Final = f"{DOMAIN}_alarm"
EVENT_SCENE: Final = f"{DOMAIN}_scene"
EVENT_DRILL: Final = f"{DOMAIN}_drill"
EVENT_CLIP_SAVED: Final = f"{DOMAIN}_clip_saved"
