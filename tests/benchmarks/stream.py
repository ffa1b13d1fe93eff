"""The stream: its speed beside a bare receive loop, how late a price is, what it costs."""

import asyncio
import time
from collections.abc import Collection
from statistics import median
from typing import Final

from websockets.asyncio.client import connect

from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.proof import Verdict
from data_ingestion.streamer.websocket_client.wire import Message, WirePriceChange
from tests.benchmarks import feeds
from tests.benchmarks.frames import Capture
from tests.benchmarks.ours import PATIENCE, connected
from tests.benchmarks.report import Figure, percentile

ROUNDS: Final = 5
WARM_UP: Final = 1.0  # seconds
WINDOW: Final = 6.0  # seconds
RATE: Final = 1000.0  # messages a second
BUSY: Final = [(f"{number}1", f"{number}2") for number in range(1, 51)]
QUIET: Final = ("901", "902")


class Listener(MarketUpdater):
    """The product's own updater, with the lateness of each message."""

    latencies: list[float] | None = None

    def apply(self, message: Message, received: float) -> None:
        super().apply(message, received)
        if self.latencies is not None and isinstance(message, WirePriceChange):
            sent = int(message.price_changes[0].hash)
            self.latencies.append((time.monotonic_ns() - sent) / 1e9)


class UntilLost(MarketUpdater):
    """The product's own updater; nothing of it is changed while frames come."""

    def __init__(self, board: PriceBoard, *, verifies: bool) -> None:
        super().__init__(board, verifies=verifies)
        self.lost = asyncio.Event()
        self.live = 0  # tokens, just before the connection went
        self._shown = board

    def connection_lost(self, tokens: Collection[TokenId]) -> None:
        self.live = sum(self._shown.is_live(token) for token in self._feeds)
        super().connection_lost(tokens)
        self.lost.set()


async def throughput(capture: Capture) -> list[Figure]:
    """Bare and whole in turn, so that a machine that slows down slows both."""
    bare, whole, proven = [], [], []
    with feeds.flood(capture.frames) as url:
        for _ in range(ROUNDS):
            bare.append(await _bare(url, len(capture.frames)))
            whole.append(await whole_path(url, capture, verifies=False))
            proven.append(await whole_path(url, capture, verifies=True))
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


async def whole_path(url: str, capture: Capture, *, verifies: bool) -> float:
    """Messages a second of CPU time, from connecting on, until the server closes after the last.

    Raises: RuntimeError if a book was not trusted at the end, or hashes were not proven: what is
    not done is fast.
    """
    board = PriceBoard()
    updater = UntilLost(board, verifies=verifies)
    began = time.process_time()
    async with connected(url, updater, capture.pairs) as client, asyncio.timeout(PATIENCE):
        await updater.lost.wait()
        spent = time.process_time() - began
        heard = sum(client.counts()[0].values())
    if updater.live < 2 * len(capture.pairs):
        raise RuntimeError(f"only {updater.live} books live at the end: {updater.dropped}")
    if verifies and updater.proofs[Verdict.PROVEN] < heard:  # some two entries a message
        raise RuntimeError(f"hashes were not proven: {updater.proofs}")
    return heard / spent


async def lateness() -> list[Figure]:
    """Send to board, and the cost of it, at a steady thousand messages a second."""
    with feeds.paced(feeds.Plan(BUSY, RATE, QUIET, 5.0)) as url:
        listener = Listener(PriceBoard())
        async with connected(url, listener, [*BUSY, QUIET]):
            await asyncio.sleep(WARM_UP)
            latencies = listener.latencies = list[float]()
            began, cpu = time.monotonic(), time.process_time()
            await asyncio.sleep(WINDOW)
            wall, cpu = time.monotonic() - began, time.process_time() - cpu
            listener.latencies = None
    how = f"{len(latencies) / wall:,.0f} messages/s for {WINDOW:.0f} s, every one moves the top"
    return [
        Figure("send_to_board_p50", 1000 * percentile(latencies, 50), "ms", how),
        Figure("send_to_board_p99", 1000 * percentile(latencies, 99), "ms", how, "< 5"),
        Figure("cpu_at_1000_messages_a_second", cpu / wall, "core", how, "< 0.2"),
    ]
