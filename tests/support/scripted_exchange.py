"""A small venue for order tests: it books what it gets, and loses answers as it is told to."""
# ruff: noqa: ARG002 - the signatures are the ports'

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from core.domain.book import Side
from core.domain.errors import (
    OtherWallet,
    OutcomeUnknown,
    PolycoolError,
    Rejected,
    Unavailable,
)
from core.domain.ledger import Settlement
from core.domain.market import Market
from core.domain.order import Order, OrderHash, OrderStatus, SignedPayload
from core.domain.reports import (
    Balances,
    LiquidityRole,
    OrderReport,
    TradeReport,
    VenuePosition,
)
from core.domain.units import ZERO, Price, Size, TokenId, Usdc, UserId, usdc
from core.ports import Execution
from tests.support.trading import Time


@dataclass
class Booked:
    """One order at the venue."""

    order: Order
    report: OrderReport
    trades: list[TradeReport] = field(default_factory=list)


@dataclass
class ScriptedVenue:
    """An `Exchange` and `AccountReports`. The lists say what befalls the next calls, first first.

    `posts`: None takes the order; "lost" never sees it and answers nothing; "late" answers nothing
    and takes it when `arrive` is called; "unheard" takes it and answers nothing; an error is raised
    instead; an execution is the answer, and `is_deaf` says that it means nothing. `fills`: shares
    and price that a taken order gets at once.
    """

    time: Time
    posts: list[str | PolycoolError | Execution | None] = field(default_factory=list)
    cancels: list[PolycoolError | None] = field(default_factory=list)
    fills: list[tuple[str, str]] = field(default_factory=list)
    is_silent: bool = False  # nothing can be looked up
    is_of_another_wallet: bool = False  # nor can what is asked about: its wallet was given up
    is_deaf: bool = False  # what is answered as told was not taken
    refusal: PolycoolError | None = None  # of the signer
    book: dict[OrderHash, Booked] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    cancelled: list[OrderHash] = field(default_factory=list)
    before_signing: Awaitable[object] | None = None
    before_post: Callable[[], Awaitable[None]] | None = None
    _late: list[tuple[Order, Market, SignedPayload]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def get_ready(self, user: UserId) -> None:
        """Nothing is needed."""

    async def prepare(self, order: Order, market: Market) -> SignedPayload | None:
        assert market.id == order.ticket.market_id
        if self.before_signing is not None:
            await self.before_signing
        if self.refusal is not None:
            raise self.refusal
        number = next(self._numbers)
        text = f"{order.id:032x}{number:032x}"
        now = self.time.wall()
        return SignedPayload(
            OrderHash(f"0x{text}"), number, int(now.timestamp() * 1000), text.encode(), now
        )

    async def place(self, order: Order, market: Market, signed: SignedPayload | None) -> Execution:
        assert signed is not None
        if self.before_post is not None:
            await self.before_post()
        self.bodies.append(signed.body)
        fate = self.posts.pop(0) if self.posts else None
        if isinstance(fate, PolycoolError):
            raise fate
        if fate == "late":
            self._late.append((order, market, signed))
        if fate in {"late", "lost"}:
            raise OutcomeUnknown("The exchange did not answer.")
        if isinstance(fate, Execution) and self.is_deaf:
            return fate
        booked = self.take(order, market, signed)
        if isinstance(fate, Execution):
            return fate
        if fate == "unheard":
            raise OutcomeUnknown("The exchange did not answer.")
        return self._answer(booked)

    async def cancel(self, order: Order, signed: SignedPayload | None) -> Execution:
        assert order.hash is not None
        self.cancelled.append(order.hash)
        fate = self.cancels.pop(0) if self.cancels else None
        if fate is not None:
            raise fate
        booked = self.book.get(order.hash)
        if booked is None or booked.report.status is not OrderStatus.LIVE:
            raise Rejected("The order is not on the book.")
        booked.report = replace(booked.report, status=OrderStatus.CANCELLED)
        return Execution(OrderStatus.CANCELLED)

    async def look_up(self, order: Order, signed: SignedPayload) -> OrderReport | None:
        if self.is_silent:
            raise Unavailable("The exchange does not answer.")
        if self.is_of_another_wallet:
            raise OtherWallet("Its wallet was given up.")
        booked = self.book.get(signed.hash)
        return None if booked is None else booked.report

    async def open_orders(self, user: UserId) -> tuple[OrderReport, ...]:
        reports = (booked.report for booked in self.book.values())
        return tuple(report for report in reports if report.status is OrderStatus.LIVE)

    async def trades(self, user: UserId, after: datetime | None) -> tuple[TradeReport, ...]:
        told = [trade for booked in self.book.values() for trade in booked.trades]
        return tuple(trade for trade in told if after is None or trade.at >= after)

    async def trades_named(self, user: UserId, ids: Sequence[str]) -> tuple[TradeReport, ...]:
        return tuple(trade for trade in await self.trades(user, None) if trade.trade_id in ids)

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances:
        return Balances(Usdc(ZERO), Usdc(ZERO), {})

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]:
        return {}

    def arrive(self) -> None:
        """What was late is taken now."""
        for order, market, signed in self._late:
            self.take(order, market, signed)
        self._late.clear()

    def take(self, order: Order, market: Market, signed: SignedPayload) -> Booked:
        """The same bytes again change nothing: the venue knows the hash."""
        if signed.hash not in self.book:
            ticket = order.ticket
            size = ticket.size or Size(ticket.spend / ticket.worst_price)  # type: ignore[operator]  # one of the two is there
            report = OrderReport(
                hash=signed.hash,
                condition_id=market.condition_id,
                token=ticket.token_id,
                side=ticket.side,
                price=ticket.worst_price,
                original=size,
                matched=Size(ZERO),
                status=OrderStatus.LIVE,
            )
            self.book[signed.hash] = Booked(order, report)
            for shares, price in self.fills:
                self.match(signed.hash, shares, price)
            if not ticket.kind.rests and self.book[signed.hash].report.matched < size:
                self.end(signed.hash)
        return self.book[signed.hash]

    def match(self, order_hash: OrderHash, shares: str, price: str) -> TradeReport:
        """Another part of an order trades."""
        booked = self.book[order_hash]
        report = booked.report
        trade = TradeReport(
            trade_id=f"t{next(self._numbers)}",
            hash=order_hash,
            condition_id=report.condition_id,
            token=report.token,
            side=report.side,
            size=Size(Decimal(shares)),
            price=Price(Decimal(price)),
            settlement=Settlement.PROVISIONAL,
            role=LiquidityRole.TAKER,
            at=self.time.wall().replace(microsecond=0),
        )
        booked.trades.append(trade)
        matched = Size(report.matched + trade.size)
        is_full = booked.order.ticket.size is not None and matched >= report.original
        status = OrderStatus.FILLED if is_full else report.status
        booked.report = replace(report, matched=matched, status=status)
        return trade

    def end(self, order_hash: OrderHash) -> None:
        """What trades at once is over."""
        booked = self.book[order_hash]
        has_traded = bool(booked.report.matched)
        status = OrderStatus.FILLED if has_traded else OrderStatus.CANCELLED
        booked.report = replace(booked.report, status=status)

    def _answer(self, booked: Booked) -> Execution:
        if not booked.trades:
            return Execution(OrderStatus.LIVE)
        size = Size(sum((trade.size for trade in booked.trades), ZERO))
        value = usdc(sum((trade.size * trade.price for trade in booked.trades), ZERO))
        return Execution(
            OrderStatus.MATCHED,
            trade_ids=tuple(trade.trade_id for trade in booked.trades),
            matched_size=size,
            matched_value=value,
        )


def settled(trade: TradeReport, settlement: Settlement) -> TradeReport:
    return replace(trade, settlement=settlement, transaction=f"0x{trade.trade_id}")


def opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY
