"""Drills: run on the real Home Assistant, kept through its restarts, and waited for when overdue."""
