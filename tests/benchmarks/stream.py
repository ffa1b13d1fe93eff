"""The stream: its speed beside a bare receive loop, how late a price is, what it costs."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace
from statistics import median
from typing import Final

from websockets.asyncio.client import connect

from core.domain.market import Market
from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client.websocket_client import WebSocketClient
from data_ingestion.streamer.websocket_client.wire import Message, WirePriceChange
from tests.benchmarks import feeds
from tests.benchmarks.frames import Capture
from tests.benchmarks.report import Figure, percentile
from tests.support.rows import market

ROUNDS: Final = 5
WARM_UP: Final = 1.0  # seconds
WINDOW: Final = 6.0  # seconds
RATE: Final = 1000.0  # messages a second
BUSY: Final = [(f"{number}1", f"{number}2") for number in range(1, 51)]
QUIET: Final = ("901", "902")


class Listener(MarketUpdater):
    """The product's own updater, with a count and the lateness of each message."""

    def __init__(self, board: PriceBoard, *, verifies: bool = True) -> None:
        super().__init__(board, verifies=verifies)
        self.lost = asyncio.Event()
        self.latencies: list[float] | None = None

    def connection_lost(self) -> None:
        super().connection_lost()
        self.lost.set()

    def apply(self, message: Message, received: float) -> None:
        super().apply(message, received)
        if self.latencies is not None and isinstance(message, WirePriceChange):
            sent = int(message.price_changes[0].hash)
            self.latencies.append((time.monotonic_ns() - sent) / 1e9)


async def throughput(capture: Capture) -> list[Figure]:
    """Bare and whole in turn, so that a machine that slows down slows both."""
    bare, whole, proven = [], [], []
    with feeds.flood(capture.frames) as url:
        for _ in range(ROUNDS):
            bare.append(await _bare(url, len(capture.frames)))
            whole.append(await _whole(url, capture, verifies=False))
            proven.append(await _whole(url, capture, verifies=True))
    how = f"CPU time of the client, median of {ROUNDS} rounds in turn, {capture.origin}"
    proofs = [ours / theirs for ours, theirs in zip(proven, bare, strict=True)]
    ratios = [ours / theirs for ours, theirs in zip(whole, bare, strict=True)]
    return [
        Figure("bare_receive", median(bare), "msg/s", f"websockets recv(decode=False); {how}"),
        Figure("receive_decode_apply_publish", median(whole), "msg/s", how),
        Figure("whole_path_to_bare_receive", median(ratios), "ratio", how, ">= 0.5"),
        Figure("with_every_hash_proven", median(proven), "msg/s", how),
        Figure("with_every_hash_to_bare_receive", median(proofs), "ratio", how, ">= 0.2"),
    ]


async def _bare(url: str, frames: int) -> float:
    async with connect(url, max_size=None, compression=None, ping_interval=None) as socket:
        await socket.send("{}")
        await socket.recv(decode=False)
        began = time.process_time()
        for _ in range(frames - 1):
            await socket.recv(decode=False)
        return frames / (time.process_time() - began)


async def _whole(url: str, capture: Capture, *, verifies: bool) -> float:
    """From the first frame on, until the server closes after the last."""
    board = PriceBoard()
    updater = Listener(board, verifies=verifies)
    for number, pair in enumerate(capture.pairs, start=1):
        updater.describe(described(number, pair))
    tokens = follow(updater, capture.pairs)
    client = WebSocketClient(url, updater)
    began = time.process_time()
    task = asyncio.create_task(client.run())
    await client.subscribe_markets(tokens)
    await updater.lost.wait()
    spent = time.process_time() - began
    task.cancel()
    heard = sum(client.counts()[0].values())
    return heard / spent


def described(number: int, tokens: tuple[str, str]) -> Market:
    """A market as the catalogue would describe it, with these tokens."""
    base = market(number)
    outcomes = zip(base.outcomes, tokens, strict=True)
    named = tuple(replace(outcome, token=TokenId(token)) for outcome, token in outcomes)
    return replace(base, outcomes=named)


def follow(updater: MarketUpdater, pairs: Collection[tuple[str, str]]) -> list[TokenId]:
    for first, second in pairs:
        updater.follow(TokenId(first), TokenId(second))
        updater.follow(TokenId(second), TokenId(first))
    return [TokenId(token) for pair in pairs for token in pair]


async def lateness() -> list[Figure]:
    """Send to board, and the cost of it, at a steady thousand messages a second."""
    with feeds.paced(feeds.Plan(BUSY, RATE, QUIET, 5.0)) as url:
        listener = Listener(PriceBoard())
        client = WebSocketClient(url, listener)
        tokens = follow(listener, [*BUSY, QUIET])
        task = asyncio.create_task(client.run())
        await client.subscribe_markets(tokens)
        await asyncio.sleep(WARM_UP)
        listener.latencies = []
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.sleep(WINDOW)
        wall, cpu = time.monotonic() - began, time.process_time() - cpu
        latencies = listener.latencies
        task.cancel()
    how = f"{len(latencies) / wall:,.0f} messages/s for {WINDOW:.0f} s, every one moves the top"
    return [
        Figure("send_to_board_p50", 1000 * percentile(latencies, 50), "ms", how),
        Figure("send_to_board_p99", 1000 * percentile(latencies, 99), "ms", how, "< 10"),
        Figure("cpu_at_1000_messages_a_second", cpu / wall, "core", how, "< 0.2"),
    ]
