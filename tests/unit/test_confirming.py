"""When a tap alone is enough: never in a case that is always asked about."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.confirming import Facts, Why, reasons_to_ask
from core.domain.offer import TradeQuote
from core.domain.preferences import ConfirmMode, UserPreferences
from core.domain.price import PriceState
from core.domain.units import Price, Size, Usdc
from tests.support import examples

NOW: Final = examples.NOW
BOTH: Final = frozenset({Account.PAPER, Account.LIVE})
STANDARD: Final = UserPreferences(confirm_mode=ConfirmMode.STANDARD)
FAST: Final = UserPreferences(confirm_mode=ConfirmMode.FAST)


def price(text: str) -> Price:
    return Price(Decimal(text))


def usdc(text: str) -> Usdc:
    return Usdc(Decimal(text))


def calm() -> TradeQuote:
    """Ten dollars, and nothing about them to worry anybody."""
    return replace(
        examples.buy_quote(),
        bid=price("0.61"),
        ask=price("0.63"),
        slippage=Decimal(2),
        free_cash=usdc("1000"),
    )


def sale() -> TradeQuote:
    return replace(
        calm(),
        side=Side.SELL,
        spend=None,
        size=Size(Decimal(16)),
        average=price("0.61"),
        free_cash=usdc("0"),
    )


ENDS: Final = examples.market().ends_at or NOW
CALM: Final = Facts(NOW, price("0.63"), BOTH)


@pytest.mark.parametrize("preferences", [STANDARD, FAST])
def test_a_calm_small_order_is_placed_at_the_tap(preferences: UserPreferences) -> None:
    assert reasons_to_ask(preferences, calm(), CALM) == ()
    assert reasons_to_ask(preferences, sale(), replace(CALM, drawn=price("0.61"))) == ()


def test_a_careful_person_is_asked_always() -> None:
    assert reasons_to_ask(UserPreferences(), calm(), CALM) == (Why.CAREFUL,)


@pytest.mark.parametrize(
    ("quote", "facts", "why"),
    [
        (replace(calm(), bid=price("0.57")), CALM, {Why.SPREAD}),
        (replace(calm(), bid=None), CALM, {Why.SPREAD}),
        (calm(), replace(CALM, drawn=price("0.60")), {Why.MOVED}),
        (calm(), replace(CALM, drawn=price("0.66")), {Why.MOVED}),
        (calm(), replace(CALM, drawn=None), {Why.MOVED}),
        (replace(calm(), average=price("0.65")), CALM, {Why.IMPACT}),
        (replace(calm(), complete=False), CALM, {Why.THIN}),
        (calm(), replace(CALM, now=ENDS - timedelta(seconds=119)), {Why.CLOSING}),
        (replace(calm(), free_cash=usdc("40")), CALM, {Why.CASH}),
        (calm(), replace(CALM, traded=frozenset()), {Why.FIRST}),
        (
            replace(calm(), account=Account.LIVE),
            replace(CALM, traded=frozenset({Account.PAPER})),
            {Why.FIRST_LIVE},
        ),
        (replace(calm(), state=PriceState.POLLED), CALM, {Why.NOT_LIVE}),
        (calm(), replace(CALM, is_unclear=True), {Why.UNCLEAR}),
    ],
)
@pytest.mark.parametrize("preferences", [STANDARD, FAST])
def test_each_case_of_the_list_is_asked_about(
    preferences: UserPreferences, quote: TradeQuote, facts: Facts, why: set[Why]
) -> None:
    assert set(reasons_to_ask(preferences, quote, facts)) == why


def test_a_small_move_of_a_low_price_is_asked_about_as_well() -> None:
    low = replace(calm(), bid=price("0.09"), ask=price("0.10"), average=price("0.10"))
    assert reasons_to_ask(FAST, low, replace(CALM, drawn=price("0.094"))) == (Why.MOVED,)


def test_the_thresholds_are_those_of_the_mode() -> None:
    rich = replace(calm(), free_cash=usdc("100000"))
    at = replace(rich, spend=usdc("25"))
    assert reasons_to_ask(STANDARD, at, CALM) == (Why.AMOUNT,)
    assert reasons_to_ask(STANDARD, replace(at, spend=usdc("24.99")), CALM) == ()
    assert reasons_to_ask(FAST, replace(at, spend=usdc("100")), CALM) == ()
    assert reasons_to_ask(FAST, replace(at, spend=usdc("100.01")), CALM) == (Why.CAP,)


prices = st.integers(1, 999).map(lambda number: Price(Decimal(number) / 1000))
amounts = st.integers(100, 100_000_000).map(lambda number: Usdc(Decimal(number) / 100))
maybe = st.one_of(st.none(), prices)
preferences_of_all = st.builds(
    UserPreferences,
    confirm_mode=st.sampled_from(ConfirmMode),
    confirm_from=amounts,
    fast_cap=amounts,
)
quotes = st.builds(
    replace,
    st.sampled_from((calm(), sale())),
    account=st.sampled_from((Account.PAPER, Account.LIVE)),
    value=amounts,
    average=prices,
    bid=maybe,
    ask=maybe,
    slippage=st.integers(1, 200).map(lambda number: Decimal(number) / 10),
    free_cash=amounts,
    complete=st.booleans(),
    state=st.sampled_from(PriceState),
)
moments = st.builds(
    Facts,
    now=st.integers(0, 5_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    drawn=maybe,
    traded=st.frozensets(st.sampled_from((Account.PAPER, Account.LIVE))),
    is_unclear=st.booleans(),
)


@given(preferences_of_all, quotes, moments)
def test_no_case_of_the_list_is_ever_placed_without_asking(
    preferences: UserPreferences, quote: TradeQuote, facts: Facts
) -> None:
    if reasons_to_ask(preferences, quote, facts):
        return
    amount = max(quote.spend or usdc("0"), quote.value)
    assert preferences.confirm_mode is not ConfirmMode.CAREFUL
    if preferences.confirm_mode is ConfirmMode.STANDARD:
        assert amount < preferences.confirm_from
    else:
        assert amount <= preferences.fast_cap
    best = quote.ask if quote.side is Side.BUY else quote.bid
    assert best is not None
    assert facts.drawn is not None
    high, low = quote.ask or Decimal(1), quote.bid or Decimal(0)
    assert high - low <= Decimal("0.05")
    assert abs(best - facts.drawn) <= min(Decimal("0.02"), facts.drawn / 20)
    assert abs(quote.average - best) <= best * quote.slippage / 100
    assert quote.complete
    ends = quote.market.ends_at
    assert ends is None or ends - facts.now >= timedelta(minutes=2)
    if quote.side is Side.BUY:
        assert amount * 4 <= quote.free_cash
    assert quote.account in facts.traded or quote.account is Account.PAPER
    assert facts.traded
    assert quote.state is PriceState.LIVE
    assert not facts.is_unclear
