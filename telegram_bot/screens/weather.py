"""`/weather`: the temperature events, and the ladder of one of them."""

from datetime import datetime
from typing import Final

from core.domain.account import Account
from core.domain.weather.choices import Mode
from core.domain.weather.views import EventLine, EventPage, LadderView, Rung, Standing
from telegram_bot import weather_actions as asks
from telegram_bot.actions import ShowEvent, Trending
from telegram_bot.picture_actions import ShowFan, ShowReliability
from telegram_bot.screens.numbers import money, shares, signed
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
from telegram_bot.screens.text import plain, safe, told
from telegram_bot.screens.times import ago, clock_time
from telegram_bot.screens.weather_words import (
    chance,
    degrees,
    edge_cents,
    gate_words,
    plain_title,
    side,
    title,
)
from telegram_bot.words import mark, say

REASON: Final = 160  # UTF-16 units of why an event is not traded
NUMBERS: Final = 5  # letters of a percentage's column
EDGE: Final = 11  # letters of the edge's column
HOW_ON: Final = mark(
    "The weather strategy is off in this Polycool. Set <code>WEATHER_ENABLED=true</code> in its "
    "<code>.env</code> and start it again: it then runs dry, with practice money alone."
)
NONE_YET: Final = mark(
    "No temperature event is known yet. They come with the next check of the catalogue."
)
COLUMNS: Final = mark(
    "Model and market: the chance of each bucket. Edge: of the better side at its best price, "
    "after the fee, with the model drawn towards the market."
)


def weather_off_screen() -> Screen:
    """Where the strategy is not switched on."""
    return Screen(
        blocks(say("<b>Weather</b>"), say(HOW_ON)),
        ((Button(say("Markets"), Trending()), home_button()),),
    )


def weather_screen(standing: Standing, events: EventPage, now: datetime) -> Screen:
    """The list, with what the strategy is doing above it."""
    page = events.page
    following = asks.ShowWeather(page + 1) if page + 1 < events.pages else None
    return Screen(
        blocks(
            say("<b>Weather</b>") + _of_pages(events),
            standing_words(standing),
            *(_entry(line) for line in events.lines),
            None if events.lines else say(NONE_YET),
        ),
        rows(
            *_event_rows(events.lines),
            pager(asks.ShowWeather(page - 1) if page else None, following),
            (
                Button(say("Decisions"), asks.ShowDecisions()),
                Button(say("Score"), asks.ShowScores()),
                Button(say("Reliability"), ShowReliability()),
            ),
            (
                Button(say("Choices"), asks.ShowWeatherChoices()),
                Button(say("Refresh"), asks.ShowWeather(page)),
                home_button(),
            ),
        ),
        stamp=stamped(now),
    )


def standing_words(standing: Standing) -> str:
    """What it does, with whose money, and what it may not do yet."""
    return lines(
        _mode_words(standing),
        _money_words(standing),
        *gate_words(standing.gate),
        say("Prices come by stream.") if standing.is_streaming else say("Prices come by polling."),
        None if standing.may_change else say("You may look at all of it and change nothing."),
    )


def ladder_screen(view: LadderView, now: datetime, *, may_change: bool = True) -> Screen:
    """The living card of one event."""
    line = view.line
    return Screen(
        blocks(
            lines(f"<b>{title(line)}</b>", _station(line)),
            say("Not traded: {reason}", reason=told(line.reason, 300)) if line.reason else None,
            _table(view.rungs) if view.rungs else None,
            lines(*_knowledge(view, now)),
            say("<i>{words}</i>", words=say(COLUMNS)) if view.rungs else None,
        ),
        rows(*_ladder_rows(view, may_change=may_change)),
        stamp=stamped(now),
    )


def _mode_words(standing: Standing) -> str:
    if standing.account is Account.LIVE:
        return say("<b>Live</b>: it trades your real money within your limits.")
    if standing.choices.mode is Mode.LIVE:
        return say("<b>Dry run</b>: you chose live, and something stands against it.")
    if standing.choices.mode is Mode.DRY:
        return say("<b>Dry run</b>: it decides as with real money and trades practice money.")
    return say("<b>Off</b>: it trades nothing for you.")


def _money_words(standing: Standing) -> str:
    account = (standing.account or Account.WEATHER_PAPER).value
    if standing.cash is None:
        return say("Account {account}: nothing in it yet", account=account)
    return say(
        "Account {account}: {cash} cash · P&amp;L {result} after fees",
        account=account,
        cash=money(standing.cash),
        result=signed(standing.result),
    )


