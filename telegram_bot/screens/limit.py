"""A limit order, step by step: its price, its amount, and the ticket with its conditions."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.book import Side
from core.domain.offer import LimitQuote, Offer
from core.domain.price import PriceState
from core.domain.units import Price, Size, Usdc
from core.domain.views import MarketView, OutcomeView
from telegram_bot.account_actions import ShowOrders
from telegram_bot.actions import (
    Action,
    CancelTicket,
    Confirm,
    Life,
    Limit,
    ShowMarket,
    Submitting,
    Unit,
    Way,
)
from telegram_bot.screens.freshness import now_line, outcome_price
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    Style,
    blocks,
    home_button,
    lines,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, safe
from telegram_bot.screens.times import clock_time, day_clock

PARTS: Final = 10_000  # of a USDC, in which a price travels
MICROS: Final = Decimal(1_000_000)
PRESETS: Final = (10, 25, 50)  # USDC
PERCENTS: Final = (25, 50, 100)
LIVES: Final = (
    (Life.UNTIL_CANCELLED, "Until cancelled"),
    (Life.HOUR, "1 hour"),
    (Life.MIDNIGHT, "Tonight"),
)
DEEDS: Final = {Way.BUY: "buy", Way.SELL: "sell"}


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to order with: cash, and shares of the outcome."""

    cash: Usdc
    held: Size


def price_of(wish: Limit) -> Price:
    return Price(Decimal(wish.price) / PARTS)


def limit_price_screen(view: MarketView, wish: Limit, now: datetime) -> Screen:
    """At which price; the best of each side is a button."""
    chosen = view.outcomes[wish.outcome]
    return Screen(
        blocks(
            f"<b>Limit {DEEDS[wish.way]} {safe(chosen.outcome.name, LABEL)}: at what price?</b>",
            safe(view.market.question),
            lines(now_line(outcome_price(chosen)), _book(chosen)),
            "A limit order waits in the book until somebody takes its price, "
            "and never trades at a worse one.",
        ),
        rows(
            _best(chosen, wish),
            (Button("Other price", replace(wish, is_typed=True)),),
            (Button("Back", ShowMarket(wish.market_id)), home_button()),
        ),
        stamp=stamped(now),
    )


def limit_amount_screen(view: MarketView, wish: Limit, means: Means) -> Screen:
    """How much at the chosen price."""
    name = safe(view.outcomes[wish.outcome].outcome.name, LABEL)
    return Screen(
        blocks(
            f"<b>Limit {DEEDS[wish.way]} {name} at {cents(price_of(wish))}: how much?</b>",
            safe(view.market.question),
            _means(wish, means),
        ),
        rows(
            (*_amounts(wish, means), Button("Other", replace(wish, is_typed=True))),
            (
                Button("Other price", replace(wish, price=0)),
                Button("Back", ShowMarket(wish.market_id)),
                home_button(),
            ),
        ),
    )


def price_question(question: str, outcome: str, wish: Limit) -> Screen:
    return Screen(
        blocks(
            f"<b>What price for {safe(outcome, LABEL)}?</b>",
            safe(question),
            "Type it in cents a share: <code>45</code>, <code>45c</code>, or as <code>0.45</code>.",
        ),
        ((Button("Cancel", ShowMarket(wish.market_id)),),),
    )


def limit_amount_question(question: str, outcome: str, wish: Limit, means: Means) -> Screen:
    how = (
        "Type dollars, like <code>25</code>, or shares, like <code>40 shares</code>."
        if wish.way is Way.BUY
        else "Type shares, like <code>12.5</code>, or a part, like <code>30%</code>."
    )
    return Screen(
        blocks(
            f"<b>How much {safe(outcome, LABEL)} at {cents(price_of(wish))}?</b>",
            safe(question),
            lines(_means(wish, means), how),
        ),
        ((Button("Cancel", ShowMarket(wish.market_id)),),),
    )


