"""A recording played back through the real socket: the same books and the same P&L, every time."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import sqlalchemy as sa

from core.storage.models import Sessions
from infrastructure.sandbox.exchange.recording import load_recording
from infrastructure.tls import trusted
from tests.support.program import ANY_PORT, END_LIMIT, READY_PATIENCE, ROOT, Output, refusal
from tests.support.recordings import played, recording

MISREAD = '{"event_type":"book","market":"0x'


async def test_a_replay_ends_with_the_books_that_the_exchange_had(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with recording(tmp_path) as making:
        await making.trade(1500)
    recorded = making.result()
    replayed = await played(recorded.folder, sessions, tmp_path)
    assert replayed.books == recorded.books
    assert sum(len(bids) + len(asks) for bids, asks in replayed.books.values()) > 50
    assert replayed.dropped == {}


async def test_two_replays_leave_the_same_books_and_the_same_profits(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with recording(tmp_path) as making:
        await making.trade(800)
    first = await played(making.folder, sessions, tmp_path)
    async with sessions.begin() as session:
        await session.execute(sa.text("TRUNCATE users, markets RESTART IDENTITY CASCADE"))
    second = await played(making.folder, sessions, tmp_path, speed=1_000.0)
    assert repr(first) == repr(second)
    assert any(row.pnl for row in first.positions)


async def test_a_recording_with_a_lost_connection_and_garbage_plays_to_the_same_end(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with recording(tmp_path) as making:
        await making.trade(200)
        (connection,) = making.exchange.hub.open.values()
        connection.put(MISREAD.encode())
        await making.heard()
        connection.abort()
        await making.exchange.hub.until(lambda: not making.exchange.hub.open)
        await making.trade(200)
    recorded = making.result()
    replayed = await played(recorded.folder, sessions, tmp_path)
    assert replayed.books == recorded.books


async def test_a_replayed_market_has_the_name_and_the_outcomes_that_it_had(tmp_path: Path) -> None:
    async with recording(tmp_path, markets=2) as making:
        await making.trade(10)
    known = [making.exchange.catalogue.by_token[token][0] for token in making.tokens[::2]]
    source = load_recording(making.folder)
    assert [(one.id, one.question, one.tokens) for one in source.markets] == [
        (one.id, one.question, one.tokens) for one in known
    ]


async def test_a_recording_that_cannot_be_played_keeps_the_program_from_starting(
    database: str, tmp_path: Path
) -> None:
    path = tmp_path / "frames-00001.jsonl.zst"
    path.write_bytes(b"no zstd")
    settings = {"VENUE": "sandbox", "DATABASE_URL": database, "SANDBOX_REPLAY": str(path)}
    assert f"SANDBOX_REPLAY: {path} is damaged: " in await refusal(settings)


async def test_make_replay_plays_on_an_empty_database_that_goes_with_it(
    tmp_path: Path, data_folders: Callable[[], Path]
) -> None:
    async with recording(tmp_path) as making:
        await making.trade(10)
    room = data_folders()
    room.chmod(0o711)  # the database may run as somebody else
    process = await asyncio.create_subprocess_exec(
        "make",
        "--no-print-directory",
        "replay",
        f"FILE={making.folder}",
        "SPEED=0",
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(room)} | ANY_PORT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    output = Output()
    assert process.stdout is not None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(output.read(process.stdout))
        try:
            await output.line("is ready: open", patience=READY_PATIENCE)
            exchange = await output.line(r"sandbox exchange on (\S+)")
            async with httpx.AsyncClient(verify=trusted(), base_url=exchange) as venue:
                replay = (await venue.get("/control/replay")).json()
            assert (replay["frames"], replay["speed"]) == (making.recorder.frames, 0)
            assert len(list(room.iterdir())) == 1
        finally:
            os.killpg(process.pid, signal.SIGINT)
            async with asyncio.timeout(2 * END_LIMIT):
                await process.wait()
    assert "Interrupt" not in output.text
    assert list(room.iterdir()) == []
