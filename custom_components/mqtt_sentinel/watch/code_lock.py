"""Whether a code is the right one, without helping those who guess."""

from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from .panel_words import CodeMissingError, CodesPausedError, WrongCodeError

if TYPE_CHECKING:
    from .clock import Instant

# So many wrong codes in a row are a person who mistypes. From then on each is followed by a pause
# that doubles: who guesses the one of 10,000 codes needs months, and who lives there a few minutes.
WRONG_ALLOWED = 5
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0
_MOST_DOUBLINGS = 10


class CodeLock:
    """Counts the wrong codes in a row; a right one forgets them. It keeps no code.

    ``wrong`` is how many there were, ``paused_until`` when codes are looked at again, in epoch
    seconds, 0 for no pause so far.
    """

    __slots__ = ("_open_at", "paused_until", "wrong")

    def __init__(self) -> None:
        """Start with no wrong one."""
        self.wrong = 0
        self.paused_until = 0.0
        self._open_at = 0.0

    def restore(self, wrong: int, paused_until: float, now: Instant) -> None:
        """Go on from what was stored: a restart is no way around a pause."""
        left = min(max(paused_until - now.wall, 0.0), LONGEST_PAUSE)
        self.wrong = wrong
        if left:
            self._pause(left, now)

    def check(self, given: str | None, right: str, now: Instant) -> None:
        """Return if ``given`` is the right code.

        Raises CodeMissingError when there is none, which is nobody's guess and is not counted;
        CodesPausedError, whatever the code, during a pause; WrongCodeError when it is another one.
        """
        if not given:
            raise CodeMissingError
        if now.mono < self._open_at:
            raise CodesPausedError(self._open_at - now.mono)
        if compare_digest(_digest(given), _digest(right)):
            self.wrong = 0
            self.paused_until = 0.0
            return
        self.wrong += 1
        pause = _pause_after(self.wrong)
        if pause:
            self._pause(pause, now)
        raise WrongCodeError(pause)

    def _pause(self, seconds: float, now: Instant) -> None:
        self._open_at, self.paused_until = now.mono + seconds, now.wall + seconds


def _pause_after(wrong: int) -> float:
    doublings = wrong - WRONG_ALLOWED
    if doublings < 0:
        return 0.0
    return min(FIRST_PAUSE * (1 << min(doublings, _MOST_DOUBLINGS)), LONGEST_PAUSE)


def _digest(code: str) -> bytes:
    """Something of always the same length: comparing it takes always the same time."""
    return sha256(code.encode("utf-8", "surrogatepass")).digest()
