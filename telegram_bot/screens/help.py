"""What the bot can do, on one screen."""

from types import MappingProxyType
from typing import Final

from telegram_bot.actions import Help, ShowPositions, Trending
from telegram_bot.commands import Scope, menu
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import bold
from telegram_bot.screens.topics import Topic
from telegram_bot.words import mark, say

SECTIONS: Final = MappingProxyType(
    {
        Topic.FIND: (
            mark("<b>Find a market</b>"),
            mark("Send a word to search, paste a polymarket.com link, or tap Markets."),
        ),
        Topic.BUY: (
            mark("<b>Buy</b>"),
            mark(
                "Tap an outcome, pick an amount, read the quote, tap Confirm. One quote makes "
                "one order at most, however often it is tapped, and it expires after a short "
                "while. All or nothing on it (fill or kill) takes the whole amount at once, or "
                "none of it."
            ),
        ),
        Topic.WRITE: (
            mark("<b>Or write the order</b>"),
            mark(
                "A market's name or link, then <code>buy yes 50</code>, <code>sell no "
                "all</code> or <code>buy yes 50 @45</code>: it leads to the same quote."
            ),
        ),
        Topic.SELL: (
            mark("<b>Sell</b>"),
            mark(
                "Open a position and tap a share of it. P&amp;L is at the price shown; <i>if "
                "sold now</i> is what the book would really pay, after the fee."
            ),
        ),
        Topic.TRIGGERS: (
            mark("<b>Take profit, stop loss</b>"),
            mark(
                "TP / SL on a position arms sells that fire by themselves, also while this "
                "chat is closed; On every buy arms them with each purchase."
            ),
        ),
        Topic.LIMIT: (
            mark("<b>Limit orders</b>"),
            mark(
                "With real money, Limit on a market or a position rests an order at your "
                "price. Orders shows what rests and takes it off the book."
            ),
        ),
        Topic.PRICES: (
            mark("<b>Prices</b>"),
            mark(
                "A card follows the market while you use it and rests after a while; Refresh "
                "wakes it. A price that is not live says how old it is."
            ),
        ),
        Topic.WEATHER: (
            mark("<b>Weather</b>"),
            mark(
                "/weather lists temperature markets with what the model and the market say of "
                "each bucket, and why something was bought or not. It runs dry until its score "
                "has opened the gate, and promises nothing."
            ),
        ),
        Topic.GROUPS: (
            mark("<b>In groups</b>"),
            mark(
                "Add me to a group and write /search or /market there, or type my name and some "
                "words in any chat. Nobody sees your money there, and nobody can order."
            ),
        ),
    }
)


def help_screen(mode: str, topic: Topic | None = None, *, is_owner: bool = False) -> Screen:
    """`topic`: what the reader looked at last; it comes first."""
    order = sorted(SECTIONS, key=lambda each: each is not topic)
    scopes = {Scope.EVERYBODY, Scope.OWNER} if is_owner else {Scope.EVERYBODY}
    return Screen(
        blocks(
            bold(mode),
            *(_section(each) for each in order),
            lines(*(f"/{each.name} · {say(each.meaning)}" for each in menu(*scopes))),
            say("Never send a private key or a seed phrase here. The bot never asks for one."),
        ),
        (
            (
                Button(say("Markets"), Trending()),
                Button(say("Positions"), ShowPositions()),
                home_button(),
            ),
        ),
        whose=None,
    )


def help_on_screen(mode: str, topic: Topic) -> Screen:
    return Screen(
        blocks(bold(mode), _section(topic)),
        ((Button(say("All help"), Help()), home_button()),),
        whose=None,
    )


def _section(topic: Topic) -> str:
    heading, text = SECTIONS[topic]
    return lines(say(heading), say(text))
