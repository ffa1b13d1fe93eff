"""Comparing an account with the venue: pure functions, and what must always hold of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.drift import (
    CASH,
    CashMoveKind,
    Difference,
    DriftKind,
    OurAccount,
    OurShares,
    VenueAccount,
    cash_finding,
    share_differences,
)
from core.domain.sightings import Drift, Judgement, judge
from core.domain.units import ONE, ZERO, Price, Size, TokenId, Usdc, usdc

TOKEN = TokenId("11")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIVE = timedelta(seconds=5)
AMOUNTS = st.decimals("0", "1000", places=6)
MONEY = st.decimals("-1000", "1000", places=6)
DIFFERENCES = st.builds(
    Difference, st.sampled_from(DriftKind), st.sampled_from(["a", "b", CASH]), AMOUNTS, AMOUNTS
)
UNIQUE = st.lists(DIFFERENCES, max_size=6, unique_by=lambda one: (one.kind, one.subject))


def ours(shares: OurShares | None = None, cash: str = "100") -> OurAccount:
    held = {} if shares is None else {shares.token: shares}
    return OurAccount({}, held, Usdc(Decimal(cash)))


def theirs(size: str = "0", cash: str = "100") -> VenueAccount:
    return VenueAccount(frozenset(), {TOKEN: Size(Decimal(size))}, Usdc(Decimal(cash)))


def size(text: str) -> Size:
    return Size(Decimal(text))


@pytest.mark.parametrize(
    ("mine", "held", "expected"),
    [
        (OurShares(TOKEN, size("10")), "10", None),
        (OurShares(TOKEN, size("10")), "10.009", None),
        (OurShares(TOKEN, size("10")), "12", DriftKind.SHARES),
        (OurShares(TOKEN, size("10")), "0", DriftKind.TRANSFER_OUT),
        (OurShares(TOKEN), "12", DriftKind.TRANSFER_IN),
        (OurShares(TOKEN, size("10"), buys=size("4")), "6", DriftKind.SETTLING),
        (OurShares(TOKEN, size("10"), buys=size("4")), "8.5", DriftKind.SETTLING),
        (OurShares(TOKEN, size("10"), buys=size("4")), "5", DriftKind.SHARES),
        (OurShares(TOKEN, size("10"), sells=size("4")), "14", DriftKind.SETTLING),
        (OurShares(TOKEN, size("10"), sells=size("4")), "15", DriftKind.SHARES),
        (OurShares(TOKEN, size("10"), has_ended=True), "0", DriftKind.REDEEMED),
        (OurShares(TOKEN, payout=Price(ONE)), "10", None),
        (OurShares(TOKEN, has_ended=True), "10", None),
    ],
)
def test_a_difference_in_shares_is_named_for_what_it_is(
    mine: OurShares, held: str, expected: DriftKind | None
) -> None:
    found = [each.kind for each in share_differences(ours(mine), theirs(held))]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("change", "turnover", "expected"),
    [
        ("50", "0", CashMoveKind.DEPOSIT),
        ("-50", "0", CashMoveKind.WITHDRAWAL),
        ("-50", "100", CashMoveKind.WITHDRAWAL),
        ("-5", "100", CashMoveKind.UNEXPLAINED),
        ("0.009", "0", CashMoveKind.UNEXPLAINED),
    ],
)
def test_money_that_moved_is_given_its_reason(
    change: str, turnover: str, expected: CashMoveKind
) -> None:
    account = replace(ours(), turnover=Usdc(Decimal(turnover)))
    finding = cash_finding(account, theirs(cash=str(100 + Decimal(change))), frozenset())
    assert [move.kind for move in finding.moves] == [expected]


def test_money_is_not_judged_while_a_trade_settles_or_a_result_is_on_its_way() -> None:
    settling = replace(ours(), spent=Usdc(Decimal(30)))
    for account, kinds in ((settling, frozenset()), (ours(), frozenset({DriftKind.REDEEMED}))):
        finding = cash_finding(account, theirs(cash="125"), kinds)
        assert finding.moves == ()
        assert finding.difference is not None
        assert finding.difference.kind is DriftKind.SETTLING


@given(MONEY, MONEY, AMOUNTS, AMOUNTS, MONEY, st.sampled_from([ZERO, ONE]))
def test_what_is_booked_always_makes_our_money_the_venue_s(
    mine: Decimal,
    held: Decimal,
    size_: Decimal,
    turnover: Decimal,
    redeeming: Decimal,
    payout: Decimal,
) -> None:
    paid = OurShares(TOKEN, payout=Price(payout))
    account = OurAccount(
        {}, {TOKEN: paid}, usdc(mine), redeeming=usdc(redeeming), turnover=usdc(turnover)
    )
    venue = VenueAccount(frozenset(), {TOKEN: Size(size_)}, usdc(held))
    moves = cash_finding(account, venue, frozenset()).moves
    total = usdc(sum((move.amount for move in moves), ZERO))
    assert usdc(mine + total) == usdc(held)
    redeemed = sum((m.amount for m in moves if m.kind is CashMoveKind.REDEEM), ZERO)
    after = replace(account, cash=usdc(held), redeeming=usdc(redeeming + redeemed))
    assert cash_finding(after, venue, frozenset()).difference is None


def remembered(judgement: Judgement, known: list[Drift], now: datetime) -> list[Drift]:
    """What storage makes of a judgement."""
    changed = {drift.id: difference for drift, difference in judgement.changed}
    confirmed = {drift.id for drift in judgement.confirmed}
    kept = [
        _kept(drift, changed.get(drift.id), now, is_confirmed=drift.id in confirmed)
        for drift in known
        if drift not in judgement.gone
    ]
    first = max((drift.id for drift in known), default=0) + 1
    return kept + [
        Drift(first + number, one.kind, one.subject, one.ours, one.theirs, now)
        for number, one in enumerate(judgement.new)
    ]


def _kept(
    drift: Drift, difference: Difference | None, now: datetime, *, is_confirmed: bool
) -> Drift:
    if is_confirmed:
        return replace(drift, opened_at=now)
    if difference is None:
        return drift
    since = drift.first_seen_at if drift.opened_at else now
    return replace(drift, ours=difference.ours, theirs=difference.theirs, first_seen_at=since)


def look(known: list[Drift], found: list[Difference], now: datetime) -> list[Drift]:
    return remembered(judge(known, found, now, wait=lambda _: FIVE), known, now)


@given(UNIQUE)
def test_what_is_seen_twice_is_open_and_further_looks_change_nothing(
    found: list[Difference],
) -> None:
    seen = look([], found, NOW)
    assert all(drift.opened_at is None for drift in seen)
    assert look(seen, found, NOW + timedelta(seconds=4)) == seen
    opened = look(seen, found, NOW + FIVE)
    assert all(drift.opened_at == NOW + FIVE for drift in opened)
    assert look(opened, found, NOW + timedelta(minutes=5)) == opened
    assert look(opened, [], NOW + timedelta(minutes=5)) == []


@given(UNIQUE)
def test_the_order_of_what_was_found_makes_no_difference(found: list[Difference]) -> None:
    once, twice = look([], found, NOW), look([], found[::-1], NOW)
    assert {drift.difference for drift in once} == {drift.difference for drift in twice}
    again = judge(once, found[::-1], NOW + FIVE, wait=lambda _: FIVE)
    assert (again.new, again.changed, again.gone) == ((), (), ())
    assert len(again.confirmed) == len(found)


@given(UNIQUE)
def test_about_what_has_just_been_touched_nothing_is_concluded(found: list[Difference]) -> None:
    known = look([], found, NOW)
    stirred = {"a", "b", CASH}
    judgement = judge(known, [], NOW + FIVE, wait=lambda _: FIVE, stirred=stirred)
    assert judgement == Judgement((), (), (), ())
