"""Ends of every kind, and starts on what they left."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from signal import SIGINT, SIGTERM

from core.domain.units import usdc
from tests.e2e.conftest import Outside
from tests.support.acts import bought, market_card
from tests.support.person import PATIENCE
from tests.support.program import Program, descendants, finished, running, still_alive
from tests.support.watched_database import WatchedDatabase, watched_database

ANN = 2001
MARKET = "harbour bill"
TOKEN = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE '%harbour bill%'"
HELD = "SELECT amount, entry_price FROM positions WHERE status = 'active'"
MARK = "SELECT current_price, pnl_amount FROM positions WHERE status = 'active'"


@asynccontextmanager
async def restarted(
    settings: dict[str, str],
) -> AsyncIterator[tuple[Program, WatchedDatabase]]:
    async with running(settings) as program, watched_database(program.database) as database:
        yield program, database


async def follows(outside: Outside, database: WatchedDatabase, price: str) -> None:
    """Postgres has the position at this price of the venue, to the last digit."""
    (token,) = await database.row(TOKEN)
    assert await outside.venue.is_subscribed(str(token))
    amount, entry = await database.row(HELD)
    assert isinstance(amount, Decimal)
    assert isinstance(entry, Decimal)
    await outside.venue.set_price(str(token), price)
    profit = usdc(amount * (Decimal(price) - entry))
    await database.until(MARK, are=[(Decimal(price), profit)])


async def test_a_position_is_followed_again_after_every_kind_of_end(
    outside: Outside, data_folders: Callable[[], Path]
) -> None:
    settings = outside.settings | {
        "DATA_DIR": str(data_folders()),
        "TELEGRAM_ALLOWED_USERS": str(ANN),
    }
    ann = outside.telegram.person(ANN)
    async with restarted(settings) as (program, database):
        card = await market_card(ann, MARKET, "Will the Senate")
        receipt = await bought(ann, card)
        await follows(outside, database, "0.55")
        (token,) = await database.row(TOKEN)
        assert await program.end(SIGTERM) == 0
    assert await outside.venue.is_subscribed(str(token), wanted=False)

    async with restarted(settings) as (program, database):
        await follows(outside, database, "0.6")
        old = await ann.touches(receipt, "^Position$")
        assert old.text == "This screen is old. Tap Home for a fresh one."
        fresh = await ann.sees("This screen is old: I was restarted")
        home = await ann.taps(fresh, "Home", "in total")
        positions = await ann.taps(home, "Positions 1", "Now 60¢ · live")
        await outside.venue.set_price(str(token), "0.61")
        await ann.sees("Now 61¢ · live", on=positions)
        left = descendants(program.pid)
        await program.kill()

    async with restarted(settings) as (program, database):
        assert not still_alive(left)
        await follows(outside, database, "0.52")
        assert await program.end(SIGINT) == 0


async def test_the_sandbox_does_not_outlive_a_killed_program(database: str) -> None:
    async with running({"VENUE": "sandbox", "DATABASE_URL": database}) as program:
        children = [asyncio.create_task(ended(child)) for child in descendants(program.pid)]
        assert children
        await program.kill()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*children)


async def ended(pid: int) -> None:
    """Return when that process, not a child of ours, has ended."""
    descriptor, over = os.pidfd_open(pid), asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, over.set)
    try:
        await over.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_it_ends_by_itself_after_its_duration(data_folders: Callable[[], Path]) -> None:
    folder = data_folders()
    ended = await finished({"VENUE": "sandbox", "DATA_DIR": str(folder)}, "--duration", "3")
    assert ended.code == 0, ended
    assert "Traceback" not in ended.err
    assert not list(folder.rglob("postmaster.pid"))
