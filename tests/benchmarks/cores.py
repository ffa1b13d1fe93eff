"""How long this thread waited for a core: what other work on the machine adds to a figure."""

from pathlib import Path
from typing import Final

SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")
NANOS: Final = 1e9


def waited() -> float:
    """Seconds, ever, in which the thread had something to do and no core; 0 where nobody counts.

    Source: Linux, Documentation/scheduler/sched-stats.rst, the second number.
    """
    try:
        return int(SCHEDSTAT.read_bytes().split()[1]) / NANOS
    except FileNotFoundError:
        return 0.0
