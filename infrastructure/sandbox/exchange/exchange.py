"""The sandbox's exchange: one object that holds catalogue, books, connections and replay."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

from aiohttp import web

from infrastructure.sandbox.exchange.accounts.accounts import Accounts
from infrastructure.sandbox.exchange.catalogue import generate
from infrastructure.sandbox.exchange.flow import OrderFlow
from infrastructure.sandbox.exchange.frames import Frame, market_resolved, new_market
from infrastructure.sandbox.exchange.history import Histories
from infrastructure.sandbox.exchange.hub import Hub
from infrastructure.sandbox.exchange.listing import Catalogue, ListedEvent, ListedMarket
from infrastructure.sandbox.exchange.recording import Recording
from infrastructure.sandbox.exchange.replay import Replay, Start, recorded_catalogue
from infrastructure.sandbox.exchange.rest_faults import RestFaults
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import TradedMarket
from infrastructure.sandbox.exchange.weather.desk import WeatherDesk

Clock = Callable[[], float]
"""Seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOptions:
    """How the exchange behaves. `rate` is orders a second over all markets; 0 = still."""

    seed: int = 7
    at_least_markets: int = 0
    rate: float = 10.0
    queue_limit: int = 8 * 1024 * 1024  # bytes a connection may lag behind
    close_timeout: float = 2.0  # seconds to wait for a client's close frame
    recording: Recording | None = None  # play this instead of trading
    speed: float = 1.0  # of the replay; 0 = as fast as the clients read
    start: Start = Start.ANY
    open_accounts: bool = False  # who makes a first API key is given money to try things out
    page_size: int = 100  # rows of a page of orders or trades
    days_pass: bool = False  # temperature events are settled, and new ones listed, by themselves


class ExchangeSandbox:
    """The venue. With a recording its books follow that; without, orders match for real."""

    def __init__(self, options: ExchangeOptions | None = None, clock: Clock = time.time) -> None:
        self.options = options or ExchangeOptions()
        self.clock = clock
        self.started_at = clock()
        self.shift = 0.0  # seconds that the venue's timestamps are ahead of the true time
        self.rate = self.options.rate
        self.hub = Hub(clock, self.options.queue_limit)
        self.rest_faults = RestFaults()
        self.histories = Histories(self.options.seed, self.started_at)
        self.weather = WeatherDesk(self.options.seed, clock)
        self.sockets: dict[int, web.WebSocketResponse] = {}
        self.states: dict[str, MarketState] = {}  # by condition id
        self.traded: dict[str, TradedMarket] = {}  # the same; empty during a replay
        self.accounts = Accounts(
            self,
            self.options.seed,
            open_accounts=self.options.open_accounts,
            page_size=self.options.page_size,
        )
        rng = Random(self.options.seed)  # noqa: S311 - repeatable on purpose, guards nothing
        self.catalogue = self._catalogue(rng)
        self._flow = OrderFlow(rng)
        self.replay = self._replay()
        self._list(self.catalogue.events.values())

    def now_ms(self) -> int:
        return int((self.clock() + self.shift) * 1000)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock() + self.shift, UTC)

    def find(self, token: str) -> tuple[MarketState, int] | None:
        """The market of a token and which of its outcomes it is."""
        found = self.catalogue.by_token.get(token)
        return (self.states[found[0].condition_id], found[1]) if found else None

    def state_of(self, market: ListedMarket) -> MarketState:
        return self.states[market.condition_id]

    def broadcast(self, frames: Iterable[Frame]) -> None:
        self.hub.broadcast(frames)

    def act(self) -> list[Frame]:
        """One order of the flow; what is to be told of it."""
        return self._flow.step(self.now_ms())

    def step(self) -> None:
        """One order of the flow, told to everybody."""
        self.broadcast(self.act())

    def pin(self, market: ListedMarket, chance: float) -> None:
        """Let the flow trade around this chance of the first outcome from now on."""
        self._flow.pin(market.condition_id, chance)

    def set_rate(self, rate: float) -> None:
        self.rate = rate
        self.hub.notify()

    def add_event(self, event: ListedEvent) -> None:
        """List a new event during the run, and tell those who asked for such news."""
        self.catalogue.add(event)
        self._list([event])
        self.broadcast(new_market(each, event, str(self.now_ms())) for each in event.markets)

    def resolve(self, market: ListedMarket, payouts: tuple[Decimal, Decimal]) -> None:
        """End a market: its book empties, Gamma shows the payouts, custom subscribers are told."""
        state = self.state_of(market)
        self.accounts.ended(state)
        if market.condition_id in self.traded:
            self.broadcast(self.traded[market.condition_id].rewrite({}, {}, self.now_ms()))
        self.close(market)
        state.payouts = payouts
        winner = payouts.index(Decimal(1)) if Decimal(1) in payouts else None
        event = self.catalogue.events[market.event_id]
        self.broadcast([market_resolved(state, event, winner, str(self.now_ms()))])

    def close(self, market: ListedMarket) -> None:
        """Trading has ended; who won is not decided yet."""
        state = self.state_of(market)
        self.accounts.ended(state)
        state.accepts_orders = False
        state.is_closed = True
        state.closed_at = self.now()

    def _catalogue(self, rng: Random) -> Catalogue:
        if self.options.recording is not None:
            return recorded_catalogue(self.options.recording, self.now())
        return generate(self.options.seed, rng, self.now(), self.options.at_least_markets)

    def _replay(self) -> Replay | None:
        recording = self.options.recording
        if recording is None:
            return None
        return Replay(recording, self.options.speed, self.options.start)

    def _list(self, events: Iterable[ListedEvent]) -> None:
        for event in events:
            for market in event.markets:
                self.states[market.condition_id] = self._opening_state(market)
            if self.replay is None:
                self._flow.join(event, self._trade_in(event.markets))
        if self.replay is not None:
            self.replay.open_books(self.find)

    def _trade_in(self, markets: Sequence[ListedMarket]) -> list[TradedMarket]:
        trades = self.accounts.trades
        opened = [TradedMarket(self.state_of(market), trades) for market in markets]
        self.traded |= {each.state.listed.condition_id: each for each in opened}
        return opened

    def _opening_state(self, market: ListedMarket) -> MarketState:
        ended = market.payouts is not None
        state = MarketState(market, market.tick, str(self.now_ms()))
        state.accepts_orders = market.accepts_orders
        state.is_closed = ended
        state.closed_at = market.ends_at if ended else None
        if market.payouts is not None:
            state.payouts = (Decimal(market.payouts[0]), Decimal(market.payouts[1]))
        state.is_known = [self.replay is None] * 2
        return state


EXCHANGE: Final = web.AppKey("exchange", ExchangeSandbox)
