"""What was accepted last, noted in a file that is mapped into memory.

To note something is to copy some bytes: no call of the system, in which another thread would take
the interpreter away, and no wait for a disk. The copy belongs to the system from then on, so it is
there however the process ends; only a power cut may take it.

There are two pages, so that one can be carried over to a better place while the other is written.
"""

from collections.abc import Iterator
import mmap
from pathlib import Path
import struct
import zlib

from .stored import Stored

_MARK = b"sentinl1"
"""What the file begins with; the digit is the version of what follows."""

PAGE_BYTES = 1 << 20

# Length and checksum of what follows. A length of 0: there is no more.
_HEAD = struct.Struct("<II")
_END = bytes(_HEAD.size)

# The columns that are numbers, and the lengths of the texts; -1: there is none.
_FIXED = struct.Struct("<qBBBiii")


class NotesError(Exception):
    """The file holds something else."""


class _Page:
    """Part of the file: one note behind the other."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._at = 0
        self.noted: list[Stored] = []

    @property
    def is_half_full(self) -> bool:
        return self._at > len(self._memory) // 2

    def has_room(self, stored: Stored) -> bool:
        return self._at + _size(stored) <= len(self._memory)

    def write(self, stored: Stored) -> bool:
        """Note it; return whether there was room."""
        body = _encode(stored)
        begin = self._at + _HEAD.size
        end = begin + len(body)
        if end + len(_END) > len(self._memory):
            return False
        # The head last: what has none was never noted, should the process end in between.
        self._memory[begin : end + len(_END)] = body + _END
        self._memory[self._at : begin] = _HEAD.pack(len(body), zlib.crc32(body))
        self._at = end
        self.noted.append(stored)
        return True

    def read(self) -> Iterator[Stored]:
        """Read what an earlier process left; raises ValueError and TypeError."""
        at = 0
        while at + _HEAD.size <= len(self._memory):
            size, checksum = _HEAD.unpack_from(self._memory, at)
            at += _HEAD.size
            body = bytes(self._memory[at : at + size])
            if not size or len(body) < size or zlib.crc32(body) != checksum:
                return
            yield _decode(body)
            at += size

    def wipe(self) -> None:
        """Forget all."""
        self._memory[: len(_END)] = _END
        self._at = 0
        self.noted = []

    def close(self) -> None:
        self._memory.release()


class Notes:
    """The file. Its owner has to see that one thread uses it at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make it; raises OSError, and NotesError for a file that is none of ours."""
        size = len(_MARK) + 2 * PAGE_BYTES
        with path.open("a+b") as file:
            file.seek(0)
            if file.read(len(_MARK)).strip(b"\0") not in (_MARK, b""):
                raise NotesError(f"{path} is no queue, or that of another version")
            # Written, and not only made so long: to write into a hole of a full disk would end
            # the process.
            if (missing := size - path.stat().st_size) > 0:
                file.write(bytes(missing))
                file.flush()
            self._map = mmap.mmap(file.fileno(), size)
        self._map[: len(_MARK)] = _MARK
        memory = memoryview(self._map)
        self._file = memory
        first = len(_MARK)
        self._page = _Page(memory[first : first + PAGE_BYTES])
        self._other = _Page(memory[first + PAGE_BYTES :])

    def read(self) -> list[Stored]:
        """Return what an earlier process left, in order; raises ValueError and TypeError."""
        found = [*self._page.read(), *self._other.read()]
        return sorted(found, key=lambda stored: stored.number)

    @staticmethod
    def fits(stored: Stored) -> bool:
        """Whether it can be noted at all."""
        return _size(stored) <= PAGE_BYTES

    def has_room(self, stored: Stored) -> bool:
        """Whether it can be noted now."""
        return self._page.has_room(stored)

    def write(self, stored: Stored) -> bool:
        """Note it; return whether there was room."""
        return self._page.write(stored)

    @property
    def is_urgent(self) -> bool:
        """Whether it is time to turn the page."""
        return self._page.is_half_full

    def turn(self) -> list[Stored]:
        """Go on with the other page, which is wiped; return what is on this one."""
        self._page, self._other = self._other, self._page
        return self._other.noted

    def wipe(self) -> None:
        """Forget the page that was turned: it is carried over."""
        self._other.wipe()

    def wipe_all(self) -> None:
        """Forget what an earlier process left."""
        self._page.wipe()
        self._other.wipe()

    def close(self) -> None:
        """Let go of the file."""
        self._page.close()
        self._other.close()
        self._file.release()
        self._map.close()


def _size(stored: Stored) -> int:
    return _HEAD.size + len(_encode(stored)) + len(_END)


def _encode(stored: Stored) -> bytes:
    message = stored.message
    topic = message.topic.encode()
    response = None if message.response_topic is None else message.response_topic.encode()
    correlation = message.correlation
    numbers = _FIXED.pack(
        stored.number,
        message.qos,
        message.retain,
        stored.priority,
        len(topic),
        -1 if response is None else len(response),
        -1 if correlation is None else len(correlation),
    )
    return b"".join((numbers, topic, response or b"", correlation or b"", message.payload))


def _decode(body: bytes) -> Stored:
    number, qos, retain, priority, *sizes = _FIXED.unpack_from(body)
    at = _FIXED.size
    parts: list[bytes | None] = []
    for size in sizes:
        parts.append(None if size < 0 else body[at : at + size])
        at += max(0, size)
    topic, response, correlation = parts
    return Stored.of(
        (
            number,
            None if topic is None else topic.decode(),
            body[at:],
            qos,
            retain,
            priority,
            None if response is None else response.decode(),
            correlation,
        )
    )
