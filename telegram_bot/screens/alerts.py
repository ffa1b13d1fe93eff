"""Alerts: all that are set, and new ones on a market."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.alert import MOST_ALERTS, Alert, AlertKind, NewAlert, from_typed
from core.domain.errors import InvalidQuantity
from core.domain.market import Market
from core.domain.units import ONE, ZERO, MarketId, Price
from core.domain.views import MarketView
from telegram_bot import alert_actions as asks
from telegram_bot.actions import ShowMarket, Trending
from telegram_bot.screens.alert_words import described, label_of
from telegram_bot.screens.freshness import outcome_line
from telegram_bot.screens.market import market_state
from telegram_bot.screens.screen import (
    Button,
    Row,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import LABEL, SHORT_TITLE, bold, plain, safe
from telegram_bot.screens.times import date_time
from telegram_bot.words import mark, plural, say

PAGE: Final = 5
STEPS: Final = (-10, -5, 5, 10)  # cents from the price of now
MUTES: Final = (1, 8)  # hours
UNITS: Final = Decimal(10_000)  # of a button's level in one
JUMPS: Final = (
    NewAlert(AlertKind.MOVE, Decimal("0.05"), 10),
    NewAlert(AlertKind.SWING, Decimal(10), 60),
)
OTHERS: Final = (
    NewAlert(AlertKind.SPREAD, Decimal("0.05")),
    NewAlert(AlertKind.CLOSING, ZERO, 60),
)
HOW: Final = mark(
    "You are told once when it happens, and again only after the price has left the level. It "
    "works while this chat is closed and after a restart."
)


def alerts_screen(
    alerts: Sequence[Alert], markets: Mapping[MarketId, Market], page: int, now: datetime
) -> Screen:
    """Everything that is set, newest first; `markets` of this page at least."""
    first = page * PAGE
    shown = list(enumerate(alerts[first : first + PAGE], first + 1))
    following = asks.ShowAlerts(page + 1) if len(alerts) > first + PAGE else None
    count = plural("{n} of {most} set", "{n} of {most} set", len(alerts), most=MOST_ALERTS)
    return Screen(
        blocks(
            say("<b>Alerts</b>") + (f" · {count}" if alerts else ""),
            *(_entry(number, one, markets, now) for number, one in shown),
            None if alerts else say("No alert is set. Open a market and tap Alert."),
        ),
        rows(
            *(_entry_buttons(number, one, page, now) for number, one in shown),
            pager(asks.ShowAlerts(page - 1) if page else None, following),
            (Button(say("Markets"), Trending()), home_button()),
        ),
        stamp=stamped(now),
    )


def new_alert_screen(view: MarketView, outcome: int, own: Sequence[Alert], now: datetime) -> Screen:
    """What to hear of, on one outcome; `own` are those that the reader has in this market."""
    market, chosen = view.market, view.outcomes[outcome]
    ended = market_state(market)
    return Screen(
        blocks(
            say("<b>New alert on {outcome}</b>", outcome=safe(chosen.outcome.name, LABEL)),
            lines(safe(market.question), outcome_line(chosen)),
            _already(own),
            ended or say(HOW),
        ),
        rows(
            *(() if ended else _choices(view, outcome)),
            (Button(say("All alerts"), asks.ShowAlerts()),),
            (Button(say("Market"), ShowMarket(market.id)), home_button()),
        ),
        stamp=stamped(now),
    )


def alert_question(view: MarketView, asked: asks.TypeAlert) -> Screen:
    """Asks for the price in words."""
    chosen = view.outcomes[asked.outcome]
    back = asks.NewAlert(asked.market_id, asked.outcome)
    return Screen(
        blocks(
            safe(view.market.question),
            outcome_line(chosen),
            say("<b>At what price?</b>"),
            say(
                "Send a price, like <code>45</code> for 45¢, or a distance from the price of "
                "now, like <code>+5</code> for 5¢ or <code>-10%</code>."
            ),
        ),
        ((Button(say("Back"), back), home_button()),),
    )


def presets(price: Price | None) -> tuple[NewAlert, ...]:
    """Above and below the price of now, on whole cents; none that no price can reach."""
    if price is None:
        return ()
    cent = round(price * 100)
    levels = (Price(Decimal(cent + step) / 100) for step in STEPS)
    wishes = []
    for level in levels:
        try:
            wishes.append(from_typed(price, level))
        except InvalidQuantity:  # so fine a market that this is the price itself
            continue
    return tuple(wish for wish in wishes if ZERO < wish.level < ONE)


def _choices(view: MarketView, outcome: int) -> tuple[Row, ...]:
    market = view.market
    sides = tuple(
        Button(
            f"{'✓ ' if place == outcome else ''}{plain(each.name, 24)}",
            asks.NewAlert(market.id, place),
        )
        for place, each in enumerate(market.outcomes)
    )

    def row(wishes: Sequence[NewAlert]) -> Row:
        return tuple(Button(label_of(wish), _setting(market.id, outcome, wish)) for wish in wishes)

    return (
        sides,
        row(presets(view.outcomes[outcome].price)),
        (Button(say("Other price"), asks.TypeAlert(market.id, outcome)),),
        row(JUMPS),
        row(OTHERS if market.ends_at else OTHERS[:1]),
    )


def _setting(market_id: MarketId, outcome: int, wish: NewAlert) -> asks.SetAlert:
    units = UNITS / 100 if wish.kind is AlertKind.SWING else UNITS
    return asks.SetAlert(market_id, outcome, wish.kind, int(wish.level * units), wish.minutes)


def _already(own: Sequence[Alert]) -> str | None:
    if not own:
        return None
    told = (f"{safe(one.outcome, LABEL)} {described(one.wish)}" for one in own[:PAGE])
    return lines(say("Set on this market:"), *told)


def _entry(number: int, one: Alert, markets: Mapping[MarketId, Market], now: datetime) -> str:
    market = markets.get(one.market_id)
    question = one.outcome if market is None else market.question
    muted = (
        say("muted until {moment}", moment=date_time(one.muted_until))
        if (one.muted_until is not None and one.is_muted(now))
        else None
    )
    return lines(
        f"{number}. {bold(question, SHORT_TITLE)}",
        f"{safe(one.outcome, LABEL)} {described(one.wish)}",
        f"<i>{muted}</i>" if muted else None,
    )


def _entry_buttons(number: int, one: Alert, page: int, now: datetime) -> Row:
    remove = Button(say("Remove {number}", number=number), asks.RemoveAlert(one.id, page))
    if one.is_muted(now):
        return (
            remove,
            Button(say("Unmute {number}", number=number), asks.MuteAlert(one.id, 0, page)),
        )
    mutes = tuple(
        Button(say("Mute {hours} h", hours=hours), asks.MuteAlert(one.id, hours, page))
        for hours in MUTES
    )
    return (remove, *mutes)
