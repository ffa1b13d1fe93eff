"""The venue's numbers become ours where no trade explains them: booked, with their reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.drift import CashMove, CashMoveKind
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.units import ZERO, Price, Size, TokenId, Usdc, UserId, usdc
from core.services.position.told_fills import book_told
from core.storage import fills, positions, wallets
from core.storage import reconciliation as stored


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares at the venue; `price` is what they cost on average, None where nobody knows."""

    token: TokenId
    market: Market
    size: Size
    price: Price | None


@dataclass(frozen=True, slots=True)
class Known:
    """The same as the ledger has it."""

    size: Size = Size(ZERO)
    price: Price = Price(ZERO)


async def take_over(
    session: AsyncSession, user: UserId, held: Holding, key: str, now: datetime
) -> None:
    """Book what makes our shares the venue's; once for one `key`.

    Our cash stays as it is: a TAKEN_OVER move balances what the shares are booked to have cost or
    brought. What leaves goes for what it cost, so it changes no profit; what comes costs what the
    venue says, else what we paid for such shares, else nothing.
    """
    await wallets.lock(session, user, Account.LIVE)
    if await fills.by_key(session, user, Account.LIVE, key) is not None:
        return
    ours = await positions.lock_active(session, user, Account.LIVE, held.token)
    known = Known() if ours is None else Known(ours.holding.amount, ours.holding.entry_price)
    if held.size == known.size:
        return
    fill = _fill(user, held, known, key, now)
    balance = CashMove(CashMoveKind.TAKEN_OVER, usdc(-fill.cash_change))
    if balance.amount and await stored.add_move(session, user, balance, key):
        await wallets.move_cash(session, user, Account.LIVE, balance.amount)
    await book_told(session, fill, None)


async def open_account(
    session: AsyncSession, user: UserId, held: Mapping[TokenId, Holding], cash: Usdc
) -> None:
    """What the account held before anybody looked, shares and money."""
    now = await stored.clock(session)
    for token, holding in sorted(held.items()):
        await take_over(session, user, holding, f"opening:{token}", now)
    known = await wallets.cash(session, user, Account.LIVE) or Usdc(ZERO)
    opening = CashMove(CashMoveKind.OPENING, usdc(cash - known))
    if opening.amount and await stored.add_move(session, user, opening, "opening"):
        await wallets.move_cash(session, user, Account.LIVE, opening.amount)
    await stored.finish(session, user, now, is_opening=True, has_cash=True)


def _fill(user: UserId, held: Holding, known: Known, key: str, now: datetime) -> Fill:
    change = held.size - known.size
    price = known.price if change < 0 or held.price is None else held.price
    return Fill(
        event_key=key,
        user_id=user,
        account=Account.LIVE,
        market_id=held.market.id,
        token_id=held.token,
        outcome=held.market.outcome_of(held.token).name,
        side=Side.BUY if change > 0 else Side.SELL,
        size=Size(abs(change)),
        price=price,
        fee=Usdc(ZERO),
        at=now,
    )
