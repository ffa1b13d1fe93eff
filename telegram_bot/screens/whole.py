"""All or nothing: its switch on a ticket, what it means, and what a thin book makes of it."""

from core.domain.book import Side
from core.domain.offer import TradeQuote
from core.domain.order import Order
from core.domain.units import MICROS
from telegram_bot.actions import Action, SellShares, ShowPosition, Spend
from telegram_bot.screens.numbers import cents, money, shares
from telegram_bot.screens.quick import CENTS
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, rows
from telegram_bot.screens.text import safe
from telegram_bot.whole_actions import BuyWhole, SellWhole, WholeAction
from telegram_bot.words import say


def whole_switch(quote: TradeQuote, back: Action | None) -> Row:
    """For the same order all or nothing, or no longer so; `back` says which position is sold."""
    whole = _whole(quote, back)
    if whole is None:
        return ()
    if not quote.is_whole:
        return (Button(say("All or nothing: off"), whole),)
    return (Button(say("All or nothing: on"), _in_part(whole)),)


def whole_words(quote: TradeQuote) -> str | None:
    if not quote.is_whole:
        return None
    worst = cents(quote.worst_price)
    if quote.side is Side.BUY:
        return say(
            "<b>All or nothing:</b> unless all of it can be had at {worst} or better, nothing is "
            "bought.",
            worst=worst,
        )
    return say(
        "<b>All or nothing:</b> unless all of it can be sold at {worst} or better, nothing is "
        "sold.",
        worst=worst,
    )


def not_whole_screen(quote: TradeQuote, back: Action) -> Screen:
    """Instead of a ticket whose order would be refused as things are."""
    return Screen(
        blocks(
            say("<b>Not all of it is there</b>"),
            safe(quote.market.question),
            _found(quote),
        ),
        rows(in_part_button(_whole(quote, back)), (Button(say("Back"), back), home_button())),
    )


def killed_words(order: Order) -> str | None:
    """For what the venue has told later than in its answer, in words of its own."""
    if not order.is_killed:
        return None
    worst = cents(order.ticket.worst_price)
    if order.ticket.side is Side.BUY:
        return say("It was all or nothing, and not all of it was had at {worst}.", worst=worst)
    return say("It was all or nothing, and not all of it was sold at {worst}.", worst=worst)


def in_part_button(wanted: Action | None) -> Row:
    """For the same order without the condition, where `wanted` had it."""
    if not isinstance(wanted, BuyWhole | SellWhole):
        return ()
    return (Button(say("Take what there is"), _in_part(wanted)),)


def _in_part(whole: WholeAction) -> Spend | SellShares:
    if isinstance(whole, BuyWhole):
        return Spend(whole.market_id, whole.outcome, whole.amount)
    return SellShares(whole.position_id, whole.amount)


def _found(quote: TradeQuote) -> str:
    if quote.side is Side.BUY:
        return say(
            "Only {found} of your {spend} finds a seller right now, so all or nothing would be "
            "nothing. No order was placed.",
            found=money(quote.value),
            spend=money(quote.spend or quote.value),
        )
    return say(
        "Only {found} of your {shares} shares find a buyer right now, so all or nothing would be "
        "nothing. No order was placed.",
        found=shares(quote.shares),
        shares=shares(quote.size or quote.shares),
    )


def _whole(quote: TradeQuote, back: Action | None) -> WholeAction | None:
    """None where nobody could ask for that quote again."""
    if quote.spend is not None:
        place = quote.market.tokens.index(quote.outcome.token)
        return BuyWhole(quote.market.id, place, int(quote.spend * CENTS))
    if quote.size is None or not isinstance(back, ShowPosition):
        return None
    return SellWhole(back.position_id, int(quote.size * MICROS))
