"""The order service with the real guards, over the scripted venue, for one market."""

from dataclasses import dataclass

from core.domain.account import Account
from core.domain.position import Position
from core.domain.units import UserId
from core.services.clob.clob_service import ClobService
from core.services.clob.unresolved import Unresolved
from core.services.fresh_books import FreshBooks
from core.services.websocket_manager import WebSocketManager
from core.storage import positions
from core.storage.models import Sessions
from tests.support.guarding import Guarded, guarded
from tests.support.scripted_exchange import ScriptedVenue
from tests.support.trading import Shelf


@dataclass
class GuardedClob:
    """Everything between a tap and the wire; the market streams until told otherwise."""

    desk: Guarded
    venue: ScriptedVenue
    shelf: Shelf
    clob: ClobService
    unresolved: Unresolved

    async def user(self, telegram_id: int = 1, shares: str = "") -> UserId:
        user = await self.desk.user(telegram_id)
        if shares:
            await self.desk.holdings(user, shares)
        return user

    async def positions(self, user: UserId) -> list[Position]:
        async with self.desk.sessions() as session:
            return await positions.active(session, user, Account.LIVE)


async def guarded_clob(sessions: Sessions) -> GuardedClob:
    desk = await guarded(sessions)
    venue, shelf = ScriptedVenue(desk.time), Shelf(desk.time)
    books = FreshBooks(desk.board, shelf, desk.time.clock, desk.time.wall)
    clob = ClobService(
        sessions,
        venue,
        books,
        WebSocketManager(),
        account=Account.LIVE,
        guards=desk.guards,
        now=desk.time.wall,
    )
    unresolved = Unresolved(sessions, clob.desk, venue, venue, clob.news)
    return GuardedClob(desk, venue, shelf, clob, unresolved)
