"""What an order holds: enough for whatever it can still cost, and nothing when it is over."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.execution import walk_buy, worst_acceptable
from core.domain.fees import FeeSchedule, taker_fee
from core.domain.order import DONE, Order, OrderStatus, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.reservation import farthest_bound, highest_fee_share, hold_of, with_fee
from core.domain.units import MarketId, OrderId, Price, Size, TokenId, Usdc, UserId

TICK = Decimal("0.01")
prices = st.integers(1, 99).map(lambda cents: Price(Decimal(cents) / 100))
schedules = st.builds(
    FeeSchedule,
    st.sampled_from([Decimal(0), Decimal("0.04"), Decimal("0.07"), Decimal("0.25")]),
    st.sampled_from([Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(2)]),
)
amounts = st.integers(1, 10_000_000).map(lambda micros: Decimal(micros) / 10_000)
statuses = st.sampled_from(OrderStatus)


def purchase(spend: Decimal, worst: Price, kind: OrderKind = OrderKind.FAK) -> Ticket:
    size = Size((spend / worst).quantize(TICK)) if kind.rests else None
    return Ticket(
        UserId(1),
        Account.LIVE,
        MarketId("1"),
        TokenId("11"),
        Side.BUY,
        worst,
        "k",
        spend=None if kind.rests else Usdc(spend),
        size=size,
        kind=kind,
    )


def order_of(ticket: Ticket, status: OrderStatus = OrderStatus.NEW) -> Order:
    return Order(
        id=OrderId(1),
        ticket=ticket,
        outcome="Yes",
        status=status,
        filled_size=Size(Decimal(0)),
        filled_value=Usdc(Decimal(0)),
        fee=Usdc(Decimal(0)),
        reason="",
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


@given(amounts, st.lists(st.tuples(prices, amounts), min_size=1, max_size=12), schedules, prices)
def test_no_walk_through_the_book_costs_more_than_was_reserved(
    spend: Decimal,
    offered: list[tuple[Price, Decimal]],
    schedule: FeeSchedule,
    worst: Price,
) -> None:
    asks = sorted(Level(price, Size(size)) for price, size in offered)
    ticket = purchase(spend, worst)
    walk = walk_buy(asks, Usdc(spend), worst, schedule)
    reserved = hold_of(order_of(ticket), highest_fee_share(schedule, ticket, asks[0].price)).cost
    rounding = Decimal("0.00001") * len(walk.matches)  # each fee is rounded on its own
    assert walk.value + walk.fee <= reserved + rounding


@given(amounts, prices, prices, schedules)
def test_a_limit_order_holds_all_that_it_can_cost_at_any_better_price(
    spend: Decimal, limit: Price, better: Price, schedule: FeeSchedule
) -> None:
    ticket = purchase(spend + 5, limit, OrderKind.GTC)
    assert ticket.size is not None
    paid = Price(min(better, limit))
    cost = ticket.size * paid + taker_fee(schedule, ticket.size, paid)
    share = highest_fee_share(schedule, ticket, None)
    assert cost <= hold_of(order_of(ticket), share).cost + Decimal("0.00001")


def test_who_only_makes_the_market_reserves_no_fee() -> None:
    ticket = replace(purchase(Decimal(10), Price(TICK), OrderKind.GTC), post_only=True)
    assert highest_fee_share(FeeSchedule(Decimal("0.04")), ticket, None) == 0
    everybody = FeeSchedule(Decimal("0.04"), taker_only=False)
    assert highest_fee_share(everybody, ticket, None) > 0


@given(amounts, st.sampled_from([Decimal(0), Decimal("0.02"), Decimal("0.03999999")]))
def test_what_is_reserved_is_rounded_up(value: Decimal, share: Decimal) -> None:
    cost = with_fee(Usdc(value), share)
    assert value * (1 + share) <= cost < value * (1 + share) + Decimal("0.000001")


@given(amounts, prices, statuses, st.integers(0, 100), st.integers(0, 100))
def test_an_order_that_is_over_holds_only_what_it_awaits(
    spend: Decimal, worst: Price, status: OrderStatus, matched: int, told: int
) -> None:
    order = replace(
        order_of(purchase(spend, worst), status),
        matched_size=Size(Decimal(matched)),
        filled_size=Size(Decimal(min(matched, told))),
        filled_value=Usdc(min(matched, told) * worst),
    )
    hold = hold_of(order, Decimal(0))
    awaited = max(matched - told, 0) * worst
    if status in DONE:
        assert hold.is_open == (awaited > 0)
        assert abs(hold.cost - awaited) <= Decimal("0.000001")
    assert hold.counted == order.filled_value + hold.value


@given(
    amounts,
    st.lists(st.tuples(prices, amounts), min_size=1, max_size=12, unique_by=lambda pair: pair[0]),
)
def test_a_bound_quoted_from_this_very_book_is_never_too_far(
    spend: Decimal, offered: list[tuple[Price, Decimal]]
) -> None:
    asks = sorted(Level(price, Size(size)) for price, size in offered)
    walk = walk_buy(asks, Usdc(spend), Price(Decimal(1)), FeeSchedule())
    if walk.worst_price is None:
        return
    quoted = worst_acceptable(Side.BUY, walk.worst_price, Decimal(5), TICK)
    ticket = purchase(spend, quoted)
    bound = farthest_bound(ticket, asks, Decimal(5), TICK)
    assert bound is not None
    assert quoted <= bound
