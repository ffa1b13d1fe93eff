"""What a button can ask for about one's own account: open orders, wallet, switches, limits."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.custody import Tier
from core.domain.risk import LimitKind
from core.domain.units import MarketId, OrderId, UserId
from core.domain.withdrawal import AddressId, WithdrawalId
from telegram_bot.callback_readers import (
    Forms,
    address_id,
    flag,
    market_id,
    number,
    order_id,
    user_id,
    withdrawal_id,
)


@dataclass(frozen=True, slots=True)
class ShowOrders:
    page: int = 0


@dataclass(frozen=True, slots=True)
class RecentOrders:
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowOrder:
    order_id: OrderId


@dataclass(frozen=True, slots=True)
class CancelOrder:
    order_id: OrderId


@dataclass(frozen=True, slots=True)
class CancelMarket:
    """Every open order in the market."""

    market_id: MarketId


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Every open order; asks first until `is_sure`."""

    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class ShowWallet:
    pass


@dataclass(frozen=True, slots=True)
class ShowDepositCode:
    """The deposit address as a picture."""


@dataclass(frozen=True, slots=True)
class ChooseTier:
    pass


@dataclass(frozen=True, slots=True)
class BeginWallet:
    tier: Tier


@dataclass(frozen=True, slots=True)
class CheckWallet:
    """Ask the venue about the wallet that is being set up."""


@dataclass(frozen=True, slots=True)
class RevokeWallet:
    """Give up every key; asks first until `is_sure`."""

    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class ShowRisk:
    """What could go wrong, and the daily limit to type."""


@dataclass(frozen=True, slots=True)
class GoLive:
    pass


@dataclass(frozen=True, slots=True)
class GoPaper:
    pass


@dataclass(frozen=True, slots=True)
class Approve:
    pass


@dataclass(frozen=True, slots=True)
class Redeem:
    market_id: MarketId


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Book the venue's shares where ours differ."""


@dataclass(frozen=True, slots=True)
class ShowWithdrawals:
    pass


@dataclass(frozen=True, slots=True)
class NewAddress:
    pass


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    address_id: AddressId


@dataclass(frozen=True, slots=True)
class WithdrawTo:
    address_id: AddressId


@dataclass(frozen=True, slots=True)
class CancelWithdrawal:
    withdrawal_id: WithdrawalId


@dataclass(frozen=True, slots=True)
class StopTrading:
    everything: bool = False


@dataclass(frozen=True, slots=True)
class ResumeTrading:
    pass


@dataclass(frozen=True, slots=True)
class HaltTrading:
    """For the owner."""

    everything: bool = False


@dataclass(frozen=True, slots=True)
class LiftHalt:
    """For the owner."""


@dataclass(frozen=True, slots=True)
class ResetBreaker:
    """For the owner; `user_id` 0 is the breaker of everybody."""

    user_id: UserId


@dataclass(frozen=True, slots=True)
class ShowLimits:
    pass


@dataclass(frozen=True, slots=True)
class ChangeLimit:
    kind: LimitKind


AccountAction: TypeAlias = (
    ShowOrders
    | RecentOrders
    | ShowOrder
    | CancelOrder
    | CancelMarket
    | CancelAll
    | ShowWallet
    | ShowDepositCode
    | ChooseTier
    | BeginWallet
    | CheckWallet
    | RevokeWallet
    | ShowRisk
    | GoLive
    | GoPaper
    | Approve
    | Redeem
    | TakeOver
    | ShowWithdrawals
    | NewAddress
    | RemoveAddress
    | WithdrawTo
    | CancelWithdrawal
    | StopTrading
    | ResumeTrading
    | HaltTrading
    | LiftHalt
    | ResetBreaker
    | ShowLimits
    | ChangeLimit
)

FORMS: Final[Forms[AccountAction]] = {
    "ol": (ShowOrders, (number,)),
    "or": (RecentOrders, (number,)),
    "os": (ShowOrder, (order_id,)),
    "oc": (CancelOrder, (order_id,)),
    "om": (CancelMarket, (market_id,)),
    "oa": (CancelAll, (flag,)),
    "v": (ShowWallet, ()),
    "vq": (ShowDepositCode, ()),
    "vt": (ChooseTier, ()),
    "vb": (BeginWallet, (Tier,)),
    "vc": (CheckWallet, ()),
    "vr": (RevokeWallet, (flag,)),
    "vk": (ShowRisk, ()),
    "vl": (GoLive, ()),
    "vp": (GoPaper, ()),
    "va": (Approve, ()),
    "vm": (Redeem, (market_id,)),
    "vo": (TakeOver, ()),
    "vw": (ShowWithdrawals, ()),
    "vn": (NewAddress, ()),
    "vd": (RemoveAddress, (address_id,)),
    "vs": (WithdrawTo, (address_id,)),
    "vx": (CancelWithdrawal, (withdrawal_id,)),
    "gs": (StopTrading, (flag,)),
    "gr": (ResumeTrading, ()),
    "gh": (HaltTrading, (flag,)),
    "gl": (LiftHalt, ()),
    "gb": (ResetBreaker, (user_id,)),
    "gm": (ShowLimits, ()),
    "gc": (ChangeLimit, (LimitKind,)),
}
