"""Tests of the dialects, by examples of what the systems of the field really send."""
