"""How the arguments in callback data are read back: each like any stranger's input."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar

from core.domain.alert import AlertId
from core.domain.trigger import TriggerId
from core.domain.units import EventId, MarketId, OrderId, PositionId, UserId
from core.domain.withdrawal import AddressId, WithdrawalId

Made = TypeVar("Made")

MAX_WORDS: Final = 44  # bytes of a search that fit beside the rest

Reader: TypeAlias = Callable[[str], object]
"""One argument from its text. Raises: ValueError."""
Forms: TypeAlias = Mapping[str, tuple[Callable[..., Made], tuple[Reader, ...]]]
"""By the code that stands for it: an action, and the readers of its fields in their order."""

_DIGITS: Final = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)
_BUTTON_ID: Final = re.compile(r"[A-Za-z0-9_-]{6,40}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_YES_OR_NO: Final = re.compile(r"[01]", re.ASCII)
_CATEGORY: Final = re.compile(r"(?:[0-9a-f]{8})?", re.ASCII)


def category_key(name: str) -> str:
    """Eight hexadecimal digits that stand for a category of any length."""
    return hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def search_words(text: str, most: int = MAX_WORDS) -> str:
    """`text` in one line, cut between words to what a page button can carry."""
    words = " ".join(text.split())
    while len(words.encode()) > most:
        shorter, _, _ = words.rpartition(" ")
        words = shorter or words[:-1]
    return words


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not of the agreed form")
    return text


def number(text: str) -> int:
    return int(_matching(_DIGITS, text))


def market_id(text: str) -> MarketId:
    return MarketId(_matching(_DIGITS, text))


def event_id(text: str) -> EventId:
    return EventId(_matching(_DIGITS, text))


def position_id(text: str) -> PositionId:
    return PositionId(number(text))


def order_id(text: str) -> OrderId:
    return OrderId(number(text))


def user_id(text: str) -> UserId:
    return UserId(number(text))


def alert_id(text: str) -> AlertId:
    return AlertId(number(text))


def trigger_id(text: str) -> TriggerId:
    return TriggerId(number(text))


def address_id(text: str) -> AddressId:
    return AddressId(number(text))


def withdrawal_id(text: str) -> WithdrawalId:
    return WithdrawalId(number(text))


def flag(text: str) -> bool:
    return _matching(_YES_OR_NO, text) == "1"


def category(text: str) -> str:
    return _matching(_CATEGORY, text)


def percent(text: str) -> int:
    if (share := number(text)) > 100:  # noqa: PLR2004 - a hundred percent
        raise ValueError("more than everything")
    return share


def button_id(text: str) -> str:
    return _matching(_BUTTON_ID, text)


def address(text: str) -> str:
    return _matching(_ADDRESS, text)


def search_text(text: str) -> str:
    if not text or text != search_words(text):
        raise ValueError("not a search that we would write")
    return text
