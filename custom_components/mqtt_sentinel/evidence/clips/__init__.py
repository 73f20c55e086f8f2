"""Clips: what is cut out of the cameras' streams, and kept."""
