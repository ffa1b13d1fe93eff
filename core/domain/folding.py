"""Folding fills that the venue told: in any order, some taken back, some never seen."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.position import Holding, apply_fill
from core.domain.units import ZERO, Price, Size, times, usdc


@dataclass(frozen=True, slots=True)
class Folded:
    """A holding, and the shares that were sold out of nowhere.

    Those are imports with unknown cost: counted as sold for what they cost, they change no profit.
    """

    holding: Holding
    unexplained: Size = Size(ZERO)


def fold(fills: Iterable[Fill], start: Holding | None = None) -> Folded:
    """What `fills` make of `start`; it never refuses, and does not depend on who told them first.

    A sale that is told before the purchase it sells from is explained as soon as that is told.
    """
    folded = Folded(Holding() if start is None else start)
    for fill in in_order(fills):
        folded = _add(folded, fill)
    return folded


@dataclass(frozen=True, slots=True)
class Cycle:
    """Fills from nothing held until nothing is held again: what one position is made of."""

    fills: tuple[Fill, ...]
    folded: Folded


def cycles(fills: Iterable[Fill]) -> list[Cycle]:
    """All of a token's fills as its positions, oldest first; only the last can hold shares.

    What they amount to together is the one fold of `fills`, whoever told which of them when.
    """
    found, run, folded = list[Cycle](), list[Fill](), Folded(Holding())
    for fill in in_order(fills):
        run.append(fill)
        folded = _add(folded, fill)
        if folded.holding.amount == ZERO:
            found.append(Cycle(tuple(run), folded))
            run, folded = [], Folded(Holding())
    return [*found, Cycle(tuple(run), folded)] if run else found


def in_order(fills: Iterable[Fill]) -> list[Fill]:
    """Fills of real money by their time, since they are told in any order; others as they came."""
    told = list(fills)
    if any(fill.account is not Account.LIVE for fill in told):
        return told
    return sorted(told, key=place_of)


def place_of(fill: Fill) -> tuple[datetime, bool, str]:
    """Where a fill stands: at one time buys go first, since what was sold then had been bought."""
    return fill.at, fill.side is Side.SELL, fill.event_key


def without(holding: Holding, fill: Fill) -> Holding:
    """`holding` as if `fill`, once part of it, had not been: for shares the ledger cannot fold."""
    held = holding.amount - fill.size if fill.side is Side.BUY else holding.amount + fill.size
    profit = ZERO
    if fill.side is Side.SELL:
        profit = usdc(times(fill.size, Price(fill.price - holding.entry_price)))
    return replace(
        holding,
        amount=Size(max(held, ZERO)),
        realized_pnl=usdc(holding.realized_pnl - profit + fill.fee),
        fees_paid=usdc(holding.fees_paid - fill.fee),
    )


def _add(folded: Folded, fill: Fill) -> Folded:
    holding = folded.holding
    if fill.side is Side.BUY or fill.size <= holding.amount:
        return replace(folded, holding=apply_fill(holding, fill))
    missing = Size(fill.size - holding.amount)
    profit = usdc(times(holding.amount, Price(fill.price - holding.entry_price)))
    left = replace(
        holding,
        amount=Size(ZERO),
        realized_pnl=usdc(holding.realized_pnl + profit - fill.fee),
        fees_paid=usdc(holding.fees_paid + fill.fee),
    )
    return Folded(left, Size(folded.unexplained + missing))
