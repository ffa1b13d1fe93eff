"""Open and recent orders: how far each has come, and taking them off the book."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.domain.account_views import Cancelled, TracedOrder
from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderStatus, Origin
from telegram_bot.account_actions import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    RecentOrders,
    ShowOrder,
    ShowOrders,
)
from telegram_bot.actions import ShowMarket
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import ago, day_clock

PAGE: Final = 5
STATES: Final = {
    OrderStatus.NEW: "being prepared",
    OrderStatus.SIGNED: "submitting",
    OrderStatus.LIVE: "resting in the book",
    OrderStatus.MATCHED: "matched, being settled",
    OrderStatus.DELAYED: "accepted; the venue delays it for a few seconds",
    OrderStatus.UNKNOWN: "checking with the venue",
    OrderStatus.PARTIAL: "filled in part",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.REJECTED: "not placed",
}
NOT_FOLLOWED: Final = "not followed any more"
ORIGINS: Final = {
    Origin.AUTOMATION: "placed by automation",
    Origin.PROTECTION: "protective sell",
    Origin.EXTERNAL: "made outside of this bot",
}


def orders_screen(found: Sequence[TracedOrder], page: int, now: datetime) -> Screen:
    """What may still trade, oldest first."""
    shown = found[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    return Screen(
        blocks(
            "<b>Open orders</b>" + (f" · {len(found)}" if found else ""),
            *([_entry(number, each, now) for number, each in enumerate(shown, first)] or [_NONE]),
        ),
        rows(
            *((_open(number, each),) for number, each in enumerate(shown, first)),
            (Button("Cancel all", CancelAll(), Style.DANGER),) if found else (),
            _pages(len(found), page),
            (Button("Recent", RecentOrders()), Button("Refresh", ShowOrders(page)), home_button()),
        ),
        stamp=stamped(now),
    )


def recent_orders_screen(found: Sequence[TracedOrder], page: int, now: datetime) -> Screen:
    """Newest first, whatever became of them."""
    shown = found[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    return Screen(
        blocks(
            "<b>Recent orders</b>",
            *(
                [_entry(number, each, now) for number, each in enumerate(shown, first)]
                or ["None yet."]
            ),
        ),
        rows(
            *((_open(number, each),) for number, each in enumerate(shown, first)),
            pager(
                RecentOrders(page - 1) if page else None,
                RecentOrders(page + 1) if len(found) > (page + 1) * PAGE else None,
            ),
            (Button("Open orders", ShowOrders()), home_button()),
        ),
        stamp=stamped(now),
    )


def order_screen(traced: TracedOrder, now: datetime) -> Screen:
    """One order, with what it means in money while it works."""
    order = traced.order
    return Screen(
        blocks(
            bold(traced.market.question),
            lines(
                f"<b>{_title(order)}</b>",
                f"Order {order.id} · {state_words(order)} · {_age(order, now)}",
                ORIGINS.get(order.ticket.origin),
                _life(order),
            ),
            lines(_filled(order), _left(order), settlement_words(traced.settlements)),
            reserved_words(order),
            _reason(order),
        ),
        rows(_cancels(order), (Button("Market", ShowMarket(order.ticket.market_id)), *_FOOT)),
        stamp=stamped(now),
    )


def cancel_all_screen(count: int) -> Screen:
    what = "the one open order" if count == 1 else f"all {count} open orders"
    return Screen(
        blocks(
            f"<b>Cancel {what}?</b>",
            "What is filled already stays yours. What is held back for them is free again once "
            "the venue has taken them off its book.",
        ),
        (
            (
                Button("Cancel all of them", CancelAll(is_sure=True), Style.DANGER),
                Button("Keep them", ShowOrders()),
            ),
        ),
    )


def cancelled_screen(result: Cancelled) -> Screen:
    """What became of the wish to cancel."""
    gone = [order for order in result.orders if order.is_done]
    asked = [order for order in result.orders if not order.is_done]
    return Screen(
        blocks(
            f"<b>{_heading(len(gone), len(asked) + len(result.failed))}</b>",
            lines(*(f"{_title(order)}: {state_words(order)}" for order in (*gone, *asked)[:PAGE])),
            lines(*(f"{_title(order)}: {safe(why, 200)}" for order, why in result.failed[:PAGE])),
            "They are asked for again until the venue's book says that they are gone."
            if asked or result.failed
            else None,
            "What was filled before stays yours.",
        ),
        ((Button("Orders", ShowOrders()), home_button()),),
    )


def state_words(order: Order) -> str:
    """The order's state, as a reader of no protocol would say it."""
    if order.is_lost_sight_of:
        return NOT_FOLLOWED
    words = STATES[order.status]
    if order.status is OrderStatus.PARTIAL and not order.is_done:
        words = "filled in part, the rest is resting"
    if order.cancel_requested_at is not None and not order.is_done:
        words += ", cancel requested"
    return words


