"""What pictures of the weather strategy say in words: their captions."""

from dataclasses import replace
from statistics import fmean
from typing import Final

from core.domain.weather.views import FanView, Gate, ModelRun, Reliability
from telegram_bot.picture_actions import ShowFan, ShowReliability
from telegram_bot.pictures.plans import Theme
from telegram_bot.screens.screen import Button, Row, Screen, blocks, home_button, lines, rows
from telegram_bot.screens.text import safe
from telegram_bot.screens.weather_words import NO_PROMISE, chance, degrees, gate_words, title
from telegram_bot.weather_actions import ShowLadder, ShowScores, ShowWeather
from telegram_bot.words import plural, say

MOST_MODELS: Final = 6
MOST_BUCKETS: Final = 3


def fan_screen(view: FanView, ask: ShowFan) -> Screen:
    """The forecast of an event: every model's members, and the likeliest buckets."""
    return Screen(
        blocks(
            f"<b>{title(view.line)}</b>",
            lines(*(_run(run, view) for run in view.day.runs[:MOST_MODELS])),
            _likeliest(view),
            None
            if view.day.seen is None
            else say("Measured so far: {value}", value=degrees(view.day.seen.value, view.unit)),
        ),
        rows(
            _again(ask),
            (Button(say("Ladder"), ShowLadder(view.line.event_id)), home_button()),
        ),
        keeps_message=True,
    )


def reliability_screen(seen: Reliability, gate: Gate, ask: ShowReliability) -> Screen:
    """Whether what was called likely came as often as was said."""
    return Screen(
        blocks(
            lines(
                say("<b>Weather: reliability</b>"),
                plural("over {n} resolved event", "over {n} resolved events", seen.events),
            ),
            lines(
                *(
                    plural(
                        "said {said}, came {seen} · {n} bucket",
                        "said {said}, came {seen} · {n} buckets",
                        each.count,
                        said=chance(each.said).replace("<", "&lt;"),
                        seen=chance(each.seen).replace("<", "&lt;"),
                    )
                    for each in seen.bins
                )
            ),
            None
            if seen.bins
            else say("No event of its own is resolved yet, so there is nothing to draw."),
            lines(*gate_words(gate)),
            say(NO_PROMISE),
        ),
        rows(
            _again(ask) if seen.bins else (),
            (
                Button(say("Score"), ShowScores()),
                Button(say("All events"), ShowWeather()),
                home_button(),
            ),
        ),
        keeps_message=True,
    )


def _run(run: ModelRun, view: FanView) -> str:
    name, middle = safe(run.model, 40), degrees(fmean(run.values), view.unit)
    if len(run.values) == 1:
        return say("{model}: {value}", model=name, value=middle)
    return say(
        "{model}: {value} on average, {low} to {high} in {count} members",
        model=name,
        value=middle,
        low=degrees(min(run.values), view.unit),
        high=degrees(max(run.values), view.unit),
        count=len(run.values),
    )


def _likeliest(view: FanView) -> str | None:
    if len(view.chances) != len(view.labels):
        return None
    ordered = sorted(zip(view.chances, view.labels, strict=True), reverse=True)[:MOST_BUCKETS]
    told = ", ".join(
        f"{safe(label, 24)} {chance(each)}".replace("<1", "&lt;1") for each, label in ordered
    )
    return say("Likeliest after calibration: {buckets}", buckets=told)


def _again(ask: ShowFan | ShowReliability) -> Row:
    other = Theme.LIGHT if ask.theme is Theme.DARK else Theme.DARK
    name = say("Light") if other is Theme.LIGHT else say("Dark")
    return (
        Button(say("Refresh"), replace(ask, redraws=True)),
        Button(name, replace(ask, theme=other, redraws=True)),
    )
