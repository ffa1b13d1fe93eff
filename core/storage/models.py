"""Tables. Rows of these classes never leave `core.storage`."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.domain.account import Account
from core.domain.alert import AlertKind, AlertState
from core.domain.book import Side
from core.domain.breaker import Trip
from core.domain.custody import Tier, WalletState
from core.domain.drift import CashMoveKind, DriftKind
from core.domain.holdings import HoldingOrder
from core.domain.ledger import Settlement
from core.domain.market import Source
from core.domain.notice import NoticeKind
from core.domain.order import OrderStatus, Origin
from core.domain.order_amounts import OrderKind
from core.domain.position import PositionStatus
from core.domain.preferences import ConfirmMode
from core.domain.risk import LimitKind, Stop
from core.domain.trigger import TriggerKind, TriggerState
from core.domain.update import UpdateOutcome
from core.domain.user import Role
from core.domain.wallet_action import ActionKind, ActionState
from core.domain.withdrawal import WithdrawalState

Sessions = async_sessionmaker[AsyncSession]

PriceColumn = Annotated[Decimal, mapped_column(sa.Numeric(14, 12))]
AmountColumn = Annotated[Decimal, mapped_column(sa.Numeric(26, 6))]
PercentColumn = Annotated[Decimal, mapped_column(sa.Numeric(20, 4))]
RateColumn = Annotated[Decimal, mapped_column(sa.Numeric(12, 8))]
Now = Annotated[datetime, mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())]
Id = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)]
UserKey = Annotated[int, mapped_column(sa.BigInteger, sa.ForeignKey("users.id"))]
MarketKey = Annotated[str, mapped_column(sa.Text, sa.ForeignKey("markets.id"))]


CHOICES: Final = (
    Account,
    ActionKind,
    ActionState,
    AlertKind,
    AlertState,
    CashMoveKind,
    ConfirmMode,
    DriftKind,
    HoldingOrder,
    LimitKind,
    NoticeKind,
    OrderKind,
    OrderStatus,
    Origin,
    PositionStatus,
    Role,
    Settlement,
    Side,
    Source,
    Stop,
    Tier,
    TriggerKind,
    TriggerState,
    Trip,
    UpdateOutcome,
    WalletState,
    WithdrawalState,
)


def _choice(values: type[StrEnum]) -> sa.Enum:
    """An enum stored by value as checked text, so that a new member is a plain migration."""
    return sa.Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
        name=values.__name__.lower(),
    )


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: sa.Text,
        datetime: sa.DateTime(timezone=True),
        list[str]: JSONB,
        list[str | None]: JSONB,
        dict[str, str]: JSONB,
        dict[str, object]: JSONB,
        **{values: _choice(values) for values in CHOICES},
    }


class UserRow(Base):
    __tablename__ = "users"

    id: Mapped[Id]
    telegram_id: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    first_name: Mapped[str] = mapped_column(server_default="")
    role: Mapped[Role] = mapped_column(server_default=Role.TRADER.value)
    has_blocked: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[Now]
    blocked_at: Mapped[datetime | None]
    """From when on the owner lets them in no more."""


class WalletRow(Base):
    """Money of one user in one account; `cash` in USDC."""

    __tablename__ = "wallets"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "account"),
        # The venue's news of live trades can come before that of the deposit they were paid from.
        sa.CheckConstraint("cash >= 0 OR account = 'live'", name="cash_not_negative"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    cash: Mapped[AmountColumn]
    starting_cash: Mapped[AmountColumn]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class MarketRow(Base):
    """One market. Lists are aligned with `outcomes`; prices in them are decimal strings."""

    __tablename__ = "markets"
    __table_args__ = (
        sa.Index("ix_markets_busy", sa.text("volume_24h DESC"), postgresql_where="not is_closed"),
        sa.Index("ix_markets_event_id", "event_id"),
        sa.Index(
            "ix_markets_listed_at",
            sa.text("listed_at DESC NULLS LAST"),
            postgresql_where="NOT is_closed",
        ),
        sa.Index("ix_markets_ends_at", "ends_at", postgresql_where="NOT is_closed"),
        {"postgresql_with": {"fillfactor": "40"}},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    condition_id: Mapped[str] = mapped_column(index=True)
    slug: Mapped[str] = mapped_column(index=True)
    source: Mapped[Source] = mapped_column(server_default=Source.API.value)
    question: Mapped[str]
    title: Mapped[str]
    event_id: Mapped[str | None]
    event_slug: Mapped[str | None] = mapped_column(index=True)
    event_title: Mapped[str | None]
    event_neg_risk: Mapped[bool] = mapped_column(server_default=sa.false())
    category: Mapped[str] = mapped_column(server_default="")
    version: Mapped[str] = mapped_column(server_default="v1")
    outcomes: Mapped[list[str]]
    clob_token_ids: Mapped[list[str]]
    outcome_prices: Mapped[list[str | None]]
    best_bid: Mapped[list[str | None]] = mapped_column(server_default="[]")
    best_ask: Mapped[list[str | None]] = mapped_column(server_default="[]")
    last_trade_price: Mapped[PriceColumn | None]
    """Of the first outcome; a trade of the second counts as 1 - price."""
    tick_size: Mapped[PriceColumn]
    minimum_size: Mapped[AmountColumn]
    fee_rate: Mapped[RateColumn] = mapped_column(server_default="0")
    fee_exponent: Mapped[RateColumn] = mapped_column(server_default="1")
    fee_taker_only: Mapped[bool] = mapped_column(server_default=sa.true())
    neg_risk: Mapped[bool] = mapped_column(server_default=sa.false())
    volume: Mapped[AmountColumn] = mapped_column(server_default="0")
    volume_24h: Mapped[AmountColumn] = mapped_column(server_default="0")
    liquidity: Mapped[AmountColumn] = mapped_column(server_default="0")
    ends_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None]
    accepts_orders: Mapped[bool] = mapped_column(server_default=sa.true())
    is_closed: Mapped[bool] = mapped_column(server_default=sa.false())
    is_resolved: Mapped[bool] = mapped_column(server_default=sa.false())
    resolved_outcome: Mapped[str | None]
    payouts: Mapped[list[str] | None]
    """USDC per share once the result is known."""
    price_at: Mapped[datetime | None]
    """When the stored prices were last known to be current."""
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


FOLLOWED: Final = (
    "status IN ('new', 'signed', 'unknown', 'live', 'matched', 'delayed', 'partial')"
    " OR matched_size > filled_size + failed_size"
)
"""Orders of which news may still come."""


class OrderRow(Base):
    """What was asked for and what became of it. Unique by account, user and idempotency key."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("account", "user_id", "key"),
        sa.Index("ix_orders_user_id_created_at", "user_id", sa.text("created_at DESC")),
        sa.Index("ix_orders_followed", "account", "user_id", postgresql_where=FOLLOWED),
        sa.CheckConstraint("(spend IS NULL) <> (size IS NULL)", name="spend_or_size"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    outcome: Mapped[str]
    side: Mapped[Side]
    spend: Mapped[AmountColumn | None]
    size: Mapped[AmountColumn | None]
    worst_price: Mapped[PriceColumn]
    key: Mapped[str]
    kind: Mapped[OrderKind] = mapped_column(server_default=OrderKind.FAK.value)
    post_only: Mapped[bool] = mapped_column(server_default=sa.false())
    expires_at: Mapped[datetime | None]
    origin: Mapped[Origin] = mapped_column(server_default=Origin.PERSON.value)
    order_hash: Mapped[str | None] = mapped_column(unique=True)
    """The venue's id of it, from the moment it is signed."""
    status: Mapped[OrderStatus] = mapped_column(server_default=OrderStatus.NEW.value)
    matched_size: Mapped[AmountColumn] = mapped_column(server_default="0")
    """What the venue says in total; fills of it may still have to come."""
    failed_size: Mapped[AmountColumn] = mapped_column(server_default="0")
    """What was matched and did not settle."""
    failed_value: Mapped[AmountColumn] = mapped_column(server_default="0")
    filled_size: Mapped[AmountColumn] = mapped_column(server_default="0")
    filled_value: Mapped[AmountColumn] = mapped_column(server_default="0")
    fee: Mapped[AmountColumn] = mapped_column(server_default="0")
    reason: Mapped[str] = mapped_column(server_default="")
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class PositionRow(Base):
    """A fold of this position's fills; `current_price` and the P&L follow the token's price."""

    __tablename__ = "positions"
    __table_args__ = (
        sa.Index(
            "uq_positions_active",
            "account",
            "user_id",
            "token_id",
            unique=True,
            postgresql_where="status = 'active'",
        ),
        # The flush joins on the token alone: without this index the planner reads every position.
        sa.Index("ix_positions_active_token", "token_id", postgresql_where="status = 'active'"),
        sa.Index("ix_positions_user_id", "user_id"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        {"postgresql_with": {"fillfactor": "40", "autovacuum_analyze_threshold": "10000000"}},
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account] = mapped_column(server_default=Account.PAPER.value)
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    outcome: Mapped[str]
    amount: Mapped[AmountColumn]
    entry_price: Mapped[PriceColumn]
    current_price: Mapped[PriceColumn | None]
    pnl_amount: Mapped[AmountColumn] = mapped_column(server_default="0")
    pnl_percentage: Mapped[PercentColumn | None]
    realized_pnl: Mapped[AmountColumn] = mapped_column(server_default="0")
    fees_paid: Mapped[AmountColumn] = mapped_column(server_default="0")
    status: Mapped[PositionStatus] = mapped_column(server_default=PositionStatus.ACTIVE.value)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    closed_at: Mapped[datetime | None]


class FillRow(Base):
    """The ledger: rows are added; of a row only its settlement and its place can change."""

    __tablename__ = "fills"
    __table_args__ = (
        sa.UniqueConstraint("account", "user_id", "event_key"),
        sa.Index("ix_fills_position_id", "position_id"),
        sa.CheckConstraint("size > 0", name="size_positive"),
        sa.CheckConstraint("price BETWEEN 0 AND 1", name="price_in_range"),
        sa.CheckConstraint("fee >= 0", name="fee_not_negative"),
    )

    id: Mapped[Id]
    event_key: Mapped[str]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    order_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("orders.id"))
    position_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("positions.id"))
    """None: it had failed before anything else was known of it."""
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    outcome: Mapped[str]
    side: Mapped[Side]
    size: Mapped[AmountColumn]
    price: Mapped[PriceColumn]
    fee: Mapped[AmountColumn]
    settlement: Mapped[Settlement] = mapped_column(server_default=Settlement.CONFIRMED.value)
    at: Mapped[datetime]
    trade_id: Mapped[str | None]
    transaction_hash: Mapped[str | None]
    created_at: Mapped[Now]
