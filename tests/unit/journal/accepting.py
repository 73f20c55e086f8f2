"""Processes that accept rows until they are killed, and say which.

They have the journal alone, without the integration around it, and import it once: that takes a second.
"""

import asyncio
import os
from pathlib import Path
import sys

EVIDENCE = Path(__file__).parents[3] / "custom_components/mqtt_sentinel/evidence"


async def accept(url: str, first: int) -> None:
    from journal.journal import Journal
    from journal.rows import EventRow, IncidentRow

    journal = Journal(url, lambda _: None)
    journal.start()

    async def one_after_the_other(number: int) -> None:
        while True:
            event = EventRow("home", float(number), "button", "x")
            # One transaction: both or none.
            incident = IncidentRow("home", str(number), "x", "silent", "error", 1.0, float(number))
            journal.write(EventRow("home", -1.0, "filler", "x"))
            await journal.accept(event, incident)
            os.write(1, f"{number}\n".encode())
            number += 4

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(one_after_the_other(first + number))


def nurse() -> None:
    """Bring up a child for each line of ``URL FIRST``, and say when it is dead."""
    import journal.journal  # noqa: F401  # once, for all children

    for line in sys.stdin:
        url, first = line.split()
        if child := os.fork():
            os.write(1, f"born {child}\n".encode())
            os.waitpid(child, 0)
            os.write(1, b"dead\n")
        else:
            asyncio.run(accept(url, int(first)))


if __name__ == "__main__":
    sys.path.insert(0, str(EVIDENCE))
    nurse()
