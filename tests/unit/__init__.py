"""Tests of the heart and of the dialects: pure functions and plain objects, no Home Assistant."""
