"""Tables of the guards: what is reserved, limited, stopped; one row a user, and one for all."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.domain.book import Side
from core.domain.breaker import Trip
from core.domain.order import OrderStatus, Origin
from core.domain.risk import LimitKind, Stop
from core.storage.models import AmountColumn, Base, MarketKey, Now, RateColumn, UserKey

EPOCH = "1970-01-01"  # the day of a row in which nothing was counted yet


class RiskAccountRow(Base):
    """One user's account: whoever claims or settles an order of it locks this row first."""

    __tablename__ = "risk_accounts"
    __table_args__ = (
        sa.CheckConstraint("open_orders >= 0", name="open_orders_not_negative"),
        sa.CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        sa.CheckConstraint("day_value >= 0", name="day_value_not_negative"),
        {"postgresql_with": {"fillfactor": "40"}},
    )

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Account] = mapped_column(primary_key=True)
    open_orders: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[AmountColumn] = mapped_column(server_default="0")
    """USDC that open buys may still cost, with their fees."""
    day: Mapped[date] = mapped_column(server_default=EPOCH)
    day_value: Mapped[AmountColumn] = mapped_column(server_default="0")
    """USDC before fees that orders of `day` bought or may still buy for."""
    stop: Mapped[Stop] = mapped_column(server_default=Stop.NOTHING.value)
    stopped_at: Mapped[datetime | None]
    trip: Mapped[Trip | None]
    tripped_at: Mapped[datetime | None]
    incidents: Mapped[list[str]] = mapped_column(server_default="[]")
    refusal: Mapped[str] = mapped_column(sa.Text, server_default="")
    """Why the venue lets the user buy nothing, in its own words; empty while it does."""
    heartbeat_since: Mapped[datetime | None]
    """The venue cancels all of the user's orders if our heartbeat stops: it has begun then."""
    updated_at: Mapped[Now]


class RiskMarketRow(Base):
    """What open buys of one user's account in one market may still cost, before fees."""

    __tablename__ = "risk_markets"
    __table_args__ = (
        sa.CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        {"postgresql_with": {"fillfactor": "40"}},
    )

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Account] = mapped_column(primary_key=True)
    market_id: Mapped[MarketKey] = mapped_column(primary_key=True)
    reserved: Mapped[AmountColumn] = mapped_column(server_default="0")


class RiskTotalRow(Base):
    """All users together, in one kind of account; written last by every claim."""

    __tablename__ = "risk_totals"
    __table_args__ = (
        sa.CheckConstraint("day_value >= 0", name="day_value_not_negative"),
        {"postgresql_with": {"fillfactor": "10"}},
    )

    account: Mapped[Account] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(server_default=EPOCH)
    day_value: Mapped[AmountColumn] = mapped_column(server_default="0")
    halted_at: Mapped[datetime | None]
    halt_cancels_all: Mapped[bool] = mapped_column(server_default="false")
    """The halt wants all that rests off the books, also what people placed by hand."""
    trip: Mapped[Trip | None]
    tripped_at: Mapped[datetime | None]
    incidents: Mapped[list[str]] = mapped_column(server_default="[]")
    updated_at: Mapped[Now]


class ReservationRow(Base):
    """What one order still holds: nothing, once nothing of it works any more."""

    __tablename__ = "reservations"
    __table_args__ = (
        sa.Index("ix_reservations_open", "user_id", "account", postgresql_where="is_open"),
        sa.Index("ix_reservations_day", "day"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    order_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("orders.id"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    side: Mapped[Side]
    origin: Mapped[Origin]
    rests: Mapped[bool]
    status: Mapped[OrderStatus]
    """Of the order when it was last settled."""
    is_open: Mapped[bool]
    fee_share: Mapped[RateColumn] = mapped_column(server_default="0")
    value: Mapped[AmountColumn]
    cost: Mapped[AmountColumn]
    shares: Mapped[AmountColumn]
    day: Mapped[date]
    counted: Mapped[AmountColumn]
    """What the order adds to its day."""
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class RiskLimitRow(Base):
    """A limit that a user has set, below that of the settings."""

    __tablename__ = "risk_limits"
    __table_args__ = (
        sa.CheckConstraint("value >= 0", name="value_not_negative"),
        sa.CheckConstraint("(next_value IS NULL) = (next_at IS NULL)", name="raise_has_time"),
    )

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[LimitKind] = mapped_column(primary_key=True)
    value: Mapped[AmountColumn]
    next_value: Mapped[AmountColumn | None]
    next_at: Mapped[datetime | None]
    updated_at: Mapped[Now]
