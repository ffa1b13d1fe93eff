"""What somebody made of it, from the ledger in Postgres."""

from decimal import Decimal

from core.domain.account import Account
from core.domain.record import Period
from core.domain.units import Price, Size
from core.services.track_record import TrackRecord
from core.storage.models import Sessions
from tests.support.trading import MARKET_1, opened


async def test_a_record_is_what_the_positions_of_one_account_have_booked(
    sessions: Sessions,
) -> None:
    desk, user = await opened(sessions)
    forty_cents = Price(Decimal("0.4"))
    held = await desk.positions.create_position(
        user, MARKET_1, size=Size(Decimal(100)), price=forty_cents
    )
    sold = await desk.positions.close_position(held.id)
    await desk.positions.create_position(user, MARKET_1, size=Size(Decimal(5)), price=forty_cents)
    record = TrackRecord(sessions, now=desk.time.wall)
    paper = await record.of(user, Account.PAPER, Period.ALL)
    assert paper.fees == sold.fee
    assert paper.profit == sold.filled_value - 40 - sold.fee
    assert paper.points[-1].profit == paper.profit
    assert paper.fills == 4  # the sale met two levels of the book
    assert (await record.of(user, Account.LIVE, Period.ALL)).fills == 0
