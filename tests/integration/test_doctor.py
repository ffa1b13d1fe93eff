"""The doctor against a whole small world, and against the same with one thing broken at a time."""

import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infrastructure.config.settings import load_settings
from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.rest_faults import RestFault
from infrastructure.sandbox.exchange.server import serve_exchange
from infrastructure.sandbox.telegram.faults import Fault, FaultKind
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.updates import Webhook
from infrastructure.telemetry.ops_server import HealthReport, PartHealth, ops_server
from telegram_bot.doctor.case import Patience
from telegram_bot.doctor.examination import Examination
from telegram_bot.doctor.findings import Finding, Verdict

TOKEN = "123456:a-token-that-must-not-be-seen-anywhere"
QUICK = Patience(rest=3.0, opening=2.0, first_book=0.4, telegram=1.0, local=2.0)
NAMES = [
    *("settings", "data", "database", "venue", "program"),
    *("clob", "gamma", "clock", "socket", "telegram", "OPS_PORT"),
]


@dataclass
class World:
    """A venue and a Telegram in this process, a database, and the settings that name them."""

    exchange: ExchangeSandbox
    telegram: TelegramSandbox
    variables: dict[str, str]
    root: Path

    async def examined(self, **changed: str) -> "Report":
        return await self.examined_by(time.time, None, **changed)

    async def examined_by(
        self, wall: Callable[[], float], stream: float | None, **changed: str
    ) -> "Report":
        """By this clock, and with so many seconds of listening."""
        settings = load_settings(self.root, self.variables | changed, {})
        found: dict[str, Finding] = {}
        code = await Examination(settings, [], found.__setitem__, stream, QUICK, wall).run()
        return Report(code, found)


@dataclass(frozen=True, slots=True)
class Report:
    code: int
    found: dict[str, Finding]

    def ill(self) -> dict[str, Verdict]:
        """What is not well; how full this machine's disk is does not count."""
        return {
            name: finding.verdict
            for name, finding in self.found.items()
            if finding.verdict is not Verdict.OK and name != "data"
        }


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and nobody else can take."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
async def world(
    data_folders: Callable[[], Path], database: str, tmp_path: Path
) -> AsyncIterator[World]:
    exchange, telegram = ExchangeSandbox(ExchangeOptions(rate=0)), TelegramSandbox(TOKEN)
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(serve_exchange(exchange))
        bots = await stack.enter_async_context(served(telegram))
        variables = {
            "VENUE": "polymarket",
            "CLOB_API_URL": venue,
            "GAMMA_API_URL": venue,
            "CLOB_WSS_URL": venue.replace("http", "ws", 1) + "/ws/market",
            "TELEGRAM_API_BASE_URL": bots,
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "DATABASE_URL": database,
            "DATA_DIR": str(data_folders()),
            "OPS_PORT": "0",
        }
        yield World(exchange, telegram, variables, tmp_path)


async def ask(url: str, question: str) -> Any:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=5)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_in_a_whole_world_everything_is_well(world: World) -> None:
    report = await world.examined()
    assert list(report.found) == NAMES
    assert (report.code, report.ill()) == (0, {})
    assert "first book after" in report.found["socket"].found
    assert "answers as @polycool_sandbox_bot" in report.found["telegram"].found
    assert report.found["program"].found == "not running"
    assert list(world.telegram.violations()) == []


async def test_providers_of_the_weather_are_asked_where_it_is_wanted(world: World) -> None:
    urls = dict.fromkeys(
        ("OPEN_METEO_API_URL", "OPEN_METEO_ENSEMBLE_URL", "NWS_API_URL", "METAR_API_URL"),
        world.variables["CLOB_API_URL"],
    )
    report = await world.examined(WEATHER_ENABLED="true", **urls)
    assert (report.code, report.ill()) == (0, {})
    assert list(report.found)[-4:] == ["stations", "open-meteo", "nws", "metar"]
    assert "8 models with 127 members for KLGA" in report.found["open-meteo"].found
    world.exchange.weather.faults |= {"open-meteo": "stale", "nws": "nulls", "metar": "silent"}
    report = await world.examined(WEATHER_ENABLED="true", **urls)
    ill = {"open-meteo": Verdict.FAIL, "nws": Verdict.FAIL, "metar": Verdict.WARN}
    assert report.ill() == ill


async def test_a_refused_token_fails_alone_and_is_not_shown(world: World) -> None:
    wrong = "123456:a-token-of-somebody-else-entirely-000"
    report = await world.examined(TELEGRAM_BOT_TOKEN=wrong)
    assert (report.code, report.ill()) == (1, {"telegram": Verdict.FAIL})
    assert "BotFather" in report.found["telegram"].mend
    assert "somebody-else" not in str(report)


