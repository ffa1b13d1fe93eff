"""What people write without a command: a market's name or link, a wallet, or a whole order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.amounts import typed_shares, typed_usdc
from core.domain.book import Side
from core.domain.errors import InvalidQuantity
from core.domain.link import SLUG, VenueLink, parse_link
from core.domain.order_words import (
    Amount,
    Dollars,
    Part,
    PriceWish,
    Shares,
    Terms,
    order_terms,
)
from core.domain.sentences import mark

VENUE_ONLY: Final = mark("I open links to events and markets on polymarket.com only.")
WHICH_MARKET: Final = mark(
    "Which market? Write its name or link first, for example: bitcoin 100k buy yes 50"
)
NO_WALLET: Final = mark("A wallet's address is 0x and 40 more digits; this one is not.")
HOW_MUCH_TO_BUY: Final = mark("Write how many dollars to spend, for example: buy yes 50")
HOW_MUCH_TO_SELL: Final = mark(
    "Write how many shares to sell, or which part: sell yes 12.5, sell yes 50%, sell yes all"
)
SHARES_NEED_A_PRICE: Final = mark(
    "At the market you buy for dollars: buy yes 50. Shares go with a price: buy yes 40 shares @45"
)


@dataclass(frozen=True, slots=True)
class SearchWish:
    words: str


@dataclass(frozen=True, slots=True)
class LinkWish:
    link: VenueLink


@dataclass(frozen=True, slots=True)
class SlugWish:
    """Perhaps the short name of a market or event in the venue's links; else words."""

    slug: str

    @property
    def words(self) -> str:
        return self.slug.replace("-", " ")


@dataclass(frozen=True, slots=True)
class WalletWish:
    address: str  # 0x and 40 hexadecimal digits, lower case


Subject: TypeAlias = SearchWish | LinkWish | SlugWish


@dataclass(frozen=True, slots=True)
class OrderWish:
    """`outcome` as written, "" if it was not; without `amount` it is still to be asked for.

    `text` is all of it, for when the words turn out to be no order.
    """

    subject: Subject
    side: Side
    outcome: str
    amount: Amount | None
    price: PriceWish | None
    text: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """A sentence that says what is missing."""

    sentence: str


Wish: TypeAlias = SearchWish | LinkWish | SlugWish | WalletWish | OrderWish | Unclear

VENUE: Final = "polymarket.com"
SHORT_ORDER: Final = 3  # words after the verb
LONGEST_ORDER: Final = 16  # words after the verb; more of them are no order

_VERBS: Final = {"buy": Side.BUY, "sell": Side.SELL}
_WALLET: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{16,}", re.ASCII)
_AROUND: Final = "<>()[]{}\"'“”.,;:!?"
_SIDES: Final = frozenset({"yes", "no"})


def read_wish(text: str) -> Wish:
    """Whatever is written means something; what cannot be done comes as `Unclear`.

    >>> read_wish("fed decision")
    SearchWish(words='fed decision')
    """
    line = " ".join(text.split())
    tokens = line.split(" ")
    links = [(place, link) for place, link in enumerate(map(_link, tokens)) if link is not None]
    if links:
        place, link = links[0]
        others = [token for number, token in enumerate(tokens) if number != place]
        return _order_about(LinkWish(link), others, line) or LinkWish(link)
    if "://" in line or f"{VENUE}/" in line.lower():
        return Unclear(VENUE_ONLY)
    return _order_in(tokens, line) or _subject(line)


def _link(token: str) -> VenueLink | None:
    if VENUE not in token.lower():
        return None
    return parse_link(token) or parse_link(token.strip(_AROUND))


def _subject(line: str) -> SearchWish | SlugWish | WalletWish | Unclear:
    if _WALLET.fullmatch(line):
        return WalletWish(line.lower())
    if _HEX.fullmatch(line):
        return Unclear(NO_WALLET)
    slug = line.lower()
    return SlugWish(slug) if "-" in slug and SLUG.fullmatch(slug) else SearchWish(line)


def _order_about(subject: LinkWish, tokens: Sequence[str], line: str) -> Wish | None:
    """With a link there is no doubt what it is about, so any words may name the outcome."""
    verb = _verb(tokens)
    if verb is None or verb + 1 == len(tokens):
        return None
    try:
        terms = order_terms(" ".join(tokens[verb + 1 :]))
    except InvalidQuantity as refusal:
        return Unclear(str(refusal))
    return _order(subject, _VERBS[tokens[verb].lower()], terms, line)


def _order_in(tokens: Sequence[str], line: str) -> Wish | None:
    """None for words that only happen to hold `buy` or `sell`."""
    verb = _verb(tokens)
    if verb is None:
        return None
    try:
        terms = order_terms(" ".join(tokens[verb + 1 :]))
    except InvalidQuantity as refusal:
        return Unclear(str(refusal)) if _seems_an_order(tokens[verb + 1 :]) else None
    if not terms.is_an_order and terms.outcome.lower() not in _SIDES:
        return None
    subject = _subject(" ".join(tokens[:verb])) if verb else None
    if not isinstance(subject, SearchWish | SlugWish):
        return Unclear(WHICH_MARKET)
    return _order(subject, _VERBS[tokens[verb].lower()], terms, line)


def _seems_an_order(tokens: Sequence[str]) -> bool:
    """Whether somebody who wrote this after a verb had rather be told what is wrong with it."""
    sides = any(token.lower() in _SIDES for token in tokens)
    return sides or len(tokens) <= SHORT_ORDER


def _verb(tokens: Sequence[str]) -> int | None:
    """Where the last `buy` or `sell` stands, if an order may follow it."""
    places = [place for place, token in enumerate(tokens) if token.lower() in _VERBS]
    return places[-1] if places and len(tokens) - places[-1] <= LONGEST_ORDER else None


def _order(subject: Subject, side: Side, terms: Terms, line: str) -> OrderWish | Unclear:
    try:
        amount = terms.amount or _bare(side, terms.bare)
        _check(side, amount, terms.price)
    except InvalidQuantity as refusal:
        return Unclear(str(refusal))
    return OrderWish(subject, side, terms.outcome, amount, terms.price, line)


def _bare(side: Side, number: str) -> Amount | None:
    """A number alone is dollars where one buys, shares where one sells."""
    if not number:
        return None
    return Dollars(typed_usdc(number)) if side is Side.BUY else Shares(typed_shares(number))


def _check(side: Side, amount: Amount | None, price: PriceWish | None) -> None:
    match side, amount:
        case Side.BUY, Part():
            raise InvalidQuantity(HOW_MUCH_TO_BUY)
        case Side.BUY, Shares() if price is None:
            raise InvalidQuantity(SHARES_NEED_A_PRICE)
        case Side.SELL, Dollars() | None:
            raise InvalidQuantity(HOW_MUCH_TO_SELL)
        case _:
            return
