"""End-to-end tests: real processes, a real broker, real messages."""