async def test_a_silent_telegram_fails_in_time(world: World) -> None:
    world.telegram.faults.add(Fault("getme", FaultKind.HANG, seconds=30))
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"telegram": Verdict.FAIL})
    assert "TELEGRAM_API_BASE_URL" in report.found["telegram"].mend


async def test_a_webhook_of_somebody_else_is_a_conflict(world: World) -> None:
    world.telegram.updates.set_webhook(Webhook("https://other.example/secret-path"))
    report = await world.examined()
    assert (report.code, report.ill()) == (0, {"telegram": Verdict.WARN})
    assert "other.example" in report.found["telegram"].found
    assert "secret-path" not in str(report)


async def test_a_venue_that_is_down_is_told_host_by_host(world: World, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    report = await world.examined(
        CLOB_API_URL=url, GAMMA_API_URL=url, CLOB_WSS_URL=f"ws://127.0.0.1:{free_port}/ws/market"
    )
    assert report.code == 1
    assert report.ill() == {
        "clob": Verdict.FAIL,
        "gamma": Verdict.FAIL,
        "clock": Verdict.WARN,
        "socket": Verdict.FAIL,
    }
    assert "CLOB_API_URL" in report.found["clob"].mend
    assert "cannot be reached" in report.found["socket"].found


async def test_a_venue_that_refuses_the_socket_only_fails_there(world: World) -> None:
    world.exchange.rest_faults.scripted.append(RestFault("/ws/market", 9, status=503))
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"socket": Verdict.FAIL})
    assert "503" in report.found["socket"].found


async def test_a_socket_that_ignores_subscriptions_is_found_out(world: World) -> None:
    world.exchange.hub.faults.is_deaf = True
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"socket": Verdict.FAIL})
    assert "PONG after" in report.found["socket"].found
    assert "no book came" in report.found["socket"].found


async def test_a_socket_without_pong_is_a_warning(world: World) -> None:
    world.exchange.hub.faults.is_mute = True
    report = await world.examined()
    assert (report.code, report.ill()) == (0, {"socket": Verdict.WARN})


async def test_without_a_catalogue_the_socket_is_still_tried(world: World) -> None:
    world.exchange.rest_faults.scripted.append(RestFault("/markets/keyset", 99, garbage=True))
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"gamma": Verdict.FAIL, "socket": Verdict.WARN})
    assert "PONG after" in report.found["socket"].found


async def test_a_socket_that_is_switched_off_is_not_tried(world: World) -> None:
    report = await world.examined(USE_WEBSOCKET="false", CLOB_WSS_URL="ws://127.0.0.1:1/")
    assert (report.code, report.ill()) == (0, {})
    assert "polling" in report.found["socket"].found


async def test_a_clock_that_is_ten_seconds_fast_is_a_warning(world: World) -> None:
    report = await world.examined_by(lambda: time.time() + 10, None)
    assert (report.code, report.ill()) == (0, {"clock": Verdict.WARN})
    assert "fast" in report.found["clock"].found
    assert "timedatectl" in report.found["clock"].mend


async def test_a_database_out_of_reach_fails_without_its_password(world: World) -> None:
    report = await world.examined(DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/polycool")
    assert (report.code, report.ill()) == (1, {"database": Verdict.FAIL})
    assert "no Postgres can be reached at 127.0.0.1:1" in report.found["database"].found
    assert "hunter2" not in str(report)


async def test_a_schema_of_a_later_release_fails_and_stays(world: World, database: str) -> None:
    await ask(database, "UPDATE alembic_version SET version_num = '9999'")
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"database": Verdict.FAIL})
    assert await ask(database, "SELECT version_num FROM alembic_version") == "9999"


