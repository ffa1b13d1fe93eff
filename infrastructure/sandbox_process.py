"""Starts the sandbox as a child process and knows where its servers listen."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infrastructure.errors import CannotStart, PortInUse

logger = logging.getLogger(__name__)

READY_TIMEOUT: Final = 20.0  # seconds; a small machine under load imports slowly
REPLAY_TIMEOUT: Final = 300.0  # seconds; a long recording is read whole before it is played
STOP_TIMEOUT: Final = 2.0  # seconds before a child that does not end is killed
LINE_LIMIT: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class SandboxParts:
    """Which local servers to start, and where. A port of 0 is any free one, None is no server."""

    host: str
    telegram_port: int | None
    exchange_port: int | None
    token: str
    seed: int
    extra: Sequence[str] = ()
    chat_messages: int = 20  # that the local Telegram takes for one chat in a minute


@dataclass(frozen=True, slots=True)
class SandboxAddresses:
    """Base URLs of the servers that were started, and what waits for their end."""

    telegram: str | None
    exchange: str | None
    ended: Callable[[], Awaitable[int]]


@asynccontextmanager
async def sandbox_process(parts: SandboxParts, root: Path) -> AsyncIterator[SandboxAddresses]:
    """The sandbox for the length of the block; it ends with us even if we are killed.

    Raises: PortInUse, CannotStart.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infrastructure.sandbox",
        *_arguments(parts),
        cwd=root,
        stdin=asyncio.subprocess.PIPE,  # its end tells the child that we are gone
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
        start_new_session=True,  # Ctrl-C is for us; we end the child in our own order
    )
    try:
        yield await _addresses(process, REPLAY_TIMEOUT if parts.extra else READY_TIMEOUT)
    finally:
        await _end(process)


def _arguments(parts: SandboxParts) -> list[str]:
    arguments = ["--host", parts.host, "--seed", str(parts.seed)]
    if parts.telegram_port is not None:
        arguments += ["--telegram-port", str(parts.telegram_port), "--token", parts.token]
        arguments += ["--chat-messages", str(parts.chat_messages)]
    if parts.exchange_port is not None:
        arguments += ["--exchange-port", str(parts.exchange_port)]
    return [*arguments, *parts.extra]


async def _addresses(process: asyncio.subprocess.Process, patience: float) -> SandboxAddresses:
    """The first line of the child's output: JSON with its addresses, or with what went wrong."""
    if process.stdout is None:
        raise CannotStart("the sandbox has no output to read")
    try:
        async with asyncio.timeout(patience):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise CannotStart(f"the sandbox did not start within {patience:.0f} s") from error
    if not line:
        raise CannotStart("the sandbox ended before it was ready; its error stands above")
    told = json.loads(line)
    if "unplayable" in told:
        raise CannotStart(f"SANDBOX_REPLAY: {told['unplayable']}")
    if "taken" in told:
        raise PortInUse(told["taken"], told["address"], told["why"])
    return SandboxAddresses(told.get("telegram"), told.get("exchange"), process.wait)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_TIMEOUT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
