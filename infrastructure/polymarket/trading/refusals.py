"""The venue's refusals in its own words, what each proves, and how we say it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    InvalidQuantity,
    MarketClosed,
    NotWhole,
    OrderTooSmall,
    PolycoolError,
    Rejected,
    Unavailable,
)
from core.domain.sentences import mark, worded

LONGEST: Final = 200  # characters of the venue's own words that we repeat
CREDENTIALS: Final = mark(
    "The venue refuses this account's API key. Nothing was sent to the market. "
    "Check the wallet's set-up; a wrong clock of this machine looks the same."
)


class Meaning(Enum):
    """What a text of the venue proves."""

    REFUSED = auto()  # it will never be in the book
    LATER = auto()  # not now; the same may work later
    HELD = auto()  # the venue has this very order already
    OPEN = auto()  # proves nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sentence` as a user reads it; `kind` is the error of a refusal."""

    meaning: Meaning
    sentence: str = ""
    kind: type[Rejected] = Rejected


def _refused(sentence: str, kind: type[Rejected] = Rejected) -> Verdict:
    return Verdict(Meaning.REFUSED, sentence, kind)


def _later(sentence: str) -> Verdict:
    return Verdict(Meaning.LATER, sentence)


TABLE: Final = (
    (("duplicated", "same order has already been placed"), Verdict(Meaning.HELD)),
    (("order match delayed", "could not insert order"), Verdict(Meaning.OPEN)),
    (
        ("breaks minimum tick size", "invalid_order_min_tick_size"),
        _refused(
            mark(
                "The market's price step has changed, so this price no longer exists there. "
                "Nothing was placed. Ask for a new quote."
            ),
            InvalidQuantity,
        ),
    ),
    (
        ("lower than the minimum", "invalid_order_min_size"),
        _refused(
            mark("The order is smaller than this market's minimum. Choose a larger amount."),
            OrderTooSmall,
        ),
    ),
    (
        ("min size:",),
        _refused(
            mark("The venue takes no market buy below 1 USDC. Choose a larger amount."),
            OrderTooSmall,
        ),
    ),
    (
        ("crosses book", "invalid_post_only_order"),
        _refused(
            mark(
                "The order would have traded at once, which post-only forbids; nothing was placed. "
                "Choose a price further from the market."
            )
        ),
    ),
    (
        ("invalid post-only order",),
        _refused(mark("Only an order that may rest can be post-only. Nothing was placed.")),
    ),
    (
        ("invalid amounts",),
        _refused(
            mark(
                "The venue does not take so fine an amount at this price. Nothing was placed. "
                "Choose another amount."
            ),
            InvalidQuantity,
        ),
    ),
    (
        ("not enough balance", "not_enough_balance", "insufficient balance"),
        _refused(
            mark(
                "The wallet does not have enough free money or shares, or the exchange may not use "
                "them. Nothing was placed. Open orders reserve money too: see Wallet."
            ),
            InsufficientBalance,
        ),
    ),
    (
        ("fully filled or killed", "fok_order_not_filled"),
        _refused(
            mark(
                "There was not enough on the other side for the whole order, so none of it was "
                "traded. Try less, or a worse price."
            ),
            NotWhole,
        ),
    ),
    (
        ("no orders found to match with fak",),
        _refused(
            mark(
                "Nobody took the other side within your price, so nothing was traded. "
                "Ask for a new quote."
            ),
            EmptyBook,
        ),
    ),
    (
        ("invalid expiration", "invalid_order_expiration"),
        _refused(
            mark("The order's end is too soon for the venue. Choose a later one."), InvalidQuantity
        ),
    ),
    (
        ("order canceled in the ctf exchange contract",),
        _refused(
            mark("This order was cancelled on chain before it got there. Nothing was placed.")
        ),
    ),
    (
        ("not yet ready to process new orders", "market_not_ready"),
        _refused(mark("This market does not take orders yet. Try again later."), MarketClosed),
    ),
    (
        ("no orderbook exists", "the orderbook", "invalid token id"),
        _refused(mark("This market does not take orders any more."), MarketClosed),
    ),
    (
        ("order_version_mismatch",),
        _refused(mark("This market settles on another contract than we know. Please report this.")),
    ),
    (("address banned",), _refused(mark("The venue has banned this address from trading."))),
    (
        ("closed only mode",),
        _refused(
            mark(
                "The venue lets this account only close positions: selling works, buying does not."
            )
        ),
    ),
    (
        ("owner has to be the owner of the api key",),
        _refused(mark("The order was made with an API key that was replaced. Place it anew.")),
    ),
    (
        ("signer address has to be", "api key", "invalid l1 request headers"),
        _refused(CREDENTIALS),
    ),
    (
        ("invalid order payload",),
        _refused(
            mark("The venue could not read the order; nothing was placed. Please report this.")
        ),
    ),
    (
        ("invalid signature",),
        _refused(mark("The venue does not accept this wallet's signature. Nothing was placed.")),
    ),
    (
        ("too many orders in payload",),
        _refused(mark("The venue does not take so many orders at once.")),
    ),
    (("rate limit exceeded",), _later(mark("The venue takes no more orders for the moment."))),
    (
        ("post-only mode",),
        _later(mark("The venue takes only post-only orders and cancels for the moment.")),
    ),
    (("cancel-only",), _later(mark("The venue takes no new orders for the moment, only cancels."))),
    (
        ("trading is currently disabled",),
        _later(mark("The venue has stopped all trading for the moment.")),
    ),
)
"""Words in small letters. The first line of which any occurs in a text decides."""

RESTRICTED: Final = ("restricted", "region", "geoblock", "available regions")


def verdict_on(text: str) -> Verdict | None:
    """None for words that we do not know."""
    small = text.casefold()
    for words, verdict in TABLE:
        if any(word in small for word in words):
            return verdict
    return _place(text)


def error_of(verdict: Verdict, text: str, retry_after: float = 0.0) -> PolycoolError:
    """A refusal as the error to raise; for now-not with the venue's own words."""
    if verdict.meaning is Meaning.LATER:
        words = saying(verdict.sentence, text) if text else verdict.sentence
        return Unavailable(words, retry_after)
    return verdict.kind(verdict.sentence)


def in_own_words(text: str) -> Rejected:
    """A refusal that we have no sentence for."""
    return Rejected(saying(mark("The venue refused the order."), text))


def saying(sentence: str, text: str) -> str:
    """Ours, and the venue's own words after it."""
    return worded("{sentence} It says: {words}", sentence=sentence, words=quoted(text))


def quoted(text: str) -> str:
    """The venue's words: one line, nothing that cannot be printed, not too long."""
    line = " ".join(text.split())
    shown = "".join(character for character in line if character.isprintable())
    return f"“{shown[:LONGEST]}”"


def _place(text: str) -> Verdict | None:
    """Where the venue refuses a country, its own sentence is shown."""
    small = text.casefold()
    if not any(word in small for word in RESTRICTED):
        return None
    return _refused(saying(mark("The venue does not let you trade from here."), text))