def limit_ticket_screen(quote: LimitQuote, offer: Offer, wish: Limit, now: datetime) -> Screen:
    """Waits for one tap; the other buttons change its conditions, and ask anew."""
    left = max(0, round((offer.expires_at - now).total_seconds()))
    return Screen(
        blocks(
            limit_ticket_text(quote),
            _source(quote, now),
            f"This ticket expires in {left} s, at {clock_time(offer.expires_at)}.",
        ),
        (
            (
                Button("Confirm", Confirm(offer.button_id), Style.SUCCESS),
                Button("Cancel", CancelTicket(offer.button_id)),
            ),
            tuple(
                Button(_chosen(label, is_chosen=life is wish.life), replace(wish, life=life))
                for life, label in LIVES
            ),
            (
                Button(
                    f"Post-only: {'on' if wish.is_maker else 'off'}",
                    replace(wish, is_maker=not wish.is_maker),
                ),
                Button("Price", replace(wish, price=0)),
                Button("Amount", replace(wish, amount=0)),
            ),
        ),
    )


def limit_submitting_screen(quote: LimitQuote) -> Screen:
    return Screen(
        blocks(limit_ticket_text(quote), "<b>Submitting…</b>"),
        ((Button("Submitting…", Submitting()),),),
    )


def limit_expired_screen(quote: LimitQuote, again: Action) -> Screen:
    return Screen(
        blocks(
            "<b>This ticket has expired.</b> No order was placed.",
            safe(quote.market.question),
            "Ask for a new one to go on.",
        ),
        (
            (
                Button("Try again", again, Style.PRIMARY),
                Button("Orders", ShowOrders()),
                home_button(),
            ),
        ),
    )


def limit_ticket_text(quote: LimitQuote) -> str:
    name = safe(quote.outcome.name, LABEL)
    deed = "Buy" if quote.side is Side.BUY else "Sell"
    return blocks(
        f"<b>{deed} {shares(quote.size)} {name} at {cents(quote.price)} or better?</b>",
        safe(quote.market.question),
        _worth(quote, name),
        lines(_rests(quote), _crossing(quote)),
    )


def _worth(quote: LimitQuote, name: str) -> str:
    if quote.side is Side.SELL:
        return f"You get <b>{money(quote.value)}</b> if all of it is taken."
    return lines(
        f"You pay <b>{money(quote.value)}</b> if all of it is taken; it is held back until then.",
        f"If {name} is right: {money(quote.payout)} ({signed(quote.payout - quote.value)})",
    )


def _rests(quote: LimitQuote) -> str:
    if quote.expires_at is None:
        how = "It rests until it is filled or you cancel it."
    else:
        moment = day_clock(quote.expires_at)
        how = f"It rests until {moment} at the latest."
    return how + (" Post-only: it only ever waits, and pays no fee." if quote.post_only else "")


def _crossing(quote: LimitQuote) -> str | None:
    if not quote.crosses:
        return "No fee while it waits for the other side."
    return f"<b>It would trade at once</b>, with a fee of up to {money(quote.fee)}."


def _source(quote: LimitQuote, now: datetime) -> str:
    top = f"Book: bid {cents(quote.bid)} · ask {cents(quote.ask)}"
    return f"{top} at {clock_time(now)}" + (", live." if quote.state is PriceState.LIVE else ".")


def _chosen(label: str, *, is_chosen: bool) -> str:
    return f"• {label}" if is_chosen else label


def _book(view: OutcomeView) -> str:
    return f"Bid {cents(view.bid)} · ask {cents(view.ask)}"


def _best(view: OutcomeView, wish: Limit) -> Row:
    found = (("Bid", view.bid), ("Ask", view.ask))
    return tuple(
        Button(f"{side} {cents(price)}", replace(wish, price=int(price * PARTS)))
        for side, price in found
        if price is not None and price * PARTS == int(price * PARTS)
    )


def _means(wish: Limit, means: Means) -> str:
    if wish.way is Way.BUY:
        return f"Cash {money(means.cash)}. What the order may cost is held back while it rests."
    return f"You hold {shares(means.held)} shares."


def _amounts(wish: Limit, means: Means) -> Row:
    if wish.way is Way.BUY:
        return tuple(
            Button(f"${dollars}", replace(wish, unit=Unit.MONEY, amount=dollars * 100))
            for dollars in PRESETS
        )
    return tuple(
        Button(f"{percent}%", replace(wish, unit=Unit.SHARES, amount=amount))
        for percent in PERCENTS
        if (amount := int(means.held * percent / 100 * MICROS))
    )
