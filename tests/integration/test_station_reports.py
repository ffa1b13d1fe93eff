"""Station reports: from the sandbox, as recorded, and as they should not be."""

import csv
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Unavailable
from core.domain.weather.forecast import Observation
from core.domain.weather.station import Station, StationId
from infrastructure.forecasts.metar import AviationWeather, read_report
from tests.support.venue_rest import VenueRest, asking, serving, status, text
from tests.support.weather import LONDON, NEW_YORK, NOW, Weather, providers

PATH = "/api/data/metar"
INCHEON = Station(StationId("RKSI"), "Incheon", 37.46, 126.44, "Asia/Seoul")
SILENT = Station(StationId("HKO"), "Hong Kong Observatory", 22.3, 114.17, "Asia/Hong_Kong")


@pytest.fixture
async def weather() -> AsyncIterator[Weather]:
    async with providers() as opened:
        yield opened


async def told(answer: object, now: datetime = NOW) -> tuple[list[Observation], AviationWeather]:
    async with serving(VenueRest({PATH: answer})) as url, asking(url) as http:
        source = AviationWeather(http, now=lambda: now)
        return list(await source.observations([LONDON, NEW_YORK, INCHEON], 3)), source


def report(**changed: object) -> dict[str, object]:
    raw = "METAR KLGA 211351Z 24006KT 10SM FEW040 23/14 A3001 RMK AO2 SLP161 T02280139"
    at = int(NOW.timestamp()) - 600
    return {"icaoId": "KLGA", "obsTime": at, "temp": 22.8, "rawOb": raw} | changed


async def test_several_stations_are_asked_for_in_one_call(weather: Weather) -> None:
    found = await weather.metar.observations([NEW_YORK, LONDON, SILENT], 6)
    assert [one.station for one in found] == sorted(one.station for one in found)
    by_station = {name: [o for o in found if o.station == name] for name in ("KLGA", "EGLC")}
    assert (len(by_station["KLGA"]), len(by_station["EGLC"])) == (6, 12)
    for rows in by_station.values():
        assert [one.at for one in rows] == sorted(one.at for one in rows)
    assert all(one.is_exact for one in by_station["KLGA"])
    assert all(one.celsius.is_integer() for one in by_station["EGLC"])


async def test_a_special_report_is_there_at_once(weather: Weather) -> None:
    await weather.control("weather/observe", station="KLGA", celsius=31.7)
    found = await weather.metar.observations([NEW_YORK], 1)
    assert (found[-1].celsius, found[-1].at) == (31.7, NOW)


@pytest.mark.parametrize("fault", ["future", "malformed", "silent", "stale"])
async def test_reports_that_are_of_no_use_are_left_out(weather: Weather, fault: str) -> None:
    await weather.control("weather/spoil", provider="metar", fault=fault)
    assert await weather.metar.observations([NEW_YORK], 1) == ()


async def test_tenths_come_from_the_remarks_and_else_there_are_whole_degrees() -> None:
    plain = "METAR EGLC 211350Z 24006KT 9999 FEW040 M02/M05 Q1001"
    found, _ = await told([report(), report(icaoId="EGLC", rawOb=plain, temp=-2)])
    assert [(one.station, one.celsius, one.is_exact) for one in found] == [
        ("EGLC", -2.0, False),
        ("KLGA", 22.8, True),
    ]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"icaoId": "KJFK"}, "station"),
        ({"obsTime": int(NOW.timestamp()) + 3_600}, "future"),
        ({"obsTime": int(NOW.timestamp()) - 6 * 3_600}, "stale"),
        ({"obsTime": "soon"}, "unreadable"),
        ({"obsTime": 10**18}, "unreadable"),
        ({"obsTime": None}, "unreadable"),
        ({"rawOb": "", "temp": None}, "unreadable"),
        ({"rawOb": "", "temp": 75.0}, "unreadable"),
        ({"rawOb": "METAR KLGA 211351Z 24006KT 10SM 23/14 RMK T09990139"}, "unreadable"),
    ],
)
async def test_a_report_that_cannot_be_is_counted(changed: dict[str, object], reason: str) -> None:
    found, source = await told([report(**changed), report(icaoId="EGLC")])
    assert [one.station for one in found] == ["EGLC"]
    assert source.dropped.reasons == {reason: 1}


