"""The heart: reports, expectations, verdicts, incidents.

Nothing here imports Home Assistant, does I/O or reads a clock. Time is passed in as an
:class:`~.clock.Instant`, and timers are asked for with :meth:`~.sentinel.Sentinel.next_deadline`.
"""
