"""The program as its operator runs it: a process, its output, its database, its end."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infrastructure.database.embedded import OWNER, socket_url

ROOT: Final = Path(__file__).parents[2]
ELSEWHERE: Final = "/"  # a working directory that is not the repository's
READY_PATIENCE: Final = 60.0  # seconds; a busy machine with two cores makes a cluster first
LINE_PATIENCE: Final = 20.0  # seconds
END_LIMIT: Final = 5.0  # seconds that Ctrl-C and SIGTERM may take
ANY_PORT: Final = {"OPS_PORT": "0", "SANDBOX_PORT": "0", "SANDBOX_EXCHANGE_PORT": "0"}
TRACEBACK: Final = "Traceback"


@dataclass
class Output:
    """Lines of a process as they come."""

    lines: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _is_over: bool = False

    async def read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.lines.append(line.decode().rstrip("\n"))
            self._news.set()
        self._is_over = True
        self._news.set()

    async def line(self, pattern: str, *, after: int = 0, patience: float = LINE_PATIENCE) -> str:
        """The first group of the first line, from number `after` on, in which `pattern` is."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    self._news.clear()
                    for line in self.lines[after:]:
                        if found := re.search(pattern, line):
                            return found.group(found.re.groups and 1)
                    assert not self._is_over, f"it ended without {pattern!r}:\n{self.text}"
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no line with {pattern!r}:\n{self.text}") from None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Program:
    """One running program. `page` is empty where it talks to a Telegram that is not its own."""

    process: asyncio.subprocess.Process
    output: Output
    data_dir: Path | None
    page: str = ""
    exchange: str = ""
    ops: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def database(self) -> str:
        """The URL of the embedded database."""
        assert self.data_dir is not None, "this one uses DATABASE_URL"
        return socket_url(self.data_dir / "run", OWNER)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after that signal; it must come in time, and leave no child behind."""
        family = descendants(self.pid)
        self.process.send_signal(number)
        try:
            async with asyncio.timeout(END_LIMIT):
                code = await self.process.wait()
        except TimeoutError:
            raise AssertionError(
                f"no end {END_LIMIT} s after {number}:\n{self.output.text}"
            ) from None
        assert not still_alive(family)
        return code

    async def kill(self) -> None:
        """As the kernel would: no clean-up at all."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def running(settings: Mapping[str, str], *arguments: str) -> AsyncIterator[Program]:
    """The program, ready, for the length of the block; ended by SIGTERM if it still runs then."""
    process = await _spawn([*_COMMAND, *arguments], settings, stderr=asyncio.subprocess.STDOUT)
    output = Output()
    assert process.stdout is not None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(output.read(process.stdout), name="program-output")
        try:
            program = await _ready(process, output, settings)
            yield program
            if process.returncode is None:
                assert await program.end() == 0
            assert TRACEBACK not in output.text, output.text
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _ready(
    process: asyncio.subprocess.Process, output: Output, settings: Mapping[str, str]
) -> Program:
    ready = await output.line(r"(Polycool \(.*\) is ready: .*)", patience=READY_PATIENCE)
    page = re.search(r"open (http\S+?)/?(\?\S*)? in your browser", ready)
    exchange = re.search(r"sandbox exchange on (\S+)", output.text)
    folder = settings.get("DATA_DIR")
    return Program(
        process,
        output,
        Path(folder) if folder and "DATABASE_URL" not in settings else None,
        page=page.group(1) if page else "",
        exchange=exchange.group(1) if exchange else "",
        ops=await output.line(r"health and metrics on (\S+)"),
    )


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


async def finished(settings: Mapping[str, str], *arguments: str) -> Ended:
    """What a program that ends by itself leaves."""
    process = await _spawn([*_COMMAND, *arguments], settings, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(READY_PATIENCE):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def refusal(settings: Mapping[str, str]) -> str:
    """The one line with which a start is refused; log lines of what went well may precede it."""
    ended = await finished(settings)
    lines = ended.err.splitlines()
    assert ended.code == 2, ended
    assert not ended.out, ended
    assert lines[-1].startswith("Polycool cannot start: "), ended.err
    assert TRACEBACK not in ended.err, ended.err
    assert not re.search(r"\[(warning|error|critical)", ended.err), ended.err
    return lines[-1]


def descendants(pid: int) -> set[int]:
    """Children of the process, their children, and so on."""
    parents = {child: parent for child, parent, _ in _processes()}
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {pid}


def still_alive(pids: set[int]) -> set[int]:
    """Those of them that run; one that nobody has waited for yet does not."""
    return {pid for pid, _, state in _processes() if state != "Z"} & pids


def _processes() -> list[tuple[int, int, str]]:
    """Pid, parent's pid and state of every process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        found.append((int(path.parent.name), int(parent), state))
    return found


_COMMAND: Final = (sys.executable, str(ROOT / "telegram_bot" / "main.py"))


async def _spawn(
    command: Sequence[str], settings: Mapping[str, str], *, stderr: int
) -> asyncio.subprocess.Process:
    """With nothing of our own environment but where programs and home are."""
    home = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=ELSEWHERE,
        env=home | ANY_PORT | dict(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        limit=1 << 20,
    )
