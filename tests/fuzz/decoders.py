"""Give every decoder of the dialects a great many inputs, and see that it keeps its promises.

    python -m tests.fuzz.decoders [--inputs 1000000] [--seed 1] [--by-chance]

An input is a route, a topic that comes by it, and a payload. With atheris (``pip install atheris``
into the environment of the tests) inputs are found by coverage, starting from the examples in
tests/fixtures. Without it, or ``--by-chance``, they are these examples, changed at random.

The first input that breaks a promise ends the program; see tests/unit/dialects/contract.py.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
import importlib
import importlib.util
from pathlib import Path
from random import Random
import sys
import tempfile
import time
from typing import Any

ATHERIS: Any = importlib.import_module("atheris") if importlib.util.find_spec("atheris") else None

# What is to be led by its coverage has to be imported under the eyes of atheris.
with (
    ATHERIS.instrument_imports(include=["custom_components.mqtt_sentinel.dialects"])
    if ATHERIS
    else nullcontext()
):
    from custom_components.mqtt_sentinel.dialects.custom import (
        CustomTopic,
        decoder,
        path_extract,
        whole_payload,
    )
    from custom_components.mqtt_sentinel.dialects.route import MalformedError, Message, Route
    from custom_components.mqtt_sentinel.dialects.table import DIALECTS
    from tests.unit.dialects.contract import hold, silence
    from tests.unit.dialects.examples import EXAMPLES, Example, message, route_of
    from tests.unit.dialects.mutations import anything

_SITES = ["", "east/wing"]
_MOST_BYTES = 4096


def _custom(place: str, *words: str) -> Route:
    extract = path_extract(place) if place else whole_payload
    return Route("home/boiler", decoder(CustomTopic("home/boiler", place, "", *words), extract))


ROUTES = [
    *(route for dialect in DIALECTS.values() for route in dialect.routes),
    _custom(""),
    _custom("", "online", "offline"),
    _custom("state"),
    _custom("a[0].b", "1", "0"),
]


def encode(example: Example) -> bytes:
    """Write an example as :func:`parse` reads it: route, flags, names, a line's end, payload."""
    route = route_of(example.dialect, example.topic)
    levels = zip(route.filter.split("/"), example.topic.split("/"), strict=True)
    names = "/".join(level for want, level in levels if want == "+")
    start = bytes([ROUTES.index(route), example.retained])
    return start + names.encode() + b"\n" + example.payload


def parse(data: bytes) -> tuple[Route, Message]:
    """Make an input of any bytes."""
    start, rest = data[:2].ljust(2, b"\0"), data[2:]
    route = ROUTES[start[0] % len(ROUTES)]
    names, _, payload = rest.partition(b"\n")
    left = names.decode(errors="replace").split("/")
    levels = [
        (left.pop(0) if left else "a") if want == "+" else want for want in route.filter.split("/")
    ]
    site = _SITES[start[1] >> 1 & 1]
    return route, message("/".join(levels), payload, site=site, retained=bool(start[1] & 1))


class Tally:
    """Counts what became of the inputs."""

    def __init__(self, inputs: int) -> None:
        """Expect so many."""
        self.left = inputs
        self.outcomes: Counter[str] = Counter()
        self._inputs = inputs
        self._start = time.monotonic()

    def try_one(self, route: Route, received: Message) -> None:
        """Have one input read; after the last one, say how it went."""
        outcome = hold(route.decode, received)
        if isinstance(outcome, MalformedError):
            self.outcomes[outcome.flaw] += 1
        else:
            self.outcomes["read" if outcome else "passed by"] += 1
        self.left -= 1
        if not self.left:
            seconds = time.monotonic() - self._start
            lines = [f"{self._inputs:,} inputs in {seconds:.0f} s, no promise broken"]
            lines += [f"  {count:>9,}  {name}" for name, count in self.outcomes.most_common()]
            sys.stdout.write("\n".join([*lines, ""]))
            sys.stdout.flush()


def by_chance(inputs: int, seed: int) -> None:
    """Change the examples at random."""
    chance, tally = Random(seed), Tally(inputs)
    while tally.left:
        tally.try_one(*anything(chance))


def by_coverage(inputs: int, seed: int) -> None:
    """Let atheris find what leads to new places in the code. Ends the program."""
    tally = Tally(inputs)

    def try_one(data: bytes) -> None:
        tally.try_one(*parse(data))

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        words = Path(folder) / "words"
        words.write_text("".join(f'"{word}"\n' for word in _words()))
        for number, example in enumerate(EXAMPLES):
            (corpus / str(number)).write_bytes(encode(example))
        options = [f"-runs={inputs}", f"-seed={seed}", f"-max_len={_MOST_BYTES}", "-verbosity=0"]
        ATHERIS.Setup([__file__, *options, f"-dict={words}", str(corpus)], try_one)
        ATHERIS.Fuzz()


def _words() -> set[str]:
    """What the examples are made of, for what is in quotes there cannot be guessed."""
    return {
        word
        for example in EXAMPLES
        for word in example.payload.decode(errors="replace").split('"')
        if word.isascii() and word.isidentifier()
    }


def main() -> None:
    """Try so many inputs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-chance", action="store_true", help="even where atheris is installed")
    arguments = parser.parse_args()
    way: Callable[[int, int], None] = (
        by_coverage if ATHERIS and not arguments.by_chance else by_chance
    )
    with silence():
        way(arguments.inputs, arguments.seed)


if __name__ == "__main__":
    main()
