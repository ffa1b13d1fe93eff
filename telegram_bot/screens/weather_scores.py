"""How good the weather strategy was, beside what it has to be compared with."""

from datetime import datetime
from typing import Final

from core.domain.weather.views import Gate, ScoreRow, ScoreTable
from telegram_bot import weather_actions as asks
from telegram_bot.picture_actions import ShowReliability
from telegram_bot.screens.numbers import signed
from telegram_bot.screens.screen import (
    Button,
    Screen,
    blocks,
    home_button,
    lines,
    pager,
    rows,
    stamped,
)
from telegram_bot.screens.text import safe
from telegram_bot.screens.weather_words import (
    LEADS,
    NO_PROMISE,
    city_name,
    gate_words,
    score_words,
)
from telegram_bot.words import mark, plural, say

PAGE: Final = 5  # rows
HOW: Final = mark(
    "Smaller is better. Brier and log score look at all buckets; CRPS at the temperature itself. "
    "The model has to beat the market, not only the naive rule."
)


def scores_screen(table: ScoreTable, gate: Gate, page: int, now: datetime) -> Screen:
    """Row by row: cities and leads, the total first."""
    pages = max(1, -(-len(table.rows) // PAGE))
    page = min(page, pages - 1)
    shown = table.rows[page * PAGE : (page + 1) * PAGE]
    following = asks.ShowScores(page + 1) if page + 1 < pages else None
    return Screen(
        blocks(
            say("<b>Weather: score</b>") + _back_to(table),
            lines(*gate_words(gate)),
            _profits(table),
            *(_row(row) for row in shown),
            None if shown else say("No event of its own is resolved yet, so there is no score."),
            say(HOW),
            say(NO_PROMISE),
        ),
        rows(
            pager(asks.ShowScores(page - 1) if page else None, following),
            (
                Button(say("Reliability"), ShowReliability()),
                Button(say("All events"), asks.ShowWeather()),
            ),
            (Button(say("Refresh"), asks.ShowScores(page)), home_button()),
        ),
        stamp=stamped(now),
    )


def _back_to(table: ScoreTable) -> str:
    if not table.days:
        return ""
    return " · " + plural("last {n} day", "last {n} days", table.days)


def _profits(table: ScoreTable) -> str:
    return lines(
        say("Practice money: {result} after all fees", result=signed(table.dry))
        if table.dry is not None
        else say("Practice money: nothing was traded"),
        say("Real money: {result} after all fees", result=signed(table.live))
        if table.live is not None
        else say("Real money: nothing was traded"),
    )


def _row(row: ScoreRow) -> str:
    city = safe(city_name(row.city), 40) if row.city else say("All cities")
    lead = say("before the day") if row.lead is None else say(LEADS[row.lead])
    events = plural("{n} event", "{n} events", row.events)
    return lines(
        f"<b>{city}</b> · {lead} · {events}",
        say("model: {score}", score=score_words(row.model)),
        None if row.market is None else say("market: {score}", score=score_words(row.market)),
        None
        if row.climatology is None
        else say("climatology: {score}", score=score_words(row.climatology)),
        None if row.naive is None else say("naive rule: {score}", score=score_words(row.naive)),
    )
