"""A worker process that fits again and again, what it is given being text as in the product."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from core.domain.weather.daily import LEADS
from core.domain.weather.learning import LEARNED, LearnJob
from core.domain.weather.temperature import Extreme
from infrastructure.worker.worker import Worker

PATIENCE: Final = 30.0  # seconds
STATIONS: Final = 20
DAYS: Final = 60
MODELS: Final = 3


@asynccontextmanager
async def fitting() -> AsyncIterator[list[float]]:
    """The worker fits again and again, a job an extreme and lead; seconds of each fit of all."""
    worker, taken = Worker(patience=PATIENCE), list[float]()
    now, random = datetime.now(UTC), Random(3)  # noqa: S311 - repeatable on purpose
    jobs = [
        LearnJob(_lessons(random, extreme, lead, now), (), now)
        for extreme in Extreme
        for lead in LEADS
    ]

    async def fit() -> None:
        while True:
            began = time.monotonic()
            for job in jobs:
                await worker.call(LEARNED, job, PATIENCE)
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


def _lessons(random: Random, extreme: Extreme, lead: int, now: datetime) -> tuple[str, ...]:
    """Two months of three models at twenty stations, a text a day as the database writes them."""
    return tuple(
        json.dumps(
            [
                _lesson(random, f"S{number:03}", extreme, lead, now - timedelta(days=day + 1))
                for number in range(STATIONS)
            ]
        )
        for day in range(DAYS)
    )


def _lesson(
    random: Random, station: str, extreme: Extreme, lead: int, known: datetime
) -> dict[str, object]:
    """See `fitting.lessons.LessonText`."""
    truth = random.gauss(15, 5)
    came = round(truth)
    return {
        "station": station,
        "extreme": extreme.value,
        "lead": lead,
        "at": known.timestamp(),
        "unit": "C",
        "rounding": "half_up_int",
        "low": came,
        "high": came,
        "lows": [None, *range(came - 4, came + 6)],
        "models": {f"m{model}": truth + random.gauss(0.5, 1) for model in range(MODELS)},
        "spread": 1.0,
    }
