"""A venue, a Telegram and a database that are not the program's own, as in real use."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.units import usdc
from tests.e2e.conftest import TOKEN, Outside
from tests.support.acts import bought, market_card
from tests.support.program import descendants, refusal, running
from tests.support.watched_database import watched_database

TOKENS = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE '%harbour bill%'"
HELD = "SELECT amount, entry_price FROM positions WHERE status = 'active'"
MARK = "SELECT current_price, pnl_amount FROM positions WHERE status = 'active'"


def environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text() + Path(f"/proc/{pid}/cmdline").read_text()


async def test_whoever_knows_the_code_owns_the_bot_and_trades_on_the_named_venue(
    outside: Outside, empty_databases: Callable[[], Awaitable[str]]
) -> None:
    empty_database = await empty_databases()
    ann, eve = outside.telegram.person(3001), outside.telegram.person(3002)
    settings = outside.settings | {"DATABASE_URL": empty_database}
    async with running(settings) as program, watched_database(empty_database) as database:
        code = await program.output.line(r"To become its owner, send it this code: (\S+)")
        for pid in {program.pid, *descendants(program.pid)}:
            assert TOKEN not in environment(pid)
            assert empty_database not in environment(pid)
        await eve.writes("/start")
        await ann.sends(code, "Venue at 127.0.0.1 · paper \\(DRY_RUN_MODE\\)")
        await eve.writes(code)
        card = await market_card(ann, "harbour bill", "Will the Senate")
        await bought(ann, card)
        (token,) = await database.row(TOKENS)
        assert await outside.venue.is_subscribed(str(token))
        assert [message for message in await eve.messages() if message.author.is_bot] == []
        assert TOKEN not in program.output.text
        assert program.output.text.count(code) == 1
        assert await database.rows("SELECT telegram_id, role FROM users") == [(ann.id, "owner")]
    line = await refusal({"VENUE": "sandbox", "DATABASE_URL": empty_database})
    assert "VENUE: this database belongs to venue at 127.0.0.1" in line
    assert "another DATA_DIR or DATABASE_URL" in line


@pytest.mark.parametrize("switch", ["USE_WEBSOCKET", "STREAMER_ENABLED"])
async def test_without_the_stream_prices_come_by_polling(
    switch: str, outside: Outside, database: str
) -> None:
    ann = outside.telegram.person(3003 + len(switch))
    settings = outside.settings | {
        "DATABASE_URL": database,
        "TELEGRAM_ALLOWED_USERS": str(ann.id),
        "POLL_INTERVAL_SECONDS": "1",
        switch: "false",
    }
    async with running(settings), watched_database(database) as rows:
        card = await market_card(ann, "harbour bill", "Will the Senate")
        (token,) = await rows.row(TOKENS)
        await outside.venue.set_price(str(token), "0.62")
        receipt = await bought(ann, card)
        position = await ann.taps(receipt, "^Position$", "Now .* polled")
        amount, entry = await rows.row(HELD)
        assert isinstance(amount, Decimal)
        assert isinstance(entry, Decimal)
        await outside.venue.set_price(str(token), "0.44")
        profit = usdc(amount * (Decimal("0.44") - entry))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(rows.until(MARK, are=[(Decimal("0.44"), profit)]), name="rows")
            tasks.create_task(ann.sees("Now 44¢ · polled", on=position), name="chat")
        assert await outside.venue.connections() == []
