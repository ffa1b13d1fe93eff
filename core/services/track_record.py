"""What a user bought, sold and made of it, read from the ledger."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.position import Position
from core.domain.record import Period, Record, booked, record_of
from core.domain.units import ZERO, PositionId, TokenId, UserId
from core.services.clock import utc_now
from core.storage import fills
from core.storage.fills import StoredFill
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class TrackRecord:
    def __init__(self, sessions: Sessions, *, now: Callable[[], datetime] = utc_now) -> None:
        self._sessions = sessions
        self._now = now

    async def entries(self, user: UserId, account: Account, token: TokenId) -> tuple[Fill, ...]:
        """The user's own fills in one outcome, as they were booked."""
        async with as_user(self._sessions, user) as session:
            return tuple(await fills.of_token(session, user, account, token))

    async def result_in_percent(self, user: UserId, position: Position) -> Decimal | None:
        """The booked profit of all that was paid for it; None where nothing is known of that."""
        async with as_user(self._sessions, user) as session:
            own = await fills.of_position(session, position.id)
        paid = sum((fill.value for fill in own if fill.side is Side.BUY), ZERO)
        return None if paid == 0 else 100 * position.holding.realized_pnl / paid

    async def of(self, user: UserId, account: Account, period: Period) -> Record:
        """The period's record: each position folded by itself, all of them added up by time."""
        async with as_user(self._sessions, user) as session:
            stored = await fills.foldable(session, user, account)
        return await asyncio.to_thread(_record, stored, period.start(self._now()))


def _record(stored: Sequence[StoredFill], start: datetime | None) -> Record:
    """Of many thousand fills it takes a second."""
    by_position = defaultdict[PositionId, list[Fill]](list)
    for one in stored:
        if one.position_id is not None:
            by_position[one.position_id].append(one.fill)
    news = [each for of_one in by_position.values() for each in booked(of_one)]
    return record_of(news, start)
