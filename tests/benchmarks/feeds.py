"""Market sockets in a process of their own, so that their cost is not in the measurement."""

import asyncio
import itertools
import json
import multiprocessing
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection as BlockingConnection
from websockets.sync.server import serve as serve_blocking

from tests.benchmarks.frames import INPUTS, KNOWN, book_of_snapshot, snapshot, top_change

CHUNK: Final = 256  # frames a write
LARGE: Final = 65_536
MEDIUM: Final = 126
TEXT: Final = 0x81  # a whole text frame


@contextmanager
def flood(frames: list[bytes]) -> Iterator[str]:
    """Sends all `frames` as fast as they are taken, once for each connection, then closes."""
    blob = [b"".join(framed(frame) for frame in chunk) for chunk in _chunks(frames)]
    with process(_flood, blob) as (url, _):
        yield url


@dataclass(frozen=True, slots=True)
class Plan:
    """Top changes: `rate` a second over `busy` pairs, and one of `quiet` every `pause` seconds."""

    busy: Sequence[tuple[str, str]]
    rate: float
    quiet: tuple[str, str]
    pause: float


@contextmanager
def paced(plan: Plan) -> Iterator[str]:
    """Each change carries when it was sent (monotonic ns, one clock for all) as its hash."""
    with process(_paced, plan) as (url, _):
        yield url


@contextmanager
def process(target: object, payload: object) -> Iterator[tuple[str, Connection]]:
    """`target(payload, pipe)` in a process of its own; it sends its port first. URL and pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(payload, theirs), daemon=True)  # type: ignore[arg-type] # all targets fit
    process.start()
    theirs.close()  # so that its end is the end of waiting for it
    try:
        yield f"ws://127.0.0.1:{ours.recv()}", ours
    finally:
        process.terminate()
        process.join()


@contextmanager
def believable(plan: Plan) -> Iterator[str]:
    """The same changes as a venue tells them: each with its own time, and the hash of its book."""
    with process(_believable, plan) as (url, _):
        yield url


def framed(payload: bytes) -> bytes:
    """An unmasked text frame, as servers send them. Source: RFC 6455, 5.2."""
    size = len(payload)
    if size < MEDIUM:
        return struct.pack("!BB", TEXT, size) + payload
    if size < LARGE:
        return struct.pack("!BBH", TEXT, 126, size) + payload
    return struct.pack("!BBQ", TEXT, 127, size) + payload


def _flood(blobs: list[bytes], port: Connection) -> None:
    def send(socket: BlockingConnection) -> None:
        socket.recv()
        for blob in blobs:
            socket.socket.sendall(blob)

    with serve_blocking(send, "127.0.0.1", 0, compression=None) as server:
        port.send(server.socket.getsockname()[1])
        server.serve_forever()


def _paced(plan: Plan, port: Connection) -> None:
    asyncio.run(_serve_paced(plan, port))


def _believable(plan: Plan, port: Connection) -> None:
    asyncio.run(_serve_paced(plan, port, tells_true=True))


async def _serve_paced(plan: Plan, port: Connection, *, tells_true: bool = False) -> None:
    inputs = KNOWN if tells_true else {}

    async def send(socket: ServerConnection) -> None:
        await socket.recv()
        tokens = [token for pair in (*plan.busy, plan.quiet) for token in pair]
        now = {"timestamp": _milliseconds()} if tells_true else {}
        await socket.send(json.dumps([{**snapshot(token), **inputs, **now} for token in tokens]))
        try:
            async with asyncio.TaskGroup() as tasks:
                tick = _tell if tells_true else _tick
                tasks.create_task(tick(socket, [plan.quiet], 1 / plan.pause))
                if plan.busy:
                    tasks.create_task(tick(socket, plan.busy, plan.rate))
        except* ConnectionClosed:
            pass

    async with serve_async(send, "127.0.0.1", 0, compression=None) as server:
        port.send(next(iter(server.sockets)).getsockname()[1])
        await server.serve_forever()


async def _tick(socket: ServerConnection, pairs: Sequence[tuple[str, str]], rate: float) -> None:
    """The level at 0.500 of each pair's first token comes and goes in turn."""
    began = time.monotonic()
    for number in itertools.count():
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        comes = number // len(pairs) % 2 == 0
        top = ("0.500" if comes else "0.499", "0.501")
        change = [(pairs[number % len(pairs)][0], 0.5, "BUY", str(time.monotonic_ns()))]
        await socket.send(top_change(change, "10" if comes else "0", top), text=True)


async def _tell(socket: ServerConnection, pairs: Sequence[tuple[str, str]], rate: float) -> None:
    """As `_tick`, proven by hashes."""
    books = [book_of_snapshot(first) for first, _ in pairs]
    began = time.monotonic()
    for number in itertools.count():
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        book, comes = books[number % len(pairs)], number // len(pairs) % 2 == 0
        size, at = "10" if comes else "0", _milliseconds()
        book.apply("BUY", "0.500", size)
        change = [(str(book.token), 0.5, "BUY", book.hash(INPUTS, at))]
        top = ("0.500" if comes else "0.499", "0.501")
        await socket.send(top_change(change, size, top, at), text=True)


def _milliseconds() -> str:
    return str(time.time_ns() // 1_000_000)


def _chunks(frames: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(frames), CHUNK):
        yield frames[start : start + CHUNK]
