"""What happened while nobody was looking: orders, and what stands in the way of trading."""

from types import MappingProxyType
from typing import Final

from core.domain.book import Side
from core.domain.breaker import EVERYBODY
from core.domain.notice import OrderMoved, Warned
from core.domain.order import DONE, LOST_SIGHT, OrderStatus
from core.domain.units import UserId, usdc
from telegram_bot.account_actions import ResetBreaker, ShowOrder, ShowOrders
from telegram_bot.actions import ShowMarket, ShowPositions, Status
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, lines
from telegram_bot.screens.text import LABEL, safe, told
from telegram_bot.words import mark, plural, say

HEADINGS: Final = MappingProxyType(
    {
        OrderStatus.NEW: mark("Your order is being prepared"),
        OrderStatus.SIGNED: mark("Your order is being sent"),
        OrderStatus.LIVE: mark("Your order rests in the book"),
        OrderStatus.MATCHED: mark("Your order was matched and is being settled"),
        OrderStatus.DELAYED: mark("Your order was accepted, and is delayed by the venue"),
        OrderStatus.UNKNOWN: mark("Checking your order with the venue"),
        OrderStatus.PARTIAL: mark("Filled in part"),
        OrderStatus.FILLED: mark("Filled"),
        OrderStatus.CANCELLED: mark("Cancelled"),
        OrderStatus.EXPIRED: mark("Expired"),
        OrderStatus.REJECTED: mark("Not placed"),
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
            lines(safe(news.question), _deed(news)),
            lines(_filled(news), _reversed(news), _awaited(news) or _meaning(news)),
            _reason(news),
            say("<i>Order {number} · live money</i>", number=news.order_id),
        ),
        (_buttons(news),),
        keeps_message=True,
    )


def warning_notice(news: Warned) -> Screen:
    """A record that stays in the chat; the sentence says what stands in the way."""
    return Screen(
        blocks(
            say("<b>About your trading</b>"),
            _warning(news),
            say("This warning itself moves no money, and what you hold stays as it is."),
        ),
        ((_first_way(news), Button(say("Status"), Status())),),
        keeps_message=True,
    )


def _warning(news: Warned) -> str:
    sentence = told(news.sentence, 600)
    if not news.person:
        return sentence
    return say("{person}: {sentence}", person=safe(news.person, LABEL), sentence=sentence)


def _first_way(news: Warned) -> Button:
    """The owner's way to end what the owner alone can end; else to what it is about."""
    if news.breaker is None:
        return Button(say("Orders"), ShowOrders())
    label = say("Allow trading again") if news.breaker == EVERYBODY else say("Let them trade again")
    return Button(label, ResetBreaker(UserId(news.breaker)), Style.DANGER)


def _heading(news: OrderMoved) -> str:
    if _is_reversed(news):
        return say("Failed, and taken back")
    if news.status is OrderStatus.CANCELLED and news.reason == LOST_SIGHT:
        return say("Not followed any more")
    if news.awaited and not news.filled and news.status in DONE:
        return say(HEADINGS[OrderStatus.MATCHED])
    return say(HEADINGS[news.status])


def _is_reversed(news: OrderMoved) -> bool:
    return bool(news.reversed) and not news.filled and not news.awaited


def _deed(news: OrderMoved) -> str:
    outcome = safe(news.outcome, 40)
    return (
        say("Buy {outcome}", outcome=outcome)
        if news.side is Side.BUY
        else say("Sell {outcome}", outcome=outcome)
    )


def _filled(news: OrderMoved) -> str | None:
    if not news.filled:
        return None
    is_buy = news.side is Side.BUY
    told = {
        "shares": shares(news.filled),
        "price": cents(news.average),
        "total": money(usdc(news.value + news.fee if is_buy else news.value - news.fee)),
        "fee": money(news.fee),
    }
    if is_buy:
        return say(
            "Bought <b>{shares}</b> at {price} on average, paid <b>{total}</b> with a fee of "
            "{fee}.",
            **told,
        )
    return say(
        "Sold <b>{shares}</b> at {price} on average, got <b>{total}</b> with a fee of {fee}.",
        **told,
    )


def _reversed(news: OrderMoved) -> str | None:
    if not news.reversed:
        return None
    if news.awaited:
        return plural(
            "{shares} share was matched, and the chain refused that trade: it does not count.",
            "{shares} shares were matched, and the chain refused that trade: it does not count.",
            counted(news.reversed),
            shares=shares(news.reversed),
        )
    return plural(
        "{shares} share was matched, and the chain refused the trade: its cash and "
        "shares are as before it. Nothing is ordered again by itself.",
        "{shares} shares were matched, and the chain refused the trade: their cash and "
        "shares are as before it. Nothing is ordered again by itself.",
        counted(news.reversed),
        shares=shares(news.reversed),
    )


def _reason(news: OrderMoved) -> str | None:
    """What is placed or filled needs none."""
    has_one = news.status in WITH_REASON and news.reason.strip()
    return say("Reason: {reason}", reason=told(news.reason, 300)) if has_one else None


def _awaited(news: OrderMoved) -> str | None:
    if not news.awaited:
        return None
    return plural(
        "The venue has matched {shares} share whose trade is still to come; it stays "
        "held back until then.",
        "The venue has matched {shares} shares whose trades are still to come; they stay "
        "held back until then.",
        counted(news.awaited),
        shares=shares(news.awaited),
    )


def _meaning(news: OrderMoved) -> str | None:
    if news.status is OrderStatus.UNKNOWN:
        return say(
            "The answer was lost: it may or may not be placed. Its money stays held back "
            "while I ask the venue; you need not do anything."
        )
    if news.left and news.status in UNDER_WAY:
        return say("The venue has yet to tell the rest of it, which stays held back until then.")
    if news.left and news.status not in OVER:
        return plural(
            "{shares} share still waits, and stays held back for it.",
            "{shares} shares still wait, and stay held back for it.",
            counted(news.left),
            shares=shares(news.left),
        )
    if news.status in OVER:
        return say("What was held back for the rest is free again.")
    if news.status is OrderStatus.REJECTED and not news.filled:
        return say("Nothing was bought or sold; what was held back for it is free again.")
    return say("It is in your positions.") if news.filled else None


def _buttons(news: OrderMoved) -> Row:
    order = Button(say("Order"), ShowOrder(news.order_id))
    if news.filled:
        return (Button(say("Positions"), ShowPositions()), order)
    return (Button(say("Market"), ShowMarket(news.market_id)), order)
