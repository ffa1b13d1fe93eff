"""How long a connection has brought nothing is told, whatever it answers to PING."""

import asyncio

from core.services.outbox import OutboxStatistics
from data_ingestion.discovery.resolution_watcher import ResolutionStatistics
from infrastructure.database.engine import create_engine
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.figures import Scrape, all_figures
from telegram_bot.reporting import DatabaseProbe, Health
from tests.support.hostile_house import BEAT, House, hostile_house
from tests.support.stepped_loop import run_stepped

DATA_AGE = "websocket_data_age_seconds"
FROZEN = 4.0  # seconds: nobody doubts the connection yet


def ages(metrics: Metrics, scrape: Scrape) -> dict[str, float]:
    """By connection, as the next scrape has it."""
    scrape.render()
    found = {family.name: family for family in metrics.registry.collect()}
    return {one.labels["connection"]: one.value for one in found[DATA_AGE].samples}


async def told_in_health(house: House, url: str) -> object:
    engine = create_engine(url)
    try:
        health = Health(house.streamer, DatabaseProbe(engine), lambda: True, {})
        return health.report().details.get("oldest_data_age_seconds")
    finally:
        await engine.dispose()


def test_a_connection_that_answers_and_brings_nothing_ages(database: str) -> None:
    async def scenario() -> None:
        async with hostile_house(database) as house:
            metrics = Metrics()
            scrape = all_figures(
                metrics, house.streamer, ResolutionStatistics(), OutboxStatistics()
            )
            house.trade()
            await asyncio.sleep(2)
            (connection, young) = next(iter(ages(metrics, scrape).items()))
            assert young <= 2 * BEAT
            await house.control("freeze")  # PONG goes on
            await asyncio.sleep(FROZEN)
            old = ages(metrics, scrape)
            assert list(old) == [connection]
            assert FROZEN - BEAT <= old[connection] <= FROZEN + 2 * BEAT
            assert await told_in_health(house, database) == round(old[connection], 1)
            await house.control("faults", path="/ws/market", status=503, count=1_000)
            await house.control("drop")
            await house.witness.moment(lambda: not ages(metrics, scrape), 1)
            assert await told_in_health(house, database) is None

    run_stepped(scenario())
