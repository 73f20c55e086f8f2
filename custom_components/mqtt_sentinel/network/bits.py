"""Bits one after the other, and numbers in Exp-Golomb code, as video headers have them. Pure."""

# A longer one is no 32 bit number.
_MOST_ZEROS = 32


class BitsError(ValueError):
    """There are fewer bits than were asked for, or they are no number."""


class Bits:
    """Reads bits, the highest first."""

    __slots__ = ("_end", "_place", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._end = len(data) * 8
        self._place = 0

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number. Raises :class:`BitsError` when there are not as many."""
        after = self._place + count
        if after > self._end:
            raise BitsError("cut short")
        self._place = after
        return (self._value >> (self._end - after)) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.take(1) == 1

    def unsigned(self) -> int:
        """A number of unsigned Exp-Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise BitsError("no number")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """A number of signed Exp-Golomb code."""
        number = self.unsigned()
        return (number + 1) // 2 if number % 2 else -(number // 2)
