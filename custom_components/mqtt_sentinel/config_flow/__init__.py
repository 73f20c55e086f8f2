"""Set-up in the UI: the hub, and one flow for each type of subentry."""

from .hub import SentinelConfigFlow

__all__ = ["SentinelConfigFlow"]
