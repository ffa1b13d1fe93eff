"""Everything a button can ask for about what somebody has, and what became of it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.holdings import HoldingOrder
from core.domain.units import PositionId
from telegram_bot.callback_readers import Forms, address, button_id, flag, number, position_id


@dataclass(frozen=True, slots=True)
class ShowHistory:
    page: int = 0


@dataclass(frozen=True, slots=True)
class SaveHistory:
    """All trades as files."""


@dataclass(frozen=True, slots=True)
class SortPositions:
    """From now on the list has this order."""

    order: HoldingOrder


@dataclass(frozen=True, slots=True)
class ShowSmall:
    """The list with the positions that are hardly worth anything."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowClaims:
    """Results that wait to become cash."""


@dataclass(frozen=True, slots=True)
class AskWords:
    """How markets are searched for."""


@dataclass(frozen=True, slots=True)
class SwitchSide:
    """Sell a position, then buy the other outcome: what that takes."""

    position_id: PositionId


@dataclass(frozen=True, slots=True)
class BuyOtherSide:
    """The second half, once everything is sold."""

    position_id: PositionId


@dataclass(frozen=True, slots=True)
class SellEverything:
    """What selling all positions would bring, to be confirmed."""


@dataclass(frozen=True, slots=True)
class SellAll:
    """All that a card of sales carries: the id of its first one."""

    button_id: str


@dataclass(frozen=True, slots=True)
class ShowPublicWallet:
    """Anybody's, by its address in lower case."""

    address: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class WatchWallet:
    """Hear of its new trades, or no more if it is not `wanted`."""

    address: str
    wanted: bool


PortfolioAction: TypeAlias = (
    ShowHistory
    | SaveHistory
    | SortPositions
    | ShowSmall
    | ShowClaims
    | AskWords
    | SwitchSide
    | BuyOtherSide
    | SellEverything
    | SellAll
    | ShowPublicWallet
    | WatchWallet
)

FORMS: Final[Forms[PortfolioAction]] = {
    "yh": (ShowHistory, (number,)),
    "yf": (SaveHistory, ()),
    "yo": (SortPositions, (HoldingOrder,)),
    "yd": (ShowSmall, (number,)),
    "yc": (ShowClaims, ()),
    "yq": (AskWords, ()),
    "yw": (SwitchSide, (position_id,)),
    "yb": (BuyOtherSide, (position_id,)),
    "ye": (SellEverything, ()),
    "yx": (SellAll, (button_id,)),
    "yg": (ShowPublicWallet, (address, number)),
    "yt": (WatchWallet, (address, flag)),
}
