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
from telegram_bot.screens.freshness import outcome_line
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
from telegram_bot.words import mark, say

PARTS: Final = 10_000  # of a USDC, in which a price travels
MICROS: Final = Decimal(1_000_000)
PRESETS: Final = (10, 25, 50)  # USDC
PERCENTS: Final = (25, 50, 100)
LIVES: Final = (
    (Life.UNTIL_CANCELLED, mark("Until cancelled")),
    (Life.HOUR, mark("1 hour")),
    (Life.MIDNIGHT, mark("Tonight")),
)


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
            _price_heading(wish, safe(chosen.outcome.name, LABEL)),
            safe(view.market.question),
            lines(outcome_line(chosen), _book(chosen)),
            say(
                "A limit order waits in the book until somebody takes its price, and never "
                "trades at a worse one."
            ),
        ),
        rows(
            _best(chosen, wish),
            (Button(say("Other price"), replace(wish, is_typed=True)),),
            (Button(say("Back"), ShowMarket(wish.market_id)), home_button()),
        ),
        stamp=stamped(now),
    )


def limit_amount_screen(view: MarketView, wish: Limit, means: Means) -> Screen:
    """How much at the chosen price."""
    name = safe(view.outcomes[wish.outcome].outcome.name, LABEL)
    return Screen(
        blocks(
            _amount_heading(wish, name),
            safe(view.market.question),
            _means(wish, means),
        ),
        rows(
            (*_amounts(wish, means), Button(say("Other"), replace(wish, is_typed=True))),
            (
                Button(say("Other price"), replace(wish, price=0)),
                Button(say("Back"), ShowMarket(wish.market_id)),
                home_button(),
            ),
        ),
    )


def _price_heading(wish: Limit, outcome: str) -> str:
    if wish.way is Way.BUY:
        return say("<b>Limit buy {outcome}: at what price?</b>", outcome=outcome)
    return say("<b>Limit sell {outcome}: at what price?</b>", outcome=outcome)


def _amount_heading(wish: Limit, outcome: str) -> str:
    price = cents(price_of(wish))
    if wish.way is Way.BUY:
        return say("<b>Limit buy {outcome} at {price}: how much?</b>", outcome=outcome, price=price)
    return say("<b>Limit sell {outcome} at {price}: how much?</b>", outcome=outcome, price=price)


def price_question(question: str, outcome: str, wish: Limit) -> Screen:
    return Screen(
        blocks(
            say("<b>What price for {outcome}?</b>", outcome=safe(outcome, LABEL)),
            safe(question),
            say(
                "Type it in cents a share: <code>45</code>, <code>45c</code>, or as "
                "<code>0.45</code>."
            ),
        ),
        ((Button(say("Cancel"), ShowMarket(wish.market_id)),),),
    )


def limit_amount_question(question: str, outcome: str, wish: Limit, means: Means) -> Screen:
    how = (
        say("Type dollars, like <code>25</code>, or shares, like <code>40 shares</code>.")
        if wish.way is Way.BUY
        else say("Type shares, like <code>12.5</code>, or a part, like <code>30%</code>.")
    )
    return Screen(
        blocks(
            say(
                "<b>How much {outcome} at {price}?</b>",
                outcome=safe(outcome, LABEL),
                price=cents(price_of(wish)),
            ),
            safe(question),
            lines(_means(wish, means), how),
        ),
        ((Button(say("Cancel"), ShowMarket(wish.market_id)),),),
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


def _book(view: OutcomeView) -> str:
    return say("Bid {bid} · ask {ask}", bid=cents(view.bid), ask=cents(view.ask))


def _best(view: OutcomeView, wish: Limit) -> Row:
    found = (
        (say("Bid {bid}", bid=cents(view.bid)), view.bid),
        (say("Ask {ask}", ask=cents(view.ask)), view.ask),
    )
    return tuple(
        Button(label, replace(wish, price=int(price * PARTS)))
        for label, price in found
        if price is not None and price * PARTS == int(price * PARTS)
    )


def _means(wish: Limit, means: Means) -> str:
    if wish.way is Way.BUY:
        return say(
            "Cash {cash}. What the order may cost is held back while it rests.",
            cash=money(means.cash),
        )
    return say("You hold {shares} shares.", shares=shares(means.held))


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
