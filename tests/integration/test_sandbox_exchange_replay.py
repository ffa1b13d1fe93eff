"""Recordings played through the real socket: byte for byte, at their pace or as fast as read."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recording import load_recording
from infrastructure.sandbox.exchange.replay import Start
from infrastructure.tls import trusted
from tests.support.sandbox_exchange import Oracle, serving

LIMIT = 20.0  # seconds for anything
FRAMES = 400  # of the long capture


@pytest.fixture
def capture(fixtures_dir: Path, tmp_path: Path) -> Path:
    """The beginning of the long capture."""
    long = fixtures_dir / "tickscope" / "derived_wire" / "nhl_g4_0132_0145.jsonl.gz"
    if not long.is_file():
        pytest.skip(f"no capture at {long}")
    with gzip.open(long, "rb") as lines:
        short = b"".join(next(lines) for _ in range(FRAMES))
    path = tmp_path / "capture.jsonl"
    path.write_bytes(short)
    return path


def playing(capture: Path, *, speed: float = 0.0, start: Start = Start.ANY) -> ExchangeSandbox:
    recording = load_recording(capture)
    return ExchangeSandbox(ExchangeOptions(recording=recording, speed=speed, start=start))


def raw_frames(capture: Path) -> list[bytes]:
    """What stands after `"raw":` in each line, found without a parser."""
    return [
        line[line.index(b'"raw":') + 6 : -1] for line in capture.read_bytes().splitlines() if line
    ]


async def subscribe(socket: ClientConnection, exchange: ExchangeSandbox) -> list[Any]:
    tokens = list(exchange.catalogue.by_token)
    await socket.send(json.dumps({"assets_ids": tokens, "type": "market"}))
    dump: list[Any] = json.loads(await socket.recv())
    return dump


async def heard(socket: ClientConnection, count: int) -> list[bytes]:
    async with asyncio.timeout(LIMIT):
        return [await socket.recv(decode=False) for _ in range(count)]


async def test_frames_arrive_byte_for_byte_after_a_snapshot_of_the_beginning(
    capture: Path,
) -> None:
    exchange = playing(capture)
    async with serving(exchange) as host, connect(f"ws://{host}/ws/market") as socket:
        dump = await subscribe(socket, exchange)
        frames = await heard(socket, FRAMES)
    assert frames == raw_frames(capture)
    recorded = {book["asset_id"]: book["bids"] for book in json.loads(frames[0])}
    assert {book["asset_id"]: book["bids"] for book in dump} == recorded


async def test_rest_shows_the_state_at_the_end_and_a_late_subscriber_gets_it(
    capture: Path,
) -> None:
    exchange = playing(capture, start=Start.CONTROL)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as venue,
        connect(f"ws://{host}/ws/market") as socket,
    ):
        assert (await venue.get("/control/replay")).json()["phase"] == "waiting"
        await venue.post("/control/replay/start")
        told = (await venue.get("/control/replay", params={"wait": str(LIMIT)})).json()
        assert (told["finished"], told["position"]) == (True, FRAMES)
        oracle = Oracle(dict.fromkeys(exchange.states, False))
        for frame in raw_frames(capture):
            follow(oracle, frame)
        for book in await subscribe(socket, exchange):
            own = oracle.books[book["asset_id"]]
            assert [tuple(level.values()) for level in book["bids"]] == sorted_levels(own.bids)
            rest = await venue.get("/book", params={"token_id": book["asset_id"]})
            assert rest.json()["hash"] == book["hash"]


def follow(oracle: Oracle, frame: bytes) -> None:
    """Keep only the levels; what the recording's hashes cover is not known after trades."""
    told = json.loads(frame)
    for message in told if isinstance(told, list) else [told]:
        if message["event_type"] == "book":
            oracle.hear(json.dumps(message))
        for entry in message.get("price_changes", []):
            oracle.books[entry["asset_id"]].change(entry)


def sorted_levels(side: dict[Any, tuple[str, str]]) -> list[tuple[str, str]]:
    return [side[key] for key in sorted(side)]


async def test_every_subscriber_hears_only_its_tokens(capture: Path) -> None:
    exchange = playing(capture, start=Start.CONTROL)
    market, tokens = next(iter(exchange.replay.recording.tokens.items() if exchange.replay else ()))
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as venue,
        connect(f"ws://{host}/ws/market") as socket,
    ):
        await socket.send(json.dumps({"assets_ids": tokens, "type": "market"}))
        await socket.recv()
        await venue.post("/control/replay/start")
        wanted = [
            frame
            for frame in raw_frames(capture)
            if isinstance(told := json.loads(frame), list)
            or (told["market"] == market and told.get("asset_id", tokens[0]) in tokens)
        ]
        assert await heard(socket, len(wanted)) == wanted


async def test_a_replay_waits_for_the_last_token_and_keeps_its_pace(tmp_path: Path) -> None:
    path = tmp_path / "pair.jsonl"
    other = book(1_200) | {"asset_id": "2"}
    lines = [{"t": 1_000, "raw": book(1_000)}, {"t": 1_200, "raw": other}]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    exchange = playing(path, speed=2.0, start=Start.ALL)
    first, second = exchange.catalogue.by_token
    async with serving(exchange) as host, connect(f"ws://{host}/ws/market") as socket:
        await socket.send(json.dumps({"assets_ids": [first], "type": "market"}))
        await socket.recv()
        assert exchange.replay is not None
        assert exchange.replay.position == 0
        update = {"assets_ids": [second], "operation": "subscribe"}
        await socket.send(json.dumps(update))
        await socket.recv()
        clock = asyncio.get_running_loop().time
        await heard(socket, 1)
        began = clock()
        await heard(socket, 1)
        assert 0.05 < clock() - began < 2.0


def book(at: int) -> dict[str, Any]:
    return {
        "event_type": "book",
        "market": "0xa",
        "asset_id": "1",
        "timestamp": str(at),
        "hash": "",
        "bids": [],
        "asks": [{"price": "0.5", "size": "1"}],
    }


async def test_who_reads_slowly_slows_an_unpaced_replay_down_and_loses_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "long.jsonl"
    filling = book(1) | {"filling": "x" * 20_000}
    path.write_text("\n".join(json.dumps(filling | {"timestamp": str(n)}) for n in range(2_000)))
    exchange = playing(path)
    async with serving(exchange) as host, connect(f"ws://{host}/ws/market") as socket:
        await subscribe(socket, exchange)
        replay = exchange.replay
        assert replay is not None
        frames = await heard(socket, 1)
        assert replay.position < 2_000  # 40 MB do not fit into what may be queued
        frames += await heard(socket, 1_999)
    assert [json.loads(frame)["timestamp"] for frame in frames] == [str(n) for n in range(2_000)]


async def test_markets_of_a_recording_are_listed_by_gamma(capture: Path) -> None:
    exchange = playing(capture)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as venue,
    ):
        page = (await venue.get("/markets/keyset")).json()
        questions = [market["question"] for market in page["markets"]]
        assert questions == [f"Recorded market {number}" for number in range(1, 7)]
        control = {"token": next(iter(exchange.catalogue.by_token)), "price": "0.5"}
        refused = await venue.post("/control/price", json=control)
        assert refused.status_code == 400
