"""The weather strategy on markets that are made up, or the sandbox's, for benchmarks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.market import Market
from core.domain.units import EventId, MarketId, Usdc, UserId
from core.domain.weather.belief import Opinion
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.ladder import Bucket, ladder
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.station import StationId
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Unit
from core.services.audit import Audit
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.milestones import Milestone
from core.services.price_board import PriceBoard
from core.services.weather.candidates import Candidate, Intervals
from core.services.weather.grounds import Rules
from core.services.weather.strategy import Operating, Strategy, World
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from tests.support import rows
from tests.support.temperature import event_text
from tests.support.weather_house import SaidByHand

BUCKETS: Final = 11
RICH: Final = Usdc(Decimal(10**9))
LIMITS: Final = StrategyLimits(
    most={**dict.fromkeys(Scope, RICH), Scope.ORDER: Usdc(Decimal(20))}, cooldown=0.0
)


async def _nothing() -> None:
    """Practice orders are over when they were answered."""


@dataclass
class Watch:
    """When an order was last about to reach the exchange."""

    left: float = 0.0  # monotonic seconds
    has_left: asyncio.Event = field(default_factory=asyncio.Event)

    def reached(self, milestone: Milestone) -> None:
        if milestone is Milestone.BEFORE_POST:
            self.left = time.monotonic()
            self.has_left.set()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the strategy stands on: practice money here, or a session key's at the sandbox."""

    sessions: Sessions
    board: PriceBoard
    books: FreshBooks
    account: Account
    desk: ClobService
    user: UserId
    watch: Watch


@dataclass
class House:
    board: PriceBoard
    strategy: Strategy
    opinions: SaidByHand
    watch: Watch
    busy: Mapping[EventId, Sequence[Market]]
    ordered: Mapping[EventId, Sequence[Market]]
    settle: Callable[[], Awaitable[None]] = field(default=_nothing)  # after each order


def house_of(
    ground: Ground,
    busy: Mapping[EventId, Sequence[Market]],
    ordered: Mapping[EventId, Sequence[Market]],
) -> House:
    opinions, now = SaidByHand(), datetime.now(UTC)
    far = chances_of(0, 0.9, 0.01)  # from the feed's prices: so that it only looks
    for event in busy:
        opinions.said[event] = Opinion(far, (0.01,) * BUCKETS, 1.0, now)
    world = World(
        ground.sessions,
        ground.board,
        ground.books,
        WebSocketManager(),
        {ground.account: ground.desk},
        Audit(),
    )
    operating = Operating(
        Rules(LIMITS, timedelta(hours=6), Decimal(5)),
        known_stations(),
        Intervals(600, 60),
        Usdc(Decimal(1_000_000)),
        timedelta(days=1),
    )

    async def always(user: UserId) -> bool:  # noqa: ARG001 - the port's
        return True

    strategy = Strategy(world, operating, opinions, lambda: True, always)
    strategy.candidates.known = _candidates({**busy, **ordered})
    mode = Mode.LIVE if ground.account is Account.LIVE else Mode.DRY
    strategy.candidates.chosen = {ground.user: Choices(mode, days_ahead=7)}
    strategy.beliefs.follow({id_: one.event for id_, one in strategy.candidates.known.items()})
    return House(ground.board, strategy, opinions, ground.watch, busy, ordered)


def chances_of(place: int, likely: float, others: float) -> tuple[float, ...]:
    return tuple(likely if each == place else others for each in range(BUCKETS))


async def add_events(sessions: Sessions, count: int, first: int = 1) -> dict[EventId, list[Market]]:
    """Markets with numbers from `first` on."""
    found = dict[EventId, list[Market]]()
    for number in range(count):
        begins = first + number * BUCKETS
        found[EventId(str(number))] = [rows.market(begins + place) for place in range(BUCKETS)]
    async with sessions.begin() as session:
        await rows.add_markets(session, [one for each in found.values() for one in each])
    return found


def _candidates(events: Mapping[EventId, Sequence[Market]]) -> dict[EventId, Candidate]:
    read = read_event(event_text(), known_stations())
    assert isinstance(read, TemperatureEvent)
    middle = (Bucket(degree, degree) for degree in range(10, 8 + BUCKETS))
    whole = ladder(Unit.CELSIUS, (Bucket(None, 9), *middle, Bucket(8 + BUCKETS, None)))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    return {
        event: Candidate(
            replace(
                read,
                event_id=event,
                day=tomorrow,
                station=replace(read.station, id=StationId(f"X{event}")),
                ladder=whole,
                markets=tuple(MarketId(one.id) for one in markets),
            ),
            tuple(markets),
        )
        for event, markets in events.items()
    }
