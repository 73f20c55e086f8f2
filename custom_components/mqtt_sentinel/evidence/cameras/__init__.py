"""The cameras' streams: where one comes from, and the ring of its last seconds.

Nothing here knows of Home Assistant. All work on pictures is ffmpeg's, in a process of its own.
"""
