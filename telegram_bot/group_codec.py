"""Data of buttons on cards in groups: who may tap, and nothing but what reads."""

import re
from dataclasses import dataclass
from typing import Final

from telegram_bot.actions import Action, Help, Search, ShowEvent, ShowMarket
from telegram_bot.callbacks import MAX_BYTES, Codec
from telegram_bot.finding_actions import SearchVenue
from telegram_bot.picture_actions import ShowChart, ShowDepth

READ_ONLY: Final[frozenset[type]] = frozenset(
    {Help, Search, SearchVenue, ShowEvent, ShowMarket, ShowChart, ShowDepth}
)
"""All that a card in a group can ask for: what everybody may see, and no order ever."""
MAX_WORDS: Final = 32  # bytes of a search that fit beside the asker
PREFIX: Final = "g"

_ASKER: Final = re.compile(r"g([1-9]\d{0,15})\.(.+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class GroupTapped:
    """A readable tap; whether its action is one for groups is for the reader to check."""

    asker: int
    action: Action
    keeps_message: bool


class GroupCodec:
    """The private chat's data with the asker before it; neither reads what the other writes."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def encode(self, action: Action, asker: int, *, keeps_message: bool = False) -> str:
        """Raises: ValueError for an action that is none for groups."""
        if type(action) not in READ_ONLY:
            raise ValueError(f"{type(action).__name__} is not for groups")
        data = f"{PREFIX}{asker}.{self._codec.encode(action, keeps_message=keeps_message)}"
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"callback data is longer than {MAX_BYTES} bytes: {data!r}")
        return data

    def decode(self, data: str) -> GroupTapped | None:
        """None for whatever this run did not write."""
        found = _ASKER.fullmatch(data)
        tapped = None if found is None else self._codec.decode(found[2])
        if found is None or tapped is None:
            return None
        return GroupTapped(int(found[1]), tapped.action, tapped.keeps_message)
