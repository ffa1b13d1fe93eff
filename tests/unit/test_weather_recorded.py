"""Recorded events and labels of the venue: read as they were meant."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.units import EventId, MarketId
from core.domain.weather.description import Clock
from core.domain.weather.events import EventText, MarketText, asked_by_slug, is_temperature_event
from core.domain.weather.labels import parse_label
from core.domain.weather.ladder import Ladder, ladder
from core.domain.weather.rules import TemperatureEvent, read_event
from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Rounding, Unit

STATIONS = {"london": "EGLC", "munich": "EDDM", "nyc": "KLGA", "tokyo": "RJTT"}


def test_every_recorded_event_is_read_whole_with_its_station(fixtures_dir: Path) -> None:
    read = 0
    for entry in recorded_events(fixtures_dir):
        assert is_temperature_event(entry.slug, entry.title, entry.tags)
        event = read_event(entry, known_stations())
        assert isinstance(event, TemperatureEvent), event
        assert event.station.id == STATIONS[event.city]
        assert event.slug.endswith(f"{event.day:%B}-{event.day.day}-{event.day.year}".lower())
        assert (event.unit is Unit.FAHRENHEIT) == (event.city == "nyc")
        assert (event.clock, event.rounding) == (Clock.NEXT_POINT, Rounding.HALF_UP)
        assert len(event.ladder.buckets) == len(set(event.markets)) == 11
        read += 1
    assert read >= 300


def recorded_events(fixtures_dir: Path) -> Iterator[EventText]:
    for path in sorted((fixtures_dir / "weather_seminar/raw/polymarket").glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            entries = list(lines) if ".ndjson" in path.name else [lines.read()]
        for entry in entries:
            for event in json.loads(entry).get("gamma_events") or []:
                yield text_of(event)


def text_of(event: dict[str, object]) -> EventText:
    told = {name: str(event[name]) for name in ("id", "slug", "title", "description")}
    markets, tags = event["markets"], event["tags"]
    assert isinstance(markets, list)
    assert isinstance(tags, list)
    return EventText(
        id=EventId(told["id"]),
        slug=told["slug"],
        title=told["title"],
        description=told["description"],
        resolution_source=str(event["resolutionSource"]),
        markets=tuple(
            MarketText(MarketId(one["id"]), one["groupItemTitle"], one["question"])
            for one in markets
        ),
        tags=tuple(tag["slug"] for tag in tags),
    )


def test_every_settled_day_has_a_whole_ladder_in_its_unit(fixtures_dir: Path) -> None:
    days = 0
    for path in sorted((fixtures_dir / "weather_seminar/backfill").glob("polymarket_*")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            markets = json.load(file)["markets"]
        for market in markets:
            asked = asked_by_slug(market["slug"])
            assert asked is not None
            assert f"{asked.year}-{asked.month:02}-{asked.day:02}" == market["date"]
            whole = whole_ladder([entry["bucket"] for entry in market["buckets"]])
            assert whole.unit.name.lower() == market["temperature_unit"]
            days += 1
    assert days >= 200


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_every_logged_ladder_is_whole(fixtures_dir: Path, version: str) -> None:
    path = fixtures_dir / f"weather_logger/polymarket_weather_live_log_{version}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig") as lines:
        shown = {tuple(json.loads(row["all_bucket_prices"])) for row in csv.DictReader(lines)}
    assert len(shown) >= 20
    for labels in shown:
        whole_ladder(list(labels))


def whole_ladder(labels: list[str]) -> Ladder:
    read = [parse_label(label) for label in labels]
    (unit,) = {unit for _, unit in read}
    return ladder(unit, tuple(bucket for bucket, _ in read))