@pytest.mark.parametrize("answer", [status(204), status(404), text(""), text("[]")])
async def test_silence_is_no_fault(answer: object) -> None:
    assert (await told(answer))[0] == []


@pytest.mark.parametrize(
    "answer", [text("<html>"), text('[{"icaoId": "KL'), status(500), status(429), text("{}")]
)
async def test_what_is_no_list_of_reports_is_unavailable(answer: object) -> None:
    with pytest.raises(Unavailable):
        await told(answer)


async def test_of_a_report_and_its_correction_the_newer_counts() -> None:
    first = report(rawOb="METAR KLGA 211351Z 23/14 RMK T02280139")
    found, _ = await told([report(rawOb="METAR KLGA 211351Z COR 24/14 RMK T02390139"), first])
    assert [one.celsius for one in found] == [23.9]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("klga_fresh", [(24.0, False), (26.0, False)]),
        ("rksi_fresh", [(26.7, True)]),
        ("rksi_stale", []),
    ],
)
async def test_recorded_answers_are_read(
    fixtures_dir: Path, name: str, expected: list[tuple[float, bool]]
) -> None:
    rows = json.loads((fixtures_dir / f"nowcast_rorososo/aviationweather_{name}.json").read_text())
    now = datetime(2026, 6, 2, 18, 5, tzinfo=UTC)
    if name.startswith("rksi"):
        now = datetime(2026, 6, 2, 10, 30, tzinfo=UTC)
    found, _ = await told(rows, now)
    assert [(one.celsius, one.is_exact) for one in found] == expected


async def test_a_recorded_report_of_the_source_is_read(fixtures_dir: Path) -> None:
    (row,) = json.loads((fixtures_dir / "metar_isd/ltac_metar_latest.json").read_text())
    found = read_report(json.dumps(row).encode(), NOW)
    assert (found.station, found.celsius, found.is_exact) == ("LTAC", 2.0, False)
    assert found.at == datetime(2026, 2, 26, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize("name", ["KLGA", "KMIA", "EGLC"])
def test_a_year_of_recorded_reports_reads_as_its_archive_says(
    fixtures_dir: Path, name: str
) -> None:
    with gzip.open(fixtures_dir / f"metar_isd/{name}_2025.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["REPORT_TYPE"] in {"FM-15", "FM-16"}]
    agreed, told_apart = 0, 0
    for row in rows[:3_000]:
        value, quality = row["TMP"].split(",")
        _, found, raw = row["REM"].partition("METAR ")
        if not found or quality not in {"1", "5"}:
            continue
        text_of_it = json.dumps({"icaoId": name, "obsTime": 0, "rawOb": f"METAR {raw}"})
        try:
            celsius = read_report(text_of_it.encode(), NOW).celsius
        except ValueError:
            continue
        agreed += abs(celsius - int(value) / 10) <= 0.1
        told_apart += abs(celsius - int(value) / 10) > 0.1
    assert agreed > 1_000
    assert told_apart <= agreed / 200


@given(st.text(), st.none() | st.floats() | st.integers() | st.text())
def test_no_report_does_more_than_to_be_unreadable(raw: str, temperature: object) -> None:
    row = {"icaoId": "KLGA", "obsTime": 0, "rawOb": raw, "temp": temperature}
    try:
        found = read_report(json.dumps(row).encode("utf-8", "replace"), NOW)
    except ValueError:  # msgspec's are, too
        return
    assert -90 <= found.celsius <= 60
    assert found.at < NOW - timedelta(days=1)
