"""What somebody wants of the weather strategy: chosen by taps, limits in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.weather.choices import MOST_DAYS, Choices, Mode
from core.domain.weather.choosing import Bounds, Limit, bounds, in_force
from core.domain.weather.limits import StrategyLimits
from core.domain.weather.views import Standing
from telegram_bot import weather_actions as asks
from telegram_bot.callback_readers import category_key
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
from telegram_bot.screens.text import safe
from telegram_bot.screens.weather import standing_words
from telegram_bot.screens.weather_words import LIMITS, MODES, city_name, limit_value
from telegram_bot.words import mark, plural, say

DAYS: Final = (0, 1, 2, 3)
CITIES: Final = 16  # on a page
NAMED: Final = 12  # cities that are listed by name
WHAT_LIVE_IS: Final = mark(
    "Live trades your real money by itself, within these limits. It is refused while the gate is "
    "closed, and falls back to a dry run as soon as the gate closes again."
)


def choices_screen(standing: Standing, now: datetime, said: str = "") -> Screen:
    """On, off, dry, live; where, how far ahead; `said`: what was just changed."""
    choices = standing.choices
    return Screen(
        blocks(
            said,
            say("<b>Weather: your choices</b>"),
            standing_words(standing),
            *(safe(each, 400) for each in standing.hindrances if choices.mode is Mode.LIVE),
            lines(_days(choices), _cities(choices), _signals(choices), _left_alone(choices)),
            say(WHAT_LIVE_IS),
        ),
        rows(
            *(_change_rows(choices) if standing.may_change else ()),
            (Button(say("Limits"), asks.ShowWeatherLimits()),),
            (Button(say("All events"), asks.ShowWeather()), home_button()),
        ),
        stamp=stamped(now),
    )


def cities_screen(
    choices: Choices, cities: Sequence[str], page: int, *, may_change: bool = True
) -> Screen:
    """Those that have an event now, ticked where they are chosen."""
    shown = cities[page * CITIES : (page + 1) * CITIES]
    buttons = [
        Button(_ticked(city_name(city), is_on=_is_chosen(choices, city)), _toggle(city, page))
        for city in shown
    ]
    following = asks.ShowCities(page + 1) if len(cities) > (page + 1) * CITIES else None
    return Screen(
        blocks(
            say("<b>Cities</b>"),
            _cities(choices),
            None if cities else say("No city has a temperature event right now."),
        ),
        rows(
            (Button(_ticked(say("All cities"), is_on=choices.cities is None), _toggle("", page)),)
            if may_change
            else (),
            *(_in_rows(buttons, 2) if may_change else ()),
            pager(asks.ShowCities(page - 1) if page else None, following),
            _back(),
        ),
    )


def limits_screen(
    choices: Choices, operator: StrategyLimits, said: str = "", *, may_change: bool = True
) -> Screen:
    """The limits in force; one's own can only be tighter than the operator's."""
    buttons = [
        Button(f"{say(LIMITS[what])} · {value}", asks.TypeWeatherLimit(what))
        for what, value in _values(choices, operator).items()
    ]
    return Screen(
        blocks(
            said,
            say("<b>Weather: limits</b>"),
            lines(
                *(
                    f"{say(LIMITS[what])}: <b>{value}</b>"
                    for what, value in _values(choices, operator).items()
                )
            ),
            say(
                "Amounts are at stake at a time, before fees. Whoever runs this bot has set the "
                "outer bounds; yours can only be tighter. Tap one to change it."
            ),
        ),
        rows(*(_in_rows(buttons, 2) if may_change else ()), _back()),
    )


def limit_question(what: Limit, choices: Choices, operator: StrategyLimits) -> Screen:
    now = limit_value(what, in_force(what, choices, operator))
    return Screen(
        blocks(
            f"<b>{say(LIMITS[what])}</b>",
            say("It is {value} now. {bounds}", value=now, bounds=bounds_words(what, operator)),
            _example(what),
        ),
        (
            (Button(say("As the bot has it"), asks.ResetWeatherLimit(what)),),
            (Button(say("Cancel"), asks.ShowWeatherLimits()), home_button()),
        ),
    )


def bounds_words(what: Limit, operator: StrategyLimits) -> str:
    allowed: Bounds = bounds(what, operator)
    return say(
        "It can be anything from {least} to {most}.",
        least=limit_value(what, allowed.least),
        most=limit_value(what, allowed.most),
    )


def change_words(before: Choices, after: Choices) -> str:
    """What is different now, in a sentence each."""
    return lines(
        say("Weather: {mode} now.", mode=say(MODES[after.mode]))
        if after.mode is not before.mode
        else None,
        _days(after) if after.days_ahead != before.days_ahead else None,
        _cities(after) if after.cities != before.cities else None,
        _signals(after) if after.wants_signals != before.wants_signals else None,
    ) or say("Nothing was changed: it was so already.")


def limit_words(what: Limit, value: Decimal) -> str:
    return say("{limit} is {value} now.", limit=say(LIMITS[what]), value=limit_value(what, value))


def _values(choices: Choices, operator: StrategyLimits) -> Mapping[Limit, str]:
    return {what: limit_value(what, in_force(what, choices, operator)) for what in Limit}


def _example(what: Limit) -> str:
    match what:
        case Limit.EDGE:
            return say("Type cents a share, like <code>7</code>.")
        case Limit.KELLY:
            return say("Type a percentage, like <code>10</code>.")
        case _:
            return say("Type dollars, like <code>15</code>.")


def _change_rows(choices: Choices) -> tuple[Row, ...]:
    modes = tuple(
        Button(_ticked(say(name), is_on=choices.mode is mode), asks.SetWeatherMode(mode))
        for mode, name in MODES.items()
    )
    days = tuple(
        Button(_ticked(_day_label(each), is_on=choices.days_ahead == each), asks.SetDaysAhead(each))
        for each in DAYS
    )
    signals = say("Signals: on") if choices.wants_signals else say("Signals: off")
    return (
        modes,
        days,
        (
            Button(say("Cities"), asks.ShowCities()),
            Button(signals, asks.SetSignals(not choices.wants_signals)),
        ),
    )


def _day_label(days: int) -> str:
    return say("today") if days == 0 else f"+{min(days, MOST_DAYS)}"


def _days(choices: Choices) -> str:
    if choices.days_ahead == 0:
        return say("Days: only the one that is, at the station")
    return plural(
        "Days: today and {n} day ahead", "Days: today and {n} days ahead", choices.days_ahead
    )


def _cities(choices: Choices) -> str:
    if choices.cities is None:
        return say("Cities: all")
    if not choices.cities:
        return say("Cities: none, so nothing is traded")
    names = [safe(city_name(city), 40) for city in sorted(choices.cities)]
    told = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    if more > 0:
        return say("Cities: {cities} and {count} more", cities=told, count=more)
    return say("Cities: {cities}", cities=told)


def _signals(choices: Choices) -> str:
    if choices.wants_signals:
        return say("Signals: you are told of edges, to trade by hand")
    return say("Signals: you are not told of edges")


def _left_alone(choices: Choices) -> str | None:
    if not choices.without:
        return None
    return plural("{n} event is left alone", "{n} events are left alone", len(choices.without))


def _is_chosen(choices: Choices, city: str) -> bool:
    return choices.cities is None or city in choices.cities


def _toggle(city: str, page: int) -> asks.ToggleCity:
    return asks.ToggleCity(category_key(city) if city else "", page)


def _in_rows(buttons: Sequence[Button], many: int) -> list[Row]:
    return [tuple(buttons[at : at + many]) for at in range(0, len(buttons), many)]


def _ticked(label: str, *, is_on: bool) -> str:
    return f"✓ {label}" if is_on else label


def _back() -> Row:
    return (Button(say("Choices"), asks.ShowWeatherChoices()), home_button())
