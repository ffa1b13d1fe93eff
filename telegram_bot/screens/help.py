"""What the bot can do, on one screen."""

from telegram_bot.actions import ShowPositions, Trending
from telegram_bot.commands import MENU
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import bold
from telegram_bot.words import say


def help_screen(mode: str) -> Screen:
    return Screen(
        blocks(
            bold(mode),
            lines(
                say("<b>Find a market</b>"),
                say("Send a word to search, paste a polymarket.com link, or tap Markets."),
            ),
            lines(
                say("<b>Buy</b>"),
                say(
                    "Tap an outcome, pick an amount, read the quote, tap Confirm. One quote makes "
                    "one order at most, however often it is tapped, and it expires after a short "
                    "while."
                ),
            ),
            lines(
                say("<b>Or write the order</b>"),
                say(
                    "A market's name or link, then <code>buy yes 50</code>, <code>sell no "
                    "all</code> or <code>buy yes 50 @45</code>: it leads to the same quote."
                ),
            ),
            lines(
                say("<b>Sell</b>"),
                say(
                    "Open a position and tap a share of it. P&amp;L is at the price shown; <i>if "
                    "sold now</i> is what the book would really pay, after the fee."
                ),
            ),
            lines(
                say("<b>Take profit, stop loss</b>"),
                say(
                    "TP / SL on a position arms sells that fire by themselves, also while this "
                    "chat is closed; On every buy arms them with each purchase."
                ),
            ),
            lines(
                say("<b>Limit orders</b>"),
                say(
                    "With real money, Limit on a market or a position rests an order at your "
                    "price. Orders shows what rests and takes it off the book."
                ),
            ),
            lines(
                say("<b>Prices</b>"),
                say(
                    "A card follows the market while you use it and rests after a while; Refresh "
                    "wakes it. A price that is not live says how old it is."
                ),
            ),
            lines(*(f"/{each.name} · {say(each.meaning)}" for each in MENU)),
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
