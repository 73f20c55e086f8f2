"""Names that several rooms share."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "mqtt_sentinel"

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SENSOR)

SUBENTRY_DEVICE: Final = "device"
SUBENTRY_ALARM: Final = "alarm"

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

# An alarm
CONF_MODES: Final = "modes"
CONF_RELIES_ON: Final = "relies_on"
SECTION_DRILL: Final = "drill"
CONF_DRILL_EVERY: Final = "drill_every"
CONF_DRILL_TELLS: Final = "drill_tells"

# Events on the bus
EVENT_MISMATCH: Final = f"{DOMAIN}_mismatch"
EVENT_RECOVERED: Final = f"{DOMAIN}_recovered"
EVENT_MOTION: Final = f"{DOMAIN}_motion"
EVENT_RECEIVED: Final = f"{DOMAIN}_event_received"
EVENT_COMMAND: Final = f"{DOMAIN}_command"
EVENT_DRILL: Final = f"{DOMAIN}_drill"
