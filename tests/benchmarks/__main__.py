"""`make bench`: measure, print a table, write bench.json. ARGS="official memory" measures those."""

import gc
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvloop

from infrastructure.database.embedded import EmbeddedPostgres
from tests.benchmarks import (
    alerts,
    busy,
    cards,
    database,
    flush,
    lateness,
    memory,
    official,
    orders,
    pause,
    pictures,
    search,
    signing,
    statements,
    stream,
    taps,
    telegram,
    triggers,
    weather,
    weather_edges,
    wishes,
)
from tests.benchmarks.frames import ROOT, Capture, capture
from tests.benchmarks.patience import bounded, watch_loop
from tests.benchmarks.report import Figure, show, write

WITH_FRAMES: Final[Mapping[str, Callable[[Capture], Awaitable[list[Figure]]]]] = {
    "stream": stream.throughput,
    "official": official.against_official,
    "pause": pause.pauses,
    "lateness": lateness.recorded_lateness,
    "steady": lambda _: stream.lateness(),
    "signing": lambda _: signing.measure(),
    "pictures": lambda _: pictures.measure(),
    "transports": lambda _: telegram.transports(),
    "cards": lambda _: cards.live_cards(),
    "busy": lambda _: busy.busy_chats(),
}
WITH_POSTGRES: Final[Mapping[str, Callable[[str], Awaitable[list[Figure]]]]] = {
    "memory": memory.resident_growth,
    "wishes": wishes.wishes,
    "flushes": database.flushes,
    "hundred-thousand": flush.hundred_thousand,
    "continuous": flush.without_rest,
    "debt": flush.in_debt,
    "committed": database.committed_rows,
    "committed-positions": flush.committed_positions,
    "orders": orders.measure,
    "taps": taps.taps,
    "search": search.measure,
    "triggers": triggers.measure,
    "alerts": alerts.measure,
    "statements": statements.measure,
    "weather": weather.measure,
    "edges": weather_edges.measure,
}
NAMES: Final = [*WITH_FRAMES, *WITH_POSTGRES]


def main() -> None:
    chosen = [name for name in NAMES if not sys.argv[1:] or any(w in name for w in sys.argv[1:])]
    if not chosen:
        sys.exit(f"nothing of that name; there are: {', '.join(NAMES)}")
    logging.disable(logging.WARNING)  # feeds that end are no news here
    figures = uvloop.run(measure(chosen))
    missed = show(figures)
    if chosen == NAMES:  # a part must not look like the whole
        write(figures, ROOT)
        sys.exit(1 if missed else 0)


async def measure(chosen: list[str]) -> list[Figure]:
    frames, figures = capture(), list[Figure]()
    for name in chosen:
        _set_aside()
        began = time.monotonic()
        watch_loop()
        async with bounded(name):
            figures += await _measured(name, frames)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return figures


def _set_aside() -> None:
    """As the program does once it is ready: what is loaded is not looked through in a measurement.

    All parts together load far more than the program does; to look through it takes 100 to 200 ms.
    """
    gc.collect()
    gc.freeze()


async def _measured(name: str, frames: Capture) -> list[Figure]:
    if name in WITH_FRAMES:
        return await WITH_FRAMES[name](frames)
    async with _postgres() as url:
        return await WITH_POSTGRES[name](url)


@asynccontextmanager
async def _postgres() -> AsyncIterator[str]:
    """A server as the product runs it, in a folder that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="polycool-bench-", dir="/tmp"))
    try:
        async with EmbeddedPostgres(folder) as server:
            yield server.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
