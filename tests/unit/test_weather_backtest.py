"""The backtest on made-up cities, on broken files and on the recorded ones."""

import copy
import gzip
import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.domain.weather.fitting.walking import ForecastDay, Rule, walk
from scripts.weather_history import cities, market_days
from tests.support.weather_cities import CITIES, made
from tests.support.weather_histories import History, histories, write

ROOT = Path(__file__).parents[2]


def walked(folder: Path, city: str = "here") -> list[ForecastDay]:
    return walk(city, market_days(folder, city, Counter()))


def mean_brier(days: list[ForecastDay], rule: Rule) -> float:
    return sum(each.brier(rule) for each in days) / len(days)


def run(folder: Path, to: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scripts.weather_backtest", str(folder), "--to", str(to)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize(
    ("unit", "level", "zone", "bias"),
    [
        ("C", -4.0, "Europe/Helsinki", 1.5),
        ("F", 98.0, "America/Phoenix", -3.0),
        ("C", 33.0, "Asia/Tokyo", 0.0),
        ("F", 2.0, "America/New_York", 2.0),
    ],
)
def test_cold_and_hot_cities_in_both_units_are_forecast_better_than_by_rule(
    tmp_path: Path, unit: str, level: float, zone: str, bias: float
) -> None:
    write(tmp_path, "here", *histories(days=50, level=level, unit=unit, zone=zone, bias=bias))
    days = walked(tmp_path)
    assert len(days) == 35
    assert mean_brier(days, Rule.MODEL) < 0.85 * mean_brier(days, Rule.NAIVE)
    assert mean_brier(days, Rule.MODEL) < mean_brier(days, Rule.FIXED) + 0.02
    for each in days:
        for said in each.said.values():
            assert sum(said) == pytest.approx(1, abs=1e-9)


def test_a_day_is_forecast_without_itself_and_what_follows(tmp_path: Path) -> None:
    markets, weather = histories(days=30, level=10.0, bias=1.0)
    write(tmp_path, "here", markets, weather)
    before = walked(tmp_path)
    _resolve_otherwise(markets, first=20)
    write(tmp_path, "here", markets, weather)
    after = walked(tmp_path)
    # The 20th day's result is published after the midnight with which the 21st begins.
    unmoved = [a.said[Rule.MODEL] == b.said[Rule.MODEL] for a, b in zip(before, after, strict=True)]
    assert unmoved[:7] == [True] * 7
    assert not any(unmoved[7:])


def _resolve_otherwise(markets: History, first: int) -> None:
    for market in markets["markets"][first:]:
        for each in market["buckets"]:
            each["resolved_yes"] = each is market["buckets"][0]


def test_the_market_is_the_last_price_before_local_midnight(tmp_path: Path) -> None:
    markets, weather = histories(days=18, level=10.0)
    buckets = markets["markets"][15]["buckets"]
    midnight = buckets[0]["history"][0]["t"] + 3600
    for bucket in buckets:
        bucket["history"] = [
            {"t": midnight + 1, "p": 0.9},
            {"t": midnight, "p": 0.5 if bucket is buckets[0] else 0.1},
            {"t": midnight - 10, "p": 0.7},
            {"t": None, "p": 2},
            {"t": 10**400, "p": 0.2},
            "torn",
        ]
    late = markets["markets"][16]["buckets"][3]
    late["history"] = [{"t": late["history"][0]["t"] - 12 * 3600, "p": 0.4}]
    write(tmp_path, "here", markets, weather)
    first, last = walked(tmp_path)
    assert first.said[Rule.MARKET] == pytest.approx((0.5 / 1.5, *(0.1 / 1.5,) * 10))
    assert (first.day.day.day, last.day.day.day) == (16, 18)  # the 17th has a price too old


def spoilt(markets: History, weather: History) -> None:
    days = markets["markets"]
    days.append(copy.deepcopy(days[0]))
    days[1]["buckets"][0]["bucket"] = "warm"
    del days[2]["buckets"][4]
    for place, each in enumerate(days[3]["buckets"]):
        each["resolved_yes"] = place < 2
    days[4]["date"] = "yesterday"
    days[5]["buckets"] = None
    days[11]["date"] = "9999-12-31"
    days[6] = None
    for each in days[7]["buckets"]:
        each["resolved_yes"] = None
    days[8]["buckets"][0]["bucket"] = "40°F or below"
    daily = weather["historical_forecast"]["daily"]
    daily["temperature_2m_max"][9] = None
    daily["temperature_2m_max"][10] = 999
    daily["time"].append(daily["time"][11])
    daily["temperature_2m_max"].append(50.0)


def test_what_cannot_be_used_is_counted_with_its_reason(tmp_path: Path) -> None:
    markets, weather = histories(days=30, level=10.0)
    spoilt(markets, weather)
    write(tmp_path, "here", markets, weather)
    skipped: Counter[str] = Counter()
    assert len(market_days(tmp_path, "here", skipped)) == 19
    assert skipped == {
        "day: a second market of its day": 1,
        "day: a bucket whose label cannot be read": 1,
        "day: buckets that do not hold every degree once": 1,
        "day: 2 buckets resolved to yes": 1,
        "day: no date": 2,
        "day: no buckets": 1,
        "day: a market that is none": 1,
        "day: no buckets resolved to yes": 1,
        "day: buckets in two units": 1,
        "day: no forecast": 2,
        "forecast: a second one of its day": 1,
    }


