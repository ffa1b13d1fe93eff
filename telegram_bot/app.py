"""Composition root: settings → resources → parts → one group of tasks, and an orderly end."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from core.services.milestones import Reached, unwatched
from core.services.websocket_manager import WebSocketManager, share
from infrastructure.config.settings import Settings, load_settings, misspelt
from infrastructure.errors import CannotStart, InstanceRunning
from infrastructure.security.own_memory import keep_memory_private
from infrastructure.telemetry.logs import configure_logging
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import ops_server
from telegram_bot.assembly import Assembly, assemble
from telegram_bot.reporting import DatabaseProbe
from telegram_bot.startup import Database, Place, open_database, open_place
from telegram_bot.supervisor import Run, run_until

logger = logging.getLogger(__name__)

CANNOT_START: Final = 2  # exit code
LONGEST_RUN: Final = 1e9  # seconds; timers end where floats do
FIRST_MARKETS: Final = 5.0  # seconds that the page is not announced before the catalogue is there


def main(arguments: Sequence[str], root: Path, secrets: Mapping[str, str]) -> int:
    """Run until Ctrl-C, SIGTERM or `--duration`; the exit code.

    What keeps the program from starting is one line on stderr and exit code 2.
    """
    duration = _arguments(arguments).duration
    try:
        settings = load_settings(root, os.environ, secrets)
        configure_logging(settings.log_level, settings.log_format, settings.secrets)
        if not settings.dry_run_mode:
            keep_memory_private()
        for warning in misspelt(root):
            logger.warning(warning)
        uvloop.run(Program(settings, root).run(duration))
    except CannotStart as problem:
        print(f"Polycool cannot start: {problem}", file=sys.stderr)  # noqa: T201 - one line for a person
        return CANNOT_START
    return 0


def _allowed(settings: Settings, database: Database) -> Settings:
    """No real money where the database cannot keep people, and secrets, apart."""
    if database.unwalled is None:
        return settings
    logger.warning("%s", database.unwalled)
    if settings.dry_run_mode:
        return settings
    logger.error("Live mode is refused until that is mended; everything is paper")
    return settings.model_copy(update={"dry_run_mode": True})


def _set_aside() -> None:
    """What is there for good is not looked through again: that would hold an order up for 0.2 s."""
    gc.collect()
    gc.freeze()


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="polycool", description="Trade Polymarket in a chat.")
    parser.add_argument(
        "--duration", type=_seconds, metavar="SECONDS", help="end by itself after so long"
    )
    return parser.parse_args(given)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST_RUN:  # also false for what is no number
        raise argparse.ArgumentTypeError(
            f"{text[:20]!r} is no number of seconds above 0; write for example --duration 60"
        )
    return value


@dataclass
class Program:
    """One run: what it was started with, and the event that ends it."""

    settings: Settings
    root: Path
    reached: Reached = unwatched
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    problem: CannotStart | None = None
    is_up: bool = False

    async def run(self, duration: float | None) -> None:
        """Raises: CannotStart."""
        loop, ours = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end, ours)
        if duration is not None:
            loop.call_later(duration, self._end, ours)
        try:
            async with AsyncExitStack() as stack:
                await self._serve(stack)
        except asyncio.CancelledError:
            if not self.stop.is_set():
                raise
        if self.problem is not None:
            raise self.problem

    def _end(self, ours: asyncio.Task[None] | None) -> None:
        """While the parts run they are asked to stop; a start under way is broken off."""
        if not self.stop.is_set():
            self.stop.set()
            if ours is not None and not self.is_up:
                ours.cancel()

    async def _serve(self, stack: AsyncExitStack) -> None:
        metrics = Metrics()
        manager = stack.enter_context(share(WebSocketManager()))
        database = await stack.enter_async_context(open_database(self.settings))
        settings = _allowed(self.settings, database)
        place = await stack.enter_async_context(open_place(settings, self.root, database.sessions))
        probe = DatabaseProbe(database.engine)
        parts = await stack.enter_async_context(
            assemble(settings, place, database, manager, metrics, probe, self.reached)
        )
        await parts.bot.check()
        await parts.bot.remember()
        await parts.begin()
        port = await stack.enter_async_context(
            ops_server(
                settings.ops_host,
                settings.ops_port,
                health=parts.health.report,
                metrics=parts.figures.render,
                webhook=parts.bot.webhook,
            )
        )
        logger.info("health and metrics on http://%s:%s", settings.ops_host, port)
        self.is_up = True
        runs = {**self._guards(database), **parts.runs, "database-probe": probe.run}
        if place.ended is not None:
            runs["sandbox-watch"] = self._watch_of(place.ended)
        async with asyncio.TaskGroup() as tasks:
            announcement = tasks.create_task(self._announce(place, parts), name="announcement")
            await run_until(self.stop, runs)
            announcement.cancel()
        logger.info("ending")

    def _guards(self, database: Database) -> dict[str, Run]:
        """What keeps the database ours; another holder of its lock ends this program."""

        def guarded(run: Run) -> Run:
            async def until_lost() -> None:
                try:
                    await run()
                except InstanceRunning as problem:
                    self.problem = problem
                    self.stop.set()
                    await asyncio.Event().wait()

            return until_lost

        return {name: guarded(run) for name, run in database.guards.items()}

    def _watch_of(self, ended: Callable[[], Awaitable[int]]) -> Run:
        """Without its sandbox nothing works any more: say so and end, rather than look alive."""

        async def watch() -> None:
            await ended()
            self.problem = CannotStart("the sandbox process has ended; start again")
            self.stop.set()
            await asyncio.Event().wait()

        return watch

    async def _announce(self, place: Place, parts: Assembly) -> None:
        """One line for whoever started us: where to go now."""
        try:
            async with asyncio.timeout(FIRST_MARKETS):
                await parts.discovery.ready.wait()
        except TimeoutError:
            logger.warning("no market is known yet; the venue is asked again and again")
        if place.page is not None:
            line = f"Polycool ({place.venue}) is ready: open {place.page} in your browser"
        else:
            line = f"Polycool ({place.venue}) is ready: write to your bot in Telegram"
        _set_aside()
        code = await parts.users.owner_code()
        if code is not None:
            line += f"\nNobody owns this bot yet. To become its owner, send it this code: {code}"
        print(line, flush=True)  # noqa: T201 - for the person who started us
