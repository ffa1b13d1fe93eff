"""One booking: ledger, position and cash move together or not at all."""

from collections.abc import Sequence
from functools import reduce

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.book import Side
from core.domain.errors import InsufficientBalance, NotEnoughShares
from core.domain.ledger import Fill
from core.domain.position import Position, apply_fill
from core.domain.resolution import status_after
from core.domain.sentences import worded
from core.domain.units import ZERO, Price, usdc
from core.storage import fills as ledger
from core.storage import positions, wallets


async def book(session: AsyncSession, fills: Sequence[Fill], mark: Price | None) -> list[Fill]:
    """Those of `fills` that are news, booked. All are one user's, in one token, on one side.

    Locks wallet, then position: callers that lock an order do it between the two, after
    `wallets.lock`. The position is marked at `mark`, or at the last fill's price. What the ledger
    knows already changes nothing. A user without a wallet has no cash to move.
    Raises: NotEnoughShares, InsufficientBalance; nothing of the transaction must stay then.
    """
    first = fills[0]
    has_wallet = await wallets.lock(session, first.user_id, first.account)
    news = await _news(session, fills)
    if not news:
        return []
    position = await _position_of(session, first)
    holding = reduce(apply_fill, news, position.holding)
    await ledger.add(session, news, position.id)
    last = news[-1]
    shown, status = last.price if mark is None else mark, status_after(holding, last)
    await positions.save(session, position.id, holding, shown, last.at, status)
    if has_wallet:
        await _pay(session, news)
    return news


async def _news(session: AsyncSession, fills: Sequence[Fill]) -> list[Fill]:
    first = fills[0]
    known = await ledger.known_keys(
        session, first.user_id, first.account, [fill.event_key for fill in fills]
    )
    return [fill for fill in fills if fill.event_key not in known]


async def _position_of(session: AsyncSession, fill: Fill) -> Position:
    if fill.side is Side.BUY:
        return await positions.lock_or_open(session, fill)
    held = await positions.lock_active(session, fill.user_id, fill.account, fill.token_id)
    if held is None:
        raise NotEnoughShares("You do not hold any shares of this outcome.")
    return held


async def _pay(session: AsyncSession, fills: Sequence[Fill]) -> None:
    first, change = fills[0], usdc(sum((fill.cash_change for fill in fills), ZERO))
    if await wallets.add_cash(session, first.user_id, first.account, change) is None:
        raise InsufficientBalance(
            worded(
                "This costs {cost} USDC with the fee, more than your balance.",
                cost=f"{-change:,.2f}",
            )
        )
