"""Lists temperature events as days go by, and ends them by what their stations reported."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from core.domain.weather.days import day_span
from core.domain.weather.events import asked_by_slug
from infrastructure.sandbox.exchange.catalogue import Builder
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.ladders import (
    LONDON,
    MUNICH,
    NEW_YORK,
    Question,
    ladder_plans,
    winner,
)
from infrastructure.sandbox.exchange.listing import ListedEvent
from infrastructure.sandbox.exchange.weather.truth import utc

CITIES: Final = {"nyc": NEW_YORK, "london": LONDON, "munich": MUNICH}
BEAT: Final = 5.0  # seconds between two looks
PUBLISHED: Final = timedelta(hours=1)  # after midnight the next day's first report is there
YES: Final = (Decimal(1), Decimal(0))
NO: Final = (Decimal(0), Decimal(1))


async def run_days(exchange: ExchangeSandbox) -> None:
    """Settle what is over and list what is new, until cancelled."""
    while exchange.options.days_pass:
        for event in list(due(exchange)):
            settle(exchange, event)
        list_new(exchange)
        await asyncio.sleep(BEAT)


def list_new(exchange: ExchangeSandbox) -> None:
    """The events of a day that has come nearer since the last look."""
    listed = {event.slug for event in exchange.catalogue.events.values()}
    for plan in ladder_plans(utc(exchange.clock()), exchange.options.seed):
        if plan.slug not in listed:
            builder = Builder.later(exchange.options.seed, exchange.now(), len(exchange.states))
            exchange.add_event(builder.event(plan))


def due(exchange: ExchangeSandbox) -> Iterator[ListedEvent]:
    """Events whose day is over where their station is."""
    for event in exchange.catalogue.events.values():
        question = question_of(event)
        if question is None or _is_settled(exchange, event):
            continue
        station = exchange.weather.stations[question.city.station]
        if utc(exchange.clock()) >= day_span(question.day, station.zone)[1] + PUBLISHED:
            yield event


def settle(exchange: ExchangeSandbox, event: ListedEvent) -> int | None:
    """The place of the bucket that has won; None for an event that is about something else."""
    question = question_of(event)
    if question is None or event.ladder is None:
        return None
    won = winner(question, event.ladder[2], exchange.weather.truth)
    for place, market in enumerate(event.markets):
        exchange.resolve(market, YES if place == won else NO)
    return won


def question_of(event: ListedEvent) -> Question | None:
    asked = asked_by_slug(event.slug)
    if asked is None or asked.year is None or asked.city not in CITIES or event.ladder is None:
        return None
    day = event.ends_at.date().replace(asked.year, asked.month, asked.day)
    return Question(CITIES[asked.city], day, asked.extreme)


def _is_settled(exchange: ExchangeSandbox, event: ListedEvent) -> bool:
    return all(exchange.state_of(market).payouts is not None for market in event.markets)
