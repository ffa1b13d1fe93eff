"""Pictures: how long a warm worker takes for one, beside an empty figure drawn in the same run."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from statistics import median
from typing import Final

from infrastructure.worker.worker import Worker
from telegram_bot.pictures.album import DRAW, WARM_UP, Album
from telegram_bot.pictures.plans import Picture
from tests.benchmarks.report import Figure
from tests.support import picture_examples as drawn

ROUNDS: Final = 15
PATIENCE: Final = 60.0  # seconds
EMPTY: Final = "tests.support.empty_picture:empty_figure"
SHOWN: Final = {
    "chart": "price chart",
    "depth": "order book",
    "pnl": "P&L card",
    "record": "record",
}


async def measure() -> list[Figure]:
    async with _working(Worker(first=WARM_UP, patience=PATIENCE)) as worker:
        began = time.perf_counter()
        await worker.call("operator:neg", 1, PATIENCE)
        start = time.perf_counter() - began
        empty = await _milliseconds(lambda _: worker.call(EMPTY, None, PATIENCE))
        figures = [
            Figure("picture worker start", start, "s", "spawned, imported, drawn once"),
            Figure("picture empty figure p50", empty, "ms", f"of {ROUNDS}, pipes and PNG included"),
        ]
        for name, plan in drawn.plans().items():
            if name in SHOWN:
                figures += await _of(worker, SHOWN[name], plan, empty)
        figures.append(await _kept(worker))
    return figures


async def _of(worker: Worker, name: str, plan: Picture, empty: float) -> list[Figure]:
    """Each time another picture: nothing may be remembered."""

    async def draw(number: int) -> object:
        return await worker.call(
            DRAW, replace(plan, head=replace(plan.head, note=f"{number}")), PATIENCE
        )

    taken = await _milliseconds(draw)
    how = f"plan to PNG through the worker; of {ROUNDS}"
    return [
        Figure(f"picture {name} p50", taken, "ms", how, "<= 300"),
        Figure(f"picture {name} / empty", taken / empty, "times", "the same in the same run"),
    ]


async def _kept(worker: Worker) -> Figure:
    album, plan = Album(worker, patience=PATIENCE), drawn.chart()
    await album.picture(plan)
    taken = await _milliseconds(lambda _: album.picture(plan))
    return Figure("picture again p50", taken, "ms", "the same chart out of the album", "<= 5")


async def _milliseconds(act: Callable[[int], Awaitable[object]]) -> float:
    taken = list[float]()
    for number in range(ROUNDS):
        began = time.perf_counter()
        await act(number)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[Worker]:
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
