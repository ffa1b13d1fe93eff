"""The price shown, and what a holding would bring."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Level
from core.domain.fees import NO_FEE, FeeSchedule
from core.domain.price import liquidation_value, own_last_trade, shown_price
from core.domain.units import Price, Size

prices = st.decimals("0.001", "0.999", places=3).map(Price)


def optional(text: str | None) -> Price | None:
    return None if text is None else Price(Decimal(text))


@pytest.mark.parametrize(
    ("bid", "ask", "last", "other_last", "shown"),
    [
        ("0.40", "0.42", "0.10", None, "0.41"),
        ("0.40", "0.50", "0.10", None, "0.45"),  # a spread of 0.10 is not above it
        ("0.40", "0.501", "0.10", None, "0.10"),
        ("0.40", "0.60", None, "0.45", "0.55"),
        ("0.40", "0.60", None, None, "0.50"),
        (None, "0.05", "0.30", None, "0.025"),  # a missing bid counts as 0
        ("0.95", None, "0.30", None, "0.975"),  # a missing ask counts as 1
        (None, "0.50", "0.30", None, "0.30"),
        (None, "0.50", None, None, "0.25"),
        (None, None, "0.30", "0.60", None),
    ],
)
def test_the_price_shown(
    bid: str | None, ask: str | None, last: str | None, other_last: str | None, shown: str | None
) -> None:
    told = shown_price(optional(bid), optional(ask), optional(last), optional(other_last))
    assert told == optional(shown)


@given(prices, prices)
def test_a_narrow_midpoint_lies_inside_the_spread(one: Price, other: Price) -> None:
    bid, ask = min(one, other), max(one, other)
    shown = shown_price(bid, ask, None)
    assert shown is not None
    assert bid <= shown <= ask


def test_liquidation_walks_the_bids_and_pays_the_fee() -> None:
    bids = [
        Level(Price(Decimal("0.5")), Size(Decimal(10))),
        Level(Price(Decimal("0.4")), Size(Decimal(10))),
    ]
    fees = FeeSchedule(Decimal("0.04"))
    value = liquidation_value(bids, Size(Decimal(15)), fees)
    assert value == 5 + 2 - Decimal("0.1") - Decimal("0.048")


def test_shares_beyond_the_depth_bring_nothing() -> None:
    bids = [Level(Price(Decimal("0.5")), Size(Decimal(10)))]
    assert liquidation_value(bids, Size(Decimal(1000)), NO_FEE) == 5
    assert liquidation_value([], Size(Decimal(1000)), NO_FEE) == 0


@pytest.mark.parametrize(
    ("stated", "bid", "ask", "known", "own"),
    [
        ("0.3", "0.2", "0.6", None, "0.3"),  # plausible as it stands
        ("0.002", "0.9", "1", None, "0.998"),  # only the complement's trade fits this book
        ("0.3", None, None, None, "0.3"),
        ("0.3", "0.1", "0.9", "0.7", "0.7"),  # a trade message said which of the two
        ("0.3", "0.1", "0.9", "0.5", "0.3"),  # an older trade says nothing about this one
        ("0.85", "0.2", "0.6", None, "0.85"),  # neither fits: as stated
    ],
)
def test_a_books_last_trade_is_read_in_terms_of_its_own_token(
    stated: str, bid: str | None, ask: str | None, known: str | None, own: str
) -> None:
    read = own_last_trade(Price(Decimal(stated)), optional(bid), optional(ask), optional(known))
    assert read == Decimal(own)
