"""The picture of the cameras: a clock that people can read, and blocks that a program can.

The blocks are black or white, 20 in a row, four rows, at the top over the whole width. They are the
bits of when the picture was taken and which one it is, with a checksum, most significant bit first.
Blocks survive a small bit rate and scaling: each is a twentieth of the picture's width in size.
"""

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

COLUMNS = 20
ROWS = 4

_MS_BITS = 44
_NUMBER_BITS = 20
_SUM_BITS = 16

BLOCK = 16
"""Pixels of a block in a drawn picture: what video codecs work in."""

WIDTH = COLUMNS * BLOCK
"""Pixels of a drawn picture; ffmpeg makes it as large as wanted."""

_BLACK = 16
_WHITE = 235
_GRAY = 96
_SCALE = 4
_LINE = 8 * _SCALE
_LEAST_HEIGHT = ROWS * BLOCK + _LINE + BLOCK
_SWEEP_MS = 2000

# Five columns by seven rows, the leftmost pixel is the highest bit.
_FONT = {
    "0": (0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110),
    "1": (0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110),
    "2": (0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111),
    "3": (0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110),
    "4": (0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010),
    "5": (0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110),
    "6": (0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110),
    "7": (0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000),
    "8": (0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110),
    "9": (0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100),
    ":": (0b00000, 0b00100, 0b00100, 0b00000, 0b00100, 0b00100, 0b00000),
    ".": (0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00110, 0b00110),
}


def _wide(bits: int) -> bytes:
    """A row of a character, with the gap to the next."""
    pixels = (_WHITE if bits >> (4 - column) & 1 else _GRAY for column in range(5))
    return b"".join(bytes([pixel]) * _SCALE for pixel in (*pixels, _GRAY))


_GLYPHS = {sign: tuple(map(_wide, rows)) for sign, rows in _FONT.items()}
_BLOCKS = (bytes([_BLACK]) * BLOCK, bytes([_WHITE]) * BLOCK)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture was taken, in epoch milliseconds, and how many there were before it."""

    ms: int
    number: int


def pack(moment: Moment) -> int:
    """Return the bits of the blocks. The number starts again at 2**20."""
    number = moment.number % (1 << _NUMBER_BITS)
    said = moment.ms << _NUMBER_BITS | number
    return said << _SUM_BITS | _checksum(said)


def unpack(bits: int) -> Moment | None:
    """Return what the blocks say, None if the checksum is wrong."""
    said, checksum = bits >> _SUM_BITS, bits % (1 << _SUM_BITS)
    if _checksum(said) != checksum:
        return None
    return Moment(said >> _NUMBER_BITS, said % (1 << _NUMBER_BITS))


def _checksum(said: int) -> int:
    return binascii.crc_hqx(said.to_bytes((_MS_BITS + _NUMBER_BITS) // 8), 0xFFFF)


class Face:
    """Draws pictures of ``WIDTH`` by ``height`` pixels, one byte of gray each."""

    def __init__(self, height: int) -> None:
        """Draw what never changes. Raises ValueError for a height that is too small."""
        if height < _LEAST_HEIGHT:
            raise ValueError(f"a clock needs {_LEAST_HEIGHT} rows, not {height}")
        rest = height - ROWS * BLOCK - _LINE - BLOCK
        self._below = b"".join(bytes([_GRAY - row * 64 // rest]) * WIDTH for row in range(rest))

    def draw(self, moment: Moment) -> bytes:
        """Return the picture of a moment."""
        return b"".join((_blocks(moment), _digits(moment.ms), _sweep(moment.ms), self._below))


def _blocks(moment: Moment) -> bytes:
    bits = [bit == "1" for bit in f"{pack(moment):0{COLUMNS * ROWS}b}"]
    rows = (bits[first : first + COLUMNS] for first in range(0, len(bits), COLUMNS))
    return b"".join(b"".join(_BLOCKS[bit] for bit in row) * BLOCK for row in rows)


def _digits(ms: int) -> bytes:
    """The time of day, UTC, as ``12:34:56.789``."""
    taken = datetime.fromtimestamp(ms // 1000, UTC)
    glyphs = [_GLYPHS[sign] for sign in f"{taken:%H:%M:%S}.{ms % 1000:03d}"]
    rows = (b"".join(glyph[row] for glyph in glyphs) for row in range(7))
    gray = bytes([_GRAY])
    lines = b"".join(row.center(WIDTH, gray) * _SCALE for row in rows)
    return gray * WIDTH * (_LINE - 7 * _SCALE) + lines


def _sweep(ms: int) -> bytes:
    """Something that moves: a white block that crosses the picture."""
    left = ms % _SWEEP_MS * (WIDTH - BLOCK) // _SWEEP_MS
    row = (bytes([_BLACK]) * left + _BLOCKS[True]).ljust(WIDTH, bytes([_BLACK]))
    return row * BLOCK


def see(picture: bytes, width: int) -> Moment | None:
    """Read the blocks of a picture, one byte of gray a pixel; None if they cannot be read.

    ``picture`` is the part with the blocks alone: ``width`` by a fifth of it, a multiple of 20.
    """
    size = width // COLUMNS
    # The edges of a block are blurred, so only its middle is looked at.
    near, far = size // 4, size - size // 4
    levels = [
        sum(
            sum(picture[line * width + column * size + near : line * width + column * size + far])
            for line in range(row * size + near, row * size + far)
        )
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    middle = (min(levels) + max(levels)) / 2
    bits = 0
    for level in levels:
        bits = bits << 1 | (level > middle)
    return unpack(bits)
