"""An order's words after `buy` or `sell`: which outcome, how much, at what price."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.amounts import typed_change, typed_percent, typed_price, typed_shares, typed_usdc
from core.domain.errors import InvalidQuantity
from core.domain.sentences import worded
from core.domain.units import ONE, Price, Size, Usdc

MAX_FACTOR: Final = 100  # times a price; beyond it somebody mistyped
MAX_RISE: Final = (MAX_FACTOR - 1) * 100  # percent
LONGEST_NUMBER: Final = 24  # characters, sign and unit included


@dataclass(frozen=True, slots=True)
class Dollars:
    amount: Usdc


@dataclass(frozen=True, slots=True)
class Shares:
    size: Size


@dataclass(frozen=True, slots=True)
class Part:
    """Of what is held; more than 0, at most 100."""

    percent: Decimal


Amount: TypeAlias = Dollars | Shares | Part


@dataclass(frozen=True, slots=True)
class At:
    price: Price


@dataclass(frozen=True, slots=True)
class Times:
    """A multiple of the price of that moment: `2x` is 2, `+5%` is 1.05."""

    factor: Decimal


class Best(StrEnum):
    """A price that somebody stands at."""

    BID = "bid"
    ASK = "ask"


PriceWish: TypeAlias = At | Times | Best


@dataclass(frozen=True, slots=True)
class Terms:
    """What was said; None and "" for what was not. A bare number is `bare`, in its own words."""

    outcome: str = ""
    amount: Amount | None = None
    bare: str = ""
    price: PriceWish | None = None

    @property
    def is_an_order(self) -> bool:
        """Whether more was said than words."""
        return bool(self.amount or self.bare or self.price)


_NUMBER: Final = r"[\d.,]*\d[\d.,]*"
_UNIT: Final = r"%|x|c|ct|cents?|¢|\$|usdc?|dollars?|bucks|shares?|sh"
_GAPS: Final = (
    (re.compile(rf"(\d) ({_UNIT})(?= |$)", re.ASCII | re.IGNORECASE), r"\1\2"),
    (re.compile(r"(?<!\S)([$@]) (?=\S)"), r"\1"),
    (re.compile(r"(?:^|(?<= ))at (?=[$.\d+-])", re.ASCII | re.IGNORECASE), "@"),
)
_BARE: Final = re.compile(_NUMBER, re.ASCII)
_DOLLARS: Final = re.compile(rf"\$({_NUMBER})|({_NUMBER})(?:\$|usdc?|dollars?|bucks)", re.ASCII)
_SHARES: Final = re.compile(rf"({_NUMBER})(?:shares?|sh)", re.ASCII)
_PART: Final = re.compile(rf"({_NUMBER})%", re.ASCII)
_CENTS: Final = re.compile(rf"({_NUMBER})(?:cents?|ct|c|¢)", re.ASCII)
_CHANGE: Final = re.compile(rf"([+-])({_NUMBER})%", re.ASCII)
_TIMES: Final = re.compile(rf"({_NUMBER})x", re.ASCII)
_NO_NUMBER: Final = re.compile(
    rf"[@$+-]*[\d.,'_]*\d[\d.,'_]*(?:e[+-]?\d+|[kmb])?(?:{_UNIT})*"
    r"|[@$+-]*(?:nan|inf|infinity)(?:%|x|c)?|[@$].*|[+-]\d.*|0x[\da-f]+",
    re.ASCII,
)
_ANSWER: Final = re.compile(
    rf"[@$+\-\u2212]*\s*{_NUMBER}\s*(?:{_UNIT})?|@?(?:bid|ask)", re.ASCII | re.IGNORECASE
)
_PARTS: Final = {"all": 100, "max": 100, "half": 50}
_FILLERS: Final = frozenset({"of", "on", "for", "the", "worth", "a", "an"})


def order_terms(text: str) -> Terms:
    """What `text` says; words that are nothing else name the outcome.

    Raises: InvalidQuantity with a sentence for the user.
    """
    for gap, closed in _GAPS:
        text = gap.sub(closed, text)
    terms = Terms()
    for token in text.split():
        terms = _with(terms, token.rstrip(".,;!?") or token)
    return terms


def price_wish(text: str) -> PriceWish:
    """A price alone: `45`, `45c`, `0.45`, `+5%`, `2x`, `bid`.

    Raises: InvalidQuantity with a sentence for the user.
    """
    word = "".join(text.split()).lower().replace("\u2212", "-").removeprefix("@")
    wish = _price(f"@{word}") if len(word) <= LONGEST_NUMBER else None
    if wish is None:
        raise InvalidQuantity("That is not a price. Please write for example 45, +5% or bid")
    return wish


def is_short_answer(text: str) -> bool:
    """Whether `text` is a number with its unit, or names a price: no words to search for."""
    return _ANSWER.fullmatch(text.strip()) is not None


def _with(terms: Terms, token: str) -> Terms:
    word = token.lower().replace("\u2212", "-")
    if word in _FILLERS:
        return terms
    if len(word) > LONGEST_NUMBER:
        return _named(terms, token)
    price = _price(word)
    if price is not None:
        return _priced(terms, price)
    amount = _amount(word)
    if amount is not None or _BARE.fullmatch(word):
        return _measured(terms, amount, "" if amount else word)
    if _NO_NUMBER.fullmatch(word):
        raise InvalidQuantity(
            worded("I cannot read {text} as a number; please write it plainly", text=token[:20])
        )
    return _named(terms, token)


def _named(terms: Terms, word: str) -> Terms:
    outcome = f"{terms.outcome} {word}".strip()
    return Terms(outcome, terms.amount, terms.bare, terms.price)


def _priced(terms: Terms, price: PriceWish) -> Terms:
    if terms.price is not None:
        raise InvalidQuantity("I see two prices; please write one, for example @45")
    return Terms(terms.outcome, terms.amount, terms.bare, price)


def _measured(terms: Terms, amount: Amount | None, bare: str) -> Terms:
    if terms.amount or terms.bare:
        raise InvalidQuantity("I see two amounts; please write one, and a price as @45")
    return Terms(terms.outcome, amount, bare, terms.price)


def _price(word: str) -> PriceWish | None:
    """Raises: InvalidQuantity for a number that is no price."""
    named = word.removeprefix("@")
    if found := _CHANGE.fullmatch(named):
        is_up = found.group(1) == "+"
        change = typed_change(found.group(2), MAX_RISE if is_up else 100) / 100
        return _times(ONE + change if is_up else ONE - change)
    if found := _TIMES.fullmatch(named):
        return _times(typed_shares(found.group(1)))
    if _CENTS.fullmatch(named):
        return At(typed_price(named.replace("ct", "c")))
    if named == word:
        return None
    return Best(named) if named in set(Best) else At(typed_price(named))


def _times(factor: Decimal) -> Times:
    if not 0 < factor <= MAX_FACTOR:
        raise InvalidQuantity(
            worded("A price can be up to {most} times another, and not zero", most=MAX_FACTOR)
        )
    return Times(factor)


def _amount(word: str) -> Amount | None:
    """Raises: InvalidQuantity for a number that is no amount."""
    if word in _PARTS:
        return Part(Decimal(_PARTS[word]))
    if found := _DOLLARS.fullmatch(word):
        return Dollars(typed_usdc(found.group(1) or found.group(2)))
    if found := _SHARES.fullmatch(word):
        return Shares(typed_shares(found.group(1)))
    if found := _PART.fullmatch(word):
        return Part(typed_percent(found.group(1)))
    return None