def test_the_backtest_goes_on_without_the_cities_it_cannot_read(tmp_path: Path) -> None:
    markets, weather = histories(days=20, level=-2.0)
    write(tmp_path, "good", markets, weather)
    write(tmp_path, "zone", markets, {**weather, "historical_forecast": {"timezone": "Nowhere"}})
    write(tmp_path, "torn", markets, weather)
    write(tmp_path, "few", {"markets": markets["markets"][:9]}, weather)
    torn = tmp_path / "polymarket_torn_history.json.gz"
    torn.write_bytes(torn.read_bytes()[:-40])
    (tmp_path / "weather_alone_history.json.gz").write_bytes(gzip.compress(b"{}"))
    to = tmp_path / "to"
    to.mkdir()
    done = run(tmp_path, to)
    assert done.returncode == 0, done.stderr
    written = json.loads((to / "weather_backtest.json").read_text("utf-8"))
    assert written["cities"].keys() == {"good"}
    assert written["cities"]["good"].keys() == {
        "n", "model", "naive_rule", "fixed_sigma", "market",
    }  # fmt: skip
    assert written["cities"]["good"]["n"] == 5
    assert written["cities"]["good"]["market"].keys() == {"brier", "log_score"}
    assert "not an edge" in written["note"]
    assert "not an edge" in done.stdout
    assert len(written["skipped"]) == 4
    assert (to / "weather_backtest.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_usable_city_nothing_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path)
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_recorded_cities_are_forecast_as_well_as_promised(fixtures_dir: Path) -> None:
    folder = fixtures_dir / "weather_seminar" / "backfill"
    found = {city: walked(folder, city) for city in cities(folder)}
    model = {city: mean_brier(days, Rule.MODEL) for city, days in found.items()}
    naive = {city: mean_brier(days, Rule.NAIVE) for city, days in found.items()}
    assert {city: len(days) for city, days in found.items()} == {"london": 89, "nyc": 88}
    assert model["london"] < 0.50
    assert model["nyc"] < 0.62
    assert sum(model.values()) < 0.85 * sum(naive.values())


def gaps(markets: History, weather: History) -> None:
    """What strangers' files lack: days, hours, buckets, forecasts, results."""
    days, daily = markets["markets"], weather["historical_forecast"]["daily"]
    del days[20:25]
    for number in (3, 26):
        daily["temperature_2m_max"][number] = None
    del days[30]["buckets"][0]  # half a ladder
    days[31]["buckets"][4]["history"] = None
    days[32]["buckets"][4]["history"] = [{"t": "noon", "p": "0.4"}, {"t": 1, "p": math.nan}]
    for each in days[33]["buckets"]:
        each["history"] = [{"t": each["history"][0]["t"], "p": 0}]
    del days[34]["buckets"]
    del daily["temperature_2m_max"][-3:]


def test_gaps_of_every_kind_cost_their_own_days_alone(tmp_path: Path) -> None:
    markets, weather = made(CITIES[3], days=60)
    gaps(markets, weather)
    write(tmp_path, "here", markets, weather)
    skipped = Counter[str]()
    days = market_days(tmp_path, "here", skipped)
    # 60 - 5 days that are not there - 2 + 3 without a forecast - 2 without a ladder
    assert len(days) == 60 - 5 - 5 - 2
    assert skipped == {
        "day: no forecast": 5,
        "day: buckets that do not hold every degree once": 1,
        "day: no buckets": 1,
    }
    scored = walk("here", days)
    assert len(scored) == len(days) - 15 - 3  # three have no price at midnight
    assert all(math.isfinite(each.log_score(rule)) for each in scored for rule in Rule)


NO_MARKETS = '{"markets": []}'
RUBBISH: dict[str, tuple[bytes | str | None, str | None, str]] = {
    "bytes": (b"hello", "{}", "a file that cannot be read"),
    "text": ("hello", "{}", "a file that cannot be read"),
    "deep": ("[" * 90_000, "{}", "a file that cannot be read"),
    "list": ("[]", "{}", "a file without an object"),
    "number": ('{"markets": 3}', "{}", "no markets"),
    "no forecasts": (NO_MARKETS, "{}", "no forecasts in the weather file"),
    "no market file": (None, "{}", "no market file"),
    "no weather file": (NO_MARKETS, None, "no weather file"),
    "zone": (
        NO_MARKETS,
        '{"historical_forecast": {"timezone": "../../etc/passwd"}}',
        "an unknown time zone",
    ),
    "unit": (
        NO_MARKETS,
        '{"historical_forecast": {"timezone": "UTC"}}',
        "an unknown unit of temperature",
    ),
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_named_with_its_city(tmp_path: Path, kind: str) -> None:
    market, weather, reason = RUBBISH[kind]
    for name, content in (("polymarket", market), ("weather", weather)):
        if content is not None:
            packed = content if isinstance(content, bytes) else gzip.compress(content.encode())
            (tmp_path / f"{name}_new york_history.json.gz").write_bytes(packed)
    skipped = Counter[str]()
    assert cities(tmp_path) == ["new york"]
    assert market_days(tmp_path, "new york", skipped) == []
    assert skipped == {f"city new york: {reason}": 1}


def test_a_folder_that_is_none_is_called_so(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("nowhere is no folder: nothing was written.\n")