def _of_pages(events: EventPage) -> str:
    if events.pages == 1:
        return ""
    return " · " + say("page {page} of {pages}", page=events.page + 1, pages=events.pages)


def _entry(line: EventLine) -> str:
    if line.reason:
        return lines(
            f"{title(line)}",
            say("<i>Not traded: {reason}</i>", reason=told(line.reason, REASON)),
        )
    facts = [
        say("in play") if line.is_wanted else say("not chosen"),
        say("{cost} at stake", cost=money(line.held)) if line.held else None,
        None
        if line.best is None
        else say(
            "best edge {edge} on {side} {bucket}",
            edge=edge_cents(line.best.edge),
            side=side(is_yes=line.best.is_yes),
            bucket=safe(line.best.label, 24),
        ),
    ]
    return lines(
        f"<b>{title(line)}</b> · {_station(line)}", " · ".join(each for each in facts if each)
    )


def _station(line: EventLine) -> str:
    unit = "" if line.unit is None else f"°{line.unit.value}"
    return " · ".join(
        each for each in (safe(line.station, 24) if line.station else "", unit) if each
    )


def _event_rows(shown: tuple[EventLine, ...]) -> list[Row]:
    buttons = [
        Button(plain(plain_title(line), 32), asks.ShowLadder(line.event_id)) for line in shown
    ]
    return [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


def _table(rungs: tuple[Rung, ...]) -> str:
    wide = max(len(rung.label) for rung in rungs) + 1
    head = f"{'':<{wide}}{say('mod.'):>{NUMBERS}}{say('mkt.'):>{NUMBERS + 1}}{say('edge'):>{EDGE}}"
    return lines(f"<code>{safe_row(head)}</code>", *(_row(rung, wide) for rung in rungs))


def _row(rung: Rung, wide: int) -> str:
    edge = "-" if rung.edge is None else f"{side(is_yes=rung.is_yes)} {edge_cents(rung.edge)}"
    row = (
        f"{rung.label:<{wide}}{chance(rung.model):>{NUMBERS}}"
        f"{chance(rung.market):>{NUMBERS + 1}}{edge:>{EDGE}}"
    )
    held = [
        f"{shares(size)} {side(is_yes=is_yes)}"
        for size, is_yes in ((rung.yes, True), (rung.no, False))
        if size
    ]
    return f"<code>{safe_row(row)}</code>" + (f" · <b>{' · '.join(held)}</b>" if held else "")


def safe_row(row: str) -> str:
    """Of a table: its spaces stay as they are."""
    return row.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _knowledge(view: LadderView, now: datetime) -> list[str | None]:
    if view.line.reason:
        return []
    return [
        _forecast(view, now),
        None
        if view.seen is None or view.line.unit is None
        else say(
            "Measured so far: {value} at {time}",
            value=degrees(view.seen.value, view.line.unit),
            time=clock_time(view.seen.at),
        ),
        None
        if view.divergence is None
        else say("Model and market differ by {share}", share=chance(view.divergence)),
        safe(view.refusal, 200) if view.refusal else None,
        say("You leave this event alone.") if view.is_left_alone else None,
        say("{cost} at stake", cost=money(view.line.held)) if view.line.held else None,
    ]


def _forecast(view: LadderView, now: datetime) -> str:
    if view.version is None or view.heard_at is None:
        return say("There is no forecast yet.")
    words = say(
        "Forecast {version}, heard of {ago}",
        version=view.version,
        ago=ago((now - view.heard_at).total_seconds()),
    )
    if view.weight is None:
        return words
    return f"{words} · {say('model counts {share}', share=chance(view.weight))}"


def _ladder_rows(view: LadderView, *, may_change: bool) -> list[Row]:
    event, is_alone = view.line.event_id, view.is_left_alone
    alone = Button(
        say("Trade it again") if is_alone else say("Leave it alone"),
        asks.ToggleEvent(event, not is_alone),
    )
    is_traded = not view.line.reason
    pictures: Row = (
        Button(say("Forecast"), ShowFan(event)),
        Button(say("Reliability"), ShowReliability()),
    )
    return [
        pictures if is_traded else (),
        (
            Button(say("Decisions"), asks.ShowEventDecisions(event)),
            Button(say("Market"), ShowEvent(event)),
            *((alone,) if is_traded and may_change else ()),
        ),
        (
            Button(say("All events"), asks.ShowWeather()),
            Button(say("Refresh"), asks.ShowLadder(event)),
            home_button(),
        ),
    ]
