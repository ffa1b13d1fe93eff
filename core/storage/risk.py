"""What the guards reserve and read. Locks go user's account first, the row of all users last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.breaker import Trip
from core.domain.order import Order, Ticket
from core.domain.reservation import Hold
from core.domain.risk import Exposure, LimitKind, Limits, Stop, Switches
from core.domain.units import ZERO, Size, Usdc, UserId
from core.storage.risk_models import RiskAccountRow


@dataclass(frozen=True, slots=True)
class AccountState:
    """A user's account, locked until the end of the transaction."""

    stop: Stop
    refusal: str
    trip: Trip | None
    open_orders: int
    reserved: Usdc
    day_value: Usdc  # of today
    epoch: int  # the newest taking-over; nobody takes over before the end of the transaction
    may_trade: bool  # neither a viewer nor blocked


@dataclass(frozen=True, slots=True)
class Facts:
    """All else that a claim is decided on."""

    exposure: Exposure
    switches: Switches
    own_limits: Mapping[LimitKind, Decimal]
    awaits_outcome: bool  # an order in the market was sent and not answered


_LOCK: Final = sa.text("""
    SELECT stop, refusal, trip, open_orders, reserved, current_epoch() AS epoch,
        CASE WHEN day = CAST(:today AS date) THEN day_value ELSE 0 END AS day_value,
        (SELECT role <> 'viewer' AND blocked_at IS NULL FROM users WHERE id = :user) AS may_trade
    FROM risk_accounts WHERE user_id = :user AND account = :account
    FOR NO KEY UPDATE
""")

# Everything in here is written under the lock on the user's account, or by nobody else.
_FACTS: Final = sa.text("""
    SELECT
        (SELECT cash FROM wallets WHERE user_id = :user AND account = :account) AS cash,
        (SELECT coalesce(sum(amount * entry_price), 0) FROM positions WHERE user_id = :user
            AND account = :account AND market_id = :market AND status = 'active')
        + (SELECT coalesce(sum(reserved), 0) FROM risk_markets WHERE user_id = :user
            AND account = :account AND market_id = :market) AS market_value,
        (SELECT coalesce(sum(amount), 0) FROM positions WHERE user_id = :user
            AND account = :account AND token_id = :token AND status = 'active') AS shares,
        (SELECT coalesce(sum(shares), 0) FROM reservations WHERE is_open AND user_id = :user
            AND account = :account AND token_id = :token) AS shares_reserved,
        EXISTS (SELECT FROM reservations WHERE is_open AND user_id = :user
            AND account = :account AND market_id = :market AND status = 'unknown') AS awaits,
        (SELECT jsonb_object_agg(kind, CAST(CASE WHEN next_at <= :now THEN next_value
            ELSE value END AS text)) FROM risk_limits WHERE user_id = :user) AS limits,
        t.halted_at IS NOT NULL AS is_halted, t.trip,
        CASE WHEN t.day = CAST(:today AS date) THEN t.day_value ELSE 0 END AS day_value
    FROM risk_totals t WHERE t.account = :account
""").columns(limits=JSONB)

# All of it or nothing: the last row decides whether there is room, and switches bind in it.
_RESERVE: Final = sa.text("""
    WITH total AS (
        UPDATE risk_totals SET day = CAST(:today AS date), updated_at = now(),
            day_value = CASE WHEN day = CAST(:today AS date) THEN day_value ELSE 0 END
                + CAST(:value AS numeric)
        WHERE account = :account AND halted_at IS NULL AND trip IS NULL
            AND (CAST(:value AS numeric) = 0
                OR CASE WHEN day = CAST(:today AS date) THEN day_value ELSE 0 END
                    + CAST(:value AS numeric) <= CAST(:all_most AS numeric))
        RETURNING account
    ), own AS (
        UPDATE risk_accounts a SET open_orders = a.open_orders + 1, updated_at = now(),
            reserved = a.reserved + CAST(:cost AS numeric), day = CAST(:today AS date),
            day_value = CASE WHEN a.day = CAST(:today AS date) THEN a.day_value ELSE 0 END
                + CAST(:value AS numeric)
        FROM total WHERE a.user_id = :user AND a.account = total.account
            AND (CAST(:value AS numeric) = 0
                OR CASE WHEN a.day = CAST(:today AS date) THEN a.day_value ELSE 0 END
                    + CAST(:value AS numeric) <= CAST(:day_most AS numeric))
        RETURNING a.user_id
    ), market AS (
        INSERT INTO risk_markets AS m (user_id, account, market_id, reserved)
        SELECT user_id, :account, :market, CAST(:value AS numeric) FROM own
        ON CONFLICT (user_id, account, market_id)
            DO UPDATE SET reserved = m.reserved + excluded.reserved
    )
    INSERT INTO reservations (order_id, user_id, account, market_id, token_id, side, origin,
        rests, status, is_open, fee_share, value, cost, shares, day, counted)
    SELECT :order, user_id, :account, :market, :token, :side, :origin, :rests, :status, true,
        CAST(:fee_share AS numeric), CAST(:value AS numeric), CAST(:cost AS numeric),
        CAST(:shares AS numeric), CAST(:today AS date), CAST(:value AS numeric) FROM own
    RETURNING order_id
""")

