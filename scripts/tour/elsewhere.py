"""Groups, other chats, another language, and the weather."""

from typing import Final

import msgspec

from scripts.tour.tour import NOMINEE, Tour
from tests.support.person import LocalTelegram

GROUP: Final = -100_200
TITLE: Final = "Election night"


class _Result(msgspec.Struct, frozen=True):
    id: str


class _Results(msgspec.Struct, frozen=True):
    results: list[_Result]


class _Found(msgspec.Struct, frozen=True):
    query_id: str
    answer: _Results


async def founds_a_group(telegram: LocalTelegram, user: int) -> None:
    await telegram.post("/api/groups", {"id": GROUP, "by": user, "title": TITLE})


async def meets_a_group(tour: Tour, telegram: LocalTelegram) -> None:
    """A card for everybody, and a result of the bot's name typed in another chat."""
    group = telegram.member(tour.person.id, GROUP)
    await group.sends(f"/market {tour.stage.slug}", f"(?s){NOMINEE}.*bid .* ask")
    await tour.shoot("group")
    place = f"/api/chats/{tour.person.id}/inline"
    answer = await telegram.post(place, {"query": "maren holt", "wait": 20})
    found = msgspec.json.decode(answer, type=_Found)
    body = {"query_id": found.query_id, "result_id": found.answer.results[0].id}
    await telegram.post(f"{place}/choose", {**body, "chat_id": GROUP})
    await tour.shoot("inline")


async def forecasts(tour: Tour) -> None:
    ann = tour.person
    weather = await tour.says("weather", "/weather", "^Weather")
    ladder = await tour.taps("weather_event", weather, "London", "(?s)mod.*mkt")
    await tour.draws("weather_forecast", ladder, "^Forecast$", "Highest|Lowest", "^Ladder$")
    ladder = await ann.taps(await tour.asks("/weather", "^Weather"), "London", "(?s)mod.*mkt")
    await tour.taps("weather_why", ladder, "^Decisions$", "^Decisions", button="^Ladder$")
    weather = await tour.asks("/weather", "^Weather")
    await tour.taps("weather_decisions", weather, "^Decisions$", "^Decisions")
    weather = await tour.asks("/weather", "^Weather")
    score = await tour.taps("weather_score", weather, "^Score$", "^Weather: score")
    await tour.draws("weather_reliability", score, "^Reliability$", "reliability", "^Score$")
    weather = await tour.asks("/weather", "^Weather")
    choices = await tour.taps("weather_choices", weather, "^Choices$", "your choices")
    await tour.taps("weather_limits", choices, "^Limits$", "^Weather: limits")


async def speaks_french(tour: Tour) -> None:
    """A guest's first steps."""
    ben = tour.person
    languages = await ben.taps(await tour.asks("/settings", "^Settings"), "^Language$", "^Language")
    await ben.taps(languages, "Français", "Français")
    await tour.says("french_start", "/start", "au total")
    card = await tour.says("french_market", tour.stage.slug, "bid .* ask")
    await tour.taps("french_ticket", card, r"^\$50$", "expire")
