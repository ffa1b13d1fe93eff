"""The sandbox's own process: serves a venue and a Telegram until its parent ends or says so."""

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.recorded_files import Unplayable
from infrastructure.sandbox.exchange.recording import Recording, load_recording
from infrastructure.sandbox.exchange.server import serve_exchange
from infrastructure.sandbox.telegram.flood import FloodLimits
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox

EXIT_CANNOT_START: Final = 2


class _Taken(Exception):
    """A port is in use."""

    def __init__(self, variable: str, address: str, why: str) -> None:
        super().__init__(f"{variable}: {address}: {why}")
        self.line = {"taken": variable, "address": address, "why": why}


def main() -> int:
    """Print one line of JSON with the base URLs, or with what is in the way; then serve."""
    try:
        asyncio.run(_serve(_arguments()))
    except _Taken as taken:
        print(json.dumps(taken.line), flush=True)  # noqa: T201 - our parent reads it
        return EXIT_CANNOT_START
    except Unplayable as problem:
        print(json.dumps({"unplayable": str(problem)}), flush=True)  # noqa: T201 - our parent reads it
        return EXIT_CANNOT_START
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infrastructure.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--telegram-port", type=int, help="serve Telegram; 0 = any free port")
    parser.add_argument("--exchange-port", type=int, help="serve the venue; 0 = any free port")
    parser.add_argument("--token", default="1000001:sandbox-token-for-whoever-asks-for-it")
    parser.add_argument(
        "--chat-messages", type=int, default=20, help="taken for one chat in a minute"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=10.0, help="orders a second; 0 = still")
    parser.add_argument("--replay", type=Path, help="play this recording instead of trading")
    parser.add_argument("--speed", type=float, default=1.0, help="of the replay; 0 = no waiting")
    parser.add_argument(
        "--open-accounts", action="store_true", help="give every new wallet money to try with"
    )
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        told: dict[str, str] = {}
        if options.exchange_port is not None:
            told["exchange"] = await _exchange(stack, options)
        if options.telegram_port is not None:
            told["telegram"] = await _telegram(stack, options)
        print(json.dumps(told), flush=True)  # noqa: T201 - our parent reads it
        await _until_told(stop)


async def _exchange(stack: AsyncExitStack, options: argparse.Namespace) -> str:
    recording = _recording(options.replay) if options.replay else None
    exchange = ExchangeSandbox(
        ExchangeOptions(
            seed=options.seed,
            rate=options.rate,
            recording=recording,
            speed=options.speed,
            open_accounts=options.open_accounts,
            days_pass=recording is None,
        )
    )
    address = f"{options.host}:{options.exchange_port}"
    try:
        return await stack.enter_async_context(
            serve_exchange(exchange, options.host, options.exchange_port)
        )
    except OSError as error:
        raise _Taken("SANDBOX_EXCHANGE_PORT", address, _reason(error)) from error


def _recording(path: Path) -> Recording:
    recording = load_recording(path)
    for file in recording.cut:
        sys.stderr.write(f"{file} ends in the middle; what comes before is played\n")
    return recording


async def _telegram(stack: AsyncExitStack, options: argparse.Namespace) -> str:
    most = float(options.chat_messages)
    desk = TelegramSandbox(options.token, flood=FloodLimits(chat_burst=most, chat_per_minute=most))
    address = f"{options.host}:{options.telegram_port}"
    try:
        return await stack.enter_async_context(served(desk, options.host, options.telegram_port))
    except OSError as error:
        raise _Taken("SANDBOX_PORT", address, _reason(error)) from error


def _reason(error: OSError) -> str:
    """In the system's own words: the event loop's repeat the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


async def _until_told(stop: asyncio.Event) -> None:
    """A signal, or the end of our standard input: then whoever started us is gone."""
    if sys.stdin.isatty():
        await stop.wait()
        return
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    watching = asyncio.create_task(reader.read(), name="parent-watch")
    waiting = asyncio.create_task(stop.wait(), name="signal-watch")
    await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in (watching, waiting):
        task.cancel()
    transport.close()


if __name__ == "__main__":
    sys.exit(main())
