"""XML of strangers: small, flat, and without a document type, in which all that is dangerous lives. Pure.

It is read in pieces, so that a long answer does not hold up anybody who does something in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_BYTES = 256 * 1024
PIECE = 4096
_MOST_ELEMENTS = 10_000
_DEEPEST = 32
_MOST_TEXT = 8192
_MOST_ATTRIBUTES = 32
_BETWEEN = "\x1f"


class XmlError(ValueError):
    """It is no XML, or more of it than anybody needs."""


@dataclass(slots=True)
class Element:
    """An element. Names are without namespaces: what is asked for is clear without, and cameras differ."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """All elements at the end of a way of names, each a child of the one before."""
        if not names:
            yield self
            return
        for child in self.children:
            if child.name == names[0]:
                yield from child.all(*names[1:])

    def first(self, *names: str) -> Element | None:
        """The first element at the end of a way of names."""
        return next(self.all(*names), None)

    def text_of(self, *names: str) -> str:
        """The text of that element, without space around it; empty where there is none."""
        found = self.first(*names)
        return found.text.strip() if found else ""

    def below(self, name: str) -> Iterator[Element]:
        """All elements of a name, however deep."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))


class XmlReader:
    """Makes elements of pieces of XML. Each call raises :class:`XmlError` when it is none."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=_BETWEEN)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse
        self._open: list[Element] = [Element("")]
        self._elements = 0
        self._bytes = 0

    def feed(self, piece: bytes) -> None:
        """Read on. Pieces of :data:`PIECE` take well under a millisecond."""
        self._bytes += len(piece)
        if self._bytes > MOST_BYTES:
            raise XmlError("too long")
        self._parse(piece, last=False)

    def close(self) -> Element:
        """The outermost element, when all has been read."""
        self._parse(b"", last=True)
        return self._open[0].children[0]

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except XmlError:
            raise
        # LookupError and ValueError: of an encoding that nobody knows, or that is none for XML.
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise XmlError("no XML") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(self._open) > _DEEPEST:
            raise XmlError("too many elements")
        if len(attributes) > _MOST_ATTRIBUTES:
            raise XmlError("too many attributes")
        element = Element(_local(name), {_local(key): text for key, text in attributes.items()})
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        element = self._open[-1]
        element.text += text
        if len(element.text) > _MOST_TEXT:
            raise XmlError("too much text")

    def _refuse(self, *_: object) -> int:
        raise XmlError("a document type")


def _local(name: str) -> str:
    return name.rpartition(_BETWEEN)[2]


def read_xml(data: bytes) -> Element:
    """Read a short document in one go. Raises :class:`XmlError`."""
    reader = XmlReader()
    reader.feed(data)
    return reader.close()
