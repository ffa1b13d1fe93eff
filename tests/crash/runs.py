"""Runs of the program, forked off the zygote: begun, killed, waited for."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from signal import SIGKILL
from typing import Final

import msgspec

from tests.crash.child import Order, environment
from tests.support.program import ROOT

PATIENCE: Final = 300.0  # seconds for the zygote's own imports, on a busy machine


class Word(msgspec.Struct, frozen=True):
    """What the zygote says of one of its forks, or of itself."""

    pid: int = 0
    ended: int | None = None
    ready: int = 0


@dataclass(eq=False)
class Run:
    """One process; `ended` is its exit code, negative for the signal that killed it."""

    pid: int
    zygote: asyncio.subprocess.Process
    ended: "asyncio.Future[int]"

    async def kill(self) -> int:
        """As a failing machine would: nothing is tidied up."""
        if not self.ended.done():
            _say(self.zygote, {"kill": self.pid, "signal": int(SIGKILL)})
        return await self.ended


@dataclass
class Zygote:
    """Its process, and what it has said."""

    process: asyncio.subprocess.Process
    _runs: dict[int, Run] = field(default_factory=dict)
    _begun: "asyncio.Queue[Run]" = field(default_factory=asyncio.Queue)

    async def begin(self, order: Order) -> Run:
        _say(self.process, {"begin": msgspec.to_builtins(order)})
        return await self._begun.get()

    async def listen(self) -> None:
        """Until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            word = msgspec.json.decode(line, type=Word)
            if word.ended is not None:
                self._runs.pop(word.pid).ended.set_result(word.ended)
            elif word.pid:
                ended = asyncio.get_running_loop().create_future()
                run = self._runs[word.pid] = Run(word.pid, self.process, ended)
                self._begun.put_nowait(run)


@asynccontextmanager
async def zygote() -> AsyncIterator[Zygote]:
    """Ready to fork; its forks end with it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.zygote"),
        cwd=ROOT,
        env=environment({}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            first = tasks.create_task(process.stdout.readline(), name="zygote-ready")
        if not first.result():
            raise RuntimeError("the zygote cannot import the program; its error stands above")
        made = Zygote(process)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(made.listen(), name="zygote-words")
            yield made
            process.stdin.close()
            await process.wait()
            listening.cancel()
    finally:
        if process.returncode is None:
            process.stdin.close()
            await process.wait()


def _say(process: asyncio.subprocess.Process, word: dict[str, object]) -> None:
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(word) + b"\n")
