"""From a frame's sending to the applied book, with the recorded frames and every hash proven."""

import asyncio
from typing import Final

from core.services.price_board import PriceBoard
from tests.benchmarks.frames import Capture
from tests.benchmarks.oracle import news
from tests.benchmarks.ours import PATIENCE, Heard, connected
from tests.benchmarks.played import Script, played
from tests.benchmarks.report import Figure, percentile

RATE: Final = 1000.0  # frames a second
STEADY: Final = 6_000  # frames
LEAD_IN: Final = 2.0  # seconds of the recording before its worst second
ROUNDS: Final = 3


async def recorded_lateness(capture: Capture) -> list[Figure]:
    """At a steady thousand frames a second, and in the worst second at the speed it had."""
    steady = Script(capture.frames[:STEADY], 1, [n / RATE for n in range(STEADY - 1)])
    first, last = capture.worst_second()
    start = next(n for n, at in enumerate(capture.times) if at > capture.times[first] - LEAD_IN)
    times = [at - capture.times[start] for at in capture.times[start:last]]
    worst = Script(capture.frames[:last], start, times)
    calm = f"recorded frames at {RATE:,.0f}/s, every hash proven"
    rush = f"{last - first:,} frames of the busiest second, {LEAD_IN:.0f} s before it as recorded"
    return [
        *_figures("recorded", await _rounds(steady, capture, 0), calm, "< 5"),
        *_figures("worst_second", await _rounds(worst, capture, first - start), rush, "< 20"),
    ]


def _figures(name: str, rounds: list[list[float]], how: str, aim: str) -> list[Figure]:
    """Of the middle round: a single one may have met other work on the machine."""
    ordered = sorted(rounds, key=lambda each: percentile(each, 99))
    middle = ordered[len(ordered) // 2]
    how = f"{how}; the middle one of {len(rounds)} rounds"
    return [
        Figure(f"{name}_send_to_board_p50", percentile(middle, 50), "ms", how),
        Figure(f"{name}_send_to_board_p99", percentile(middle, 99), "ms", how, aim),
        Figure(f"{name}_send_to_board_max", max(middle), "ms", how),
    ]


async def _rounds(script: Script, capture: Capture, skipped: int) -> list[list[float]]:
    return [(await _latenesses(script, capture))[skipped:] for _ in range(ROUNDS)]


async def _latenesses(script: Script, capture: Capture) -> list[float]:
    """Milliseconds from the sending of each timed frame to the last of its messages applied."""
    counts = [len(news(frame)) for frame in script.frames]
    lead = sum(counts[: script.lead])
    updater = Heard(PriceBoard(), lead=lead, total=sum(counts))
    with played(script) as player:
        async with asyncio.timeout(PATIENCE), connected(player.url, updater, capture.pairs):
            await updater.lead.wait()
            player.begin()
            sent = await player.sent()
            await updater.total.wait()
    latenesses, applied = list[float](), lead
    for stamp, count in zip(sent, counts[script.lead :], strict=True):
        applied += count
        latenesses.append((updater.applied[applied - 1] - stamp) / 1e6)
    return latenesses
