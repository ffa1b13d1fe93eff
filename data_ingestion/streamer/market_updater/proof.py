"""Proves a token's book after every change: the venue's hash covers every level of it.

A mismatch means either that a change was missed, or that an input besides the levels is out of
date: the market's last trade changes with each trade, and its message may come after the change.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.domain.book import Book, HashInputs
from core.domain.market import Market

PATIENCE: Final = 3  # mismatches in a row before a book counts as wrong; a trade explains two
LASTING: Final = 2.0  # seconds of mismatches before a book counts as wrong, however few they are
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
    has_matched: bool = False  # some hash matched ever: the venue can be compared with
    is_odd: bool = False  # the newest comparison did not match, and is not concluded
    mismatches: int = 0  # frames in a row that ended with one
    proven: int = 0  # ever
    open_since: float | None = None  # monotonic seconds; when a question arose that is still open
    _inputs: HashInputs | None = None  # gathered anew after each change of one
    _others: tuple[str, ...] = ()  # what the last trade may be written as instead

    def describe(self, market: Market) -> None:
        """Take over what the catalogue knows; the stream knows better where it tells."""
        self.minimum_size = f"{market.minimum_size.normalize():f}"
        self.neg_risk = market.neg_risk
        self.tick = self.tick or f"{market.tick.normalize():f}"
        self._inputs = None

    def learn(self, inputs: HashInputs) -> None:
        """Take over what the venue itself has just hashed."""
        self.minimum_size, self.neg_risk = inputs.minimum_size, inputs.neg_risk
        self.tick, self.last_trade = inputs.tick, inputs.last_trade
        self._inputs = inputs
        self._others = ()

    def begin(self, tick: str | None, last_trade: str | None) -> None:
        """A snapshot came. One without a last trade often follows a trade that is told later:

        until then nothing matches, and as nothing was proven nothing is wrong either.
        """
        self.tick = tick or self.tick
        if last_trade is not None:
            self.last_trade, self._others = last_trade, ()
        self._inputs = None
        self.restart()

    def restart(self) -> None:
        """The book was replaced: what was found out about the old one is void."""
        self.is_proven = self.is_odd = False
        self.mismatches = 0
        self.open_since = None

    def excuse(self) -> None:
        """REST has the very book that did not match: hashes say nothing until one matches."""
        self.has_matched = False

    def retick(self, tick: str) -> None:
        """The price grid changed."""
        self.tick = tick
        self._inputs = None

    def traded(self, price: str) -> None:
        """A trade of this token or its complement: both hash its price as it was told.

        So it is in the recordings, which do not show every case: until a book is proven again
        it may be the price seen from the other side, unpadded, or what the book itself named.
        """
        complement = f"{1 - Decimal(price):f}"
        named = (self.last_trade, *self._others[-1:])
        forms = (_padded(price), price, _padded(complement), complement, *named)
        self.last_trade, *others = dict.fromkeys(form for form in forms if form is not None)
        self._others = tuple(others)
        self._inputs = None
        self.mismatches = 0
        self.open_since = None

    def matches(self, book: Book, market: str, stated: str, timestamp: str) -> bool:
        """Whether `book` has the hash that the venue `stated` for it; remembers the answer."""
        inputs = self._fitting(book, market, stated, timestamp)
        if inputs is not None:
            self._inputs, self.last_trade, self._others = inputs, inputs.last_trade, ()
            self.is_proven = self.has_matched = True
            self.is_odd = False
            self.mismatches = 0
            self.proven += 1
            return True
        self.is_odd = self.is_odd or (bool(stated) and self.inputs(market) is not None)
        return False

    def conclude(self) -> None:
        """The frame is over: inside of it, later entries explain the mismatches of earlier ones."""
        self.mismatches += self.is_odd
        self.is_odd = False

    def is_match(self, book: Book, market: str, stated: str, timestamp: str) -> bool:
        """The same without remembering it, for a book that is only tried on."""
        return self._fitting(book, market, stated, timestamp) is not None

    def _fitting(self, book: Book, market: str, stated: str, timestamp: str) -> HashInputs | None:
        """With which inputs `book` has the hash `stated`; None: with none that we can think of."""
        inputs = self._inputs or self.inputs(market)
        if inputs is None or not stated:
            return None
        if book.hash(inputs, timestamp) == stated:
            return inputs
        for other in self._others:
            tried = replace(inputs, last_trade=other)
            if book.hash(tried, timestamp) == stated:
                return tried
        return None

    @property
    def verdict(self) -> Verdict:
        """What the comparisons up to now say, in their number."""
        if self.is_proven and not self.mismatches:
            return Verdict.PROVEN
        is_wrong = self.is_proven and self.mismatches >= PATIENCE
        return Verdict.WRONG if is_wrong else Verdict.OPEN

    def question(self, now: float) -> None:
        """Something is odd about the book: it must prove itself soon."""
        self.mismatches = max(1, self.mismatches)
        if self.open_since is None:
            self.open_since = now

    def is_overdue(self, now: float) -> bool:
        """Whether a question has been open for so long that no late news explains it."""
        return (
            self.mismatches > 0 and self.open_since is not None and now - self.open_since >= LASTING
        )

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


def _padded(price: str) -> str:
    whole, _, decimals = price.partition(".")
    return f"{whole}.{decimals.ljust(DECIMALS, '0')}"
