"""Orders that may rest: checked against the market's rules before anybody is asked to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.errors import InsufficientBalance, OrderTooSmall, Rejected
from core.domain.fees import taker_fee
from core.domain.market import Market
from core.domain.offer import LimitQuote
from core.domain.order_amounts import (
    OrderKind,
    OrderTerms,
    order_amounts,
    refuse_short_life,
)
from core.domain.sentences import mark, worded
from core.domain.units import MICROS, ZERO, MarketId, Price, Size, TokenId, Usdc, times, usdc
from core.services.clob.quoting import check_sale, you_have
from core.services.fresh_books import DecisionBook
from core.storage.means import Means

ONLY_LIVE = mark("Practice money trades at once only; resting orders need live mode.")


@dataclass(frozen=True, slots=True)
class LimitWish:
    """What somebody wants to rest: `size` in shares, or for a buy `spend` in USDC."""

    market_id: MarketId
    token_id: TokenId
    side: Side
    price: Price
    size: Size | None = None
    spend: Usdc | None = None
    kind: OrderKind = OrderKind.GTC
    post_only: bool = False
    expires_at: datetime | None = None


def limit_quote(
    account: Account,
    market: Market,
    book: DecisionBook,
    wish: LimitWish,
    *,
    means: Means,
    now: datetime,
) -> LimitQuote:
    """`wish` in whole hundredths of a share.

    Raises: Rejected with the sentence that says what is wrong with it.
    """
    if account is not Account.LIVE:
        raise Rejected(ONLY_LIVE)
    size = _size(market, wish, now)
    value = usdc(times(size, wish.price))
    fee = taker_fee(market.fees, size, wish.price)
    bid, ask = _best(book.bids), _best(book.asks)
    crosses = _crosses(wish, bid, ask)
    if wish.post_only and crosses:
        raise Rejected("At this price it would trade at once, and it is only to rest.")
    _check_means(wish, size, value, means)
    return LimitQuote(
        account=account,
        market=market,
        outcome=market.outcome_of(wish.token_id),
        side=wish.side,
        price=wish.price,
        size=size,
        value=value,
        fee=usdc(fee) if crosses else Usdc(ZERO),
        kind=wish.kind,
        post_only=wish.post_only,
        expires_at=wish.expires_at,
        crosses=crosses,
        bid=bid,
        ask=ask,
        age=book.age,
        state=book.state,
        payout=usdc(size) if wish.side is Side.BUY else Usdc(ZERO),
    )


def _check_means(wish: LimitWish, size: Size, value: Usdc, means: Means) -> None:
    """Raises: NotEnoughShares, InsufficientBalance."""
    if wish.side is Side.SELL:
        check_sale(size, means)
    elif value > means.free_cash:
        raise InsufficientBalance(
            worded(
                "This asks for {value} USDC. {means}.", value=f"{value:,.2f}", means=you_have(means)
            )
        )


def _size(market: Market, wish: LimitWish, now: datetime) -> Size:
    """Shares in hundredths, at least the market's minimum."""
    terms = OrderTerms(
        side=wish.side,
        kind=wish.kind,
        price=wish.price,
        tick=market.tick,
        size=wish.size,
        spend=wish.spend,
        post_only=wish.post_only,
        expires_at=int(wish.expires_at.timestamp()) if wish.expires_at else 0,
    )
    if not wish.kind.rests:
        raise Rejected("This kind of order does not rest.")
    refuse_short_life(terms, int(now.timestamp()))
    amounts = order_amounts(terms)
    shares = amounts.taker if wish.side is Side.BUY else amounts.maker
    size = Size(Decimal(shares) / MICROS)
    if size < market.minimum_size:
        least = market.minimum_size.normalize()
        sentence = (
            mark("The smallest order here is one share.")
            if least == 1
            else worded("The smallest order here is {least} shares.", least=f"{least:f}")
        )
        raise OrderTooSmall(sentence, size=least)
    return size


def _best(levels: Sequence[Level]) -> Price | None:
    return levels[0].price if levels else None


def _crosses(wish: LimitWish, bid: Price | None, ask: Price | None) -> bool:
    if wish.side is Side.BUY:
        return ask is not None and wish.price >= ask
    return bid is not None and wish.price <= bid
