"""The sandbox's exchange in a process of its own, playing one recording over and over."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recording import load_recording
from infrastructure.sandbox.exchange.server import serve_exchange
from tests.benchmarks.feeds import process


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording, and how much faster than it was made it is played."""

    path: Path
    speed: float


@contextmanager
def venue(tape: Tape) -> Iterator[str]:
    """`host:port` of the exchange. At the end of the recording every connection is closed."""
    with process(_play, tape) as (url, _):
        yield url.removeprefix("ws://")


def _play(tape: Tape, pipe: Connection) -> None:
    asyncio.run(_play_for_ever(tape, pipe))


async def _play_for_ever(tape: Tape, pipe: Connection) -> None:
    recording, port = load_recording(tape.path), 0
    while True:
        exchange = ExchangeSandbox(ExchangeOptions(recording=recording, speed=tape.speed))
        async with serve_exchange(exchange, port=port) as url:
            if not port:
                port = int(url.rpartition(":")[2])
                pipe.send(port)
            await exchange.hub.until(lambda each=exchange: each.replay.is_finished)  # type: ignore[misc] # bound now
