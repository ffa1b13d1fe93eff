"""What happened while nobody was looking: orders, and what stands in the way of trading."""

from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.breaker import EVERYBODY
from core.domain.notice import OrderMoved, Warned
from core.domain.order import LOST_SIGHT, OrderStatus
from core.domain.units import UserId, usdc
from telegram_bot.account_actions import ResetBreaker, ShowOrder, ShowOrders
from telegram_bot.actions import ShowMarket, ShowPositions, Status
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.screen import HOME, Button, Row, Screen, Style, blocks, lines, rows
from telegram_bot.screens.text import safe

HEADINGS: Final = MappingProxyType(
    {
        OrderStatus.NEW: "Your order is being prepared",
        OrderStatus.SIGNED: "Your order is being sent",
        OrderStatus.LIVE: "Your order rests in the book",
        OrderStatus.MATCHED: "Your order was matched and is being settled",
        OrderStatus.DELAYED: "Your order was accepted, and is delayed by the venue",
        OrderStatus.UNKNOWN: "Checking your order with the venue",
        OrderStatus.PARTIAL: "Filled in part",
        OrderStatus.FILLED: "Filled",
        OrderStatus.CANCELLED: "Cancelled",
        OrderStatus.EXPIRED: "Expired",
        OrderStatus.REJECTED: "Not placed",
    }
)
OVER: Final = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})
WITH_REASON: Final = OVER | {OrderStatus.REJECTED, OrderStatus.UNKNOWN}
UNDER_WAY: Final = frozenset({OrderStatus.MATCHED, OrderStatus.DELAYED})


def order_notice(news: OrderMoved) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        blocks(
            f"<b>{_heading(news)}</b>",
            lines(safe(news.question), f"{_deed(news)} {safe(news.outcome, 40)}"),
            lines(_filled(news), _reversed(news), _meaning(news)),
            _reason(news),
            f"<i>Order {news.order_id} · live money</i>",
        ),
        (_buttons(news),),
        keeps_message=True,
    )


def warning_notice(news: Warned) -> Screen:
    """A record that stays in the chat; the sentence says what stands in the way."""
    return Screen(
        blocks(
            "<b>About your trading</b>",
            safe(news.sentence, 600),
            "This warning itself moves no money, and what you hold stays as it is.",
        ),
        rows(_closing(news), (Button("Orders", ShowOrders()), Button("Status", Status()), HOME)),
        keeps_message=True,
    )


def _closing(news: Warned) -> Row:
    """The owner's way to end what the owner alone can end."""
    if news.breaker is None:
        return ()
    label = "Allow trading again" if news.breaker == EVERYBODY else "Let them trade again"
    return (Button(label, ResetBreaker(UserId(news.breaker)), Style.DANGER),)


def _heading(news: OrderMoved) -> str:
    if _is_reversed(news):
        return "Failed, and taken back"
    if news.status is OrderStatus.CANCELLED and news.reason == LOST_SIGHT:
        return "Not followed any more"
    return HEADINGS[news.status]


def _is_reversed(news: OrderMoved) -> bool:
    return bool(news.reversed) and not news.filled


def _deed(news: OrderMoved) -> str:
    return "Buy" if news.side is Side.BUY else "Sell"


def _filled(news: OrderMoved) -> str | None:
    if not news.filled:
        return None
    is_buy = news.side is Side.BUY
    total = money(usdc(news.value + news.fee if is_buy else news.value - news.fee))
    deed, verb = ("Bought", "paid") if is_buy else ("Sold", "got")
    return (
        f"{deed} <b>{shares(news.filled)}</b> at {cents(news.average)} on average, {verb} "
        f"<b>{total}</b> with a fee of {money(news.fee)}."
    )


def _reversed(news: OrderMoved) -> str | None:
    if not news.reversed:
        return None
    return (
        f"{shares(news.reversed)} shares were matched, and the chain refused the trade: their "
        "cash and shares are as before it. Nothing is ordered again by itself."
    )


def _reason(news: OrderMoved) -> str | None:
    """What is placed or filled needs none."""
    has_one = news.status in WITH_REASON and news.reason.strip()
    return f"Reason: {safe(news.reason, 300)}" if has_one else None


def _meaning(news: OrderMoved) -> str | None:
    if news.status is OrderStatus.UNKNOWN:
        return (
            "The answer was lost: it may or may not be placed. Its money stays held back while I "
            "ask the venue; you need not do anything."
        )
    if news.left and news.status in UNDER_WAY:
        return "The venue has yet to tell the rest of it, which stays held back until then."
    if news.left and news.status not in OVER:
        return f"{shares(news.left)} shares still wait, and stay held back for it."
    if news.status in OVER:
        return "What was held back for the rest is free again."
    if news.status is OrderStatus.REJECTED:
        return "Nothing was bought or sold; what was held back for it is free again."
    return "It is in your positions." if news.filled else None


def _buttons(news: OrderMoved) -> Row:
    order = Button("Order", ShowOrder(news.order_id))
    if news.filled:
        return (Button("Positions", ShowPositions()), order, HOME)
    return (Button("Market", ShowMarket(news.market_id)), order, HOME)
