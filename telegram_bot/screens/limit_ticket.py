"""The ticket of a limit order, with its conditions: shown, on its way, expired."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.domain.book import Side
from core.domain.offer import LimitQuote, Offer
from core.domain.price import PriceState
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import (
    Action,
    CancelTicket,
    Confirm,
    Life,
    Limit,
    Submitting,
)
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import (
    Button,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
)
from telegram_bot.screens.text import LABEL, safe
from telegram_bot.screens.times import clock_time, day_clock
from telegram_bot.words import mark, say

LIVES: Final = (
    (Life.UNTIL_CANCELLED, mark("Until cancelled")),
    (Life.HOUR, mark("1 hour")),
    (Life.MIDNIGHT, mark("Tonight")),
)


def limit_ticket_screen(quote: LimitQuote, offer: Offer, wish: Limit, now: datetime) -> Screen:
    """Waits for one tap; the other buttons change its conditions, and ask anew."""
    left = max(0, round((offer.expires_at - now).total_seconds()))
    return Screen(
        blocks(
            limit_ticket_text(quote),
            _source(quote, now),
            say(
                "This ticket expires in {seconds} s, at {time}.",
                seconds=left,
                time=clock_time(offer.expires_at),
            ),
        ),
        (
            (
                Button(say("Confirm"), Confirm(offer.button_id), Style.SUCCESS),
                Button(say("Cancel"), CancelTicket(offer.button_id)),
            ),
            tuple(
                Button(_chosen(say(label), is_chosen=life is wish.life), replace(wish, life=life))
                for life, label in LIVES
            ),
            (
                Button(
                    say("Post-only: on") if wish.is_maker else say("Post-only: off"),
                    replace(wish, is_maker=not wish.is_maker),
                ),
                Button(say("Price"), replace(wish, price=0)),
                Button(say("Amount"), replace(wish, amount=0)),
            ),
        ),
    )


def limit_submitting_screen(quote: LimitQuote) -> Screen:
    return Screen(
        blocks(limit_ticket_text(quote), say("<b>Submitting…</b>")),
        ((Button(say("Submitting…"), Submitting()),),),
    )


def limit_expired_screen(quote: LimitQuote, again: Action) -> Screen:
    return Screen(
        blocks(
            say("<b>This ticket has expired.</b> No order was placed."),
            safe(quote.market.question),
            say("Ask for a new one to go on."),
        ),
        (
            (
                Button(say("Try again"), again, Style.PRIMARY),
                Button(say("Orders"), ShowOrders()),
                home_button(),
            ),
        ),
    )


def limit_ticket_text(quote: LimitQuote) -> str:
    name = safe(quote.outcome.name, LABEL)
    size, price = shares(quote.size), cents(quote.price)
    return blocks(
        say(
            "<b>Buy {size} {outcome} at {price} or better?</b>",
            size=size,
            outcome=name,
            price=price,
        )
        if quote.side is Side.BUY
        else say(
            "<b>Sell {size} {outcome} at {price} or better?</b>",
            size=size,
            outcome=name,
            price=price,
        ),
        safe(quote.market.question),
        _worth(quote, name),
        lines(_rests(quote), _crossing(quote)),
    )


def _worth(quote: LimitQuote, name: str) -> str:
    if quote.side is Side.SELL:
        return say("You get <b>{value}</b> if all of it is taken.", value=money(quote.value))
    return lines(
        say(
            "You pay <b>{value}</b> if all of it is taken; it is held back until then.",
            value=money(quote.value),
        ),
        say(
            "If {outcome} is right: {payout} ({profit})",
            outcome=name,
            payout=money(quote.payout),
            profit=signed(quote.payout - quote.value),
        ),
    )


def _rests(quote: LimitQuote) -> str:
    if quote.expires_at is None:
        how = say("It rests until it is filled or you cancel it.")
    else:
        moment = day_clock(quote.expires_at)
        how = say("It rests until {moment} at the latest.", moment=moment)
    if not quote.post_only:
        return how
    return how + " " + say("Post-only: it only ever waits, and pays no fee.")


def _crossing(quote: LimitQuote) -> str | None:
    if not quote.crosses:
        return say("No fee while it waits for the other side.")
    return say("<b>It would trade at once</b>, with a fee of up to {fee}.", fee=money(quote.fee))


def _source(quote: LimitQuote, now: datetime) -> str:
    bid, ask, time = cents(quote.bid), cents(quote.ask), clock_time(now)
    if quote.state is PriceState.LIVE:
        return say("Book: bid {bid} · ask {ask} at {time}, live.", bid=bid, ask=ask, time=time)
    return say("Book: bid {bid} · ask {ask} at {time}.", bid=bid, ask=ask, time=time)


def _chosen(label: str, *, is_chosen: bool) -> str:
    return f"• {label}" if is_chosen else label
