"""What is lost while a consumer pauses: one that waits, and one that holds up the whole loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from tests.benchmarks.frames import Capture
from tests.benchmarks.official import subscribed
from tests.benchmarks.ours import PATIENCE, Heard, books_unlike, connected
from tests.benchmarks.played import Player, Script, played
from tests.benchmarks.report import Figure

FRAMES: Final = 28_000
RATE: Final = 4000.0  # frames a second
PAUSE: Final = 3.0  # seconds
BEFORE: Final = 8_000  # messages that are consumed before the pause
DRAINED: Final = 1.0  # seconds without an event, after the last frame was sent


async def _waits() -> None:
    await asyncio.sleep(PAUSE)


async def _blocks() -> None:
    time.sleep(PAUSE)  # noqa: ASYNC251 - the fault itself


PAUSES: Final = {"waits": _waits, "blocks_the_loop": _blocks}


async def pauses(capture: Capture) -> list[Figure]:
    """The same frames at the same rate to both, each pausing for as long."""
    part = capture.part(FRAMES)
    times = [number / RATE for number in range(len(part.frames) - 1)]
    total, figures = part.messages(), []
    with played(Script(part.frames, 1, times)) as player:
        for name, pause in PAUSES.items():
            applied, unlike = await _ours(player, part, pause)
            received = await _theirs(player, part, pause)
            how = (
                f"of {total:,} at {RATE:,.0f}/s, a consumer {name.replace('_', ' ')} {PAUSE:.0f} s"
            )
            figures += [
                Figure(f"lost_while_consumer_{name}", total - applied, "messages", how, "0"),
                Figure(f"books_wrong_after_consumer_{name}", unlike, "books", how, "0"),
                Figure(f"official_lost_while_consumer_{name}", total - received, "messages", how),
            ]
    return figures


async def _ours(
    player: Player, capture: Capture, pause: Callable[[], Awaitable[None]]
) -> tuple[int, int]:
    """Messages applied, and books that are wrong in the end. The consumer is told by the board."""
    board = PriceBoard()
    updater = Heard(board, lead=len(capture.pairs) * 2, total=capture.messages())
    consumer = asyncio.create_task(_consume(board, updater, pause))
    async with asyncio.timeout(PATIENCE), connected(player.url, updater, capture.pairs):
        await updater.lead.wait()
        player.begin()
        await player.sent()
        await updater.total.wait()
        await consumer
        return len(updater.applied), books_unlike(board, capture)


async def _consume(board: PriceBoard, updater: Heard, pause: Callable[[], Awaitable[None]]) -> None:
    """Looks at every change of a price, and pauses once."""
    news = asyncio.Event()
    changed: set[TokenId] = set()

    def note(token: TokenId) -> None:
        changed.add(token)
        news.set()

    stop = board.listen(note)
    while len(updater.applied) < BEFORE:
        await news.wait()
        news.clear()
        changed.clear()
    await pause()
    stop()


async def _theirs(player: Player, capture: Capture, pause: Callable[[], Awaitable[None]]) -> int:
    """Events that reached the consumer."""
    received, tokens = 0, [token for pair in capture.pairs for token in pair]
    async with asyncio.timeout(PATIENCE), subscribed(player.url, tokens) as handle:
        player.begin()
        sent = asyncio.create_task(player.sent())
        while True:
            try:
                async with asyncio.timeout(DRAINED):
                    await anext(handle)
            except TimeoutError:
                if sent.done():
                    return received
                continue
            received += 1
            if received == BEFORE:
                await pause()
