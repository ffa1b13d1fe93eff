"""A thousand chats with live cards under the sandbox's flood model, on a clock that costs nothing.

One tap a chat in ten minutes, looking for 90 s after it, a price every 4 s meanwhile: on average,
as trades come, and once more on the beat. Staleness is the age of the oldest visible change that is
not shown yet, four times a second, over all who look.
"""

import asyncio
import json
import random
import time
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from telegram import Bot
from telegram.request import BaseRequest, RequestData

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
from tests.benchmarks.report import Figure, percentile
from tests.benchmarks.virtual import VirtualClock, run_virtual

CHATS: Final = 1_000
BETWEEN_TAPS: Final = 600.0  # seconds
LOOKING: Final = 90.0  # seconds
BETWEEN_PRICES: Final = 4.0  # seconds
WAY: Final = 0.05  # seconds to Telegram and back
MINUTES: Final = 8
WARM: Final = 100.0  # seconds before anything is counted; by then as many look as always
LOOKS: Final = 0.25  # seconds between two looks at all cards
SEED: Final = 20_261_121
CARD: Final = 7  # message id
MODEL: Final = (
    f"{CHATS:,} chats, a tap each in {BETWEEN_TAPS:.0f} s, looking {LOOKING:.0f} s, a price every "
    f"{BETWEEN_PRICES:.0f} s; {MINUTES} virtual minutes under the sandbox's flood model"
)


async def live_cards() -> list[Figure]:
    """In a thread, because the loop of the model is another one than ours."""
    as_they_come = await asyncio.to_thread(lambda: run_virtual(_model(is_steady=False)))
    on_the_beat = await asyncio.to_thread(lambda: run_virtual(_model(is_steady=True)))
    return [*_figures(as_they_come), *_beat_figures(on_the_beat)]


class Wire(BaseRequest):
    """A Telegram that takes what the flood model takes, and remembers what each chat sees."""

    def __init__(self, flood: FloodModel) -> None:
        self.seen: dict[int, str] = {}
        self.taken = 0
        self.refused = 0
        self._flood = flood

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002 - the library's signature
        request_data: RequestData | None = None,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        await asyncio.sleep(WAY / 2)
        if url.endswith("getMe"):
            return 200, _ok({"id": 1, "is_bot": True, "first_name": "B", "username": "b_bot"})
        said = request_data.parameters if request_data else {}
        chat = int(str(said["chat_id"]))
        if wait := self._flood.spend(chat):
            self.refused += 1
            return 429, json.dumps(
                {"ok": False, "error_code": 429, "parameters": {"retry_after": wait}}
            ).encode()
        self.taken += 1
        self.seen[chat] = str(said.get("text", ""))
        await asyncio.sleep(WAY / 2)
        return 200, _ok(True)


def _ok(result: object) -> bytes:
    return json.dumps({"ok": True, "result": result}).encode()


