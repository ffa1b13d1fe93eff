"""A worker process that fits again and again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from core.domain.weather.calibration import Forecast, Group, Lead
from core.domain.weather.fitting.job import FitJob
from core.domain.weather.fitting.pairs import Pair
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme
from infrastructure.worker.worker import Worker

PATIENCE: Final = 30.0  # seconds
STATIONS: Final = 20
DAYS: Final = 60
FITTED: Final = "core.domain.weather.fitting.job:fitted"


@asynccontextmanager
async def fitting() -> AsyncIterator[list[float]]:
    """The worker fits again and again; seconds of each."""
    worker, taken = Worker(patience=PATIENCE), list[float]()
    job = FitJob(tuple(_pairs()), datetime.now(UTC))

    async def fit() -> None:
        while True:
            began = time.monotonic()
            await worker.call(FITTED, job, PATIENCE)
            taken.append(time.monotonic() - began)

    tasks = [asyncio.create_task(worker.run()), asyncio.create_task(fit())]
    async with asyncio.timeout(PATIENCE):
        while not taken:  # noqa: ASYNC110 - the first fit says it
            await asyncio.sleep(0.05)
    del taken[:]  # the first one imports
    try:
        yield taken
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _pairs() -> list[Pair]:
    """Two months of three models at twenty stations, two extremes, five leads."""
    random, now = Random(3), datetime.now(UTC)  # noqa: S311 - repeatable on purpose
    found = list[Pair]()
    for number in range(STATIONS):
        for extreme in Extreme:
            for lead in Lead:
                group = Group(StationId(f"S{number:03}"), extreme, lead)
                for day in range(DAYS):
                    truth = random.gauss(15, 5)
                    said = {f"m{model}": truth + random.gauss(0.5, 1) for model in range(3)}
                    known = now - timedelta(days=day + 1)
                    found.append(Pair(group, known, Forecast(said, 1.0), truth))
    return found
