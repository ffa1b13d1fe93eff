"""When the catalogue's temperature events are looked at again, and that the log says why then."""

import asyncio
import logging

import pytest

from core.domain.weather.choices import Choices, Mode
from core.domain.weather.station_table import known_stations
from core.services.weather.candidates import Candidates, Intervals
from core.storage.models import Sessions
from tests.support.weather_house import weather_house

PATIENCE = 20.0


async def test_the_interval_is_the_streams_or_the_pollers_and_an_end_of_the_stream_is_heard(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="core.services.weather.candidates")
    house = await weather_house(sessions)
    await house.choices.keep(house.user, Choices(Mode.DRY))
    streams, checked = [True], asyncio.Event()
    candidates = Candidates(
        sessions,
        house.manager,
        house.choices,
        known_stations(),
        Intervals(600, 60),
        lambda: streams[0],
        now=house.desk.time.wall,
    )
    candidates.listen(checked.set)
    part = asyncio.create_task(candidates.run())
    try:
        await _next(checked)
        streams[0] = False
        candidates.wake()
        await _next(checked)
        streams[0] = True
        candidates.wake()
        await _next(checked)
    finally:
        part.cancel()
        await asyncio.wait([part])
    assert part.cancelled()
    assert [record.getMessage().split("; ")[1] for record in caplog.records] == [
        "next in 600 s (streaming)",
        "next in 60 s (polling)",
        "next in 600 s (streaming)",
    ]


async def _next(checked: asyncio.Event) -> None:
    """The check is over, and its line is written."""
    async with asyncio.timeout(PATIENCE):
        await checked.wait()
    checked.clear()
    await asyncio.sleep(0)
