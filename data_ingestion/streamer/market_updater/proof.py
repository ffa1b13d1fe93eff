"""Proves a token's book after every change: the venue's hash covers every level of it.

A mismatch means either that a change was missed, or that an input besides the levels is out of
date: the market's last trade changes with each trade, and its message may come after the change.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.domain.book import Book, HashInputs
from core.domain.market import Market

PATIENCE: Final = 3  # mismatches in a row before a book counts as wrong; a trade explains two
DECIMALS: Final = 3  # that the venue writes a last trade with, at least


class Verdict(StrEnum):
    """What a comparison of hashes says about a book."""

    PROVEN = "proven"
    OPEN = "open"  # cannot be told yet: an input is unknown, or too few comparisons
    WRONG = "wrong"  # proven before, and not any more


@dataclass(slots=True)
class BookProof:
    """What is known about the inputs of one token's hash, and how the last comparisons went."""

    minimum_size: str | None = None
    neg_risk: bool | None = None
    tick: str | None = None
    last_trade: str | None = None  # None: never told
    is_proven: bool = False  # some hash matched since the last snapshot
    mismatches: int = 0  # in a row
    proven: int = 0  # ever
    unproven: int = 0  # comparisons that did not match, ever
    _inputs: HashInputs | None = None  # gathered anew after each change of one

    def describe(self, market: Market) -> None:
        """Take over what the catalogue knows; the stream knows better where it tells."""
        self.minimum_size = f"{market.minimum_size.normalize():f}"
        self.neg_risk = market.neg_risk
        self.tick = self.tick or f"{market.tick.normalize():f}"
        self._inputs = None

    def begin(self, tick: str | None, last_trade: str | None) -> None:
        """A snapshot came. One without a last trade often follows a trade that is told later:

        until then nothing matches, and as nothing was proven nothing is wrong either.
        """
        self.tick = tick or self.tick
        self.last_trade = self.last_trade if last_trade is None else last_trade
        self.is_proven = False
        self.mismatches = 0
        self._inputs = None

    def retick(self, tick: str) -> None:
        """The price grid changed."""
        self.tick = tick
        self._inputs = None

    def traded(self, price: str) -> None:
        """A trade of this token or its complement: both hash its price as it was told."""
        whole, _, decimals = price.partition(".")
        self.last_trade = f"{whole}.{decimals.ljust(DECIMALS, '0')}"
        self._inputs = None
        self.mismatches = 0

    def compare(self, book: Book, market: str, stated: str, timestamp: str) -> Verdict:
        """Whether `book` has the hash that the venue `stated` for it."""
        inputs = self._inputs or self.inputs(market)
        if inputs is None or not stated:
            return Verdict.OPEN
        if book.hash(inputs, timestamp) == stated:
            self.is_proven = True
            self.mismatches = 0
            self.proven += 1
            return Verdict.PROVEN
        self.mismatches += 1
        self.unproven += 1
        is_wrong = self.is_proven and self.mismatches >= PATIENCE
        return Verdict.WRONG if is_wrong else Verdict.OPEN

    def inputs(self, market: str) -> HashInputs | None:
        """What goes into the hash besides the levels; None while something is unknown."""
        if (
            self.last_trade is None
            or self.tick is None
            or self.minimum_size is None
            or self.neg_risk is None
        ):
            return None
        self._inputs = HashInputs(
            market, self.minimum_size, self.tick, self.neg_risk, self.last_trade
        )
        return self._inputs
