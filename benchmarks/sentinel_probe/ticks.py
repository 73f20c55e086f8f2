"""How late the event loop is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_TICK = 0.002
"""Seconds between two looks."""


async def lags(seconds: float) -> list[float]:
    """Look again and again during some seconds; answer how late each look was, in seconds."""
    async with ticking() as late:
        await asyncio.sleep(seconds)
    return late


@asynccontextmanager
async def ticking() -> AsyncGenerator[list[float]]:
    """Look again and again; what is yielded fills with how late each look was, in seconds."""
    loop = asyncio.get_running_loop()
    late: list[float] = []

    async def tick() -> None:
        while not over:
            before = loop.time()
            await asyncio.sleep(_TICK)
            late.append(loop.time() - before - _TICK)

    over = False
    ticks = asyncio.create_task(tick())
    await asyncio.sleep(_TICK)
    try:
        yield late
    finally:
        over = True
        await ticks
