"""Pictures of the weather strategy as plans: from its views, in the words of its cards."""

from datetime import datetime
from typing import Final

from core.domain.weather.views import FanView, Reliability
from telegram_bot.picture_actions import ShowFan, ShowReliability
from telegram_bot.pictures.composing import wording
from telegram_bot.pictures.plans import FanPicture, Head, ModelRow, Point, ReliabilityPicture
from telegram_bot.screens.times import ago
from telegram_bot.screens.weather_words import chance, plain_title
from telegram_bot.words import plural, say

MOST_ROWS: Final = 6  # models; more would not be legible
MOST_MEMBERS: Final = 120  # of a model


def fan_picture(view: FanView, whose: str, ask: ShowFan, now: datetime) -> FanPicture:
    """`view` has at least one run."""
    heard = view.heard_at
    note = say("forecasts by model and member")
    if heard is not None:
        note = say("forecasts heard of {ago}", ago=ago((now - heard).total_seconds()))
    return FanPicture(
        head=Head(plain_title(view.line), "", note, whose, ask.theme),
        headline=_headline(view),
        degrees=f"°{view.unit.value}",
        rows=tuple(
            ModelRow(run.model, run.values[:MOST_MEMBERS]) for run in view.day.runs[:MOST_ROWS]
        ),
        edges=view.edges,
        labels=view.labels,
        chances=view.chances if len(view.chances) == len(view.labels) else (),
        seen=None if view.day.seen is None else view.day.seen.value,
        wording=wording(),
    )


def reliability_picture(seen: Reliability, whose: str, ask: ShowReliability) -> ReliabilityPicture:
    """`seen` has at least one bin."""
    buckets = sum(each.count for each in seen.bins)
    return ReliabilityPicture(
        head=Head(
            title=say("Weather: reliability"),
            outcome="",
            note=plural("over {n} resolved event", "over {n} resolved events", seen.events),
            whose=whose,
            theme=ask.theme,
        ),
        headline=plural("{n} bucket", "{n} buckets", buckets),
        points=tuple(
            Point(each.said, each.seen, each.count, each.band_low, each.band_high)
            for each in seen.bins
        ),
        wording=wording(),
    )


def _headline(view: FanView) -> str:
    """The likeliest bucket; without calibration none."""
    if len(view.chances) != len(view.labels):
        return say("not calibrated")
    likeliest, label = max(zip(view.chances, view.labels, strict=True))
    return f"{label} · {chance(likeliest)}"
