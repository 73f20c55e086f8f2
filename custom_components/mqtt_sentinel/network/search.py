"""The whole search: who answers, and what each of them is, side by side and within the time given."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from ipaddress import ip_address
import math
import ssl

import aiohttp

from .found import Found, Progress, Search, Searched, Verdict
from .keyring import Experience
from .probe import Candidate
from .validate import validate
from .ws_discovery import candidates

# Between the beginnings of two: all at once they would hold up everybody else.
_PACE = 0.005

type Tell = Callable[[Progress], None]


async def search(
    what: Search,
    session: aiohttp.ClientSession,
    tell: Tell | None = None,
    tls: ssl.SSLContext | None = None,
) -> Searched:
    """Search for cameras, and tell of each as soon as it is known.

    Cancelled, it leaves no socket and no task behind. What was told until then holds. ``session`` should
    be one that is not shared with requests that need cookies; no cookie of a camera is of use.
    """
    return await _Searching(what, session, tell, tls).run()


class _Searching:
    """One search."""

    def __init__(
        self,
        what: Search,
        session: aiohttp.ClientSession,
        tell: Tell | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._what = what
        self._session = session
        self._tell = tell
        self._tls = tls
        self._experience = Experience(what.credentials, what.limits.tries)
        self._known: dict[str, Candidate] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._found: list[Found] = []
        self._more = False
        self._unheard = set(what.addresses)
        self._listening = True
        self._settled = asyncio.Event()
        self._pace = asyncio.Lock()
        self._end = asyncio.get_running_loop().time() + what.limits.seconds

    async def run(self) -> Searched:
        self._say()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._what.limits.at_once):
                tasks.create_task(self._work())
            settled = asyncio.get_running_loop().call_later(
                self._what.limits.settling, self._settled.set
            )
            try:
                await self._listen()
            finally:
                settled.cancel()
            self._settled.set()
            self._waiting.shutdown()
        return Searched(tuple(sorted(self._found, key=_by_address)), self._more)

    async def _listen(self) -> None:
        """Take who answers; then those who were named and did not."""
        seconds = min(self._what.limits.listening, self._what.limits.seconds)
        async with aclosing(candidates(self._what.asked, seconds)) as answers:
            async for candidate in answers:
                self._take(candidate)
                self._unheard.discard(candidate.address)
                if not self._unheard and not self._what.interfaces:
                    break  # nobody else was asked
        for address in self._what.addresses:
            if address in self._unheard:
                self._unheard.discard(address)
                self._take(Candidate(address))
        self._listening = False

    def _take(self, candidate: Candidate) -> None:
        before = self._known.get(candidate.address)
        if before:
            self._known[candidate.address] = before.merged(candidate)
        elif any(candidate.is_same_as(other) for other in self._known.values()):
            return
        elif len(self._known) >= self._what.limits.most_candidates:
            self._more = True
        else:
            self._known[candidate.address] = candidate
            self._waiting.put_nowait(candidate.address)
            self._say()

    async def _work(self) -> None:
        """Validate one after the other until nobody waits any more."""
        await self._settled.wait()
        while True:
            try:
                address = await self._waiting.get()
            except asyncio.QueueShutDown:
                return
            async with self._pace:
                await asyncio.sleep(_PACE)
            found = await self._validate(self._known[address])
            self._found.append(found)
            self._say(found)

    async def _validate(self, candidate: Candidate) -> Found:
        if self._share() <= 0.0:
            return Found(candidate.address, Verdict.NOT_ASKED, candidate.name)
        return await validate(
            candidate, self._what, self._session, self._experience, self._share, self._tls
        )

    def _share(self) -> float:
        """How many seconds there are for each in work, when those who wait shall have as many."""
        left = self._end - asyncio.get_running_loop().time()
        waiting = self._waiting.qsize() + len(self._unheard)
        turns = 1 + math.ceil(waiting / self._what.limits.at_once)
        return min(left / turns, self._what.limits.longest)

    def _say(self, found: Found | None = None) -> None:
        if self._tell:
            self._tell(Progress(len(self._found), len(self._known), self._listening, found))


def _by_address(found: Found) -> tuple[int, int]:
    address = ip_address(found.address)
    return address.version, int(address)
