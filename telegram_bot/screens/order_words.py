"""How far an order has come, how final its fills are, and what is held back for it, in words."""

from typing import Final

from core.domain.book import Side
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderStatus, Origin
from telegram_bot.screens.numbers import money, shares
from telegram_bot.words import mark, say

STATES: Final = {
    OrderStatus.NEW: mark("being prepared"),
    OrderStatus.SIGNED: mark("submitting"),
    OrderStatus.LIVE: mark("resting in the book"),
    OrderStatus.MATCHED: mark("matched, being settled"),
    OrderStatus.DELAYED: mark("accepted; the venue delays it for a few seconds"),
    OrderStatus.UNKNOWN: mark("checking with the venue"),
    OrderStatus.PARTIAL: mark("filled in part"),
    OrderStatus.FILLED: mark("filled"),
    OrderStatus.CANCELLED: mark("cancelled"),
    OrderStatus.EXPIRED: mark("expired"),
    OrderStatus.REJECTED: mark("not placed"),
}


NOT_FOLLOWED: Final = mark("not followed any more")


ORIGINS: Final = {
    Origin.AUTOMATION: mark("placed by automation"),
    Origin.PROTECTION: mark("protective sell"),
    Origin.EXTERNAL: mark("made outside of this bot"),
}


def state_words(order: Order) -> str:
    """The order's state, as a reader of no protocol would say it."""
    if order.is_lost_sight_of:
        return say(NOT_FOLLOWED)
    words = say(STATES[order.status])
    if order.status is OrderStatus.PARTIAL and not order.is_done:
        words = say("filled in part, the rest is resting")
    if order.cancel_requested_at is not None and not order.is_done:
        return say("{state}, cancel requested", state=words)
    return words


def settlement_words(settlements: frozenset[Settlement]) -> str | None:
    """How final the fills are."""
    if Settlement.FAILED in settlements:
        return say("A fill failed on the chain and was taken back: its money is as before it.")
    if Settlement.PROVISIONAL in settlements:
        return say("Provisional until the chain confirms it.")
    return say("Confirmed on the chain.") if settlements else None


def reserved_words(order: Order) -> str | None:
    """What is held back for the order, and for how long."""
    if order.is_done:
        return None
    held = (
        say("{amount} of your cash", amount=money(order.working_value))
        if order.ticket.side is Side.BUY
        else say("{shares} of your shares", shares=shares(order.working_size))
    )
    if order.status is OrderStatus.UNKNOWN:
        return say(
            "The answer was lost, so it may or may not be placed. {held} stay held back. I "
            "keep asking the venue, and take the order off its book if it is not clear in "
            "time: you need not do anything, and you are told.",
            held=held,
        )
    return say("{held} are held back for it.", held=held)
