"""Tests of the demo fleet, on real brokers and real processes."""
