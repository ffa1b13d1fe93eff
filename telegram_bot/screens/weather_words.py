"""Temperature events in words: what they are about, and why something was decided."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from core.domain.units import EventId
from core.domain.weather.calibration import Lead
from core.domain.weather.choices import Mode
from core.domain.weather.choosing import Limit
from core.domain.weather.decision import Skip
from core.domain.weather.events import asked_by_slug
from core.domain.weather.limits import Scope
from core.domain.weather.temperature import Extreme, Unit
from core.domain.weather.views import EventLine, Gate, Score
from telegram_bot.screens.numbers import money
from telegram_bot.screens.text import LABEL, plain, safe, told
from telegram_bot.screens.times import MONTHS
from telegram_bot.words import mark, plural, say

LEAP_YEAR: Final = 2028  # of a day whose year is not told, for its month alone
SHORTEST: Final = 3  # letters of a city that is known by its initials
TENTH: Final = Decimal("0.1")
LITTLE: Final = 0.005  # of a chance that is not shown as 0 %
CLOSED: Final = mark("Gate for real money: <b>closed</b>")
OPEN: Final = mark("Gate for real money: <b>open</b>")
NO_PROMISE: Final = mark("<i>A score is about the past. It promises nothing.</i>")

MODES: Final = MappingProxyType(
    {Mode.OFF: mark("Off"), Mode.DRY: mark("Dry run"), Mode.LIVE: mark("Live")}
)
SKIPS: Final = MappingProxyType(
    {
        Skip.NO_FORECAST: mark("There was no forecast."),
        Skip.STALE_FORECAST: mark("The forecast was too old to trade on."),
        Skip.NO_MARKET: mark("A bucket had no price, so the market could not be compared."),
        Skip.NOT_LIVE: mark("The price was not live."),
        Skip.NO_EDGE: mark("No bucket was cheap enough after fee and uncertainty."),
        Skip.DIVERGENT: mark(
            "Model and market were too far apart: more likely an error than luck."
        ),
        Skip.TOO_CHEAP: mark("The price was so low that the model cannot be trusted there."),
        Skip.TOO_DEAR: mark("The price was so high that there was nothing left to gain."),
        Skip.CLOSING: mark("The day was nearly over at the station."),
        Skip.CLOSED: mark("The market took no orders."),
        Skip.COOLDOWN: mark("The last order in this event was too recent."),
        Skip.ORDER_OUT: mark("An order in this event was still on its way."),
        Skip.SAME_FORECAST: mark("This bucket was already ordered on the same forecast."),
        Skip.NO_STAKE: mark("What is held already was stake enough."),
        Skip.NO_CASH: mark("There was not enough cash."),
        Skip.LIMIT: mark("A limit was reached."),
        Skip.TOO_SMALL: mark("The stake came out below the least order of the venue."),
        Skip.LOSS: mark("The day's loss had reached its limit."),
        Skip.REFUSED: mark("The order was refused."),
        Skip.NO_FILL: mark("Nobody took the other side at that price any more."),
        Skip.NO_ANSWER: mark("The venue did not answer; the order is being looked for."),
    }
)
SHORT_SKIPS: Final = MappingProxyType(
    {
        Skip.NO_FORECAST: mark("no forecast"),
        Skip.STALE_FORECAST: mark("forecast too old"),
        Skip.NO_MARKET: mark("a bucket without price"),
        Skip.NOT_LIVE: mark("price not live"),
        Skip.NO_EDGE: mark("no edge"),
        Skip.DIVERGENT: mark("too far from the market"),
        Skip.TOO_CHEAP: mark("price too low"),
        Skip.TOO_DEAR: mark("price too high"),
        Skip.CLOSING: mark("day nearly over"),
        Skip.CLOSED: mark("market closed"),
        Skip.COOLDOWN: mark("cooling down"),
        Skip.ORDER_OUT: mark("order on its way"),
        Skip.SAME_FORECAST: mark("same forecast"),
        Skip.NO_STAKE: mark("stake enough"),
        Skip.NO_CASH: mark("not enough cash"),
        Skip.LIMIT: mark("limit reached"),
        Skip.TOO_SMALL: mark("stake too small"),
        Skip.LOSS: mark("daily loss reached"),
        Skip.REFUSED: mark("refused"),
        Skip.NO_FILL: mark("nobody sold or bought"),
        Skip.NO_ANSWER: mark("no answer"),
    }
)
LIMITS: Final = MappingProxyType(
    {
        Limit.ORDER: mark("One order"),
        Limit.BUCKET: mark("One bucket"),
        Limit.EVENT: mark("One event"),
        Limit.CITY_DAY: mark("City and day"),
        Limit.REGION_DAY: mark("Region and day"),
        Limit.DAY: mark("All of a day"),
        Limit.LOSS: mark("Daily loss"),
        Limit.EDGE: mark("Least edge"),
        Limit.KELLY: mark("Share of Kelly"),
    }
)
OF_SCOPES: Final = MappingProxyType(
    {
        Scope.ORDER: Limit.ORDER,
        Scope.BUCKET: Limit.BUCKET,
        Scope.EVENT: Limit.EVENT,
        Scope.CITY_DAY: Limit.CITY_DAY,
        Scope.REGION_DAY: Limit.REGION_DAY,
        Scope.DAY: Limit.DAY,
    }
)
LEADS: Final = MappingProxyType(
    {
        Lead.H0_6: mark("0-6 h ahead"),
        Lead.H6_18: mark("6-18 h ahead"),
        Lead.H18_30: mark("18-30 h ahead"),
        Lead.H30_54: mark("30-54 h ahead"),
        Lead.H54_UP: mark("more than 54 h ahead"),
    }
)


def city_name(slug: str) -> str:
    """`New York`, `NYC`; plain text."""
    name = slug.upper() if len(slug) <= SHORTEST else slug.replace("-", " ").title()
    return plain(name, LABEL)


def day_words(day: date) -> str:
    return say("{day} {month}", day=day.day, month=say(MONTHS[day.month - 1]))


def title(line: EventLine) -> str:
    """`Highest in London · 22 Nov`, safe; the slug where no more is known."""
    return safe(plain_title(line), 80)


def plain_title(line: EventLine) -> str:
    if line.extreme is None or not line.city:
        return plain(line.slug, 80)
    city = city_name(line.city)
    words = (
        say("Highest in {city}", city=city)
        if line.extreme is Extreme.HIGHEST
        else say("Lowest in {city}", city=city)
    )
    return words if line.day is None else f"{words} · {day_words(line.day)}"


def name_of_slug(slug: str) -> str:
    """The same of an event that only its slug is known of; plain text."""
    asked = asked_by_slug(slug)
    if asked is None:
        return plain(slug, 80)
    try:
        day = date(asked.year or LEAP_YEAR, asked.month, asked.day)
    except ValueError:  # a slug is the venue's, and 31 June fits its form
        return plain(slug, 80)
    line = EventLine(EventId(""), slug, asked.city, day)
    return plain_title(replace(line, extreme=asked.extreme))


def chance(value: float | None) -> str:
    """`12 %`; a dash where it is not known."""
    if value is None:
        return "-"
    if 0 < value < LITTLE:
        return "<1 %"
    return f"{round(value * 100)} %"


def edge_cents(edge: Decimal) -> str:
    """`+6.1¢`, `-0.4¢`."""
    value = (edge * 100).quantize(TENTH)
    return f"{'+' if value > 0 else ''}{value or Decimal('0.0')}¢"


def side(*, is_yes: bool) -> str:
    return "Yes" if is_yes else "No"


def degrees(value: float, unit: Unit) -> str:
    return f"{value:.1f}°{unit.value}"


def gate_words(gate: Gate) -> tuple[str, ...]:
    """A line for the gate, and one for each thing that is missing besides resolved events."""
    counted = plural(
        "{n} of {needed} events is resolved",
        "{n} of {needed} events are resolved",
        gate.resolved,
        needed=gate.needed,
    )
    if gate.verdict.is_open:
        return (f"{say(OPEN)} · {counted}",)
    own = f"{gate.resolved} "  # the line above counts them
    others = [each for each in gate.verdict.reasons if not each.startswith(own)]
    return (f"{say(CLOSED)} · {counted}", *(told(each, 200) for each in others))


def limit_value(what: Limit, value: Decimal) -> str:
    match what:
        case Limit.EDGE:
            return f"{(value * 100).normalize():f}¢"
        case Limit.KELLY:
            return f"{(value * 100).normalize():f} %"
        case _:
            return money(value).removesuffix(".00")


def score_words(score: Score) -> str:
    words = say(
        "Brier {brier} · log {log}", brier=f"{score.brier:.3f}", log=f"{score.log_score:.3f}"
    )
    if score.crps is None:
        return words
    return f"{words} · {say('CRPS {crps} K', crps=f'{score.crps:.2f}')}"
