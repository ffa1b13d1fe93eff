"""A temperature event somebody trades: real Postgres, guards, board and paper; a model by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from core.domain.account import Account
from core.domain.market import Event, EventRules, Market
from core.domain.units import EventId, TokenId, Usdc, UserId
from core.domain.weather.belief import Opinion
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.events import EventText
from core.domain.weather.limits import StrategyLimits
from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.station import StationId
from core.domain.weather.station_table import known_stations
from core.services.audit import Audit
from core.services.clob.clob_service import ClobService
from core.services.fresh_books import FreshBooks
from core.services.weather.beliefs import Beliefs
from core.services.weather.books import BucketBooks
from core.services.weather.candidates import Candidates, Intervals
from core.services.weather.choices import WeatherChoices
from core.services.weather.decision_log import DecisionLog
from core.services.weather.edge_service import EdgeService
from core.services.weather.grounds import Rules
from core.services.weather.ordering import Orderer, Sources
from core.services.weather.placing import Placer
from core.services.weather.ports import Desk, NoOpinion, StationListener
from core.services.websocket_manager import WebSocketManager
from core.storage import wallets
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from infrastructure.paper.paper_exchange import PaperExchange
from tests.support.catalogue import ScriptedCatalogue, listed
from tests.support.guarding import Guarded, guarded
from tests.support.temperature import event_text
from tests.support.trading import Levels, Shelf

PATIENCE = 20.0  # seconds
CITIES = {"London": "gb/london/EGLC", "Munich": "de/munich/EDDM", "Paris": "fr/paris/LFPB"}
ORDERS = "SELECT side, token_id, status, origin, account FROM orders ORDER BY id"
SKIPS = "SELECT reason FROM weather_decisions WHERE action = 'skip' ORDER BY id"
DEEP = "1000"


def text_of(city: str = "London", event: str = "900") -> EventText:
    """The highest on 22 November 2026, the day after the tests' clock begins."""
    old = event_text(city=city)

    def moved(words: str) -> str:
        return words.replace("June 20", "November 22").replace("june-20", "november-22")

    rules = old.description.replace("20 Jun '26", "22 Nov '26")
    if city != "London":
        name = {"Munich": "Munich Airport", "Paris": "Paris-Le Bourget Airport"}[city]
        rules = rules.replace("London City Airport", name).replace(CITIES["London"], CITIES[city])
    return replace(
        old,
        id=EventId(event),
        slug=moved(old.slug),
        title=moved(old.title),
        description=rules,
        resolution_source=old.resolution_source.replace(CITIES["London"], CITIES[city]),
        markets=tuple(replace(one, question=moved(one.question)) for one in old.markets),
        ends_at=datetime.fromisoformat("2026-11-22T12:00:00+00:00"),
    )


def markets_of(text: EventText, first: int) -> list[Market]:
    rules = EventRules(text.description, text.resolution_source, text.ends_at, text.tags)
    event = Event(text.id, text.slug, text.title, neg_risk=True, rules=rules)
    return [
        replace(listed(first + place), question=one.question, title=one.title, event=event)
        for place, one in enumerate(text.markets)
    ]


@dataclass
class SaidByHand:
    """`Opinions` that the test writes; without any it has none."""

    said: dict[EventId, Opinion] = field(default_factory=dict)
    listeners: list[StationListener] = field(default_factory=list)

    def opinion(self, event: TemperatureEvent, now: datetime) -> Opinion:  # noqa: ARG002 - the port's
        found = self.said.get(event.event_id)
        if found is None:
            raise NoOpinion("No forecast has come yet.")
        return found

    def want(self, events: Sequence[TemperatureEvent]) -> None:
        """All are said by hand."""

    def listen(self, listener: StationListener) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, station: str) -> None:
        for listener in tuple(self.listeners):
            listener(StationId(station))


@dataclass
class WeatherHouse:
    """Everything of the strategy, wired as the application does it, on clocks set by hand."""

    desk: Guarded
    shelf: Shelf
    user: UserId
    manager: WebSocketManager
    opinions: SaidByHand
    choices: WeatherChoices
    candidates: Candidates
    beliefs: Beliefs
    log: DecisionLog
    engine: EdgeService
    markets: Mapping[EventId, Sequence[Market]]
    meanwhile: list[Callable[[], None]]  # happen one by one while something is being decided

    def believe(
        self,
        *chances: float,
        weight: float = 1.0,
        event: str = "900",
        age: float = 0.0,
        error: float = 0.01,
    ) -> None:
        """The model says so, by forecasts heard of `age` seconds ago."""
        heard = self.desk.time.wall() - timedelta(seconds=age)
        errors = (error,) * len(chances)
        self.opinions.said[EventId(event)] = Opinion(chances, errors, weight, heard)
        for station in ("EGLC", "EDDM", "LFPB"):
            self.opinions.tell(station)

    def quote(
        self,
        place: int,
        bid: str,
        ask: str,
        *,
        event: str = "900",
        size: str = DEEP,
        after: float = 0.0,
        late: float = 0.0,
    ) -> None:
        """The stream brings this top of that bucket's Yes, `after` seconds.

        `late`: seconds from its frame to now.
        """
        self.desk.time.seconds += after
        token = self.token(place, event=event)
        self.desk.stream([(bid, size)], [(ask, size)], token, late)

    def quote_all(self, *mids: str, event: str = "900", late: float = 0.0) -> None:
        """Every bucket, a cent to each side."""
        for place, mid in enumerate(mids):
            low, high = Decimal(mid) - Decimal("0.01"), Decimal(mid) + Decimal("0.01")
            self.quote(place, str(max(low, Decimal("0.01"))), str(high), event=event, late=late)

    def poll(self, place: int, bids: Levels, asks: Levels) -> None:
        token = self.token(place)
        self.shelf.put(token, bids, asks)
        self.desk.poll(bids, asks, token)

    def token(self, place: int, *, event: str = "900", yes: bool = True) -> TokenId:
        return self.markets[EventId(event)][place].tokens[0 if yes else 1]

    async def settled(self) -> None:
        """Everything told has been believed, looked at, decided on and written down."""
        self.engine.wake()
        async with asyncio.timeout(PATIENCE):
            while not (self.beliefs.is_at_rest and self.engine.is_at_rest):  # noqa: ASYNC110 - turns of this loop are what it takes
                await asyncio.sleep(0)
        await self.log.flush()

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.desk.sessions() as session:
            return [tuple(row) for row in await session.execute(sa.text(query))]

    async def skips(self) -> list[object]:
        return [row[0] for row in await self.rows(SKIPS)]

    async def orders(self) -> list[tuple[object, ...]]:
        """Side and token of each."""
        return [row[:2] for row in await self.rows(ORDERS)]


