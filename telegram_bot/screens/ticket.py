"""A quoted trade that waits for its one tap."""

from datetime import datetime, timedelta

from core.domain.book import Side
from core.domain.offer import Offer, TradeQuote
from core.domain.price import PriceState
from telegram_bot.actions import Action, CancelTicket, Confirm, Submitting
from telegram_bot.screens.freshness import unchanged
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import Button, Screen, Style, blocks, home_button, lines
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time


def ticket_screen(quote: TradeQuote, offer: Offer, now: datetime) -> Screen:
    left = max(0, round((offer.expires_at - now).total_seconds()))
    return Screen(
        blocks(
            ticket_text(quote),
            _source(quote, now),
            f"This quote expires in {left} s, at {clock_time(offer.expires_at)}.",
        ),
        (
            (
                Button("Confirm", Confirm(offer.button_id), Style.SUCCESS),
                Button("Cancel", CancelTicket(offer.button_id)),
            ),
        ),
    )


def submitting_screen(quote: TradeQuote) -> Screen:
    return Screen(
        blocks(ticket_text(quote), "<b>Submitting…</b>"), ((Button("Submitting…", Submitting()),),)
    )


def expired_screen(quote: TradeQuote, again: Action) -> Screen:
    """`again` asks for the same trade at the price of that moment."""
    nothing = "bought" if quote.side is Side.BUY else "sold"
    return Screen(
        blocks(
            f"<b>This quote has expired.</b> Nothing was {nothing}.",
            safe(quote.market.question),
            "Prices move. Ask for a new quote to go on.",
        ),
        ((Button("Re-quote", again, Style.PRIMARY), home_button()),),
    )


def ticket_text(quote: TradeQuote) -> str:
    return _buy_text(quote) if quote.side is Side.BUY else _sell_text(quote)


def _buy_text(quote: TradeQuote) -> str:
    name = safe(quote.outcome.name, 40)
    profit = quote.payout - quote.cost
    value, fee = money(quote.value), money(quote.fee)
    return blocks(
        f"<b>Buy {name}?</b>",
        safe(quote.market.question),
        lines(
            f"You pay {value} + fee {fee} = <b>{money(quote.cost)}</b>",
            f"You get <b>{shares(quote.shares)}</b> shares",
            f"Average {cents(quote.average)} · at worst {cents(quote.worst_price)}",
        ),
        lines(
            f"If {name} is right: {money(quote.payout)} ({signed(profit)})",
            f"If not: $0.00 ({signed(-quote.cost)})",
            f"Cash after this: {money(quote.cash_after)}",
        ),
        _thin(quote),
    )


def _sell_text(quote: TradeQuote) -> str:
    value, fee = money(quote.value), money(quote.fee)
    return blocks(
        f"<b>Sell {safe(quote.outcome.name, 40)}?</b>",
        safe(quote.market.question),
        lines(
            f"You sell <b>{shares(quote.shares)}</b> shares",
            f"You get {value} - fee {fee} = <b>{money(quote.proceeds)}</b>",
            f"Average {cents(quote.average)} · at worst {cents(quote.worst_price)}",
        ),
        f"Cash after this: {money(quote.cash_after)}",
        _thin(quote),
    )


def _thin(quote: TradeQuote) -> str | None:
    if quote.complete:
        return None
    if quote.side is Side.BUY and quote.spend is not None:
        return (
            f"<b>Thin book:</b> only {money(quote.value)} of your {money(quote.spend)} "
            "finds a seller at this price. The rest stays in cash."
        )
    if quote.size is not None:
        return (
            f"<b>Thin book:</b> only {shares(quote.shares)} of your {shares(quote.size)} shares "
            "find a buyer at this price. The rest stays yours."
        )
    return None


def _source(quote: TradeQuote, now: datetime) -> str:
    """What the quote rests on; a ticket stands still, so it says times instead of ages."""
    if quote.state is PriceState.LIVE:
        return f"Quoted from the live book at {clock_time(now)}{unchanged(quote.age)}."
    fetched = clock_time(now - timedelta(seconds=quote.age))
    return (
        f"Not streamed right now: quoted from a book fetched at {fetched}. "
        "Confirm takes the newest one."
    )
