"""What everybody can see of a wallet: positions, the newest trades, and ways to their markets."""

from datetime import datetime
from typing import Final

from core.domain.book import Side
from core.domain.public_wallet import PublicPosition, PublicTrade, PublicWalletView
from telegram_bot.actions import ShowMarket
from telegram_bot.portfolio_actions import ShowPublicWallet, WatchWallet
from telegram_bot.screens.numbers import cents, money, shares, signed
from telegram_bot.screens.screen import (
    Button,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
)
from telegram_bot.screens.text import SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import ago, clock_time
from telegram_bot.words import say

PAGE: Final = 5  # positions
TRADES: Final = 5  # on the first page


def wallet_card_screen(view: PublicWalletView, page: int, now: datetime) -> Screen:
    """Nothing can be traded or followed from here. What the venue did not tell is unavailable."""
    wallet = view.wallet
    held = wallet.positions or ()
    shown = held[page * PAGE : (page + 1) * PAGE]
    return Screen(
        blocks(
            say("<b>A wallet at the venue</b>") + _page_words(page),
            lines(f"<code>{safe(wallet.address, 60)}</code>", _worth(view)),
            _positions_words(view),
            *(_position(number, each) for number, each in enumerate(shown, page * PAGE + 1)),
            None if page else _trades(view, now),
            say("You hear of its new trades.") if view.is_watched else None,
        ),
        rows(
            *((_market(number, each, view),) for number, each in _known(view, shown, page)),
            pager(
                ShowPublicWallet(wallet.address, page - 1) if page else None,
                ShowPublicWallet(wallet.address, page + 1)
                if len(held) > (page + 1) * PAGE
                else None,
            ),
            (
                _watching(view),
                Button(say("Refresh"), ShowPublicWallet(wallet.address, page)),
                home_button(),
            ),
        ),
        stamp=say("As the venue told it at {time}", time=clock_time(wallet.seen_at)),
    )


def _watching(view: PublicWalletView) -> Button:
    address = view.wallet.address
    if view.is_watched:
        return Button(say("Stop watching"), WatchWallet(address, wanted=False))
    return Button(say("Watch"), WatchWallet(address, wanted=True))


def _page_words(page: int) -> str:
    return " · " + say("page {page}", page=page + 1) if page else ""


def _worth(view: PublicWalletView) -> str:
    if view.wallet.value is None:
        return say("Worth of its positions: unavailable")
    return say("Positions worth {value}", value=money(view.wallet.value))


def _positions_words(view: PublicWalletView) -> str | None:
    if view.wallet.positions is None:
        return say("Positions: unavailable")
    return None if view.wallet.positions else say("It holds nothing.")


def _position(number: int, held: PublicPosition) -> str:
    missing = say("unavailable")
    return lines(
        f"{number}. {bold(held.title, SHORT_TITLE)}",
        say(
            "{shares} {outcome} at {average}, now {price}",
            shares=shares(held.size),
            outcome=safe(held.outcome, 30),
            average=missing if held.average is None else cents(held.average),
            price=missing if held.price is None else cents(held.price),
        ),
        say(
            "Worth {value} · P&amp;L {pnl}",
            value=missing if held.value is None else money(held.value),
            pnl=missing if held.pnl is None else signed(held.pnl),
        ),
    )


def _trades(view: PublicWalletView, now: datetime) -> str:
    trades = view.wallet.trades
    if trades is None:
        return say("Newest trades: unavailable")
    if not trades:
        return say("It has not traded lately.")
    return lines(say("<b>Newest trades</b>"), *(_trade(each, now) for each in trades[:TRADES]))


def _trade(trade: PublicTrade, now: datetime) -> str:
    named = {
        "shares": shares(trade.size),
        "outcome": safe(trade.outcome, 30),
        "price": cents(trade.price),
        "question": safe(trade.title, 50),
        "ago": ago(max(0.0, (now - trade.at).total_seconds())),
    }
    if trade.side is Side.BUY:
        return say("Bought {shares} {outcome} at {price} · {question} · {ago}", **named)
    return say("Sold {shares} {outcome} at {price} · {question} · {ago}", **named)


def _known(
    view: PublicWalletView, shown: tuple[PublicPosition, ...], page: int
) -> list[tuple[int, PublicPosition]]:
    """Those whose market we can show."""
    numbered = enumerate(shown, page * PAGE + 1)
    return [(number, each) for number, each in numbered if each.condition in view.markets]


def _market(number: int, held: PublicPosition, view: PublicWalletView) -> Button:
    return Button(f"{number}. {plain(held.title, 40)}", ShowMarket(view.markets[held.condition]))