async def weather_house(
    sessions: Sessions,
    *,
    cities: Sequence[str] = ("London",),
    limits: StrategyLimits | None = None,
    desk: Guarded | None = None,
    user: UserId | None = None,
    orders: Desk | None = None,
    cash: int = 1000,
) -> WeatherHouse:
    """`desk` and `user` of an earlier house: the program has started anew."""
    markets = {
        text.id: markets_of(text, 100 * (number + 1))
        for number, text in enumerate(
            text_of(city, str(900 + number)) for number, city in enumerate(cities)
        )
    }
    is_first = desk is None
    desk = desk or await guarded(sessions)
    if is_first:
        every = [one for of_event in markets.values() for one in of_event]
        await MarketDiscovery(ScriptedCatalogue([every]), sessions, now=desk.time.wall).discover()
    user = user or await _trader(desk, cash)
    shelf = Shelf(desk.time)
    books = FreshBooks(desk.board, shelf, desk.time.clock, desk.time.wall)
    manager = WebSocketManager()
    clob = orders or ClobService(
        sessions,
        PaperExchange(books),
        books,
        manager,
        account=Account.WEATHER_PAPER,
        guards=desk.guards,
        now=desk.time.wall,
    )
    return _wired(desk, shelf, user, manager, books, clob, limits or StrategyLimits(), markets)


def _wired(  # noqa: PLR0913, PLR0917 - the parts of one house
    desk: Guarded,
    shelf: Shelf,
    user: UserId,
    manager: WebSocketManager,
    books: FreshBooks,
    clob: Desk,
    limits: StrategyLimits,
    markets: Mapping[EventId, Sequence[Market]],
) -> WeatherHouse:
    sessions, now, clock = desk.sessions, desk.time.wall, desk.time.clock
    choices, opinions = WeatherChoices(sessions, Audit()), SaidByHand()
    candidates = Candidates(
        sessions,
        manager,
        choices,
        known_stations(),
        Intervals(600, 60),
        lambda: True,
        now=now,
    )
    beliefs, log = Beliefs(sessions, opinions, now=now), DecisionLog(sessions, now=now)

    meanwhile = list[Callable[[], None]]()

    async def accounts_of(user: UserId, chosen: Choices) -> tuple[Account, ...]:  # noqa: ARG001 - the port's
        if meanwhile:
            meanwhile.pop(0)()
        return (Account.WEATHER_PAPER,)

    sources = Sources(BucketBooks(desk.board, books), beliefs, candidates, accounts_of)
    desks = {Account.WEATHER_PAPER: clob}
    placer = Placer(sessions, desks, log, Decimal(5), clock=clock, now=now)
    rules = Rules(limits, timedelta(hours=6), Decimal(5))
    orderer = Orderer(sessions, sources, placer, rules, clock=clock, now=now)
    engine = EdgeService(desk.board, beliefs, candidates, orderer, log, now=now)
    return WeatherHouse(
        desk=desk,
        shelf=shelf,
        user=user,
        manager=manager,
        opinions=opinions,
        choices=choices,
        candidates=candidates,
        beliefs=beliefs,
        log=log,
        engine=engine,
        markets=markets,
        meanwhile=meanwhile,
    )


async def _trader(desk: Guarded, cash: int) -> UserId:
    user = await desk.user()
    async with desk.sessions.begin() as session:
        await wallets.open_wallet(session, user, Account.WEATHER_PAPER, Usdc(Decimal(cash)))
    return user


@asynccontextmanager
async def running(house: WeatherHouse) -> AsyncIterator[WeatherHouse]:
    """It wants everything, and everything runs."""
    await house.choices.keep(house.user, Choices(Mode.DRY))
    await house.candidates.check()
    house.beliefs.follow({id_: one.event for id_, one in house.candidates.known.items()})
    parts = [asyncio.create_task(part) for part in (house.beliefs.run(), house.engine.run())]
    try:
        await house.settled()
        yield house
    finally:
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)
        for part in parts:
            assert part.cancelled(), part.exception()
