"""Quotes: a fresh book walked for a person, refused with a sentence where it cannot work."""

from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    MarketClosed,
    NotEnoughShares,
    OrderTooSmall,
    Rejected,
)
from core.domain.execution import Walk, walk_buy, walk_sell, worst_acceptable
from core.domain.market import Market
from core.domain.offer import TradeQuote
from core.domain.order import Ticket
from core.domain.order_amounts import OrderKind
from core.domain.position import Position
from core.domain.sentences import mark, worded
from core.domain.units import ONE, ZERO, Price, Size, Usdc, usdc
from core.services.fresh_books import DecisionBook
from core.storage.means import Means

MINIMUM_SPEND: Final = Usdc(ONE)  # USDC; the venue refuses a marketable buy below it

_ANY_BUY: Final = Price(ONE)  # bounds that hold nothing back
_ANY_SELL: Final = Price(ZERO)


def check_open(market: Market) -> None:
    """Raises: MarketClosed."""
    if market.is_closed or not market.accepts_orders:
        raise MarketClosed(
            "Trading in this market has ended; it takes no more orders.",
            event="" if market.event is None else market.event.id,
            category=market.category,
        )


def check_spend(spend: Usdc, means: Means) -> None:
    """Raises: OrderTooSmall, InsufficientBalance."""
    if spend < MINIMUM_SPEND:
        raise _below_minimum()
    if spend > means.free_cash:
        raise InsufficientBalance(
            worded("{means}, less than {spend}.", means=you_have(means), spend=f"{spend:,.2f}")
        )


def _below_minimum() -> OrderTooSmall:
    sentence = worded("The smallest purchase is {least} USDC.", least=f"{MINIMUM_SPEND:.2f}")
    return OrderTooSmall(sentence, spend=MINIMUM_SPEND)


def check_sale(size: Size, means: Means) -> None:
    """Raises: NotEnoughShares."""
    if not 0 < size <= means.free_shares:
        raise NotEnoughShares(_you_hold(means))


def you_have(means: Means) -> str:
    """Cash, as the beginning of a sentence."""
    if not means.cash_held:
        return worded("You have {cash} USDC", cash=f"{means.cash:,.2f}")
    return worded(
        "You have {cash} USDC, {held} of it in open orders: {free} is free",
        cash=f"{means.cash:,.2f}",
        held=f"{means.cash_held:,.2f}",
        free=f"{max(means.free_cash, ZERO):,.2f}",
    )


def _you_hold(means: Means) -> str:
    if not means.shares_held:
        if means.shares == 1:
            return mark("You hold one share.")
        return worded("You hold {shares} shares.", shares=_plain(means.shares))
    return worded(
        "You hold {shares} shares, {held} in open sales.",
        shares=_plain(means.shares),
        held=_plain(means.shares_held),
    )


def check_ticket(ticket: Ticket) -> None:
    """Raises: Rejected for a ticket that no exchange should see."""
    if not 0 < ticket.worst_price <= 1:
        raise Rejected("A price bound lies between 0 and 1.")
    if (ticket.kind is OrderKind.GTD) != (ticket.expires_at is not None):
        raise Rejected("An order until a time has an end, and no other order has one.")
    if ticket.side is Side.BUY and ticket.size is None:
        if ticket.spend is None or ticket.spend < MINIMUM_SPEND:
            raise _below_minimum()
    elif ticket.size is None or ticket.size <= 0:
        raise OrderTooSmall(
            "There is nothing to buy." if ticket.side is Side.BUY else "There is nothing to sell."
        )


def buy_quote(
    account: Account,
    market: Market,
    book: DecisionBook,
    *,
    spend: Usdc,
    means: Means,
    slippage_percent: Decimal,
) -> TradeQuote:
    """What `spend` USDC buys now; the fee comes on top and must fit the free cash as well.

    Raises: EmptyBook, InsufficientBalance.
    """
    walk = walk_buy(book.asks, spend, _ANY_BUY, market.fees)
    average, worst = _prices(walk, mark("Nobody sells this outcome right now."))
    value, fee = walk.value, walk.fee
    _check_cost(Usdc(value + fee), means)
    bound = worst_acceptable(Side.BUY, worst, slippage_percent, market.tick)
    return TradeQuote(
        account=account,
        market=market,
        outcome=market.outcome_of(book.token),
        side=Side.BUY,
        spend=spend,
        size=None,
        shares=walk.size,
        value=value,
        fee=fee,
        average=average,
        worst_price=bound,
        complete=walk.complete,
        age=book.age,
        state=book.state,
        source=book.source,
        payout=usdc(walk.size),
        cash_after=usdc(means.cash - value - fee),
        bid=book.bids[0].price if book.bids else None,
        ask=book.asks[0].price if book.asks else None,
        slippage=slippage_percent,
        free_cash=means.free_cash,
    )


def _check_cost(cost: Usdc, means: Means) -> None:
    """Raises: InsufficientBalance."""
    if cost > means.free_cash:
        raise InsufficientBalance(
            worded(
                "This costs {cost} USDC with the fee. {means}.",
                cost=f"{cost:,.2f}",
                means=you_have(means),
            )
        )


def sell_quote(
    position: Position,
    market: Market,
    book: DecisionBook,
    *,
    size: Size,
    cash: Usdc,
    slippage_percent: Decimal,
) -> TradeQuote:
    """What selling `size` shares brings now.

    Raises: EmptyBook.
    """
    walk = walk_sell(book.bids, size, _ANY_SELL, market.fees)
    average, worst = _prices(walk, mark("Nobody buys this outcome right now."))
    value, fee = walk.value, walk.fee
    bound = worst_acceptable(Side.SELL, worst, slippage_percent, market.tick)
    return TradeQuote(
        account=position.account,
        market=market,
        outcome=market.outcome_of(book.token),
        side=Side.SELL,
        spend=None,
        size=size,
        shares=walk.size,
        value=value,
        fee=fee,
        average=average,
        worst_price=bound,
        complete=walk.complete,
        age=book.age,
        state=book.state,
        source=book.source,
        payout=Usdc(ZERO),
        cash_after=usdc(cash + value - fee),
        bid=book.bids[0].price if book.bids else None,
        ask=book.asks[0].price if book.asks else None,
        slippage=slippage_percent,
    )


def _plain(size: Size) -> str:
    return f"{size.normalize():f}"


def _prices(walk: Walk, nobody: str) -> tuple[Price, Price]:
    """Average and worst price. Raises: EmptyBook saying `nobody`."""
    average, worst = walk.average_price, walk.worst_price
    if average is None or worst is None:
        raise EmptyBook(nobody)
    return average, worst