def settlement_words(settlements: frozenset[Settlement]) -> str | None:
    """How final the fills are."""
    if Settlement.FAILED in settlements:
        return "A fill failed on the chain and was taken back: its money is as before it."
    if Settlement.PROVISIONAL in settlements:
        return "Provisional until the chain confirms it."
    return "Confirmed on the chain." if settlements else None


def reserved_words(order: Order) -> str | None:
    """What is held back for the order, and for how long."""
    if order.is_done:
        return None
    held = (
        f"{money(order.working_value)} of your cash"
        if order.ticket.side is Side.BUY
        else f"{shares(order.working_size)} of your shares"
    )
    if order.status is OrderStatus.UNKNOWN:
        return (
            f"The answer was lost, so it may or may not be placed. {held} stay held back. "
            "I keep asking the venue, and take the order off its book if it is not clear in time: "
            "you need not do anything, and you are told."
        )
    return f"{held} are held back for it."


def _heading(gone: int, left: int) -> str:
    if not gone and not left:
        return "Nothing was open"
    if not left:
        return "Cancelled" if gone == 1 else f"{gone} orders cancelled"
    return f"{gone} cancelled, {left} not yet"


def _entry(number: int, traced: TracedOrder, now: datetime) -> str:
    order = traced.order
    return lines(
        f"{number}. {bold(traced.market.question, SHORT_TITLE)}",
        _title(order),
        f"{_progress(order)}{state_words(order)} · {_age(order, now)}",
    )


def _title(order: Order) -> str:
    ticket, name = order.ticket, safe(order.outcome, 30)
    deed = "Buy" if ticket.side is Side.BUY else "Sell"
    amount = money(ticket.spend) if ticket.spend is not None else ""
    if ticket.size is not None:
        amount = shares(ticket.size)
    at = "at" if ticket.kind.rests else "at market, bound"
    return f"{deed} {amount} {name} {at} {cents(ticket.worst_price)}"


def _progress(order: Order) -> str:
    if not order.filled_size:
        return ""
    if order.is_done:
        return f"{shares(order.filled_size)} filled · "
    return f"{shares(order.filled_size)} filled, {shares(order.working_size)} left · "


def _filled(order: Order) -> str | None:
    if not order.filled_size:
        return "Nothing of it is filled." if order.is_done else "Nothing of it is filled yet."
    return (
        f"Filled {shares(order.filled_size)} shares for {money(order.filled_value)} "
        f"at {cents(order.average_price)}, fee {money(order.fee)}"
    )


def _left(order: Order) -> str | None:
    if order.is_done:
        return None
    return f"{shares(order.working_size)} shares left at {cents(order.ticket.worst_price)}"


def _life(order: Order) -> str | None:
    ends = order.ticket.expires_at
    kind = "Post-only" if order.ticket.post_only else None
    until = f"Rests until {day_clock(ends)}" if ends else None
    return " · ".join(part for part in (until, kind) if part) or None


def _reason(order: Order) -> str | None:
    return f"Reason: {safe(order.reason, 300)}" if order.reason.strip() else None


def _age(order: Order, now: datetime) -> str:
    return ago((now - order.created_at).total_seconds())


def _open(number: int, traced: TracedOrder) -> Button:
    order = traced.order
    deed = "Buy" if order.ticket.side is Side.BUY else "Sell"
    label = f"{number}. {deed} {plain(order.outcome, 16)} {cents(order.ticket.worst_price)}"
    return Button(label[: LABEL + 8], ShowOrder(order.id))


def _cancels(order: Order) -> Row:
    if order.is_done or order.ticket.origin is Origin.EXTERNAL:
        return ()
    return (
        Button("Cancel order", CancelOrder(order.id), Style.DANGER),
        Button("All of this market", CancelMarket(order.ticket.market_id)),
    )


def _pages(count: int, page: int) -> Row:
    return pager(
        ShowOrders(page - 1) if page else None,
        ShowOrders(page + 1) if count > (page + 1) * PAGE else None,
    )


_FOOT: Final = (Button("Orders", ShowOrders()), home_button())
_NONE: Final = "No order is open: nothing of your money is held back."
