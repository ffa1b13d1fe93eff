"""What the bot can do, on one screen."""

from telegram_bot.actions import ShowPositions, Trending
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import bold

COMMANDS = (
    ("home", "What you have, on a fresh card"),
    ("markets", "What trades most, and categories"),
    ("search", "Markets by their words; words alone do as well"),
    ("watch", "What you watch"),
    ("positions", "What you hold, live, and selling"),
    ("triggers", "What sells by itself: take profit, stop loss, trailing stop"),
    ("pnl", "What your trading came to, with a picture"),
    ("orders", "What rests and what was ordered, and cancelling"),
    ("wallet", "Which money, which key, and setting up real money"),
    ("limits", "The most you may buy for with real money"),
    ("stop", "End new buys and automation at once"),
    ("resume", "Trade again after /stop"),
    ("halt", "For the owner: nobody may do anything but cancel"),
    ("lift", "For the owner: end the halt"),
    ("help", "How this works"),
    ("status", "How the bot and its prices are"),
    ("cancel", "Forget a question that is waiting"),
)


def help_screen(mode: str) -> Screen:
    return Screen(
        blocks(
            bold(mode),
            lines(
                "<b>Find a market</b>",
                "Send a word to search, paste a polymarket.com link, or tap Markets.",
            ),
            lines(
                "<b>Buy</b>",
                "Tap an outcome, pick an amount, read the quote, tap Confirm. "
                "One quote makes one order at most, however often it is tapped, "
                "and it expires after a short while.",
            ),
            lines(
                "<b>Or write the order</b>",
                "A market's name or link, then <code>buy yes 50</code>, <code>sell no all</code> "
                "or <code>buy yes 50 @45</code>: it leads to the same quote.",
            ),
            lines(
                "<b>Sell</b>",
                "Open a position and tap a share of it. P&amp;L is at the price shown; "
                "<i>if sold now</i> is what the book would really pay, after the fee.",
            ),
            lines(
                "<b>Take profit, stop loss</b>",
                "TP / SL on a position arms sells that fire by themselves, also while this chat "
                "is closed; On every buy arms them with each purchase.",
            ),
            lines(
                "<b>Limit orders</b>",
                "With real money, Limit on a market or a position rests an order at your price. "
                "Orders shows what rests and takes it off the book.",
            ),
            lines(
                "<b>Prices</b>",
                "A card follows the market while you use it and rests after a while; "
                "Refresh wakes it. A price that is not live says how old it is.",
            ),
            lines(*(f"/{name} · {meaning}" for name, meaning in COMMANDS)),
            "Never send a private key or a seed phrase here. The bot never asks for one.",
        ),
        ((Button("Markets", Trending()), Button("Positions", ShowPositions()), home_button()),),
        whose=None,
    )
