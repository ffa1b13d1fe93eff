"""What went wrong, in a heading; what it means in money; and which button helps."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from core.domain.custody import (
    CodeRefused,
    KeyNotUsable,
    ScopeTooWide,
    TradesPlayMoneyOnly,
    VenueRefuses,
)
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotEnoughShares,
    OrderTooSmall,
    OutcomeUnknown,
    PolycoolError,
    StalePrice,
    Unavailable,
)
from core.domain.refusals import (
    BuyingRefused,
    CancelOnly,
    CashReserved,
    DiskFull,
    Halted,
    HeartbeatLost,
    NotReconciled,
    OutcomeAwaited,
    OverLimit,
    PriceNotTrusted,
    PriceOutOfReach,
    SharesReserved,
    Stopped,
    UnclearBefore,
)
from core.domain.withdrawal import WithdrawalRefused
from telegram_bot.account_actions import (
    ResumeTrading,
    ShowLimits,
    ShowOrders,
    ShowWallet,
    ShowWithdrawals,
)
from telegram_bot.actions import Action, ShowPositions, Status

T = TypeVar("T")

NOT_ORDERED: Final = "Nothing was bought or sold; your money is as before."
NOT_SENT: Final = "Nothing came of it: your money is as before. Trying again in a moment may work."
NOT_MOVED: Final = "Nothing was moved; your money is as before."
NOT_CHANGED: Final = "Nothing was changed, and no money was touched."
MAYBE: Final = "It may or may not have happened. Look at Positions before you try again."

HEADINGS: Final = MappingProxyType[type[PolycoolError], str](
    {
        OutcomeUnknown: "Status unknown",
        PriceNotTrusted: "No price fresh enough",
        StalePrice: "No price fresh enough",
        Unavailable: "Not reachable right now",
        CashReserved: "Not enough free cash",
        InsufficientBalance: "Not enough cash",
        SharesReserved: "Not enough free shares",
        NotEnoughShares: "Not enough shares",
        EmptyBook: "Nobody takes the other side",
        MarketClosed: "The market is closed",
        OrderTooSmall: "Too small an order",
        Halted: "Trading is halted",
        Stopped: "You have stopped trading",
        BuyingRefused: "The venue does not let you buy",
        CancelOnly: "Only cancelling works right now",
        OverLimit: "Above a limit",
        PriceOutOfReach: "The price has moved",
        DiskFull: "No room to write orders down",
        HeartbeatLost: "The venue does not hear us",
        OutcomeAwaited: "An earlier order is not clear yet",
        UnclearBefore: "An earlier order is not clear yet",
        NotReconciled: "The account is being checked",
        VenueRefuses: "The venue does not let you trade",
        TradesPlayMoneyOnly: "Paper money only",
        ScopeTooWide: "This key may do too much",
        KeyNotUsable: "No key that can sign",
        CodeRefused: "The code was not taken",
        WithdrawalRefused: "No withdrawal",
    }
)
MEANINGS: Final = MappingProxyType[type[PolycoolError], str](
    {
        OutcomeUnknown: MAYBE,
        Unavailable: NOT_SENT,
        WithdrawalRefused: NOT_MOVED,
        CodeRefused: NOT_CHANGED,
        VenueRefuses: "The words are the venue's own, and there is no way around them here. "
        "You stay on paper money; buying with real money is off.",
        BuyingRefused: "The words are the venue's own, and there is no way around them here. "
        "Selling and cancelling work. " + NOT_ORDERED,
        TradesPlayMoneyOnly: NOT_CHANGED,
        ScopeTooWide: "It was not taken into use. " + NOT_CHANGED,
        KeyNotUsable: NOT_ORDERED + " Your positions and open orders stay where they are.",
    }
)
WAYS: Final = MappingProxyType[type[PolycoolError], tuple[str, Action]](
    {
        OutcomeUnknown: ("Positions", ShowPositions()),
        Stopped: ("Resume", ResumeTrading()),
        OverLimit: ("Limits", ShowLimits()),
        CashReserved: ("Orders", ShowOrders()),
        SharesReserved: ("Orders", ShowOrders()),
        BuyingRefused: ("Positions", ShowPositions()),
        CancelOnly: ("Orders", ShowOrders()),
        Halted: ("Orders", ShowOrders()),
        HeartbeatLost: ("Orders", ShowOrders()),
        OutcomeAwaited: ("Orders", ShowOrders()),
        UnclearBefore: ("Orders", ShowOrders()),
        NotReconciled: ("Wallet", ShowWallet()),
        DiskFull: ("Status", Status()),
        KeyNotUsable: ("Wallet", ShowWallet()),
        ScopeTooWide: ("Wallet", ShowWallet()),
        VenueRefuses: ("Wallet", ShowWallet()),
        TradesPlayMoneyOnly: ("Wallet", ShowWallet()),
        CodeRefused: ("Wallet", ShowWallet()),
        WithdrawalRefused: ("Withdrawals", ShowWithdrawals()),
    }
)


def heading(error: PolycoolError) -> str:
    return _nearest(HEADINGS, error) or "That did not work"


def meaning(error: PolycoolError) -> str:
    return _nearest(MEANINGS, error) or NOT_ORDERED


def way_out(error: PolycoolError) -> tuple[str, Action] | None:
    """The button that helps with this kind of failure; None where trying again is all there is."""
    return _nearest(WAYS, error)


def _nearest(told: Mapping[type[PolycoolError], T], error: PolycoolError) -> T | None:
    """What is told of the error's own kind, or of the nearest one it is a case of."""
    return next((told[kind] for kind in type(error).__mro__ if kind in told), None)
