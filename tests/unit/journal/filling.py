"""A process whose files may not grow, and then may: ``filling.py URL ROWS BYTES``.

Prints what the journal told, then how many rows it has.
"""

import asyncio
from collections.abc import Callable
import os
from pathlib import Path
import resource
import sys

EVIDENCE = Path(__file__).parents[3] / "custom_components/mqtt_sentinel/evidence"


def say(*words: object) -> None:
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 - a thread is waited for, too
        await asyncio.sleep(0.01)


async def fill(url: str, rows: int, most: int) -> None:
    from journal.journal import Journal
    from journal.news import JournalState, Phase
    from journal.rows import EventRow
    from sqlalchemy import text

    def tell(what: object) -> None:
        if isinstance(what, JournalState):
            say(what.phase, what.trouble, what.text)

    journal = Journal(url, tell)
    journal.start()
    await journal.accept(EventRow("home", -1.0, "button", "x"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    for number in range(rows):
        journal.write(EventRow("home", float(number), "button", "x" * 100))
    async with asyncio.timeout(60):
        await until(lambda: journal.state.phase is Phase.FAILING)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await until(lambda: journal.metrics.backlog == 0)
    count = text("SELECT count(*), count(DISTINCT at) FROM sentinel_events")
    say(*await journal.read(lambda link: link.execute(count).one()))
    await journal.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(EVIDENCE))
    asyncio.run(fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
