"""An account's past folded into positions, as the venue's public pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.accounts import Accounts, Redeemed
from infrastructure.sandbox.exchange.accounts.money import Wallet, value
from infrastructure.sandbox.exchange.accounts.records import AccountOrder, AccountTrade, TradeStatus
from infrastructure.sandbox.exchange.state import MarketState


@dataclass(frozen=True, slots=True)
class Deal:
    """One fill of one of the wallet's orders; amounts in millionths."""

    state: MarketState
    outcome: int
    side: Side
    price: int
    size: int
    fee: int
    at: int  # milliseconds
    transaction: str
    is_taker: bool

    @property
    def token(self) -> str:
        return self.state.listed.tokens[self.outcome]


@dataclass(slots=True)
class Holding:
    """What is left of the deals in one token. Average cost."""

    state: MarketState
    outcome: int
    size: int = 0
    cost: int = 0  # of what is left
    bought: int = 0  # shares, ever
    fees: int = 0
    realized: int = 0
    first_at: int = 0
    last_at: int = 0

    @property
    def token(self) -> str:
        return self.state.listed.tokens[self.outcome]

    def apply(self, deal: Deal) -> None:
        self.first_at = self.first_at or deal.at
        self.last_at = deal.at
        self.fees += deal.fee
        money = value(deal.price, deal.size)
        if deal.side is Side.BUY:
            self.take(deal.size, money)
            return
        self.realized += money - deal.fee - self._give(deal.size)

    def take(self, size: int, cost: int) -> None:
        self.size += size
        self.bought += size
        self.cost += cost

    def end(self, paid: int) -> None:
        """Everything was redeemed for `paid`."""
        self.realized += paid - self._give(self.size)

    def _give(self, size: int) -> int:
        """The cost of shares that leave."""
        cost = self.cost * size // self.size if self.size > 0 else 0
        self.cost -= cost
        self.size -= size
        return cost


def deals_of(accounts: Accounts, wallet: Wallet) -> list[Deal]:
    """Oldest first; trades that failed never happened."""
    trades = accounts.trades.trades.values()
    standing = [each for each in trades if each.status is not TradeStatus.FAILED]
    return list(chain.from_iterable(_deals(trade, wallet) for trade in standing))


def holdings_of(accounts: Accounts, wallet: Wallet) -> list[Holding]:
    found: dict[str, Holding] = {}
    for step in _history(accounts, wallet):
        if isinstance(step, Redeemed):
            _redeem(found, step)
        else:
            state, outcome = step.state, step.outcome
            found.setdefault(step.token, Holding(state, outcome)).apply(step)
    return list(found.values())


def _history(accounts: Accounts, wallet: Wallet) -> list[Deal | Redeemed]:
    given = [
        Deal(each.state, each.outcome, Side.BUY, each.price, each.size, 0, each.at, "", True)
        for each in accounts.granted
        if each.wallet is wallet
    ]
    redeemed = [each for each in accounts.redeemed if each.wallet is wallet]
    steps: list[Deal | Redeemed] = [*given, *deals_of(accounts, wallet), *redeemed]
    return sorted(steps, key=lambda step: step.at)


def _deals(trade: AccountTrade, wallet: Wallet) -> Iterator[Deal]:
    if trade.taker is not None and trade.taker.wallet is wallet:
        yield _deal(trade, trade.taker, trade.side, trade.price, trade.size)
    for part in trade.makers:
        if part.order is not None and part.order.wallet is wallet:
            yield _deal(trade, part.order, part.side, part.price, part.size)


def _deal(trade: AccountTrade, order: AccountOrder, side: Side, price: int, size: int) -> Deal:
    is_taker = order is trade.taker
    return Deal(
        state=trade.state,
        outcome=order.outcome,
        side=side,
        price=price,
        size=size,
        fee=trade.fee if is_taker else 0,
        at=trade.matched_at,
        transaction=trade.transaction,
        is_taker=is_taker,
    )


def _redeem(found: dict[str, Holding], step: Redeemed) -> None:
    for token, payout in zip(step.state.listed.tokens, step.state.payouts or (), strict=False):
        if token in found:
            holding = found[token]
            holding.end(value(int(payout * MICROS), holding.size))
            holding.last_at = step.at