async def test_an_empty_database_stays_empty(world: World, database: str) -> None:
    await ask(database, "DROP SCHEMA public CASCADE")
    await ask(database, "CREATE SCHEMA public")
    report = await world.examined()
    assert (report.code, report.ill()) == (0, {})
    assert "first start makes it" in report.found["database"].found
    assert await ask(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_a_database_that_belongs_to_another_venue_fails(world: World, database: str) -> None:
    await ask(database, "INSERT INTO facts (name, value) VALUES ('venue', 'sandbox')")
    report = await world.examined()
    assert (report.code, report.ill()) == (1, {"venue": Verdict.FAIL})


async def test_a_folder_that_is_no_folder_fails(world: World) -> None:
    file = world.root / "file"
    file.write_text("")
    report = await world.examined(DATA_DIR=str(file / "data"))
    assert report.code == 1
    assert report.found["data"].verdict is Verdict.FAIL
    assert "DATA_DIR" in report.found["data"].found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as somebody else")
async def test_a_way_that_the_server_may_not_go_fails_before_the_first_start(
    world: World, data_folders: Callable[[], Path]
) -> None:
    report = await world.examined(DATABASE_URL="", DATA_DIR=str(data_folders() / "data"))
    assert report.code == 1
    assert "nobody may not enter" in report.found["data"].found
    assert report.found["database"].verdict is Verdict.FAIL


async def test_a_taken_port_fails_and_names_the_setting(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        report = await world.examined(OPS_PORT=str(port))
    assert (report.code, report.ill()) == (1, {"OPS_PORT": Verdict.FAIL})
    assert "another port" in report.found["OPS_PORT"].mend


async def test_a_running_program_is_named_asked_and_left_alone(world: World, database: str) -> None:
    told = HealthReport({"stream": PartHealth(ok=True, state="live")}, details={"tokens_live": 4})
    async with (
        InstanceLock(database) as lock,
        ops_server("127.0.0.1", 0, health=lambda: told, metrics=bytes) as port,
    ):
        report = await world.examined(OPS_PORT=str(port))
        assert lock.held.is_set()
        assert not lock.lost.is_set()
    assert (report.code, report.ill()) == (0, {})
    who = f"pid {os.getpid()} on {socket.gethostname()}"
    assert f"in use by {who}" in report.found["database"].found
    assert report.found["program"].found == f"running with {who} for 0 s, healthy"
    assert report.found["OPS_PORT"].found == f"127.0.0.1:{port} answers"


async def test_an_ill_program_and_a_silent_one_are_told_apart(
    world: World, database: str, free_port: int
) -> None:
    told = HealthReport({"telegram": PartHealth(ok=False, state="does not answer")})
    async with InstanceLock(database):
        silent = await world.examined(OPS_PORT=str(free_port))
        async with ops_server("127.0.0.1", 0, health=lambda: told, metrics=bytes) as port:
            ill = await world.examined(OPS_PORT=str(port))
    assert silent.ill() == {"program": Verdict.WARN, "OPS_PORT": Verdict.WARN}
    assert ill.ill() == {"program": Verdict.WARN}
    assert "telegram: does not answer" in ill.found["program"].found


async def test_the_embedded_server_is_looked_at_before_while_and_after_it_runs(
    world: World, data_folders: Callable[[], Path]
) -> None:
    folder = data_folders() / "data"
    folder.parent.chmod(0o755)
    here = {"DATABASE_URL": "", "DATA_DIR": str(folder)}
    before = await world.examined(**here)
    assert not folder.exists()
    async with EmbeddedPostgres(folder, durable=False):
        running = await world.examined(**here)
    after = await world.examined(**here)
    assert [report.found["database"].verdict for report in (before, running, after)] == ["ok"] * 3
    assert "first start makes the database" in before.found["database"].found
    assert f"in use by pid {os.getpid()}" in running.found["database"].found
    assert after.found["database"].found.endswith("can start; not running")


async def test_the_sandbox_is_not_asked_before_it_runs(world: World) -> None:
    sandbox = {"VENUE": "sandbox", "TELEGRAM_BOT_TOKEN": ""}
    report = await world.examined(**sandbox, SANDBOX_PORT="0", SANDBOX_EXCHANGE_PORT="0")
    assert (report.code, report.ill()) == (0, {})
    assert list(report.found) == [*NAMES, "SANDBOX_PORT", "SANDBOX_EXCHANGE_PORT"]
    assert "starts with the program" in report.found["socket"].found


async def test_listening_for_a_while_tells_rate_and_lag(world: World) -> None:
    world.exchange.rate = 400.0
    world.exchange.hub.notify()
    report = await world.examined_by(time.time, 1.0)
    assert report.ill() == {}
    told = report.found["stream"].found
    assert "first book after" in told
    assert "/s)" in told
    assert "feed lag" in told


async def test_a_stream_that_breaks_while_it_is_listened_to_fails(world: World) -> None:
    world.exchange.rest_faults.scripted.append(RestFault("/ws/market", 9, status=503))
    report = await world.examined_by(time.time, 0.2)
    assert report.ill() == {"socket": Verdict.FAIL, "stream": Verdict.FAIL}
