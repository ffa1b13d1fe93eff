"""The recorder against a real socket: every frame on disk, every hole in the manifest."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zstandard

from core.domain.units import TokenId
from core.storage import facts
from core.storage.models import Sessions
from data_ingestion.recorder import manifest
from data_ingestion.recorder.continuity import now
from data_ingestion.recorder.manifest import Manifest
from data_ingestion.recorder.recorder import Plan, Recorder, RecordingStopped, new_folder
from data_ingestion.recorder.retention import Limits
from infrastructure.sandbox.exchange.recording import load_recording
from tests.support.rows import add_markets, add_position, add_user, market
from tests.support.venue_socket import book, venue_socket

ROOT = Path(__file__).parents[2]
LIMITS = Limits(10**9, 86_400.0)
PATIENCE = 20.0  # seconds for anything
ROUNDS = 9  # more than the limit lets stay
LOOK = 0.02  # seconds; files of another process give no event when they grow


def lines(folder: Path) -> list[dict[str, object]]:
    """Everything written, in order."""
    found = []
    for path in sorted(folder.glob("*.zst")):
        text = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
        found += [json.loads(line) for line in text.splitlines()]
    return found


@asynccontextmanager
async def recording(recorder: Recorder) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(recorder.run(stop))
        yield
        stop.set()


async def received(recorder: Recorder, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while recorder.frames < count:  # noqa: ASYNC110 - turns of this loop are what it takes
            await asyncio.sleep(0)


def told(folder: Path) -> Manifest:
    found = manifest.read(folder)
    assert found is not None
    return found


async def test_every_frame_is_on_disk_as_it_came_and_a_lost_connection_in_the_manifest(
    tmp_path: Path,
) -> None:
    async with venue_socket() as venue:
        folder = new_folder(tmp_path, now())
        recorder = Recorder(Plan(venue.url, [TokenId("1")], [market(1)]), folder, LIMITS)
        async with recording(recorder):
            await venue.until(lambda: bool(venue.frames))
            await venue.say(book("1"), "PONG", "{", b"\xff\xfe")
            await received(recorder, 4)
            await venue.hang_up()
            await venue.until(lambda: venue.opened == 2 and bool(venue.frames))
            await venue.say(book("1", bid="0.6"))
            await received(recorder, 5)
    written = lines(folder)
    assert [line.get("raw") or line.get("text") or line.get("base64") for line in written] == [
        book("1"),
        "PONG",
        "{",
        "//4=",
        book("1", bid="0.6"),
    ]
    assert [line["c"] for line in written] == [1, 1, 1, 1, 2]
    left = told(folder)
    assert (left.tokens, left.without_book, left.frames, left.removed_files) == (["1"], [], 5, 0)
    assert [(gap.reason, gap.end is None) for gap in left.gaps] == [("no connection", False)]
    assert [each.number for each in left.connections] == [1, 2]
    assert left.markets[0].question == market(1).question
    assert left.end is not None
    assert left.end > left.start


async def test_each_new_file_begins_with_new_books_and_old_ones_make_room(tmp_path: Path) -> None:
    async with venue_socket() as venue:
        folder = new_folder(tmp_path, now())
        limits = Limits(40_000, 86_400.0)
        recorder = Recorder(Plan(venue.url, [TokenId("1")]), folder, limits, beat=0.02)
        async with recording(recorder):
            await venue.until(lambda: bool(venue.frames))
            await venue.say(book("1"))
            for number in range(ROUNDS):
                noise = os.urandom(6_000).hex()
                await venue.say({"noise": noise})
                await written(tmp_path, noise)
                await venue.until(lambda seen=number: len(venue.frames) > 2 * seen)  # type: ignore[misc] # bound now
    asked = [(frame.get("operation"), frame["assets_ids"]) for frame in venue.frames[1:]]
    assert asked == [("unsubscribe", ["1"]), ("subscribe", ["1"])] * (ROUNDS - 1)
    left, kept = told(folder), sorted(folder.glob("*.zst"))
    assert [file.name for file in left.files] == [path.name for path in kept]
    assert left.removed_files + len(kept) == ROUNDS
    assert sum(path.stat().st_size for path in kept) <= limits.total_bytes
    assert len(load_recording(folder).frames) == len(kept)


async def test_tokens_that_the_venue_does_not_know_end_the_recording(tmp_path: Path) -> None:
    async with venue_socket() as venue:
        plan = Plan(venue.url, [TokenId("1"), TokenId("2")], book_patience=0.05)
        folder = new_folder(tmp_path, now())
        with pytest.raises(RecordingStopped, match="sent no book of 1, 2 within"):
            await Recorder(plan, folder, LIMITS).run(asyncio.Event())
        assert not folder.exists()


async def test_without_a_connection_one_sentence_says_so(tmp_path: Path) -> None:
    plan = Plan("ws://127.0.0.1:1/ws/market", [TokenId("1")], connect_patience=0.3)
    folder = new_folder(tmp_path, now())
    with pytest.raises(RecordingStopped, match=r"no connection to ws://127.0.0.1:1/ws/market"):
        await Recorder(plan, folder, LIMITS).run(asyncio.Event())
    assert not folder.exists()


async def test_a_recording_that_ends_before_anything_came_is_none(tmp_path: Path) -> None:
    folder = new_folder(tmp_path, now())
    recorder = Recorder(Plan("ws://127.0.0.1:1/ws/market", [TokenId("1")]), folder, LIMITS)
    with pytest.raises(RecordingStopped, match="nothing came from ws://"):
        await recorder.run(asyncio.Event(), seconds=0.05)
    assert list(tmp_path.iterdir()) == []


@asynccontextmanager
async def program(
    settings: Mapping[str, str], *arguments: str, before: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The recorder as an operator runs it; `before` is shell that goes before it."""
    command = f'{before} exec "$0" -m data_ingestion.recorder "$@"'
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        command,
        sys.executable,
        *arguments,
        cwd=ROOT,
        # A limit on the size of files would cut off the bytecode that it writes for everybody.
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | dict(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert b"Traceback" not in err, err.decode()
    return process.returncode or 0, out.decode(), err.decode().splitlines()[-1]


async def written(out: Path, text: str) -> Path:
    """The file in `out`, once `text` can be read from it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for path in out.glob("*/*.zst"):
                packed = path.read_bytes()
                if text in str(zstandard.ZstdDecompressor().decompressobj().decompress(packed)):
                    return path
            await asyncio.sleep(LOOK)


async def test_a_killed_recorder_leaves_what_it_had_written(tmp_path: Path) -> None:
    async with venue_socket() as venue:
        settings = {"CLOB_WSS_URL": venue.url}
        async with program(settings, "--tokens", "1,2", "--out", str(tmp_path)) as process:
            await venue.until(lambda: bool(venue.frames))
            await venue.say(book("1"), book("2"), book("1", bid="0.123"))
            path = await written(tmp_path, "0.123")
            process.send_signal(signal.SIGKILL)
            await process.wait()
    recorded = load_recording(path.parent)
    assert [json.loads(frame.data) for frame in recorded.frames] == [
        book("1"),
        book("2"),
        book("1", bid="0.123"),
    ]
    assert recorded.cut == (str(path),)
    assert told(path.parent).end is None


async def test_ctrl_c_ends_it_with_a_summary(tmp_path: Path) -> None:
    async with venue_socket() as venue:
        settings = {"CLOB_WSS_URL": venue.url}
        async with program(settings, "--tokens", "1", "--out", str(tmp_path)) as process:
            await venue.until(lambda: bool(venue.frames))
            await venue.say(book("1", bid="0.123"))
            path = await written(tmp_path, "0.123")
            process.send_signal(signal.SIGINT)
            code, out, _ = await ended(process)
    assert code == 0
    assert "recorded 1 frames in " in out
    assert f"make replay FILE={path.parent}" in out
    assert load_recording(path).cut == ()


async def test_a_full_disk_is_one_sentence_and_what_is_written_stays(tmp_path: Path) -> None:
    async with venue_socket() as venue:
        settings = {"CLOB_WSS_URL": venue.url}
        arguments = ("--tokens", "1", "--out", str(tmp_path))
        async with program(settings, *arguments, before="ulimit -f 16;") as process:
            await venue.until(lambda: bool(venue.frames))
            await venue.say(book("1", bid="0.123"))
            path = await written(tmp_path, "0.123")
            await venue.say(*({"noise": os.urandom(5_000).hex()} for _ in range(4)))
            code, _, sentence = await ended(process)
    assert code == 2
    assert sentence.startswith(f"recorder: cannot write to {path.parent} (File too large); free")
    assert json.loads(load_recording(path.parent).frames[0].data) == book("1", bid="0.123")


@pytest.mark.parametrize("named", [("--held",), ("--markets", "1")], ids=lambda named: named[0])
async def test_markets_are_recorded_with_what_a_replay_has_to_know(
    sessions: Sessions, database: str, tmp_path: Path, named: tuple[str, ...]
) -> None:
    held, other = market(1), market(2)
    async with sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [held, other])
        await add_position(session, user, held, held.tokens[1])
        await facts.state(session, "venue", "polymarket")
    async with venue_socket() as venue:
        settings = {"CLOB_WSS_URL": venue.url, "DATABASE_URL": database}
        async with program(settings, *named, "--out", str(tmp_path)) as process:
            await venue.until(lambda: venue.subscribed() == set(held.tokens))
            await venue.say(book("11"), book("12", bid="0.123"))
            path = await written(tmp_path, "0.123")
            process.send_signal(signal.SIGTERM)
            assert (await ended(process))[0] == 0
    (described,) = told(path.parent).markets
    assert described.condition_id == held.condition_id
    assert (described.outcomes, described.tokens) == (["Yes", "No"], list(held.tokens))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--markets", "1,9"), "no market 1, 9 in the catalogue"),
        (("--held",), "--held: nobody holds anything; name --markets or --tokens"),
        (("--tokens", "0x1"), "argument --tokens: '0x1' is no id: ids are digits"),
        (("--tokens", "1", "--max-mb", "none"), "argument --max-mb: 'none' is no number"),
        (("--tokens", "1", "--out", "/dev/null"), "--out: cannot make a folder in /dev/null"),
        (("--tokens", "1,2,3"), "3 tokens are more than WS_MAX_SUBSCRIPTIONS (2)"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_in_a_sentence(
    database: str, arguments: tuple[str, ...], sentence: str
) -> None:
    settings = {"DATABASE_URL": database, "WS_MAX_SUBSCRIPTIONS": "2"}
    async with program(settings, *arguments) as process:
        code, _, said = await ended(process)
    assert code == 2
    assert sentence in said


async def test_without_a_database_markets_cannot_be_named(tmp_path: Path) -> None:
    async with program({"DATA_DIR": str(tmp_path)}, "--markets", "1") as process:
        code, _, said = await ended(process)
    assert code == 2
    assert f"there is no database in {tmp_path} yet; start Polycool once" in said
