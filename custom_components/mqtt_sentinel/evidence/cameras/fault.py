"""What must not end in silence: a task that keeps something going, by a fault of our own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def ended_by_fault(keeping: asyncio.Task[None]) -> bool:
    """Report the fault that ended a task, as asyncio reports faults; tell whether there was one."""
    if keeping.cancelled() or not (fault := keeping.exception()):
        return False
    told = {"message": f"{keeping.get_name()} ended", "exception": fault, "task": keeping}
    keeping.get_loop().call_exception_handler(told)
    return True
