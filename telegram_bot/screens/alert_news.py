"""What people asked to be told: alerts, ends, the feed, deposits, their day, the owner's words."""

from datetime import UTC, datetime, time
from typing import Final

from core.domain.account import Account
from core.domain.alert import AlertKind
from core.domain.notice import (
    AlertFired,
    Broadcast,
    ClosingSoon,
    Deposited,
    Digest,
    FeedTrouble,
)
from telegram_bot.account_actions import ShowWallet
from telegram_bot.actions import ShowMarket, ShowPositions, Status
from telegram_bot.alert_actions import MuteAlert, ShowAlerts
from telegram_bot.screens.alert_words import described
from telegram_bot.screens.numbers import cents, money, signed
from telegram_bot.screens.screen import Button, Screen, blocks, home_button, lines
from telegram_bot.screens.text import LABEL, bold, safe, safe_lines
from telegram_bot.screens.times import clock_time, date, date_time
from telegram_bot.words import plural, say

MUTE = 8  # hours
LONGEST: Final = 3000  # UTF-16 units of the owner's words


def alert_notice(news: AlertFired, act: Button | None = None) -> Screen:
    """A record that stays in the chat, and of use in any later run of the program.

    `act` is what can be done about it at once.
    """
    outcome = bold(news.outcome, LABEL)
    is_of_time = news.wish.kind is AlertKind.CLOSING
    return Screen(
        blocks(
            say("🔔 <b>Alert: {what}</b>", what=described(news.wish))
            if is_of_time
            else say(
                "🔔 <b>Alert: {outcome} {what}</b>",
                outcome=safe(news.outcome, LABEL),
                what=described(news.wish),
            ),
            safe(news.question),
            say(
                "{outcome} is at {price} · {time}",
                outcome=outcome,
                price=cents(news.price),
                time=clock_time(news.at),
            )
            if news.price is not None
            else None,
            say("<i>The price was asked for: it does not come live right now.</i>")
            if news.is_polled
            else None,
        ),
        (
            (
                Button(say("Market"), ShowMarket(news.market_id)),
                act or Button(say("Mute {hours} h", hours=MUTE), MuteAlert(news.alert_id, MUTE)),
            ),
        ),
        keeps_message=True,
        outlives=True,
    )


def closing_notice(news: ClosingSoon) -> Screen:
    """A record that stays in the chat."""
    whose = (
        say("You hold shares of it. Until the result they can be sold as long as it trades.")
        if news.is_held
        else say("You watch it.")
    )
    second = (
        Button(say("Positions"), ShowPositions())
        if news.is_held
        else Button(say("Alerts"), ShowAlerts())
    )
    return Screen(
        blocks(
            say("<b>A market ends soon</b>"),
            lines(safe(news.question), say("It ends {moment}.", moment=date_time(news.ends_at))),
            whose,
        ),
        ((Button(say("Market"), ShowMarket(news.market_id)), second),),
        keeps_message=True,
        outlives=True,
    )


def feed_notice(news: FeedTrouble) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        _over(news) if news.is_over else _lasting(news),
        ((Button(say("Status"), Status()), Button(say("Positions"), ShowPositions())),),
        keeps_message=True,
    )


def deposit_notice(news: Deposited) -> Screen:
    """A record that stays in the chat."""
    return Screen(
        blocks(
            say("<b>{amount} came into your account</b>", amount=money(news.amount)),
            say("It is in your cash, and can be traded with."),
            say("<i>live money</i>"),
        ),
        ((Button(say("Wallet"), ShowWallet()), home_button()),),
        keeps_message=True,
    )


def digest_notice(news: Digest) -> Screen:
    """A record that stays in the chat."""
    total = money(news.cash + news.value)
    return Screen(
        blocks(
            say(
                "<b>Your day · {day}</b>",
                day=date(datetime.combine(news.day, time(12), UTC)),
            ),
            lines(
                say("In all <b>{total}</b>", total=total),
                None
                if news.change is None
                else say("Since yesterday {change}", change=signed(news.change)),
            ),
            lines(
                say("Cash {cash}", cash=money(news.cash)),
                plural(
                    "{n} position, worth {value}",
                    "{n} positions, worth {value}",
                    news.positions,
                    value=money(news.value),
                ),
                plural("{n} open order", "{n} open orders", news.orders),
                plural("{n} alert set", "{n} alerts set", news.alerts),
            ),
            plural(
                "{n} trade in 24 h, booked {profit} net of fees",
                "{n} trades in 24 h, booked {profit} net of fees",
                news.trades,
                profit=signed(news.realized),
            )
            if news.trades
            else None,
            say("<i>live money</i>") if news.account is Account.LIVE else say("<i>paper money</i>"),
        ),
        ((Button(say("Positions"), ShowPositions()), Button(say("Alerts"), ShowAlerts())),),
        keeps_message=True,
    )


def broadcast_notice(news: Broadcast) -> Screen:
    """A record that stays in the chat; the words are the owner's."""
    return Screen(
        blocks(say("<b>From the owner of this bot</b>"), safe_lines(news.text, LONGEST)),
        ((home_button(),),),
        keeps_message=True,
    )


def _lasting(news: FeedTrouble) -> str:
    triggers = (
        say("Take profit and stop loss are <b>paused</b>: nothing is sold on a doubtful price.")
        if news.is_paused
        else say(
            "Take profit and stop loss are <b>active</b>: the venue is asked for each decision."
        )
    )
    return blocks(
        say("<b>Prices may be stale</b>"),
        plural(
            "{n} of your markets has had no live price since {time}.",
            "{n} of your markets have had no live price since {time}.",
            news.markets,
            time=clock_time(news.since),
        ),
        triggers,
        say("You are told when it is over."),
    )


def _over(news: FeedTrouble) -> str:
    return blocks(
        say("<b>Prices are live again</b>"),
        say(
            "What was stale since {time} is live. Take profit and stop loss are active.",
            time=clock_time(news.since),
        ),
    )
