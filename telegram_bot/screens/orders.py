"""Open and recent orders: how far each has come, and taking them off the book."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.domain.account_views import Cancelled, TracedOrder
from core.domain.book import Side
from core.domain.order import Order, Origin
from core.domain.order_amounts import OrderKind
from telegram_bot.account_actions import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    RecentOrders,
    ShowOrder,
    ShowOrders,
)
from telegram_bot.actions import ShowMarket
from telegram_bot.screens.numbers import cents, counted, money, shares
from telegram_bot.screens.order_words import (
    ORIGINS,
    reserved_words,
    settlement_words,
    state_words,
)
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
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe, told
from telegram_bot.screens.times import ago, day_clock
from telegram_bot.words import mark, plural, say

PAGE: Final = 5


def orders_screen(found: Sequence[TracedOrder], page: int, now: datetime) -> Screen:
    """What may still trade, oldest first."""
    shown = found[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    return Screen(
        blocks(
            say("<b>Open orders</b>") + (f" · {len(found)}" if found else ""),
            *(
                [_entry(number, each, now) for number, each in enumerate(shown, first)]
                or [say(_NONE)]
            ),
        ),
        rows(
            *((_open(number, each),) for number, each in enumerate(shown, first)),
            (Button(say("Cancel all"), CancelAll(), Style.DANGER),) if found else (),
            _pages(len(found), page),
            (
                Button(say("Recent"), RecentOrders()),
                Button(say("Refresh"), ShowOrders(page)),
                home_button(),
            ),
        ),
        stamp=stamped(now),
    )


def recent_orders_screen(found: Sequence[TracedOrder], page: int, now: datetime) -> Screen:
    """Newest first, whatever became of them."""
    shown = found[page * PAGE : (page + 1) * PAGE]
    first = page * PAGE + 1
    return Screen(
        blocks(
            say("<b>Recent orders</b>"),
            *(
                [_entry(number, each, now) for number, each in enumerate(shown, first)]
                or [say("None yet.")]
            ),
        ),
        rows(
            *((_open(number, each),) for number, each in enumerate(shown, first)),
            pager(
                RecentOrders(page - 1) if page else None,
                RecentOrders(page + 1) if len(found) > (page + 1) * PAGE else None,
            ),
            (Button(say("Open orders"), ShowOrders()), home_button()),
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
                say(
                    "Order {number} · {state} · {age}",
                    number=order.id,
                    state=state_words(order),
                    age=_age(order, now),
                ),
                say(ORIGINS.get(order.ticket.origin, "")),
                _life(order),
            ),
            lines(_filled(order), _left(order), settlement_words(traced.settlements)),
            reserved_words(order),
            _reason(order),
        ),
        rows(
            _cancels(order), (Button(say("Market"), ShowMarket(order.ticket.market_id)), *_foot())
        ),
        stamp=stamped(now),
    )


def cancel_all_screen(count: int) -> Screen:
    return Screen(
        blocks(
            plural(
                "<b>Cancel the one open order?</b>", "<b>Cancel all {n} open orders?</b>", count
            ),
            say(
                "What is filled already stays yours. What is held back for them is free again "
                "once the venue has taken them off its book."
            ),
        ),
        (
            (
                Button(say("Cancel all of them"), CancelAll(is_sure=True), Style.DANGER),
                Button(say("Keep them"), ShowOrders()),
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
            lines(*(f"{_title(order)}: {told(why, 200)}" for order, why in result.failed[:PAGE])),
            say("They are asked for again until the venue's book says that they are gone.")
            if asked or result.failed
            else None,
            say("What was filled before stays yours."),
        ),
        ((Button(say("Orders"), ShowOrders()), home_button()),),
    )


def _heading(gone: int, left: int) -> str:
    if not gone and not left:
        return say("Nothing was open")
    if not left:
        return plural("Cancelled", "{n} orders cancelled", gone)
    return say("{gone} cancelled, {others} not yet", gone=gone, others=left)


def _entry(number: int, traced: TracedOrder, now: datetime) -> str:
    order = traced.order
    return lines(
        f"{number}. {bold(traced.market.question, SHORT_TITLE)}",
        _title(order),
        f"{_progress(order)}{state_words(order)} · {_age(order, now)}",
    )


def _title(order: Order) -> str:
    ticket, name = order.ticket, safe(order.outcome, 30)
    amount = money(ticket.spend) if ticket.spend is not None else ""
    if ticket.size is not None:
        amount = shares(ticket.size)
    told = {"amount": amount, "outcome": name, "price": cents(ticket.worst_price)}
    if ticket.side is Side.BUY and ticket.kind.rests:
        return say("Buy {amount} {outcome} at {price}", **told)
    if ticket.side is Side.BUY:
        return say("Buy {amount} {outcome} at market, bound {price}", **told)
    if ticket.kind.rests:
        return say("Sell {amount} {outcome} at {price}", **told)
    return say("Sell {amount} {outcome} at market, bound {price}", **told)


def _progress(order: Order) -> str:
    if not order.filled_size:
        return ""
    if order.is_done:
        return say("{filled} filled", filled=shares(order.filled_size)) + " · "
    return (
        say(
            "{filled} filled, {left} left",
            filled=shares(order.filled_size),
            left=shares(order.working_size),
        )
        + " · "
    )


def _filled(order: Order) -> str | None:
    if not order.filled_size:
        return (
            say("Nothing of it is filled.")
            if order.is_done
            else say("Nothing of it is filled yet.")
        )
    return plural(
        "Filled {shares} share for {value} at {price}, fee {fee}",
        "Filled {shares} shares for {value} at {price}, fee {fee}",
        counted(order.filled_size),
        shares=shares(order.filled_size),
        value=money(order.filled_value),
        price=cents(order.average_price),
        fee=money(order.fee),
    )


def _left(order: Order) -> str | None:
    if order.is_done:
        return None
    return plural(
        "{shares} share left at {price}",
        "{shares} shares left at {price}",
        counted(order.working_size),
        shares=shares(order.working_size),
        price=cents(order.ticket.worst_price),
    )


def _life(order: Order) -> str | None:
    ends = order.ticket.expires_at
    kind = say("Post-only") if order.ticket.post_only else None
    if order.ticket.kind is OrderKind.FOK:
        kind = say("All or nothing")
    until = say("Rests until {moment}", moment=day_clock(ends)) if ends else None
    return " · ".join(part for part in (until, kind) if part) or None


def _reason(order: Order) -> str | None:
    return say("Reason: {reason}", reason=told(order.reason, 300)) if order.reason.strip() else None


def _age(order: Order, now: datetime) -> str:
    return ago((now - order.created_at).total_seconds())


def _open(number: int, traced: TracedOrder) -> Button:
    order = traced.order
    told = {
        "number": number,
        "outcome": plain(order.outcome, 16),
        "price": cents(order.ticket.worst_price),
    }
    label = (
        say("{number}. Buy {outcome} {price}", **told)
        if order.ticket.side is Side.BUY
        else say("{number}. Sell {outcome} {price}", **told)
    )
    return Button(label[: LABEL + 8], ShowOrder(order.id))


def _cancels(order: Order) -> Row:
    if order.is_done or order.ticket.origin is Origin.EXTERNAL:
        return ()
    return (
        Button(say("Cancel order"), CancelOrder(order.id), Style.DANGER),
        Button(say("All of this market"), CancelMarket(order.ticket.market_id)),
    )


def _foot() -> Row:
    return (Button(say("Orders"), ShowOrders()), home_button())


def _pages(count: int, page: int) -> Row:
    return pager(
        ShowOrders(page - 1) if page else None,
        ShowOrders(page + 1) if count > (page + 1) * PAGE else None,
    )


_NONE: Final = mark("No order is open: nothing of your money is held back.")
