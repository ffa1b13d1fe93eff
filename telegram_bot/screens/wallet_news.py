"""A watched wallet has traded: told to who watches it."""

from core.domain.book import Side
from core.domain.notice import WalletTrade, WalletTraded
from telegram_bot.actions import ShowMarket
from telegram_bot.portfolio_actions import ShowPublicWallet
from telegram_bot.screens.numbers import cents, shares
from telegram_bot.screens.screen import Button, Screen, blocks, lines
from telegram_bot.screens.text import SHORT_TITLE, safe
from telegram_bot.screens.times import date_clock
from telegram_bot.words import plural, say


def wallet_traded_notice(news: WalletTraded) -> Screen:
    """A record that stays in the chat, with at most two buttons."""
    market = next((one.market_id for one in news.trades if one.market_id is not None), None)
    more = plural("and {n} more trade", "and {n} more trades", news.more)
    buttons = [Button(say("Wallet"), ShowPublicWallet(news.address))]
    if market is not None:
        buttons.insert(0, Button(say("Market"), ShowMarket(market)))
    return Screen(
        blocks(
            say("<b>A wallet you watch has traded</b>"),
            f"<code>{safe(news.address, 60)}</code>",
            *(_trade(each) for each in news.trades),
            more if news.more else None,
        ),
        (tuple(buttons),),
        keeps_message=True,
    )


def _trade(trade: WalletTrade) -> str:
    named = {
        "shares": shares(trade.size),
        "outcome": safe(trade.outcome, 30),
        "price": cents(trade.price),
    }
    return lines(
        say("Bought {shares} {outcome} at {price}", **named)
        if trade.side is Side.BUY
        else say("Sold {shares} {outcome} at {price}", **named),
        safe(trade.question, SHORT_TITLE),
        date_clock(trade.at),
    )
