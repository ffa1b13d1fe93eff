"""Whether to buy, what, and for how much: every rule of the strategy by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import Level, Side
from core.domain.fees import FeeSchedule
from core.domain.units import MarketId, Price, Size, TokenId, Usdc
from core.domain.weather.deciding import (
    Circumstances,
    Held,
    Offer,
    Order,
    Purse,
    Refusal,
    entry,
    hindrance,
    reduction,
)
from core.domain.weather.decision import Skip
from core.domain.weather.edge import Belief
from core.domain.weather.limits import Scope, StrategyLimits

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = StrategyLimits(deviations=1.0)
CHANCES = (0.1, 0.2, 0.4, 0.3)
FEES = FeeSchedule(Decimal("0.05"))
RICH = Usdc(Decimal(10_000))


def usdc(text: str | int) -> Usdc:
    return Usdc(Decimal(text))


def levels(*each: tuple[str, str]) -> tuple[Level, ...]:
    return tuple(Level(Price(Decimal(price)), Size(Decimal(size))) for price, size in each)


def offer(
    place: int,
    *each: tuple[str, str],
    yes: bool = True,
    error: float = 0.01,
    chances: Sequence[float] = CHANCES,
) -> Offer:
    chance = chances[place] if yes else 1 - chances[place]
    return Offer(
        place=place,
        is_yes=yes,
        market_id=MarketId(str(place)),
        token_id=TokenId(f"{place}{int(yes)}"),
        belief=Belief(chance, error),
        levels=levels(*each),
        tick=Decimal("0.01"),
        fees=FEES,
    )


def purse(
    bankroll: Usdc = RICH,
    free: Usdc = RICH,
    at_stake: Mapping[Scope, Usdc] | None = None,
    in_bucket: Mapping[MarketId, Usdc] | None = None,
) -> Purse:
    return Purse(bankroll, free, at_stake or {}, in_bucket or {})


def bought(
    *offers: Offer,
    held: Sequence[Held] = (),
    of: Purse | None = None,
    limits: StrategyLimits = LIMITS,
) -> Order:
    found = entry(offers, CHANCES, held, of or purse(), limits)
    assert isinstance(found, Order), found
    return found


def refused(
    *offers: Offer,
    held: Sequence[Held] = (),
    of: Purse | None = None,
    limits: StrategyLimits = LIMITS,
) -> Refusal:
    found = entry(offers, CHANCES, held, of or purse(), limits)
    assert isinstance(found, Refusal), found
    return found


def seen(**other: object) -> Circumstances:
    usual = Circumstances(
        now=NOW,
        heard_at=NOW - timedelta(hours=1),
        most_age=timedelta(hours=6),
        ends_at=NOW + timedelta(hours=20),
        divergence=0.1,
        result_today=usdc(0),
    )
    return replace(usual, **other)  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("circumstances", "skip"),
    [
        (seen(), None),
        (seen(heard_at=None), Skip.NO_FORECAST),
        (seen(heard_at=NOW - timedelta(hours=6, seconds=1)), Skip.STALE_FORECAST),
        (seen(heard_at=NOW - timedelta(hours=6)), None),
        (seen(ends_at=NOW + timedelta(minutes=59)), Skip.CLOSING),
        (seen(ends_at=NOW + timedelta(minutes=60)), None),
        (seen(ends_at=NOW - timedelta(days=1)), Skip.CLOSING),
        (seen(divergence=0.36), Skip.DIVERGENT),
        (seen(divergence=0.35), None),
        (seen(result_today=usdc(-50)), Skip.LOSS),
        (seen(result_today=usdc("-49.99")), None),
        (seen(since_order=59.0), Skip.COOLDOWN),
        (seen(since_order=60.0), None),
    ],
)
def test_what_has_to_be_right_before_anything_is_entered(
    circumstances: Circumstances, skip: Skip | None
) -> None:
    found = hindrance(circumstances, LIMITS)
    assert (None if found is None else found.skip) is skip


def test_an_underpriced_bucket_is_bought_up_to_the_price_that_keeps_the_edge() -> None:
    order = bought(offer(2, ("0.24", "10"), ("0.30", "10"), ("0.36", "1000")))
    assert (order.side, order.offer.place, order.offer.is_yes) == (Side.BUY, 2, True)
    assert order.worst == Decimal("0.32")  # 0.40 - 0.01 - 0.05 - fee(0.32) is just above
    assert order.walk.worst_price == Decimal("0.30")
    assert order.spend == usdc("5.40")
    assert order.edge.cautious > LIMITS.minimum_edge


@pytest.mark.parametrize(
    ("given_", "skip"),
    [
        (offer(2, ("0.35", "100")), Skip.NO_EDGE),
        (offer(2), Skip.NO_EDGE),
        (offer(2, ("0.30", "100"), error=0.06), Skip.NO_EDGE),
        (offer(2, ("0.04", "100")), Skip.TOO_CHEAP),
    ],
)
def test_an_offer_without_an_edge_or_out_of_bounds_is_left(given_: Offer, skip: Skip) -> None:
    found = refused(given_)
    assert (found.skip, found.offer) == (skip, given_)


def test_what_is_nearly_certain_is_not_bought() -> None:
    sure = replace(offer(0, ("0.98", "100")), belief=Belief(1.0, 0.0))
    limits = replace(LIMITS, minimum_edge=0.01)
    assert refused(sure, limits=limits).skip is Skip.TOO_DEAR


def test_a_price_out_of_bounds_explains_more_than_no_edge() -> None:
    assert refused(offer(1, ("0.30", "9")), offer(2, ("0.04", "9"))).skip is Skip.TOO_CHEAP


def test_of_several_the_one_that_gains_most_is_bought() -> None:
    both = (offer(1, ("0.12", "10")), offer(2, ("0.24", "1000")))
    assert bought(*both).offer.place == bought(*both[::-1]).offer.place == 2


def test_a_fraction_of_kelly_stays_one_when_it_has_bought() -> None:
    limits = replace(
        LIMITS, most={**LIMITS.most, Scope.ORDER: RICH, Scope.BUCKET: RICH, Scope.EVENT: RICH}
    )
    one, small = offer(2, ("0.24", "100000")), purse(usdc(1000), usdc(1000))
    order = bought(one, of=small, limits=limits)
    assert order.spend is not None
    assert usdc(20) < order.spend < usdc(60)  # of 150
    held = Held(2, is_yes=True, shares=order.walk.size, cost=order.walk.value)
    again = refused(one, held=[held], of=small, limits=limits)
    assert again.skip in {Skip.NO_STAKE, Skip.TOO_SMALL}


def test_no_is_held_as_a_bet_on_all_other_buckets() -> None:
    no = offer(1, ("0.60", "1000"), yes=False)
    order = bought(no)
    assert (order.offer.place, order.offer.is_yes) == (1, False)
    held = Held(1, is_yes=False, shares=Size(Decimal(3000)), cost=usdc(1400))
    assert refused(no, held=[held]).skip is Skip.NO_STAKE


@pytest.mark.parametrize("scope", [each for each in Scope if each is not Scope.ORDER])
def test_each_scope_bounds_what_is_bought(scope: Scope) -> None:
    full = LIMITS.most[scope]
    left = purse(at_stake={scope: Usdc(full - 3)}, in_bucket={})
    over = purse(at_stake={scope: full})
    if scope is Scope.BUCKET:
        left = purse(in_bucket={MarketId("2"): Usdc(full - 3)})
        over = purse(in_bucket={MarketId("2"): full})
    assert bought(offer(2, ("0.24", "1000")), of=left).spend == usdc(3)
    found = refused(offer(2, ("0.24", "1000")), of=over)
    assert (found.skip, found.detail) == (Skip.LIMIT, scope.value)


def test_an_order_costs_no_more_than_one_order_may_and_than_there_is_with_its_fee() -> None:
    whole = bought(offer(2, ("0.24", "1000"))).spend
    assert whole is not None
    assert usdc("19.9") < whole <= usdc(20)
    order = bought(offer(2, ("0.24", "1000")), of=purse(free=usdc(10)))
    assert order.spend is not None
    assert order.spend < usdc(10) >= order.walk.value + order.walk.fee
    assert refused(offer(2, ("0.24", "1000")), of=purse(free=usdc(1))).skip is Skip.NO_CASH


def test_what_is_too_small_for_the_venue_is_not_ordered() -> None:
    assert refused(offer(2, ("0.24", "2"))).skip is Skip.TOO_SMALL


def test_who_may_lose_everything_already_stakes_nothing() -> None:
    poor = purse(usdc(100), usdc(100))
    held = Held(0, is_yes=True, shares=Size(Decimal(20)), cost=usdc(15))
    assert refused(offer(2, ("0.24", "1000")), held=[held], of=poor).skip is Skip.NO_STAKE


def test_a_holding_is_sold_where_more_is_bid_than_it_is_worth() -> None:
    turned = replace(
        offer(2, ("0.40", "10"), ("0.30", "50"), ("0.11", "1000")), belief=Belief(0.1, 0.01)
    )
    order = reduction(turned, Size(Decimal(100)), LIMITS)
    assert isinstance(order, Order)
    assert (order.side, order.size) == (Side.SELL, Size(Decimal(60)))
    assert order.worst == Decimal("0.17")
    assert order.edge.cautious > LIMITS.minimum_edge


def test_a_holding_that_is_worth_its_bid_is_kept() -> None:
    kept = offer(2, ("0.40", "10"))
    assert reduction(kept, Size(Decimal(100)), LIMITS) == Refusal(Skip.NO_EDGE, kept)


@given(
    chances=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    asks=st.lists(st.integers(1, 99), min_size=4, max_size=4),
    sizes=st.lists(st.integers(1, 5000), min_size=4, max_size=4),
    bankroll=st.integers(1, 100_000),
)
def test_whatever_the_prices_no_limit_is_passed_and_the_edge_is_kept(
    chances: list[float], asks: list[int], sizes: list[int], bankroll: int
) -> None:
    whole = [chance / sum(chances) for chance in chances]
    offers = [
        offer(place, (f"{Decimal(ask) / 100}", str(size)), chances=whole)
        for place, (ask, size) in enumerate(zip(asks, sizes, strict=True))
    ]
    money = Usdc(Decimal(bankroll))
    found = entry(offers, whole, (), purse(money, money), LIMITS)
    if isinstance(found, Order):
        assert found.spend is not None
        assert 1 <= found.spend <= LIMITS.most[Scope.ORDER]
        assert found.walk.value + found.walk.fee <= money
        assert found.edge.cautious >= LIMITS.minimum_edge
        assert found.walk.worst_price is not None
        assert found.walk.worst_price <= found.worst <= LIMITS.dearest
