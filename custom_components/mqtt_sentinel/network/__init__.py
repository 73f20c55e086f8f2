"""Network cameras: found by asking the network, and proven by what their streams say of themselves.

Nothing here knows Home Assistant. A camera's answer is a stranger's: it is bounded, read in small
pieces, and decides at most about a path and a port. Where a request goes is decided by who was asked.
"""
