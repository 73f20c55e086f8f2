"""What goes out: the queue in front of the broker, and what comes back as proof.

All of it is pure: no Home Assistant, no I/O, no clock and no chance of its own. Time
is passed in, in monotonic seconds, and one timer is asked for with
:meth:`~.queue.CommandQueue.next_deadline`.
"""
