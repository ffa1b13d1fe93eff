"""Our side of the worker process: starts it when it is needed, again when it dies, ends it."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from core.domain.errors import Unavailable
from core.domain.sentences import mark
from infrastructure.worker.wire import LENGTH, Answer, Job, length, packed, unpacked

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).parents[2]  # where our packages are
PATIENCE: Final = 10.0  # seconds for a job
START_PATIENCE: Final = 60.0  # seconds for the first one: it imports, and finds fonts for once
MOST_WAITING: Final = 16  # jobs
MOST_MEMORY: Final = 384 * 1024 * 1024  # bytes; a process that took more is replaced
ATTEMPTS: Final = 2  # processes that a job may see die
FIRST_REST: Final = 0.5  # seconds after the second death in a row, doubled with each
LONGEST_REST: Final = 30.0  # seconds
GRACE: Final = 3  # seconds after which the process ends itself if nobody else does

KEPT_VARIABLES: Final = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")

BUSY: Final = mark("There is too much to do at once right now.")
DOWN: Final = mark("The part that does this is being started again.")
SLOW: Final = mark("That takes too long right now.")
FAILED: Final = mark("That could not be done.")


class WorkerState(StrEnum):
    UNNEEDED = "not needed yet"
    WORKING = "running"
    RESTING = "died repeatedly, is being started again"


@dataclass(slots=True, eq=False)
class _Waiting:
    message: bytes
    done: asyncio.Future[object] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    deaths: int = 0


class _Died(Exception):
    """The process, in the middle of something or between two jobs."""


class Worker:
    """Jobs are calls of functions by name, done one by one, in the order in which they came.

    `first` is called in every new process before anything else, so that it is warm. `on_start` is
    told the id of each.
    """

    def __init__(
        self,
        *,
        first: str | None = None,
        patience: float = PATIENCE,
        start_patience: float = START_PATIENCE,
        most_memory: int = MOST_MEMORY,
        on_start: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._first = first
        self._patience = patience
        self._start_patience = start_patience
        self._most_memory = most_memory
        self._on_start = on_start
        self._jobs = asyncio.Queue[_Waiting | None](MOST_WAITING)
        self._held: _Waiting | None = None
        self._is_wanted = asyncio.Event()
        self._is_resting = False
        self._deaths = 0  # in a row

    @property
    def state(self) -> WorkerState:
        if self._is_resting:
            return WorkerState.RESTING
        return WorkerState.WORKING if self._is_wanted.is_set() else WorkerState.UNNEEDED

    def get_ready(self) -> None:
        """Somebody is likely to need it soon: the process starts if it does not run yet."""
        self._is_wanted.set()

    async def call(self, function: str, argument: object, patience: float) -> object:
        """What `package.module:name` returns for `argument`, within so many seconds.

        Raises: Unavailable.
        """
        if self._is_resting:
            raise Unavailable(DOWN)
        waiting = _Waiting(packed(Job(function, argument, int(self._patience) + GRACE)))
        try:
            self._jobs.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Unavailable(BUSY) from None
        self._is_wanted.set()
        try:
            async with asyncio.timeout(patience):
                return await waiting.done
        except TimeoutError as late:
            raise Unavailable(SLOW) from late

    async def run(self) -> None:
        """Keep one process at work until cancelled; it never outlives this."""
        await self._is_wanted.wait()
        while True:
            try:
                async with self._process() as process:
                    await self._serve(process)
            except* _Died:
                self._deaths += 1
                logger.warning("the worker process has died; another is started")
            await self._rest()

    async def _serve(self, process: asyncio.subprocess.Process) -> None:
        """Returns when the process has grown too large. Raises: _Died, in a group."""
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(process), name="worker-watch")
            if self._first is not None:
                job = Job(self._first, None, int(self._start_patience))
                await self._do(_Waiting(packed(job)), process, self._start_patience)
            while await self._next(process):
                pass
            watch.cancel()

    async def _next(self, process: asyncio.subprocess.Process) -> bool:
        """Do what waits longest; whether the same process may go on. Raises: _Died."""
        if self._held is None:
            self._held = await self._jobs.get()
        if process.returncode is not None:
            raise _Died
        waiting = self._held
        memory = 0
        if waiting is not None and not waiting.done.done():
            memory = await self._do(waiting, process, self._patience)
            self._deaths = 0
        self._held = None
        return memory <= self._most_memory

    async def _do(
        self, waiting: _Waiting, process: asyncio.subprocess.Process, patience: float
    ) -> int:
        """Have it done; how much memory the process has used. Raises: _Died."""
        try:
            async with asyncio.timeout(patience):
                answer = await _asked(process, waiting.message)
        except TimeoutError as late:
            _give_up(waiting, SLOW)
            raise _Died from late
        except (OSError, EOFError, ValueError) as broken:
            waiting.deaths += 1
            if waiting.deaths >= ATTEMPTS:
                _give_up(waiting, FAILED)
            raise _Died from broken
        if answer.fault:
            _give_up(waiting, FAILED)
        elif not waiting.done.done():
            waiting.done.set_result(answer.result)
        return answer.memory

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Wake who waits for jobs when the process has ended; any job would wake them too."""
        await process.wait()
        if self._jobs.empty():
            self._jobs.put_nowait(None)

    async def _rest(self) -> None:
        """After the first death at once, then less and less often; nobody waits meanwhile."""
        if self._deaths <= 1:
            return
        self._is_resting = True
        self._refuse_all()
        try:
            await asyncio.sleep(min(FIRST_REST * 2 ** (self._deaths - 2), LONGEST_REST))
        finally:
            self._is_resting = False

    def _refuse_all(self) -> None:
        waiting = [self._held]
        while not self._jobs.empty():
            waiting.append(self._jobs.get_nowait())
        for each in waiting:
            if each is not None:
                _give_up(each, DOWN)

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "infrastructure.worker",
            cwd=ROOT,
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,  # its end tells the child that we are gone
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us
        )
        self._on_start(process.pid)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _give_up(waiting: _Waiting, sentence: str) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(Unavailable(sentence))
        waiting.done.exception()  # nobody may be waiting for it any more


async def _asked(process: asyncio.subprocess.Process, message: bytes) -> Answer:
    """Raises: OSError, EOFError, ValueError for a process that cannot answer any more."""
    if process.stdin is None or process.stdout is None:
        raise EOFError("no pipes")
    process.stdin.write(message)
    await process.stdin.drain()
    head = await process.stdout.readexactly(LENGTH.size)
    answer = unpacked(await process.stdout.readexactly(length(head)))
    if not isinstance(answer, Answer):
        raise ValueError("not an answer")  # noqa: TRY004 - of the process, not of our caller
    return answer


def _environment() -> dict[str, str]:
    """Nothing of ours that is secret, and no threads: one core is enough."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
