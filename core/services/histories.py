"""What a user traded: page by page, and all of it as files to keep."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.statement import (
    PAGE,
    CsvFiles,
    HistoryPage,
    LedgerLine,
    Statement,
    entry,
    is_booked,
    profits,
)
from core.domain.steps import Steps
from core.domain.units import ZERO, PositionId, Usdc, UserId, usdc
from core.services.in_turns import Turns, in_turns
from core.storage import fills, histories
from core.storage.fills import StoredFill
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class Histories:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def page(self, user: UserId, account: Account, page: int = 0) -> HistoryPage:
        """What each fill booked follows from all of its position, so these are read as well."""
        page = max(page, 0)
        async with as_user(self._sessions, user) as session:
            lines = await histories.newest(
                session, user, account, limit=PAGE + 1, offset=page * PAGE
            )
            held = {line.position_id for line in lines[:PAGE] if line.position_id is not None}
            stored = await fills.of_positions(session, sorted(held))
        known = await in_turns(_profits(stored))
        told = tuple(entry(line, known) for line in lines[:PAGE])
        return HistoryPage(told, page, has_more=len(lines) > PAGE)

    async def statement(self, user: UserId, account: Account) -> Statement:
        """Everything, in files; it takes a second for 10,000 trades.

        The ledger is read twice and never held as a whole. What was booked between the two
        readings is left to the next statement.
        """
        files, turns = CsvFiles(), Turns()
        async with as_user(self._sessions, user) as session:
            known = await _booked(histories.by_position(session, user, account), turns)
            async for line in histories.by_time(session, user, account):
                if line.fill.event_key in known or not is_booked(line):
                    files.add(entry(line, known))
                await turns.rest()
        return files.done(known)

    async def last_sale(self, user: UserId, position: PositionId) -> Usdc:
        """What the last order that sold of the position brought, after fees; 0 without one."""
        async with as_user(self._sessions, user) as session:
            sales = [
                fill
                for fill in await fills.of_position(session, position)
                if fill.side is Side.SELL
            ]
        last = sales[-1].order_id if sales else None
        parts = [fill.cash_change for fill in sales if fill.order_id == last]
        return usdc(sum(parts, ZERO))


async def _booked(lines: AsyncIterator[LedgerLine], turns: Turns) -> dict[str, Usdc]:
    """What each fill booked, by its key; the lines come position after position."""
    known, position, fills = dict[str, Usdc](), None, list[Fill]()
    async for line in lines:
        if line.position_id != position:
            known |= await in_turns(profits([fills]))
            position, fills = line.position_id, []
        if is_booked(line):
            fills.append(line.fill)
        await turns.rest()
    known |= await in_turns(profits([fills]))
    return known


def _profits(stored: Sequence[StoredFill]) -> Steps[dict[str, Usdc]]:
    by_position = defaultdict[PositionId, list[Fill]](list)
    for one in stored:
        if one.position_id is not None:
            by_position[one.position_id].append(one.fill)
    return profits(by_position.values())
