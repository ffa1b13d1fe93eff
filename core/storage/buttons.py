"""Money buttons: stored when shown, consumed once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.offer import ButtonClaim
from core.domain.units import MarketId, OrderId, UserId
from core.storage.chat_models import MoneyButtonRow
from core.storage.models import FOLLOWED

# Constant text: the first thing that a tap on money waits for.
_CONSUME: Final = sa.text("""
    UPDATE money_buttons SET used_at = :now
    WHERE id = :button AND user_id = :user AND chat_id = :chat AND message_id = :message
        AND used_at IS NULL AND expires_at > :now AND (payload ->> 'card' IS NOT NULL) = :is_card
    RETURNING payload
""").columns(payload=JSONB)


_OPEN_RECEIPTS: Final = sa.text(f"""
    SELECT b.user_id, b.chat_id, b.message_id, orders.id, orders.market_id
    FROM money_buttons b JOIN orders
        ON orders.user_id = b.user_id AND orders.key = 'button:' || b.id
    WHERE b.used_at > :since AND b.message_id IS NOT NULL AND orders.account = 'live'
        AND ({FOLLOWED} OR EXISTS (
            SELECT FROM fills WHERE order_id = orders.id AND settlement = 'provisional'))
    ORDER BY b.used_at
""")  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Button:
    """A stored button, to explain why a tap did nothing."""

    user_id: UserId
    chat_id: int
    message_id: int | None  # None until the message was sent
    expires_at: datetime
    used_at: datetime | None
    payload: dict[str, str]


async def add(
    session: AsyncSession,
    claim: ButtonClaim,
    payload: dict[str, str],
    *,
    bound: bool,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store a button that only `claim` can use; not `bound` = its message is not known yet."""
    session.add(
        MoneyButtonRow(
            id=claim.id,
            user_id=claim.user_id,
            chat_id=claim.chat_id,
            message_id=claim.message_id if bound else None,
            payload=payload,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await session.flush()


async def bind(session: AsyncSession, button_id: str, message_id: int) -> None:
    """The message the button stands in; said once, later words change nothing."""
    await session.execute(
        sa.update(MoneyButtonRow)
        .where(MoneyButtonRow.id == button_id, MoneyButtonRow.message_id.is_(None))
        .values(message_id=message_id)
    )


async def bind_own(session: AsyncSession, claim: ButtonClaim) -> None:
    """The same, said by whoever the button is for, in their chat."""
    await session.execute(
        sa.update(MoneyButtonRow)
        .where(
            MoneyButtonRow.id == claim.id,
            MoneyButtonRow.user_id == claim.user_id,
            MoneyButtonRow.chat_id == claim.chat_id,
            MoneyButtonRow.message_id.is_(None),
        )
        .values(message_id=claim.message_id)
    )


async def consume(
    session: AsyncSession, claim: ButtonClaim, now: datetime, *, is_card: bool = False
) -> dict[str, str] | None:
    """The payload for exactly one matching tap in time; None for every other.

    `is_card`: of a card's token, which no ticket's tap can use, nor the other way round.
    """
    values = {
        "button": claim.id,
        "user": claim.user_id,
        "chat": claim.chat_id,
        "message": claim.message_id,
        "now": now,
        "is_card": is_card,
    }
    payload: dict[str, str] | None = await session.scalar(_CONSUME, values)
    return payload


async def withdraw(session: AsyncSession, claim: ButtonClaim, now: datetime) -> None:
    """A button that is not used yet ends now."""
    await session.execute(
        sa.update(MoneyButtonRow)
        .where(
            MoneyButtonRow.id == claim.id,
            MoneyButtonRow.user_id == claim.user_id,
            MoneyButtonRow.used_at.is_(None),
            MoneyButtonRow.expires_at > now,
        )
        .values(expires_at=now)
    )


async def find(session: AsyncSession, button_id: str) -> Button | None:
    query = sa.select(MoneyButtonRow).where(MoneyButtonRow.id == button_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return Button(
        UserId(row.user_id),
        row.chat_id,
        row.message_id,
        row.expires_at,
        row.used_at,
        row.payload,
    )


async def open_receipts(
    session: AsyncSession, since: datetime
) -> list[tuple[UserId, int, int, OrderId, MarketId]]:
    """Everybody's, oldest first: chat and message of a used button, and its order, not over yet."""
    return [
        (UserId(row.user_id), row.chat_id, row.message_id, OrderId(row.id), MarketId(row.market_id))
        for row in await session.execute(_OPEN_RECEIPTS, {"since": since})
    ]


async def forget_expired(session: AsyncSession, before: datetime) -> None:
    """Buttons that ended before `before`; their orders keep the id as their key."""
    await session.execute(sa.delete(MoneyButtonRow).where(MoneyButtonRow.expires_at < before))
