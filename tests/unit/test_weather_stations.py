"""The table of stations: true to itself, to tzdata, and to what others wrote down of it."""

import csv
import json
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from core.domain.weather.station_table import known_stations
from core.domain.weather.stations import (
    COLUMNS,
    Resolver,
    Stations,
    UnreadableStations,
    parse_stations,
)
from core.domain.weather.temperature import Rounding

HEAD = ",".join(COLUMNS)
OWN = "ENGM,Oslo Airport;Gardermoen,60.1939,11.1004,Europe/Oslo,oslo,wunderground,half_up_int"
# Of several stations seen, the rules of the venue have named this one.
OTHER_STATIONS = {"paris": "LFPG", "hong-kong": "VHHH"}


def test_every_station_is_there_once_and_has_a_zone_that_exists() -> None:
    known = known_stations().known
    assert len({entry.station.id for entry in known}) == len(known) >= 50
    assert {entry.station.zone for entry in known} <= available_timezones()
    for entry in known:
        assert entry.names
        assert entry.cities
        assert entry.is_called(entry.station.name)


def test_what_measures_in_tenths_is_rounded_down_and_airports_half_up() -> None:
    for entry in known_stations().known:
        of_airport = entry.resolvers == {Resolver.WUNDERGROUND, Resolver.NOAA}
        assert (entry.rounding is Rounding.HALF_UP) == of_airport


def test_the_table_has_the_stations_that_were_collected_for_the_same_cities(
    fixtures_dir: Path,
) -> None:
    recorded = json.loads((fixtures_dir / "mostlyright/polymarket_city_stations.json").read_text())
    assert len(recorded) > 50
    for city, stations in recorded.items():
        entries = known_stations().of_city(city.replace("_", "-"))
        assert set(stations.values()) <= {entry.station.id for entry in entries}, city


def test_coordinates_agree_with_those_of_others_to_three_kilometres(fixtures_dir: Path) -> None:
    with (fixtures_dir / "metar_isd/station_links.csv").open(encoding="utf-8") as lines:
        recorded = list(csv.DictReader(lines))
    compared = 0
    for row in recorded:
        entry = known_stations().by_id(row["icao"])
        if entry is None:
            assert OTHER_STATIONS[row["polymarket_city_slug"]] == row["icao"]
            continue
        compared += 1
        assert row["polymarket_city_slug"] in entry.cities
        assert entry.station.latitude == pytest.approx(float(row["lat"]), abs=0.03)
        assert entry.station.longitude == pytest.approx(float(row["lon"]), abs=0.03)
    assert compared >= 15


def test_zones_agree_with_those_of_others(fixtures_dir: Path) -> None:
    path = fixtures_dir / "weather_asia_snapshot/open_meteo_asia_samples.json"
    results = json.loads(path.read_text())["openmeteo_results"]
    entries = [(known_stations().by_id(row["station"]), row["timezone"]) for row in results]
    zones = [(entry.station.zone, zone) for entry, zone in entries if entry is not None]
    assert len(zones) >= 5
    assert all(own == other for own, other in zones)


@pytest.mark.parametrize(
    ("station", "name", "is_it"),
    [
        ("KLGA", "LaGuardia Airport Station", True),
        ("KLGA", "New York LaGuardia", True),
        ("KLGA", "John F. Kennedy International Airport", False),
        ("EGLC", "London City Airport Station", True),
        ("EGLC", "London Heathrow Airport Station", False),
        ("EGLC", "Airport Station", False),
        ("EGLC", "", False),
        ("RJTT", "Tokyo Narita Airport", False),
        ("LTAC", "Esenboğa Intl Airport Station", True),
        ("ZGSZ", "Shenzhen Bao’an International Airport Station", True),  # noqa: RUF001 - as written
        ("LEMD", "Adolfo Suárez Madrid–Barajas Airport", True),  # noqa: RUF001 - as written
        ("KDAL", "Dallas/Fort Worth International Airport", False),
        ("LFPB", "Paris Charles de Gaulle Airport", False),
        ("KHOU", "Houston Hobby Airport Station", True),
        ("KHOU", "George Bush Intercontinental Houston", False),
    ],
)
def test_a_station_is_known_by_its_own_name_alone(station: str, name: str, is_it: bool) -> None:  # noqa: FBT001 - a column of the table above
    entry = known_stations().by_id(station)
    assert entry is not None
    assert entry.is_called(name) is is_it


def test_an_operators_table_adds_stations_and_replaces_ours() -> None:
    moved = OWN.replace("ENGM", "EGLC")
    table = known_stations().extended(parse_stations(f"{HEAD}\n{OWN}\n{moved}\n"))
    (oslo,) = (entry for entry in table.of_city("oslo") if entry.station.id == "ENGM")
    assert (oslo.station.zone, oslo.names[1]) == ("Europe/Oslo", "Gardermoen")
    assert table.of_city("london") == ()
    assert len(table.known) == len(known_stations().known) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id,names\nENGM,Oslo",
        f"{HEAD}\n{OWN}\n{OWN}",
        f"{HEAD}\n{OWN.replace('ENGM', 'en gm')}",
        f"{HEAD}\n{OWN.replace('Europe/Oslo', 'Europe/Atlantis')}",
        f"{HEAD}\n{OWN.replace('Europe/Oslo', '../etc/passwd')}",
        f"{HEAD}\n{OWN.replace('Europe/Oslo', '')}",
        f"{HEAD}\n{OWN.replace('60.1939', '160.1939')}",
        f"{HEAD}\n{OWN.replace('60.1939', 'nan')}",
        f"{HEAD}\n{OWN.replace('60.1939', 'north')}",
        f"{HEAD}\n{OWN.replace('wunderground', 'weather.example')}",
        f"{HEAD}\n{OWN.replace('half_up_int', 'bankers')}",
        f"{HEAD}\n{OWN.replace(',oslo,', ',,')}",
        f"{HEAD}\n{OWN},more",
        f"{HEAD}\nENGM",
        f'{HEAD}\n"ENGM',
        f"{HEAD}\n{OWN}\x00",
    ],
)
def test_a_table_that_cannot_be_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(UnreadableStations, match=r"line|ENGM"):
        parse_stations(text)


def test_a_table_of_its_columns_alone_is_empty() -> None:
    assert Stations(parse_stations(HEAD)).known == ()
