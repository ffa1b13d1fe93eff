"""Playing a recording: its frames to their subscribers, its books behind REST."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.domain.book import Side
from infrastructure.sandbox.exchange.decimals import micros, padded, text
from infrastructure.sandbox.exchange.frames import Frame
from infrastructure.sandbox.exchange.hub import Hub
from infrastructure.sandbox.exchange.listing import Catalogue, ListedEvent, ListedMarket, Tag
from infrastructure.sandbox.exchange.plans import COARSE, YES_NO
from infrastructure.sandbox.exchange.recorded_files import RecordedMarket
from infrastructure.sandbox.exchange.recording import (
    Message,
    RecordedFrame,
    Recording,
    made_token,
    readable,
)
from infrastructure.sandbox.exchange.state import LastTrade, MarketState

Find = Callable[[str], tuple[MarketState, int] | None]

BREATH: Final = 64  # frames after which others get a turn when there is no pace
RECORDED: Final = Tag("999999", "Recorded", "recorded")
FIRST_ID: Final = 900_001


class Start(StrEnum):
    """What a replay waits for."""

    ANY = "any"  # somebody subscribed to one of its tokens
    ALL = "all"  # somebody subscribed to each of its tokens
    CONTROL = "control"  # the control command only; it always works


class Phase(StrEnum):
    WAITING = "waiting"
    PLAYING = "playing"
    FINISHED = "finished"


class Replay:
    """One run through a recording."""

    def __init__(self, recording: Recording, speed: float, start: Start) -> None:
        self.recording = recording
        self.speed = speed
        self.phase = Phase.WAITING
        self.position = 0  # frames played
        self._start = start
        self._was_told = False
        self._everything = tuple(  # whom a frame concerns that tells of no token
            token for tokens in recording.tokens.values() for token in tokens
        )
        self._noted: dict[str, int] = {}  # second of the last point of history, by market

    @property
    def is_finished(self) -> bool:
        return self.phase is Phase.FINISHED

    def begin(self, hub: Hub) -> None:
        """Start now, whoever is there."""
        self._was_told = True
        hub.notify()

    def open_books(self, find: Find) -> None:
        """Show each token's first book before the replay begins."""
        for message in self.recording.opening:
            _follow(find, message, message.tokens, note=True)

    async def run(self, hub: Hub, find: Find) -> None:
        """Wait for the start, play everything once. Without a pace, slow readers slow it down."""
        await hub.until(lambda: self._may_begin(hub))
        self.phase = Phase.PLAYING
        clock = asyncio.get_running_loop().time
        began = clock()
        for frame in self.recording.frames:
            if self.speed:
                due = began + (frame.at - self.recording.frames[0].at) / 1000 / self.speed
                await asyncio.sleep(max(due - clock(), 0))
            else:
                await self._yield_to_readers(hub)
            self._play(frame, hub, find)
        self.phase = Phase.FINISHED
        hub.notify()

    async def _yield_to_readers(self, hub: Hub) -> None:
        await hub.room()
        if self.position % BREATH == 0:
            await asyncio.sleep(0)

    def _play(self, frame: RecordedFrame, hub: Hub, find: Find) -> None:
        told = readable(frame.data)
        tokens: dict[str, None] = {}
        for message in told:
            own = message.tokens
            tokens |= dict.fromkeys(own)
            second = int(message.timestamp[:-3] or 0)
            _follow(find, message, own, note=self._noted.get(message.market) != second)
            self._noted[message.market] = second
        hub.broadcast([Frame(tuple(tokens) or self._everything, frame.data)])
        self.position += 1

    def _may_begin(self, hub: Hub) -> bool:
        if self._was_told:
            return True
        wanted = set(self._everything)
        match self._start:
            case Start.ANY:
                return not wanted.isdisjoint(hub.subscribed())
            case Start.ALL:
                return wanted <= hub.subscribed()
            case Start.CONTROL:
                return False


def recorded_catalogue(recording: Recording, now: datetime) -> Catalogue:
    """One event a recorded market, described as the recorder knew it, else made up."""
    described = {market.condition_id: market for market in recording.markets}
    return Catalogue.of(
        _recorded_event(number, described.get(market) or _made_up(number, market, tokens), now)
        for number, (market, tokens) in enumerate(recording.tokens.items(), 1)
    )


def _made_up(number: int, market: str, tokens: tuple[str, ...]) -> RecordedMarket:
    """A token that never appears gets an id of our own."""
    return RecordedMarket(
        id=str(FIRST_ID + number),
        condition_id=market,
        question=f"Recorded market {number}",
        outcomes=YES_NO,
        tokens=(*tokens, made_token(market))[:2],
        tick=text(COARSE),
        neg_risk=False,
    )


def _recorded_event(number: int, market: RecordedMarket, now: datetime) -> ListedEvent:
    first, second = market.tokens
    title, event_id = market.question, str(FIRST_ID + number)
    listed = ListedMarket(
        id=market.id,
        condition_id=market.condition_id,
        question_id=market.condition_id,
        slug=f"recorded-market-{number}",
        question=title,
        title="",
        threshold=0,
        description="Played from a recording.",
        source="",
        outcomes=(market.outcomes[0], market.outcomes[1]),
        tokens=(first, second),
        tick=micros(market.tick),
        fees=None,
        neg_risk=market.neg_risk,
        event_id=event_id,
        chance=0.5,
        liquidity=0.5,
        activity=1.0,
        volume=0.0,
        volume_24h=0.0,
        created_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    return ListedEvent(
        id=event_id,
        slug=listed.slug,
        title=title,
        description=listed.description,
        source="",
        tags=(RECORDED,),
        neg_risk=market.neg_risk,
        neg_risk_id="",
        created_at=listed.created_at,
        ends_at=listed.ends_at,
        markets=(listed,),
    )


def _follow(find: Find, message: Message, tokens: tuple[str, ...], *, note: bool) -> None:
    """Bring REST's books to what the frame says; what cannot be read changes nothing."""
    for token in tokens:
        found = find(token)
        if found is None:
            continue
        state, outcome = found
        state.changed_at = message.timestamp
        try:
            _apply(state, outcome, message)
        except ValueError:  # InvalidBook, InvalidQuantity, a side that is none
            continue
        if note:
            state.note_price(int(message.timestamp) // 1000)


def _apply(state: MarketState, outcome: int, message: Message) -> None:
    book = state.books[outcome]
    if message.bids is not None and message.asks is not None:
        book.replace(
            [(level.price, level.size) for level in message.bids],
            [(level.price, level.size) for level in message.asks],
        )
        state.is_known[outcome] = True
        state.tick = micros(message.tick_size) if message.tick_size else state.tick
        if message.last_trade_price is not None:
            state.last_trade = message.last_trade_price
    for change in message.price_changes:
        if change.asset_id == book.token:
            book.apply(change.side, change.price, change.size)
    if message.new_tick_size:
        state.tick = micros(message.new_tick_size)
    if message.event_type == "last_trade_price":
        price = micros(message.price)
        state.last_trade = padded(price)
        state.own_trades[outcome] = LastTrade(price, Side(message.side))
