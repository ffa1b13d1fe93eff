"""`python -m data_ingestion.recorder`: a program of its own, with what it needs of the rest."""

import argparse
import asyncio
import gc
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvloop
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.domain.errors import PolycoolError
from core.domain.market import Market
from core.domain.units import MarketId, TokenId
from core.storage import facts
from core.storage import markets as stored_markets
from core.storage import positions as stored_positions
from data_ingestion.recorder.continuity import now
from data_ingestion.recorder.manifest import Manifest
from data_ingestion.recorder.recorder import Plan, Recorder, new_folder
from data_ingestion.recorder.retention import Limits
from infrastructure.config.secrets_handover import hand_over_secrets
from infrastructure.config.settings import Settings, load_settings
from infrastructure.config.values import Venue
from infrastructure.database import leftover
from infrastructure.database.data_folder import CLUSTER
from infrastructure.database.embedded import OWNER, EmbeddedPostgres, socket_url
from infrastructure.database.engine import check, create_engine, unavailable
from infrastructure.errors import CannotStart
from infrastructure.telemetry.logs import configure_logging

ROOT: Final = Path(__file__).parents[2]
DAY: Final = 86_400.0  # seconds
MEGABYTE: Final = 1_000_000
FAILED: Final = 2  # exit code
TURN: Final = 0.001  # seconds for which the writing thread may keep the receiving one waiting


def main() -> int:
    """Record until Ctrl-C, SIGTERM or `--minutes`; the exit code."""
    handed_over = hand_over_secrets()
    arguments = _arguments()
    try:
        settings = load_settings(ROOT, os.environ, handed_over)
        configure_logging(settings.log_level, settings.log_format, settings.secrets)
        uvloop.run(_record(settings, arguments))
    except PolycoolError as problem:
        sys.stderr.write(f"recorder: {problem}\n")
        return FAILED
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m data_ingestion.recorder",
        description="Record what the market stream says, for `make replay FILE=folder`.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tokens", type=_ids, metavar="A,B", help="token ids")
    what.add_argument("--markets", type=_ids, metavar="ID,…", help="Gamma ids of markets")
    what.add_argument("--held", action="store_true", help="markets in which anybody holds")
    parser.add_argument("--out", type=Path, default=ROOT / "recordings", metavar="DIR")
    parser.add_argument("--minutes", type=_positive, metavar="N", help="end by itself")
    parser.add_argument("--max-mb", type=_positive, metavar="N", help="of all recordings in DIR")
    return parser.parse_args()


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for each in ids:
        if not re.fullmatch(r"[0-9]{1,80}", each):
            raise argparse.ArgumentTypeError(f"{each[:100]!r} is no id: ids are digits")
    if not ids:
        raise argparse.ArgumentTypeError("name one at least")
    return ids


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is no number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("a number above 0")
    return value


async def _record(settings: Settings, arguments: argparse.Namespace) -> None:
    """Raises: CannotStart, RecordingStopped."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    plan = await _plan(settings, arguments)
    folder = _new_folder(arguments.out)
    megabytes = arguments.max_mb or settings.recordings_max_mb
    limits = Limits(int(megabytes * MEGABYTE), settings.recordings_max_days * DAY)
    _say(f"recording {len(plan.tokens)} tokens of {plan.url} into {folder}")
    seconds = arguments.minutes and arguments.minutes * 60
    sys.setswitchinterval(TURN)
    gc.freeze()  # a search through all that was imported would stop receipt for 10 ms
    left = await Recorder(plan, folder, limits).run(stop, seconds)
    _say(_summary(left, folder))


def _new_folder(out: Path) -> Path:
    try:
        return new_folder(out.expanduser().absolute(), now())
    except OSError as error:
        raise CannotStart(
            f"--out: cannot make a folder in {out} ({error.strerror}); choose another one"
        ) from error


def _summary(left: Manifest, folder: Path) -> str:
    size = sum(file.bytes for file in left.files) / MEGABYTE
    seconds = (left.end - left.start).total_seconds() if left.end else 0.0
    return (
        f"recorded {left.frames} frames in {seconds:.0f} s ({size:.1f} MB, {len(left.gaps)} gaps); "
        f"play them with: make replay FILE={folder}"
    )


async def _plan(settings: Settings, arguments: argparse.Namespace) -> Plan:
    venue, markets = "", list[Market]()
    tokens = tuple(TokenId(token) for token in arguments.tokens or ())
    if not tokens:
        async with _database(settings) as session:
            venue = await facts.fact(session, "venue") or ""
            markets = await _markets(session, arguments.markets)
        tokens = tuple(token for market in markets for token in market.tokens)
    if len(tokens) > settings.ws_max_subscriptions:
        raise CannotStart(
            f"{len(tokens)} tokens are more than WS_MAX_SUBSCRIPTIONS "
            f"({settings.ws_max_subscriptions}); name fewer, or raise it"
        )
    is_sandbox = settings.venue is Venue.SANDBOX or venue == "sandbox"
    url = _socket_url(settings, is_sandbox=is_sandbox)
    return Plan(url, tokens, markets, settings.ws_ping_interval)


def _socket_url(settings: Settings, *, is_sandbox: bool) -> str:
    """The sandbox's own, unless a socket is named outright."""
    if not is_sandbox or "clob_wss_url" in settings.model_fields_set:
        return settings.clob_wss_url
    if settings.sandbox_exchange_port == 0:
        raise CannotStart("SANDBOX_EXCHANGE_PORT: 0 tells no port; name the one that it took")
    return f"ws://{settings.sandbox_host}:{settings.sandbox_exchange_port}/ws/market"


async def _markets(session: AsyncSession, wanted: Sequence[str] | None) -> list[Market]:
    """The named ones; without names the held ones. Raises: CannotStart."""
    if wanted is None:
        held = await stored_positions.held_markets(session)
        ids = list(dict.fromkeys(market for _, market in held))
        if not ids:
            raise CannotStart("--held: nobody holds anything; name --markets or --tokens")
    else:
        ids = [MarketId(market) for market in wanted]
    found = await stored_markets.by_ids(session, ids)
    unknown = [market for market in ids if market not in found]
    if unknown:
        raise CannotStart(
            f"no market {', '.join(unknown[:3])} in the catalogue; "
            "--markets wants Gamma's ids, and --tokens needs no catalogue"
        )
    return [found[market] for market in ids]


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session for a few reads. Raises: CannotStart."""
    async with _database_url(settings) as url:
        engine = create_engine(url, application_name="polycool-recorder")
        try:
            await check(engine)
            async with async_sessionmaker(engine)() as session:
                yield session
        except SQLAlchemyError as error:
            raise unavailable(engine.url, error) from error
        finally:
            await engine.dispose()


@asynccontextmanager
async def _database_url(settings: Settings) -> AsyncIterator[str]:
    """The embedded server is started for the length of the block if it does not run."""
    cluster = settings.data_dir / CLUSTER
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if not cluster.exists():
        raise CannotStart(
            f"there is no database in {settings.data_dir} yet; "
            "start Polycool once, or name --tokens"
        )
    running = leftover.running(cluster)
    if running is not None and running.sockets is not None:
        yield socket_url(running.sockets, OWNER)
        return
    async with EmbeddedPostgres(settings.data_dir) as server:
        yield server.url


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
