"""Walking a book."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Level, Side
from core.domain.execution import MONEY_LEFT, walk_buy, walk_sell, worst_acceptable
from core.domain.fees import NO_FEE, FeeSchedule
from core.domain.units import ONE, ZERO, Price, Size, Usdc

ANY_BUY, ANY_SELL = Price(ONE), Price(ZERO)
FEES = FeeSchedule(Decimal("0.04"))


def levels(*pairs: tuple[str, str]) -> list[Level]:
    return [Level(Price(Decimal(price)), Size(Decimal(size))) for price, size in pairs]


def money(text: str) -> Usdc:
    return Usdc(Decimal(text))


ASKS = levels(("0.50", "10"), ("0.52", "100"), ("0.60", "1000"))
BIDS = levels(("0.48", "10"), ("0.45", "20"))

prices = st.decimals("0.001", "0.999", places=3).map(Price)
sizes = st.decimals("0.000001", "5000", places=6).map(Size)
books = st.lists(st.tuples(prices, sizes), min_size=1, max_size=12, unique_by=lambda pair: pair[0])


def test_a_buy_takes_the_best_level_first_and_pays_the_fee_of_each() -> None:
    walk = walk_buy(ASKS, money("15.4"), ANY_BUY, FEES)
    assert [(match.size, match.price) for match in walk.matches] == [
        (Decimal(10), Decimal("0.50")),
        (Decimal(20), Decimal("0.52")),
    ]
    assert (walk.value, walk.fee, walk.complete) == (
        Decimal("15.4"),
        Decimal("0.1") + Decimal("0.19968"),
        True,
    )


def test_a_buy_stops_at_its_bound_and_is_incomplete_then() -> None:
    walk = walk_buy(ASKS, money("15.4"), Price(Decimal("0.51")), FEES)
    assert (walk.size, walk.complete) == (Decimal(10), False)


def test_a_sell_stops_at_its_bound_and_is_incomplete_then() -> None:
    walk = walk_sell(BIDS, Size(Decimal(25)), Price(Decimal("0.46")), NO_FEE)
    assert (walk.size, walk.value, walk.complete) == (Decimal(10), Decimal("4.8"), False)


def test_a_sell_is_complete_only_with_the_last_share() -> None:
    assert walk_sell(BIDS, Size(Decimal(30)), ANY_SELL, NO_FEE).complete
    assert not walk_sell(BIDS, Size(Decimal("30.000001")), ANY_SELL, NO_FEE).complete


def test_an_empty_book_matches_nothing() -> None:
    assert walk_buy([], money("5"), ANY_BUY, FEES).matches == ()
    assert walk_sell([], Size(ONE), ANY_SELL, FEES).average_price is None


@given(books, st.decimals("1", "2000", places=2))
def test_a_buy_never_spends_more_than_it_may(
    book: list[tuple[Price, Size]], spend: Decimal
) -> None:
    walk = walk_buy([Level(*pair) for pair in sorted(book)], Usdc(spend), ANY_BUY, NO_FEE)
    assert walk.value <= spend  # rounded match by match, as it is booked
    assert not walk.complete or spend - walk.value < MONEY_LEFT


@given(books, sizes)
def test_a_sell_never_sells_more_than_it_may(book: list[tuple[Price, Size]], size: Size) -> None:
    bids = [Level(*pair) for pair in sorted(book, reverse=True)]
    walk = walk_sell(bids, size, ANY_SELL, NO_FEE)
    assert walk.size <= size
    assert walk.complete == (walk.size == size)


@pytest.mark.parametrize(
    ("side", "quoted", "percent", "tick", "worst"),
    [
        (Side.BUY, "0.50", "2", "0.01", "0.51"),
        (Side.SELL, "0.50", "2", "0.01", "0.49"),
        (Side.BUY, "0.505", "1", "0.001", "0.51"),
        (Side.BUY, "0.99", "10", "0.01", "0.99"),
        (Side.SELL, "0.01", "50", "0.01", "0.01"),
        (Side.BUY, "0.002", "2", "0.001", "0.002"),
    ],
)
def test_the_bound_moves_against_us_on_the_tick_and_stays_inside(
    side: Side, quoted: str, percent: str, tick: str, worst: str
) -> None:
    bound = worst_acceptable(side, Price(Decimal(quoted)), Decimal(percent), Decimal(tick))
    assert bound == Decimal(worst)
