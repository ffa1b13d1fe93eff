"""Chats that tap all the time on cards that move, in virtual time: what an answer waits for.

Nothing here costs time but the way to Telegram and our own rules of how often a chat hears from us,
so it tells these apart from whatever else keeps a machine busy.
"""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from telegram import Bot

from core.domain.market import Source
from core.domain.price import PriceState, Quote
from core.domain.units import MarketId, Price, TokenId, UserId
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from infrastructure.sandbox.telegram.flood import FloodLimits, FloodModel
from telegram_bot.callbacks import Codec
from telegram_bot.live_messages import LiveMessages, LiveView
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace
from telegram_bot.screens.screen import Screen
from tests.benchmarks.cards import CARD, Wire
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.virtual import VirtualClock, run_virtual

CHATS: Final = 50
BETWEEN_TAPS: Final = (3.0, 7.0)  # seconds
BETWEEN_PRICES: Final = 2.0  # seconds
ARRIVING: Final = 10.0  # seconds in which they come
MINUTES: Final = 5
SEED: Final = 7
TOKEN: Final = TokenId("1")
MODEL: Final = (
    f"{CHATS} chats, a tap every {BETWEEN_TAPS[0]:.0f} to {BETWEEN_TAPS[1]:.0f} s each, the price "
    f"moves every {BETWEEN_PRICES:.0f} s; {MINUTES} virtual minutes from their first tap on, under "
    "the sandbox's flood model"
)


async def busy_chats() -> list[Figure]:
    """In a thread, because the loop of the model is another one than ours."""
    house = await asyncio.to_thread(lambda: run_virtual(model()))
    late = sum(1 for each in house.answers if each > 150)
    rate = house.live_edits / CHATS / MINUTES
    return [
        Figure("busy_tap_answer_p95", percentile(house.answers, 95), "ms", MODEL, "<= 150"),
        Figure("busy_tap_answer_max", max(house.answers), "ms", MODEL),
        Figure("busy_taps_later", 100 * late / len(house.answers), "%", f"{MODEL}; after 150 ms"),
        Figure("busy_live_edits", rate, "/minute", f"{MODEL}; in each chat beside the answers"),
        Figure("busy_refused", house.wire.refused, "429s", MODEL, "0"),
    ]


@dataclass
class House:
    """Everybody, and the one market that they look at."""

    wire: Wire
    messenger: Messenger
    live: LiveMessages
    board: PriceBoard
    answers: list[float] = field(default_factory=list)  # milliseconds
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def live_edits(self) -> int:
        return self.wire.taken - len(self.answers)

    async def taps(self, chat: int, chance: random.Random) -> None:
        """As the handlers do it: the chat's live edits wait until the answer is there."""
        await asyncio.sleep(chance.uniform(0, ARRIVING))
        view = LiveView(self._draw, frozenset({MarketId("1")}), frozenset({TOKEN}))
        while True:
            began = asyncio.get_running_loop().time()
            async with self.live.held(chat):
                screen = await self._draw()
                await self.messenger.edit(chat, CARD, screen)
                self.answers.append((asyncio.get_running_loop().time() - began) * 1000)
                await self.live.show(chat, CARD, UserId(chat), view, screen)
            await asyncio.sleep(chance.uniform(*BETWEEN_TAPS))

    async def moves(self) -> None:
        self.board.set_state(TOKEN, PriceState.LIVE)
        for cents in itertools.cycle((61, 62)):
            now, price = asyncio.get_running_loop().time(), Price(Decimal(cents) / 100)
            self.board.publish(Quote(TOKEN, price, None, None, None, Source.WS, now, None))
            await asyncio.sleep(BETWEEN_PRICES)

    async def _draw(self) -> Screen:
        reading = self.board.reading(TOKEN)
        return Screen(str(reading.value if reading else None), stamp=f"{next(self._numbers)}")


async def model() -> House:
    clock = VirtualClock()
    wire = Wire(FloodModel(FloodLimits(), clock.now))
    bot = Bot("1:secret", request=wire, get_updates_request=wire)
    await bot.initialize()
    board, chance = PriceBoard(clock.now), random.Random(SEED)  # noqa: S311 - a model's dice
    messenger = Messenger(bot, Codec("run1"), clock, Pace())
    live = LiveMessages(board, messenger, WebSocketManager(), clock)
    house = House(wire, messenger, live, board)
    async with asyncio.TaskGroup() as tasks:
        parts = [tasks.create_task(live.run()), tasks.create_task(house.moves())]
        for chat in range(1, CHATS + 1):
            own = random.Random(chance.random())  # noqa: S311 - the same
            parts.append(tasks.create_task(house.taps(chat, own)))
        await asyncio.sleep(MINUTES * 60)
        for part in parts:
            part.cancel()
    return house