@dataclass
class Crowd:
    """Everybody, and what each should see. `is_steady`: prices come on the beat."""

    wire: Wire
    messenger: Messenger
    live: LiveMessages
    board: PriceBoard
    is_steady: bool
    stalenesses: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    cpu: float = 0.0  # seconds a minute
    _chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a model's dice
    _changes: dict[int, deque[tuple[float, str]]] = field(default_factory=dict)  # of those who look

    async def lives(self, chat: int) -> None:
        """Taps once in ten minutes, at times of its own."""
        await asyncio.sleep(self._chance.uniform(0, BETWEEN_TAPS))
        while True:
            began = asyncio.get_running_loop().time()
            await self._looks(chat, began + LOOKING)
            await asyncio.sleep(began + BETWEEN_TAPS - asyncio.get_running_loop().time())

    async def watches(self) -> None:
        """Note how old what each of those who look sees is."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOKS)
            if loop.time() > WARM:
                for chat, changes in self._changes.items():
                    self.stalenesses.append(self._staleness(chat, changes, loop.time()))

    def _staleness(self, chat: int, changes: deque[tuple[float, str]], now: float) -> float:
        seen = self.wire.seen.get(chat, "").partition("\n")[0]
        unseen = now
        for at, text in reversed(changes):
            if text == seen:
                break
            unseen = at
        return now - unseen

    async def _looks(self, chat: int, until: float) -> None:
        loop, token = asyncio.get_running_loop(), TokenId(str(chat))
        self.board.set_state(token, PriceState.LIVE)
        changes = deque[tuple[float, str]](maxlen=40)
        self._publish(chat, changes)
        await self._taps(chat, token)
        self._changes[chat] = changes
        await asyncio.sleep(self._chance.uniform(0, BETWEEN_PRICES))
        while loop.time() < until:
            self._publish(chat, changes)
            pause = (
                BETWEEN_PRICES if self.is_steady else self._chance.expovariate(1 / BETWEEN_PRICES)
            )
            await asyncio.sleep(min(pause, until - loop.time()))
        del self._changes[chat]

    async def _taps(self, chat: int, token: TokenId) -> None:
        began = asyncio.get_running_loop().time()
        view = LiveView(
            lambda: self._draw(token), frozenset({MarketId(str(chat))}), frozenset({token})
        )
        screen = await self._draw(token)
        await self.messenger.edit(chat, CARD, screen)
        self.answers.append((asyncio.get_running_loop().time() - began) * 1000)
        await self.live.show(chat, CARD, UserId(chat), view, screen)

    def _publish(self, chat: int, changes: deque[tuple[float, str]]) -> None:
        now, token = asyncio.get_running_loop().time(), TokenId(str(chat))
        before = self.board.quote(token)
        cents = 1 if before is None or before.price is None else int(before.price * 100)
        price = Price(Decimal((cents + 36) % 99 + 1) / 100)
        changes.append((now, str(price)))
        self.board.publish(Quote(token, price, None, None, None, Source.WS, now, None))

    async def _draw(self, token: TokenId) -> Screen:
        reading = self.board.reading(token)
        stamp = f"Updated {asyncio.get_running_loop().time():.2f}"
        return Screen(str(reading.value if reading else None), stamp=stamp)


async def _model(*, is_steady: bool) -> Crowd:
    clock, cpu = VirtualClock(), time.thread_time()
    wire = Wire(FloodModel(FloodLimits(), clock.now))
    bot = Bot("1:secret", request=wire, get_updates_request=wire)
    await bot.initialize()
    board = PriceBoard(clock.now)
    messenger = Messenger(bot, Codec("run1"), clock, Pace())
    live = LiveMessages(board, messenger, WebSocketManager(), clock)
    crowd = Crowd(wire, messenger, live, board, is_steady)
    async with asyncio.TaskGroup() as tasks:
        parts = [tasks.create_task(live.run()), tasks.create_task(crowd.watches())]
        parts += [tasks.create_task(crowd.lives(chat)) for chat in range(1, CHATS + 1)]
        await asyncio.sleep(MINUTES * 60)
        for part in parts:
            part.cancel()
    crowd.cpu = (time.thread_time() - cpu) / MINUTES
    return crowd


def _figures(crowd: Crowd) -> list[Figure]:
    stale, rate = crowd.stalenesses, crowd.wire.taken / (MINUTES * 60)
    return [
        Figure("cards_staleness_p50", percentile(stale, 50), "s", MODEL),
        Figure("cards_staleness_p95", percentile(stale, 95), "s", MODEL, "<= 3"),
        Figure("cards_staleness_max", max(stale), "s", MODEL),
        Figure("cards_refused", crowd.wire.refused, "429s", MODEL, "0"),
        Figure("cards_messages", rate, "/s", MODEL),
        Figure("cards_tap_answer_p95", percentile(crowd.answers, 95), "ms", MODEL, "<= 150"),
        Figure("cards_cpu", crowd.cpu, "s/minute", f"{MODEL}; the model's own part included"),
    ]


def _beat_figures(crowd: Crowd) -> list[Figure]:
    how = f"{MODEL}; exactly every {BETWEEN_PRICES:.0f} s"
    return [
        Figure("cards_on_the_beat_staleness_p95", percentile(crowd.stalenesses, 95), "s", how),
        Figure("cards_on_the_beat_refused", crowd.wire.refused, "429s", how, "0"),
    ]
