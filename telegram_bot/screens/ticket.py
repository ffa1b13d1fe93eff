"""A quoted trade that waits for its one tap."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from core.domain.book import Side
from core.domain.confirming import Why
from core.domain.offer import Offer, TradeQuote
from core.domain.price import PriceState
from telegram_bot.actions import Action, CancelTicket, Confirm, Submitting
from telegram_bot.screens.freshness import unchanged
from telegram_bot.screens.numbers import cents, counted, money, shares, signed
from telegram_bot.screens.screen import Button, Screen, Style, blocks, home_button, lines, rows
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import clock_time
from telegram_bot.screens.whole import whole_switch, whole_words
from telegram_bot.words import mark, plural, say

ASKED: Final = {
    Why.AMOUNT: mark("it is at or above the amount from which you want to be asked"),
    Why.CAP: mark("it is above your cap for orders without asking"),
    Why.SPREAD: mark("bid and ask are more than 5¢ apart"),
    Why.MOVED: mark("the price has moved since your card was drawn"),
    Why.IMPACT: mark("it moves the price by more than your slippage"),
    Why.THIN: mark("the book is too thin for all of it"),
    Why.CLOSING: mark("the market closes within 2 minutes, or is past its end"),
    Why.CASH: mark("it takes more than a quarter of your cash"),
    Why.FIRST: mark("it is your first trade"),
    Why.FIRST_LIVE: mark("it is your first trade with real money"),
    Why.NOT_LIVE: mark("the price is not live"),
    Why.UNCLEAR: mark("an earlier order in this market is not clear yet"),
}


def ticket_screen(
    quote: TradeQuote,
    offer: Offer,
    now: datetime,
    why: Sequence[Why] = (),
    back: Action | None = None,
) -> Screen:
    """`why` it is asked about although its person trades without asking; `back` of a sale is its
    position.
    """
    left = max(0, round((offer.expires_at - now).total_seconds()))
    return Screen(
        blocks(
            ticket_text(quote),
            asked_because(why),
            _source(quote, now),
            say(
                "This quote expires in {seconds} s, at {time}.",
                seconds=left,
                time=clock_time(offer.expires_at),
            ),
        ),
        rows(
            (
                Button(say("Confirm"), Confirm(offer.button_id), Style.SUCCESS),
                Button(say("Cancel"), CancelTicket(offer.button_id)),
            ),
            whole_switch(quote, back),
        ),
    )


def asked_because(why: Sequence[Why]) -> str | None:
    told = [say(ASKED[each]) for each in why if each in ASKED]
    return say("<b>You are asked because</b> {reasons}.", reasons="; ".join(told)) if told else None


def submitting_screen(quote: TradeQuote) -> Screen:
    return Screen(
        blocks(ticket_text(quote), say("<b>Submitting…</b>")),
        ((Button(say("Submitting…"), Submitting()),),),
    )


def expired_screen(quote: TradeQuote, again: Action) -> Screen:
    """`again` asks for the same trade at the price of that moment."""
    return Screen(
        blocks(
            say("<b>This quote has expired.</b> Nothing was bought.")
            if quote.side is Side.BUY
            else say("<b>This quote has expired.</b> Nothing was sold."),
            safe(quote.market.question),
            say("Prices move. Ask for a new quote to go on."),
        ),
        ((Button(say("Re-quote"), again, Style.PRIMARY), home_button()),),
    )


def ticket_text(quote: TradeQuote) -> str:
    return _buy_text(quote) if quote.side is Side.BUY else _sell_text(quote)


def _buy_text(quote: TradeQuote) -> str:
    name = safe(quote.outcome.name, 40)
    profit = quote.payout - quote.cost
    value, fee = money(quote.value), money(quote.fee)
    return blocks(
        say("<b>Buy {outcome}?</b>", outcome=name),
        safe(quote.market.question),
        lines(
            say(
                "You pay {value} + fee {fee} = <b>{cost}</b>",
                value=value,
                fee=fee,
                cost=money(quote.cost),
            ),
            plural(
                "You get <b>{shares}</b> share",
                "You get <b>{shares}</b> shares",
                counted(quote.shares),
                shares=shares(quote.shares),
            ),
            say(
                "Average {average} · at worst {worst}",
                average=cents(quote.average),
                worst=cents(quote.worst_price),
            ),
        ),
        lines(
            say(
                "If {outcome} is right: {payout} ({profit})",
                outcome=name,
                payout=money(quote.payout),
                profit=signed(profit),
            ),
            say("If not: $0.00 ({loss})", loss=signed(-quote.cost)),
            say("Cash after this: {cash}", cash=money(quote.cash_after)),
        ),
        _thin(quote),
        whole_words(quote),
    )


def _sell_text(quote: TradeQuote) -> str:
    value, fee = money(quote.value), money(quote.fee)
    return blocks(
        say("<b>Sell {outcome}?</b>", outcome=safe(quote.outcome.name, 40)),
        safe(quote.market.question),
        lines(
            plural(
                "You sell <b>{shares}</b> share",
                "You sell <b>{shares}</b> shares",
                counted(quote.shares),
                shares=shares(quote.shares),
            ),
            say(
                "You get {value} - fee {fee} = <b>{proceeds}</b>",
                value=value,
                fee=fee,
                proceeds=money(quote.proceeds),
            ),
            say(
                "Average {average} · at worst {worst}",
                average=cents(quote.average),
                worst=cents(quote.worst_price),
            ),
        ),
        say("Cash after this: {cash}", cash=money(quote.cash_after)),
        _thin(quote),
        whole_words(quote),
    )


def _thin(quote: TradeQuote) -> str | None:
    if quote.complete:
        return None
    if quote.side is Side.BUY and quote.spend is not None:
        return say(
            "<b>Thin book:</b> only {found} of your {spend} finds a seller at this price. "
            "The rest stays in cash.",
            found=money(quote.value),
            spend=money(quote.spend),
        )
    if quote.size is not None:
        return plural(
            "<b>Thin book:</b> only {found} of your {shares} shares finds a buyer at this "
            "price. The rest stays yours.",
            "<b>Thin book:</b> only {found} of your {shares} shares find a buyer at this "
            "price. The rest stays yours.",
            counted(quote.shares),
            found=shares(quote.shares),
            shares=shares(quote.size),
        )
    return None


def _source(quote: TradeQuote, now: datetime) -> str:
    """What the quote rests on; a ticket stands still, so it says times instead of ages."""
    if quote.state is PriceState.LIVE:
        return say(
            "Quoted from the live book at {time}{unchanged}.",
            time=clock_time(now),
            unchanged=unchanged(quote.age),
        )
    fetched = clock_time(now - timedelta(seconds=quote.age))
    return say(
        "Not streamed right now: quoted from a book fetched at {time}. Confirm takes "
        "the newest one.",
        time=fetched,
    )
