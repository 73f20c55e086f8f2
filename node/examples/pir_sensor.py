"""A PIR motion sensor on a Raspberry Pi: pip install mqtt-sentinel-node[gpio]."""

import signal
import sys

from gpiozero import MotionSensor

from mqtt_sentinel_node import Pace, SensorEvent, Service

PIN = 17

signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that systemd's end is a proper one

sensor, at_least_apart = MotionSensor(PIN), Pace(2.0)
with Service("localhost", service="sensor_motion", device="raspberry-1") as node:
    while True:
        if sensor.wait_for_motion(timeout=1.0) and at_least_apart.due():
            node.send(SensorEvent.MOTION.message("raspberry-1", {"gpio_pin": PIN, "state": "HIGH"}))
        node.ping()
        sensor.wait_for_no_motion(timeout=1.0)
