"""Where facts come in: MQTT messages, the broker's comings and goings, entity states."""
