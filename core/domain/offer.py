"""Offers: a quoted trade, and the one-shot button that may turn it into an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.market import Market, Outcome, Source
from core.domain.order import Ticket
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState
from core.domain.units import ZERO, MarketId, Price, Size, TokenId, Usdc, UserId


@dataclass(frozen=True, slots=True)
class TradeQuote:
    """What a market order would get right now, and the bound it would be placed with."""

    account: Account
    market: Market
    outcome: Outcome
    side: Side
    spend: Usdc | None  # of a buy: USDC before the fee
    size: Size | None  # of a sell: shares
    shares: Size  # that the book gives or takes now
    value: Usdc  # of those shares, before the fee
    fee: Usdc
    average: Price
    worst_price: Price  # the order will not go beyond it
    complete: bool  # False when the book is thinner than the order
    age: float  # seconds, of the book behind these numbers
    state: PriceState
    source: Source
    payout: Usdc  # of a buy, should the outcome come true; 0 for a sell
    cash_after: Usdc
    bid: Price | None = None  # the best ones of the book behind it
    ask: Price | None = None
    slippage: Decimal = ZERO  # percent that the average may be worse than the best price
    free_cash: Usdc = Usdc(ZERO)  # of a buy: what no open order holds
    kind: OrderKind = OrderKind.FAK

    @property
    def is_whole(self) -> bool:
        """All of it or nothing."""
        return self.kind is OrderKind.FOK

    @property
    def cost(self) -> Usdc:
        """What a buy takes from the cash: value and fee."""
        return Usdc(self.value + self.fee)

    @property
    def proceeds(self) -> Usdc:
        """What a sell brings: value less fee."""
        return Usdc(self.value - self.fee)


@dataclass(frozen=True, slots=True)
class LimitQuote:
    """What an order that may rest asks for."""

    account: Account
    market: Market
    outcome: Outcome
    side: Side
    price: Price  # its limit
    size: Size  # shares
    value: Usdc  # of all of them at the limit, before the fee
    fee: Usdc  # at most, should it meet the other side at once
    kind: OrderKind
    post_only: bool
    expires_at: datetime | None
    crosses: bool  # it would trade at once, at least in part
    bid: Price | None
    ask: Price | None
    age: float  # seconds, of the book behind these numbers
    state: PriceState
    payout: Usdc  # of a buy, should the outcome come true; 0 for a sell


@dataclass(frozen=True, slots=True)
class Offer:
    """A stored quote: the button's id and when it ends."""

    button_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ButtonClaim:
    """Who tapped which button where: everything a stranger could forge, and all of it checked."""

    id: str
    user_id: UserId
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class CardOffer:
    """What the one-shot token of a card allows: one of `amounts`, once, in its market.

    `drawn` are the asks, or for a sale the bids, that the card was made with, in the order of the
    market's outcomes. `amounts` are USDC, or for a sale percent. `is_typed`: any other amount may
    be typed in answer to the card, of a sale in shares.
    """

    account: Account
    market_id: MarketId
    side: Side
    amounts: tuple[Decimal, ...]
    drawn: tuple[Price | None, ...]
    is_typed: bool = False


CARD: Final = "card"
"""The entry of a payload that makes it one of a card: no ticket's button has it."""


def card_payload(card: CardOffer) -> dict[str, str]:
    payload = {
        CARD: card.side.value,
        "account": card.account.value,
        "market_id": card.market_id,
        "amounts": " ".join(f"{amount:f}" for amount in card.amounts),
        "drawn": " ".join("-" if price is None else f"{price:f}" for price in card.drawn),
    }
    return payload | ({"typed": "yes"} if card.is_typed else {})


def card_of(payload: Mapping[str, str]) -> CardOffer:
    """What `card_payload` kept."""
    drawn = (None if price == "-" else Price(Decimal(price)) for price in payload["drawn"].split())
    return CardOffer(
        account=Account(payload["account"]),
        market_id=MarketId(payload["market_id"]),
        side=Side(payload[CARD]),
        amounts=tuple(Decimal(amount) for amount in payload["amounts"].split()),
        drawn=tuple(drawn),
        is_typed="typed" in payload,
    )


def is_of_card(card: CardOffer, quote: TradeQuote, amount: Decimal) -> bool:
    """Whether the card's token may become this order."""
    return (
        (card.account, card.market_id, card.side) == (quote.account, quote.market.id, quote.side)
        and (card.is_typed or amount in card.amounts)
        and quote.spend in {None, amount}
    )


def button_payload(quote: TradeQuote | LimitQuote) -> dict[str, str]:
    """What the button row keeps of a quote: all that its order needs."""
    limit = quote.price if isinstance(quote, LimitQuote) else quote.worst_price
    payload = {
        "account": quote.account.value,
        "market_id": quote.market.id,
        "token_id": quote.outcome.token,
        "side": quote.side.value,
        "worst_price": f"{limit:f}",
    }
    if isinstance(quote, TradeQuote) and quote.spend is not None:
        payload["spend"] = f"{quote.spend:f}"
    if quote.size is not None:
        payload["size"] = f"{quote.size:f}"
    return payload | (_resting(quote) if isinstance(quote, LimitQuote) else _immediate(quote))


def _immediate(quote: TradeQuote) -> dict[str, str]:
    """What is done in part where it must be is not said: rows that are older have no kind."""
    return {"kind": quote.kind.value} if quote.is_whole else {}


def _resting(quote: LimitQuote) -> dict[str, str]:
    kept = {"kind": quote.kind.value}
    if quote.post_only:
        kept["post_only"] = "yes"
    if quote.expires_at is not None:
        kept["expires_at"] = quote.expires_at.isoformat()
    return kept


def button_ticket(payload: Mapping[str, str], button_id: str, user_id: UserId) -> Ticket:
    """The ticket that `button_payload` kept; its key is the button's, so one tap is one order."""
    ends = payload.get("expires_at")
    return Ticket(
        user_id=user_id,
        account=Account(payload["account"]),
        market_id=MarketId(payload["market_id"]),
        token_id=TokenId(payload["token_id"]),
        side=Side(payload["side"]),
        worst_price=Price(Decimal(payload["worst_price"])),
        key=f"button:{button_id}",
        spend=Usdc(Decimal(payload["spend"])) if "spend" in payload else None,
        size=Size(Decimal(payload["size"])) if "size" in payload else None,
        kind=OrderKind(payload.get("kind", OrderKind.FAK)),
        post_only="post_only" in payload,
        expires_at=datetime.fromisoformat(ends) if ends else None,
    )
