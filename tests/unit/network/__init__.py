"""Tests of finding network cameras: what they say, and small fakes of them on loopback."""
