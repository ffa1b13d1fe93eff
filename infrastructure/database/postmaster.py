"""One run of one Postgres process: what it says, whether it is ready, that it has ended."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_BYTES = 2_000_000  # of the log file; the one before it is kept too
READY = b"ready to accept connections"
LAST_WORDS = 30  # lines kept for an explanation


class SizeLimitedLog:
    """A file that never grows beyond `LOG_BYTES`; a full disk loses lines, not the server."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: bytes) -> None:
        try:
            if self._path.exists() and self._path.stat().st_size > LOG_BYTES:
                self._path.replace(self._path.with_suffix(".log.1"))
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, line + b"\n")
            finally:
                os.close(descriptor)
        except OSError:
            return


class Postmaster(asyncio.SubprocessProtocol):
    """Follows one Postgres. `changed` is set when it becomes ready or ends, whichever is first."""

    def __init__(self, log: SizeLimitedLog) -> None:
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self.silent = asyncio.Event()  # nothing more will be said
        self.is_ready = False
        self.last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._log = log
        self._rest = b""
        self._transport: asyncio.SubprocessTransport | None = None

    @property
    def pid(self) -> int | None:
        return self._transport.get_pid() if self._transport else None

    def attach(self, transport: asyncio.SubprocessTransport) -> None:
        """Tell it its process (`connection_made` cannot: uvloop's transports are of no class)."""
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - the protocol's
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._log.write(line)
            self.last_words.append(line.decode(errors="replace"))
            if READY in line:
                self.is_ready = True
                self.changed.set()

    def process_exited(self) -> None:
        self.is_ready = False
        self.ended.set()
        self.changed.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        self.silent.set()
        self.close()

    def send(self, number: signal.Signals) -> None:
        if self._transport is not None and not self.ended.is_set():
            self._transport.send_signal(number)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def launch_command(uid: int, gid: int, command: Sequence[str]) -> list[str]:
    """`command` behind the launcher that gives up privileges and follows this process into death.

    `-I -S`: nothing of the environment or of site-packages is read; it costs 15 ms.
    """
    numbers = [str(uid), str(gid), str(os.getpid())]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *numbers, *command]


async def spawn(command: Sequence[str], folder: Path, log: SizeLimitedLog) -> Postmaster:
    """Start `command`. Must run in the loop's own thread: it is whose death the child follows."""
    transport, postmaster = await asyncio.get_running_loop().subprocess_exec(
        lambda: Postmaster(log),
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    postmaster.attach(transport)
    return postmaster
