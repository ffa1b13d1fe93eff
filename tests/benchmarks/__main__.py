"""`make bench`: measure everything, print a table, write bench.json."""

import logging
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from infrastructure.database.embedded import EmbeddedPostgres
from tests.benchmarks import database, stream
from tests.benchmarks.frames import ROOT, capture
from tests.benchmarks.report import Figure, show


async def measure() -> list[Figure]:
    figures = await stream.throughput(capture())
    figures += await stream.lateness()
    async with _postgres() as url:
        figures += await database.flushes(url)
    async with _postgres() as url:
        figures += await database.committed_rows(url)
    return figures


@asynccontextmanager
async def _postgres() -> AsyncIterator[str]:
    """A server as the product runs it, in a folder that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="polycool-bench-", dir="/tmp"))
    try:
        async with EmbeddedPostgres(folder) as server:
            yield server.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    logging.disable(logging.WARNING)  # feeds that end are no news here
    show(uvloop.run(measure()), ROOT)


if __name__ == "__main__":
    main()
