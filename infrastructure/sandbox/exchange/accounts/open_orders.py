"""Open orders by what pays for them: a wallet's money in one market, or its shares of a token."""

from itertools import chain

from core.domain.book import Side
from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.accounts.records import AccountOrder

Purse = tuple[Wallet, str, str]
"""The wallet, the market, and the token that is sold; "" = money is spent."""


def purse_of(order: AccountOrder) -> Purse:
    token = "" if order.terms.side is Side.BUY else order.token
    return order.wallet, order.state.listed.condition_id, token


def content(order: AccountOrder) -> int:
    """Of its purse: millionths of USDC or of shares."""
    if order.terms.side is Side.BUY:
        return max(order.wallet.cash, 0)
    return max(order.wallet.shares.get(order.token, 0), 0)


class OpenOrders:
    """An order that has ended falls out by itself, when somebody looks."""

    def __init__(self) -> None:
        self._purses: dict[Purse, dict[str, AccountOrder]] = {}

    def add(self, order: AccountOrder) -> None:
        self._purses.setdefault(purse_of(order), {})[order.hash] = order

    def everything(self) -> list[AccountOrder]:
        """Oldest first."""
        found = chain.from_iterable(self.paid_by(purse) for purse in list(self._purses))
        return sorted(found, key=lambda order: order.number)

    def purses_of(self, wallet: Wallet) -> list[Purse]:
        return [purse for purse in self._purses if purse[0] is wallet]

    def paid_by(self, purse: Purse) -> list[AccountOrder]:
        """Oldest first."""
        orders = self._purses.get(purse, {})
        for order in [each for each in orders.values() if not each.is_open]:
            del orders[order.hash]
        if not orders:
            self._purses.pop(purse, None)
        return list(orders.values())

    def rivals(self, order: AccountOrder) -> list[AccountOrder]:
        """Others that want the same money or shares, as the venue counts: by market."""
        return [each for each in self.paid_by(purse_of(order)) if each is not order]