_SWITCHES: Final = sa.text("""
    SELECT a.stop, a.refusal, a.trip, t.halted_at IS NOT NULL AS is_halted,
        t.trip AS trip_of_all, current_epoch() AS epoch
    FROM risk_accounts a JOIN risk_totals t ON t.account = a.account
    WHERE a.user_id = :user AND a.account = :account
    FOR NO KEY UPDATE OF a FOR SHARE OF t
""")


async def lock_account(
    session: AsyncSession, user: UserId, account: Account, now: datetime
) -> AccountState:
    """The account as it is now, kept so until the end of the transaction; created if need be."""
    asked = {"user": user, "account": account.value, "today": utc_day(now)}
    row = (await session.execute(_LOCK, asked)).one_or_none()
    if row is None:
        new = insert(RiskAccountRow).values(user_id=user, account=account)
        await session.execute(new.on_conflict_do_nothing())
        row = (await session.execute(_LOCK, asked)).one()
    return AccountState(
        stop=Stop(row.stop),
        refusal=row.refusal,
        trip=_trip(row.trip),
        open_orders=row.open_orders,
        reserved=Usdc(row.reserved),
        day_value=Usdc(row.day_value),
        epoch=row.epoch,
        may_trade=row.may_trade,
    )


async def facts(session: AsyncSession, state: AccountState, ticket: Ticket, now: datetime) -> Facts:
    """What stands beside the locked `state`. Without a wallet there is no cash."""
    asked = _ticket(ticket) | {"now": now, "today": utc_day(now)}
    row = (await session.execute(_FACTS, asked)).one()
    return Facts(
        exposure=Exposure(
            cash=Usdc(row.cash if row.cash is not None else ZERO),
            reserved=state.reserved,
            shares=Size(row.shares),
            shares_reserved=Size(row.shares_reserved),
            open_orders=state.open_orders,
            market_value=Usdc(row.market_value),
            day_value=state.day_value,
            day_value_of_all=Usdc(row.day_value),
        ),
        switches=Switches(state.stop, state.trip, row.is_halted, _trip(row.trip), state.refusal),
        own_limits={LimitKind(kind): Decimal(most) for kind, most in (row.limits or {}).items()},
        awaits_outcome=row.awaits,
    )


async def reserve(
    session: AsyncSession, order: Order, hold: Hold, fee_share: Decimal, limits: Limits, day: date
) -> bool:
    """Whether there was room; if not, nothing is reserved. The account is locked before."""
    ticket = order.ticket
    reserved = await session.scalar(
        _RESERVE,
        _ticket(ticket)
        | {
            "order": order.id,
            "status": order.status.value,
            "side": ticket.side.value,
            "origin": ticket.origin.value,
            "rests": ticket.kind.rests,
            "fee_share": fee_share,
            "value": hold.value,
            "cost": hold.cost,
            "shares": hold.shares,
            "today": day,
            "day_most": limits.per_day,
            "all_most": limits.all_users_per_day,
        },
    )
    return reserved is not None


async def switches(
    session: AsyncSession, user: UserId, account: Account
) -> tuple[Switches, int] | None:
    """With the newest taking-over. Whoever changes a switch or takes over waits for our end.

    None before the first claim.
    """
    row = (await session.execute(_SWITCHES, {"user": user, "account": account.value})).one_or_none()
    if row is None:
        return None
    stop, trip, trip_of_all = Stop(row.stop), _trip(row.trip), _trip(row.trip_of_all)
    return Switches(stop, trip, row.is_halted, trip_of_all, row.refusal), row.epoch


def utc_day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _trip(name: str | None) -> Trip | None:
    return None if name is None else Trip(name)


def _ticket(ticket: Ticket) -> dict[str, object]:
    return {
        "user": ticket.user_id,
        "account": ticket.account.value,
        "market": ticket.market_id,
        "token": ticket.token_id,
    }
