"""Rows as somebody outside would insert them: plain SQL, defaults left to the database."""

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.fees import FeeSchedule
from core.domain.market import Market, Outcome
from core.domain.units import ConditionId, MarketId, PositionId, Size, TokenId, UserId


def market(number: int = 1) -> Market:
    """A two-sided market whose tokens are `<number>1` and `<number>2`."""
    return Market(
        id=MarketId(str(number)),
        condition_id=ConditionId(f"0x{number:064x}"),
        slug=f"market-{number}",
        question=f"Will number {number} win?",
        title=f"Number {number}",
        outcomes=(
            Outcome("Yes", TokenId(f"{number}1")),
            Outcome("No", TokenId(f"{number}2")),
        ),
        tick=Decimal("0.01"),
        minimum_size=Size(Decimal(5)),
        fees=FeeSchedule(Decimal("0.04")),
    )


async def add_user(session: AsyncSession, telegram_id: int = 1, cash: int = 1000) -> UserId:
    """A trader with a paper wallet."""
    user_id = await session.scalar(
        sa.text("INSERT INTO users (telegram_id) VALUES (:id) RETURNING id"), {"id": telegram_id}
    )
    await session.execute(
        sa.text(
            "INSERT INTO wallets (user_id, account, cash, starting_cash)"
            " VALUES (:user, 'paper', :cash, :cash)"
        ),
        {"user": user_id, "cash": cash},
    )
    assert isinstance(user_id, int)
    return UserId(user_id)


async def add_markets(session: AsyncSession, markets: Sequence[Market]) -> None:
    await session.execute(
        sa.text("""
            INSERT INTO markets (id, condition_id, slug, question, title, outcomes,
                clob_token_ids, outcome_prices, tick_size, minimum_size, fee_rate)
            VALUES (:id, :condition, :slug, :question, :title, '["Yes", "No"]',
                jsonb_build_array(CAST(:yes AS text), CAST(:no AS text)),
                '[null, null]', 0.01, 5, :rate)
        """),
        [
            {
                "id": one.id,
                "condition": one.condition_id,
                "slug": one.slug,
                "question": one.question,
                "title": one.title,
                "yes": one.tokens[0],
                "no": one.tokens[1],
                "rate": one.fees.rate,
            }
            for one in markets
        ],
    )


async def add_position(
    session: AsyncSession,
    user_id: UserId,
    one: Market,
    token: TokenId,
    amount: str = "100",
    entry: str = "0.5",
) -> PositionId:
    """An active position without a fill, as decision 15 allows."""
    position_id = await session.scalar(
        sa.text("""
            INSERT INTO positions (user_id, market_id, token_id, outcome, amount, entry_price)
            VALUES (:user, :market, :token, :outcome, :amount, :entry) RETURNING id
        """),
        {
            "user": user_id,
            "market": one.id,
            "token": token,
            "outcome": one.outcome_of(token).name,
            "amount": Decimal(amount),
            "entry": Decimal(entry),
        },
    )
    assert isinstance(position_id, int)
    return PositionId(position_id)
