"""One tree of errors, by what the caller should do about them."""

from decimal import Decimal

from core.domain.account import Account
from core.domain.sentences import mark


class PolycoolError(Exception):
    """Root of everything we raise on purpose; its text is a sentence a person can read."""


class Rejected(PolycoolError):
    """Final: nothing happened. Show the sentence to the user."""


class Unavailable(PolycoolError):
    """Nothing happened, and the same thing may work later: in `retry_after` seconds or more."""

    def __init__(self, sentence: str = "", retry_after: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class BudgetSpent(Unavailable):
    """A provider gives no more away today; what is known already has to do."""


class OtherWallet(Unavailable):
    """It belongs to a wallet that was given up here: the present one does not see it."""


class OutcomeUnknown(PolycoolError):
    """It may or may not have happened. Ask before retrying."""


class AnotherOrder(OutcomeUnknown):
    """The venue has answered an order with the id of another one."""


class InvalidQuantity(Rejected, ValueError):
    """A price, size, amount or time that is none."""


class InvalidBook(Rejected, ValueError):
    """News about a book that cannot be applied to it."""


class InsufficientBalance(Rejected):
    """The order costs more than the account holds."""


class NotEnoughShares(Rejected):
    """More shares were to be sold than are held."""


class MarketClosed(Rejected):
    """The market does not accept orders (any more). `event` and `category` lead to similar ones."""

    def __init__(self, sentence: str = "", *, event: str = "", category: str = "") -> None:
        super().__init__(sentence)
        self.event = event
        self.category = category


class EmptyBook(Rejected):
    """Nobody takes the other side at an acceptable price."""


class NotWhole(EmptyBook):
    """It was to be all or nothing, and the book had less than all of it."""


class OrderTooSmall(Rejected):
    """Below the venue's minimum: `spend` in USDC, or `size` in shares."""

    def __init__(
        self, sentence: str = "", *, spend: Decimal | None = None, size: Decimal | None = None
    ) -> None:
        super().__init__(sentence)
        self.spend = spend
        self.size = size


class StalePrice(Unavailable):
    """No price that is fresh enough to act on."""


class NotFound(Rejected):
    """No such market, event, position or order, or it is not yours."""


class NoWallet(NotFound):
    """Nothing was ever paid in; of a live account: nobody has asked the venue yet."""

    def __init__(self, account: Account) -> None:
        super().__init__(
            mark(
                "Your balance is being read from the venue for the first time; "
                "try again in a few seconds."
            )
            if account is Account.LIVE
            else mark("You have no wallet in this account.")
        )


class ButtonSpent(Rejected):
    """A money button that was used, has expired, or belongs to somebody else."""


class IllegalTransition(PolycoolError):
    """A state that cannot follow the present one."""
