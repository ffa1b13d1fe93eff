"""Markets that end at a real venue, the parts that find out, and people who hold shares."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from core.domain.market import Market
from core.domain.position import Position
from core.domain.units import Price, Size, TokenId, Usdc, UserId
from core.ports import MarketStates
from core.services.outbox import Outbox
from core.services.position.resolution_service import ResolutionService
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import open_client
from tests.support import sandbox_exchange
from tests.support.trading import Desk, desk_of
from tests.support.venue_rest import asking

POSITIONS = "SELECT * FROM positions ORDER BY id"
CASH = "SELECT user_id, cash FROM wallets ORDER BY user_id"
LEDGER = "SELECT * FROM fills ORDER BY id"
NOTICES = "SELECT * FROM notices ORDER BY id"


@dataclass
class Endings:
    """`markets`: of the venue, all of them open when the test begins."""

    sessions: Sessions
    desk: Desk
    venue: httpx.AsyncClient
    catalogue: GammaCatalogue
    outbox: Outbox
    service: ResolutionService
    watcher: ResolutionWatcher
    markets: tuple[Market, ...]

    def another_watcher(self, states: MarketStates | None = None) -> ResolutionWatcher:
        """As a second instance on the same database would have."""
        return ResolutionWatcher(states or self.catalogue, self.service, interval=3600.0, quiet=0.0)

    async def control(self, command: str, **body: object) -> None:
        await sandbox_exchange.order(self.venue, command, **body)

    async def holds(
        self,
        user: UserId,
        token: TokenId,
        size: str = "100",
        price: str = "0.40",
        fee: str = "0.96",
    ) -> Position:
        """A purchase that is paid for, as the services book it."""
        market = next(market for market in self.markets if token in market.tokens)
        return await self.desk.positions.create_position(
            user,
            market.id,
            token_id=token,
            size=Size(Decimal(size)),
            price=Price(Decimal(price)),
            fee=Usdc(Decimal(fee)),
        )

    async def rows(self, query: str) -> list[RowMapping]:
        return await rows_of(self.sessions, query)

    async def everything(self) -> list[list[RowMapping]]:
        """What money there is and where it came from."""
        return [await self.rows(query) for query in (POSITIONS, CASH, LEDGER, NOTICES)]


@asynccontextmanager
async def endings(sessions: Sessions) -> AsyncIterator[Endings]:
    """A still exchange, whose first markets are in the catalogue."""
    exchange = sandbox_exchange.still_exchange()
    async with (
        sandbox_exchange.serving(exchange) as address,
        asking(f"http://{address}") as http,
        open_client() as client,
    ):
        client.base_url = httpx.URL(f"http://{address}")
        catalogue, desk = GammaCatalogue(http), desk_of(sessions)
        markets = (await catalogue.page()).markets
        async with sessions.begin() as session:
            await upsert(session, markets, desk.time.wall())
        outbox = Outbox(sessions, now=desk.time.wall)
        service = ResolutionService(sessions, desk.manager, outbox, now=desk.time.wall)
        watcher = ResolutionWatcher(catalogue, service, interval=3600.0, quiet=0.0)
        yield Endings(sessions, desk, client, catalogue, outbox, service, watcher, markets)


async def rows_of(sessions: Sessions, query: str) -> list[RowMapping]:
    async with sessions() as session:
        return list((await session.execute(sa.text(query))).mappings())
