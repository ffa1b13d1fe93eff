"""What a guard says no for; each is shown to a person as its sentence."""

from core.domain.errors import InsufficientBalance, NotEnoughShares, Rejected
from core.domain.units import TokenId


class Refused(Rejected):
    """A guard said no: nothing was signed, nothing was sent."""


class Halted(Refused):
    """The owner has halted trading."""


class Stopped(Refused):
    """The user has stopped this kind of order."""


class ViewerOnly(Refused):
    """The user may look at everything and trade nothing."""


class BuyingRefused(Refused):
    """The venue lets this user buy nothing; the sentence is its own."""


class CancelOnly(Refused):
    """A circuit breaker is open."""


class OverLimit(Refused):
    """One of the limits has no room for the order."""


class CashReserved(Refused, InsufficientBalance):
    """The cash is not there, or open orders hold it."""


class SharesReserved(Refused, NotEnoughShares):
    """The shares are not there, or open sales hold them."""


class PriceNotTrusted(Refused):
    """The price is neither live nor fetched a moment ago.

    With a fresh book of `token`, fetched outside of the transaction, the same order may pass.
    """

    def __init__(self, sentence: str, token: TokenId) -> None:
        super().__init__(sentence)
        self.token = token


class PriceOutOfReach(Refused):
    """The order's bound goes further through the book than it needs to."""


class DiskFull(Refused):
    """What happens to a new order might not be written down."""


class HeartbeatLost(Refused):
    """The venue may be cancelling this user's orders right now."""


class OutcomeAwaited(Refused):
    """Automation waits until an earlier order in the same market is cleared up."""


class UnclearBefore(Refused):
    """Nobody knows what became of an earlier order in the market, and the user was not told."""


class NotReconciled(Refused):
    """Automation waits until our books and the venue's agree."""


class NotUnique(Refused):
    """An automated order whose key does not say what it was for."""
