"""Measurements against the same work in the same run."""
