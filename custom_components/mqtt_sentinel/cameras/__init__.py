"""Cameras: their streams, what is recorded of them, and how they are."""
