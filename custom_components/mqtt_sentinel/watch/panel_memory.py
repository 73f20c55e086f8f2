"""What of an alarm panel outlives a restart."""

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

from .panel_words import ARMED, Mode, PanelState

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = 1
_DELAYS = frozenset({PanelState.ARMING, PanelState.PENDING})
_ARMED = {state: mode for mode, state in ARMED.items()}


class BadSnapshotError(ValueError):
    """What was stored of a panel cannot be read, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class PanelSnapshot:
    """A panel as it was: what, since when, and until when. Times in epoch seconds.

    ``mode`` is what it is, or will be, or was armed in before it rang. ``due`` is when time alone
    changes it. ``wrong_codes`` in a row were given, and none is looked at before ``paused_until``.
    """

    state: PanelState
    since: float
    mode: Mode | None = None
    due: float | None = None
    changed_by: str | None = None
    wrong_codes: int = 0
    paused_until: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """A form for storage: JSON types only."""
        return {
            "version": _VERSION,
            "state": self.state.value,
            "since": self.since,
            "mode": self.mode.value if self.mode else None,
            "due": self.due,
            "changed_by": self.changed_by,
            "wrong_codes": self.wrong_codes,
            "paused_until": self.paused_until,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote. Raises BadSnapshotError on anything else."""
        try:
            if data["version"] != _VERSION:
                raise BadSnapshotError("another version")
            read = cls(
                PanelState(data["state"]),
                _number(data["since"]),
                None if data["mode"] is None else Mode(data["mode"]),
                None if data["due"] is None else _number(data["due"]),
                _text(data["changed_by"]),
                _count(data["wrong_codes"]),
                _number(data["paused_until"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadSnapshotError(f"{type(error).__name__}: {error}") from error
        if flaw := read.flaw():
            raise BadSnapshotError(flaw)
        return read

    def flaw(self) -> str | None:
        """What in it contradicts the rest, None when nothing does."""
        if self.state is PanelState.TRIGGERED:
            return None  # it may ring for ever, and when it was not armed
        if self.state in _DELAYS:
            return None if self.mode and self.due is not None else "a delay without mode or end"
        if self.due is not None:
            return "an end of what does not end"
        return None if self.mode is _ARMED.get(self.state) else "another mode than the state"


def _number(value: Any) -> float:
    """A time. Raises TypeError or ValueError when it is none."""
    if type(value) not in (int, float):
        raise TypeError(f"no number: {type(value).__name__}")
    if not isfinite(value):
        raise ValueError("not finite")
    return float(value)


def _count(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"no count: {type(value).__name__}")
    if value < 0:
        raise ValueError("less than none")
    return value


def _text(value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise TypeError(f"no text: {type(value).__name__}")
    return value
