"""Runs the checks: each bounded in time, none stopped by another, told in a fixed order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from core.domain.errors import PolycoolError
from infrastructure.config.settings import Settings
from infrastructure.config.values import Venue
from infrastructure.errors import CannotStart
from infrastructure.polymarket.http import open_client
from telegram_bot.doctor.case import Case, Patience, venue_address
from telegram_bot.doctor.data_checks import DatabaseState, check_data_folder, look_at_database
from telegram_bot.doctor.findings import Finding, exit_code, fail, ok, refused, warn
from telegram_bot.doctor.local_checks import check_port, check_program, our_ports
from telegram_bot.doctor.stream_checks import check_socket, check_stream
from telegram_bot.doctor.telegram_check import check_telegram
from telegram_bot.doctor.venue_checks import (
    check_clob,
    check_clock,
    check_gamma,
    check_venue,
)
from telegram_bot.doctor.weather_checks import weather_checks
from telegram_bot.startup import means_sandbox

DATABASE_PATIENCE: Final = 8.0  # seconds
AGAIN: Final = "try again; if it stays, look at the network between this machine and there"

Tell: TypeAlias = Callable[[str, Finding], None]
"""Takes the name of a check and what it found."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    run: Callable[[], Awaitable[Finding]]
    patience: float  # seconds


@dataclass(frozen=True, slots=True)
class Examination:
    """One run of all checks. `stream` are the seconds to listen to the busiest market, if any."""

    settings: Settings
    misspelt: Sequence[str]
    tell: Tell
    stream: float | None = None
    patience: Patience = field(default_factory=Patience)
    wall: Callable[[], float] = time.time

    async def run(self) -> int:
        """The exit code: 1 if anything failed."""
        findings: list[Finding] = []

        def told(name: str, finding: Finding) -> None:
            findings.append(finding)
            self.tell(name, finding)

        told("settings", settings_verdict(self.settings, self.misspelt))
        folder = partial(check_data_folder, self.settings)
        told("data", await bounded(Check("data", folder, self.patience.local)))
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._database(), name="doctor-database")
            meaning = tasks.create_task(means_sandbox(self.settings), name="doctor-venue")
        database = looking.result()
        is_sandbox = self._plays_sandbox(database, meant=meaning.result())
        told("database", database.finding)
        told("venue", check_venue(self.settings, database.venue, is_sandbox=is_sandbox))
        await self._rest(database, is_sandbox=is_sandbox, told=told)
        return exit_code(findings)

    def _plays_sandbox(self, database: DatabaseState, *, meant: bool) -> bool:
        """A program that runs has chosen already what `VENUE=auto` means."""
        is_chosen = database.holder is not None and database.venue is not None
        if self.settings.venue is Venue.AUTO and is_chosen:
            return database.venue == "sandbox"
        return meant

    async def _database(self) -> DatabaseState:
        try:
            async with asyncio.timeout(DATABASE_PATIENCE):
                return await look_at_database(self.settings)
        except TimeoutError:
            return DatabaseState(fail("no answer in time", AGAIN))

    async def _rest(self, database: DatabaseState, *, is_sandbox: bool, told: Tell) -> None:
        """The checks that need nothing of each other, at the same time."""
        settings = self.settings
        address = venue_address(settings, database.holder, is_sandbox=is_sandbox)
        async with open_client(self.patience.rest, self.patience.rest) as client:
            case = Case(
                settings, is_sandbox, database.holder, address, client, self.patience, self.wall
            )
            async with asyncio.TaskGroup() as tasks:
                running = [
                    (check.name, tasks.create_task(bounded(check), name=f"doctor-{check.name}"))
                    for check in self._checks(case)
                ]
                for name, task in running:
                    told(name, await task)

    def _checks(self, case: Case) -> list[Check]:
        patience = self.patience
        checks = [
            Check("program", partial(check_program, case), patience.local + 1),
            Check("clob", partial(check_clob, case), patience.rest + 1),
            Check("gamma", partial(check_gamma, case), patience.rest + 1),
            Check("clock", partial(check_clock, case), patience.rest + 1),
            Check("socket", partial(check_socket, case), patience.total),
            Check("telegram", partial(check_telegram, case), 2 * patience.telegram),
            *(
                Check(port.variable, partial(check_port, case, port), patience.local + 1)
                for port in our_ports(case)
            ),
            *(Check(name, run, 4 * patience.rest) for name, run in weather_checks(case).items()),
        ]
        if self.stream is not None:
            listening = partial(check_stream, case, self.stream)
            checks.append(Check("stream", listening, self.stream + patience.total))
        return checks


async def bounded(check: Check) -> Finding:
    """What the check found, or why it could not be made."""
    try:
        async with asyncio.timeout(check.patience):
            return await check.run()
    except TimeoutError:
        return fail(f"no answer within {check.patience:.0f} s", AGAIN)
    except CannotStart as problem:
        return refused(problem)
    except (PolycoolError, OSError) as problem:
        return fail(str(problem) or type(problem).__name__, AGAIN)


def settings_verdict(settings: Settings, misspelt: Sequence[str]) -> Finding:
    """Settings that could be read; names only, no values."""
    named = sorted(name.upper() for name in settings.model_fields_set - {"data_dir"})
    found = f"{len(named)} set: {', '.join(named)}" if named else "nothing set: defaults"
    if misspelt:
        return warn("; ".join(misspelt), "correct the name in that file")
    return ok(found)
