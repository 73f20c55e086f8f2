"""Entities that several platforms have in common."""
