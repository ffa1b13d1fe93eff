"""What the ledger alone says of somebody's trading."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.folding import fold
from core.domain.history import MOST_POINTS
from core.domain.record import Booked, EquityPoint, Period, booked, record_of
from core.domain.units import Usdc, usdc
from tests.support.examples import NOW
from tests.support.picture_examples import fill

ONE, NOTHING = usdc(Decimal(1)), usdc(Decimal(0))
AMOUNTS = st.decimals(min_value="0.01", max_value="500", places=2)
PRICES = st.decimals(min_value="0.01", max_value="0.99", places=2)
TRADES = st.lists(st.tuples(st.sampled_from(Side), AMOUNTS, PRICES), min_size=1, max_size=12)


def test_a_purchase_books_its_fee_and_a_sale_its_profit() -> None:
    news = booked([fill(Side.BUY, "0.50", 5), fill(Side.SELL, "0.60", 2)])
    assert [one.profit for one in news] == [Decimal("-0.1"), Decimal("0.9")]
    assert [one.fee for one in news] == [Decimal("0.1"), Decimal("0.1")]


@given(TRADES)
def test_all_that_was_booked_is_the_profit_of_the_fold(
    trades: list[tuple[Side, Decimal, Decimal]],
) -> None:
    fills = [
        fill(side, str(price), 20 - number, str(size))
        for number, (side, size, price) in enumerate(trades)
    ]
    total = usdc(sum((one.profit for one in booked(fills)), Decimal(0)))
    assert total == fold(fills).holding.realized_pnl


def test_a_period_begins_with_what_was_booked_before_it() -> None:
    news = booked(
        [fill(Side.BUY, "0.50", 30), fill(Side.SELL, "0.60", 20, "4"), fill(Side.SELL, "0.7", 1)]
    )
    day = record_of(news, Period.DAY.start(NOW))
    assert day.fills == 2
    assert day.points[0].at == NOW - timedelta(days=1)
    assert [point.profit for point in day.points] == [
        Usdc(Decimal(profit)) for profit in ("-0.1", "0.2", "1.3")
    ]
    assert day.profit == Decimal("1.4")
    assert day.has_curve


def test_everything_begins_at_nothing_with_the_first_trade() -> None:
    news = booked([fill(Side.BUY, "0.50", 300), fill(Side.SELL, "0.60", 20)])
    record = record_of(news, Period.ALL.start(NOW))
    assert record.points[0] == EquityPoint(NOW - timedelta(hours=300), Usdc(Decimal(0)))
    assert record.profit == Decimal("0.8")


def test_a_long_record_has_as_many_points_as_a_picture_can_show_and_all_of_its_profit() -> None:
    news = [Booked(NOW - timedelta(minutes=number), ONE, NOTHING) for number in range(20_000)]
    record = record_of(news, None)
    assert len(record.points) == MOST_POINTS
    assert record.points[-1] == EquityPoint(NOW, Usdc(Decimal(20_000)))
    assert record.points[0].profit == 0
    assert record.profit == record.fills == 20_000


def test_one_trade_and_none_are_no_curve() -> None:
    assert not record_of((), None).has_curve
    one = record_of(booked([fill(Side.BUY, "0.50", 3)]), Period.WEEK.start(NOW))
    assert (one.fills, one.has_curve) == (1, False)
    twins = [fill(Side.BUY, "0.50", 3), fill(Side.BUY, "0.51", 3)]
    assert not record_of(booked(twins), Period.WEEK.start(NOW)).has_curve


def test_shares_that_were_never_bought_change_no_profit() -> None:
    news = booked([fill(Side.SELL, "0.9", 5, fee="0"), fill(Side.BUY, "0.2", 4, fee="0")])
    assert [one.profit for one in news] == [0, 0]
