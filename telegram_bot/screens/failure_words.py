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
    NotWhole,
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
    ViewerOnly,
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
from telegram_bot.words import mark, say

T = TypeVar("T")

NOT_ORDERED: Final = mark("Nothing was bought or sold; your money is as before.")
NOT_SENT: Final = mark(
    "Nothing came of it: your money is as before. Trying again in a moment may work."
)
NOT_MOVED: Final = mark("Nothing was moved; your money is as before.")
NOT_CHANGED: Final = mark("Nothing was changed, and no money was touched.")
MAYBE: Final = mark("It may or may not have happened. Look at Positions before you try again.")

HEADINGS: Final = MappingProxyType[type[PolycoolError], str](
    {
        OutcomeUnknown: mark("Status unknown"),
        PriceNotTrusted: mark("No price fresh enough"),
        StalePrice: mark("No price fresh enough"),
        Unavailable: mark("Not reachable right now"),
        CashReserved: mark("Not enough free cash"),
        InsufficientBalance: mark("Not enough cash"),
        SharesReserved: mark("Not enough free shares"),
        NotEnoughShares: mark("Not enough shares"),
        NotWhole: mark("Not all of it was there"),
        EmptyBook: mark("Nobody takes the other side"),
        MarketClosed: mark("The market is closed"),
        OrderTooSmall: mark("Too small an order"),
        Halted: mark("Trading is halted"),
        Stopped: mark("You have stopped trading"),
        ViewerOnly: mark("You may look, not trade"),
        BuyingRefused: mark("The venue does not let you buy"),
        CancelOnly: mark("Only cancelling works right now"),
        OverLimit: mark("Above a limit"),
        PriceOutOfReach: mark("The price has moved"),
        DiskFull: mark("No room to write orders down"),
        HeartbeatLost: mark("The venue does not hear us"),
        OutcomeAwaited: mark("An earlier order is not clear yet"),
        UnclearBefore: mark("An earlier order is not clear yet"),
        NotReconciled: mark("The account is being checked"),
        VenueRefuses: mark("The venue does not let you trade"),
        TradesPlayMoneyOnly: mark("Paper money only"),
        ScopeTooWide: mark("This key may do too much"),
        KeyNotUsable: mark("No key that can sign"),
        CodeRefused: mark("The code was not taken"),
        WithdrawalRefused: mark("No withdrawal"),
    }
)
MEANINGS: Final = MappingProxyType[type[PolycoolError], tuple[str, ...]](
    {
        OutcomeUnknown: (MAYBE,),
        Unavailable: (NOT_SENT,),
        WithdrawalRefused: (NOT_MOVED,),
        CodeRefused: (NOT_CHANGED,),
        VenueRefuses: (
            mark(
                "The words are the venue's own, and there is no way around them here. "
                "You stay on paper money; buying with real money is off."
            ),
        ),
        BuyingRefused: (
            mark(
                "The words are the venue's own, and there is no way around them here. "
                "Selling and cancelling work."
            ),
            NOT_ORDERED,
        ),
        TradesPlayMoneyOnly: (NOT_CHANGED,),
        ScopeTooWide: (mark("It was not taken into use."), NOT_CHANGED),
        KeyNotUsable: (
            NOT_ORDERED,
            mark("Your positions and open orders stay where they are."),
        ),
    }
)
WAYS: Final = MappingProxyType[type[PolycoolError], tuple[str, Action]](
    {
        OutcomeUnknown: (mark("Positions"), ShowPositions()),
        Stopped: (mark("Resume"), ResumeTrading()),
        OverLimit: (mark("Limits"), ShowLimits()),
        CashReserved: (mark("Orders"), ShowOrders()),
        SharesReserved: (mark("Orders"), ShowOrders()),
        ViewerOnly: (mark("Positions"), ShowPositions()),
        BuyingRefused: (mark("Positions"), ShowPositions()),
        CancelOnly: (mark("Orders"), ShowOrders()),
        Halted: (mark("Orders"), ShowOrders()),
        HeartbeatLost: (mark("Orders"), ShowOrders()),
        OutcomeAwaited: (mark("Orders"), ShowOrders()),
        UnclearBefore: (mark("Orders"), ShowOrders()),
        NotReconciled: (mark("Wallet"), ShowWallet()),
        DiskFull: (mark("Status"), Status()),
        KeyNotUsable: (mark("Wallet"), ShowWallet()),
        ScopeTooWide: (mark("Wallet"), ShowWallet()),
        VenueRefuses: (mark("Wallet"), ShowWallet()),
        TradesPlayMoneyOnly: (mark("Wallet"), ShowWallet()),
        CodeRefused: (mark("Wallet"), ShowWallet()),
        WithdrawalRefused: (mark("Withdrawals"), ShowWithdrawals()),
    }
)


def heading(error: PolycoolError) -> str:
    return say(_nearest(HEADINGS, error) or mark("That did not work"))


def meaning(error: PolycoolError) -> str:
    return " ".join(say(each) for each in _nearest(MEANINGS, error) or (NOT_ORDERED,))


def way_out(error: PolycoolError) -> tuple[str, Action] | None:
    """The button that helps with this kind of failure; None where trying again is all there is."""
    found = _nearest(WAYS, error)
    return found and (say(found[0]), found[1])


def _nearest(told: Mapping[type[PolycoolError], T], error: PolycoolError) -> T | None:
    """What is told of the error's own kind, or of the nearest one it is a case of."""
    return next((told[kind] for kind in type(error).__mro__ if kind in told), None)
