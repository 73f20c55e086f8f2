"""Network cameras, and what answers like one or does not: a hundred of them in one process.

Each has a loopback address of its own with up to three ports: WS-Discovery (UDP), ONVIF (HTTP) and
RTSP. None delivers pictures: they are there to be found and asked.
"""
