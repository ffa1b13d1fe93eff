"""Forks runs of the program off one process that has imported it, and tells how they end.

Orders come as lines of JSON on stdin, see `Command`; `{"pid": …}` and `{"pid": …, "ended": …}` go
to stdout. There is no loop, thread or connection before a fork, so a run shares nothing with its
siblings but the pages of what was imported.
"""

import gc
import os
import selectors
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Final

import msgspec

from tests.crash.child import Order, obey

COMMANDS: Final = 0  # file descriptors
REPORTS: Final = 1


class Command(msgspec.Struct, frozen=True):
    """Begin this run, or send a signal to that one."""

    begin: Order | None = None
    kill: int = 0
    signal: int = int(SIGKILL)


@dataclass
class Nursery:
    """The forks that live, by process id, with the descriptor that tells of their end."""

    watched: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    living: dict[int, int] = field(default_factory=dict)
    rest: bytes = b""

    def run(self) -> None:
        """Until nobody gives orders any more."""
        self.watched.register(COMMANDS, selectors.EVENT_READ, 0)
        _say({"ready": os.getpid()})
        while True:
            for key, _ in self.watched.select():
                if key.data:
                    self._bury(key.data)
                elif not self._hear():
                    return self._end()

    def _hear(self) -> bool:
        read = os.read(COMMANDS, 1 << 16)
        *lines, self.rest = (self.rest + read).split(b"\n")
        for line in lines:
            command = msgspec.json.decode(line, type=Command)
            if command.begin is not None:
                self._begin(command.begin)
            elif command.kill in self.living:
                os.kill(command.kill, command.signal)
        return bool(read)

    def _begin(self, order: Order) -> None:
        pid = os.fork()
        if pid == 0:
            _live(order)
        self.living[pid] = os.pidfd_open(pid)
        self.watched.register(self.living[pid], selectors.EVENT_READ, pid)
        _say({"pid": pid})

    def _bury(self, pid: int) -> None:
        handle = self.living.pop(pid)
        self.watched.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(pid, 0)
        _say({"pid": pid, "ended": os.waitstatus_to_exitcode(status)})

    def _end(self) -> None:
        for pid in self.living:
            os.kill(pid, SIGKILL)
            os.waitpid(pid, 0)


def _live(order: Order) -> None:
    """In the fork, which never comes back to what its parent was doing."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(Path(order.folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for theirs, ours in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(theirs, ours)
        obey(order)
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _say(word: dict[str, int]) -> None:
    os.write(REPORTS, msgspec.json.encode(word) + b"\n")


if __name__ == "__main__":
    gc.collect()
    gc.freeze()  # what is imported is never looked through again, so its pages stay shared
    Nursery().run()
