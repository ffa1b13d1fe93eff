"""The weather strategy as one part: its wiring, its beginning, and what has to run."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.account import Account
from core.domain.units import Usdc, UserId
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.stations import Stations
from core.services.audit import Audit
from core.services.clock import utc_now
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from core.services.weather.beliefs import Beliefs
from core.services.weather.books import BucketBooks
from core.services.weather.candidates import Candidates, Intervals
from core.services.weather.choices import WeatherChoices
from core.services.weather.decision_log import DecisionLog
from core.services.weather.edge_service import EdgeService
from core.services.weather.grounds import Rules
from core.services.weather.ordering import Orderer, Sources
from core.services.weather.placing import Placer
from core.services.weather.ports import Desk, MayGoLive, Opinions
from core.services.websocket_manager import WebSocketManager
from core.storage import users, wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_worker


@dataclass(frozen=True, slots=True)
class World:
    """What the strategy stands on."""

    sessions: Sessions
    board: PriceBoard
    books: FreshBooks
    manager: WebSocketManager
    desks: Mapping[Account, Desk]  # `weather-paper` is one; `live` only outside of a dry run
    audit: Audit
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True, slots=True)
class Operating:
    """What the operator has set."""

    rules: Rules
    stations: Stations
    intervals: Intervals
    starting_cash: Usdc
    kept_for: timedelta


class Strategy:
    """All parts, connected; `runs` are to be supervised."""

    def __init__(
        self,
        world: World,
        operating: Operating,
        opinions: Opinions,
        is_streaming: Callable[[], bool],
        may_go_live: MayGoLive,
    ) -> None:
        self._world = world
        self._operating = operating
        self._may_go_live = may_go_live
        sessions, now = world.sessions, world.now
        self.choices = WeatherChoices(sessions, world.audit)
        self.candidates = Candidates(
            sessions,
            world.manager,
            self.choices,
            operating.stations,
            operating.intervals,
            is_streaming,
            now=now,
        )
        self.beliefs = Beliefs(sessions, opinions, now=now)
        self.log = DecisionLog(sessions, now=now, kept_for=operating.kept_for)
        self._opened = set[UserId]()  # whose wallet of practice money is known to be there
        self.orderer = self._orderer()
        self.edges = EdgeService(
            world.board, self.beliefs, self.candidates, self.orderer, self.log, now=now
        )
        self.candidates.listen(self._believe)

    @property
    def runs(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "weather-candidates": self.candidates.run,
            "weather-beliefs": self.beliefs.run,
            "weather-edges": self.edges.run,
            "weather-decisions": self.log.run,
        }

    async def accounts_of(self, user: UserId, choices: Choices) -> tuple[Account, ...]:
        """Where entries go, and others in which what is held may be reduced.

        Real money only where it was chosen, the gate is open and the wallet ready; what was bought
        before is looked after without. A wallet of practice money is opened where it is needed.
        """
        has_live = Account.LIVE in self._world.desks
        if has_live and choices.mode is Mode.LIVE and await self._may_go_live(user):
            return (Account.LIVE,)
        await self._open_wallet(user)
        return (Account.WEATHER_PAPER, *((Account.LIVE,) if has_live else ()))

    async def _open_wallet(self, user: UserId) -> None:
        if user in self._opened:
            return
        async with as_worker(self._world.sessions) as session:
            if await users.by_id(session, user) is not None:
                cash = self._operating.starting_cash
                await wallets.open_wallet(session, user, Account.WEATHER_PAPER, cash)
        self._opened.add(user)

    def _orderer(self) -> Orderer:
        world, rules = self._world, self._operating.rules
        sources = Sources(
            BucketBooks(world.board, world.books), self.beliefs, self.candidates, self.accounts_of
        )
        placer = Placer(
            world.sessions,
            world.desks,
            self.log,
            rules.slippage_percent,
            clock=world.clock,
            now=world.now,
        )
        return Orderer(world.sessions, sources, placer, rules, clock=world.clock, now=world.now)

    def _believe(self) -> None:
        """Forecasts are kept, and numbered, for what somebody wants traded."""
        wanted = self.candidates.wanted()
        self.beliefs.follow({event: one.event for event, one in wanted.items()})
