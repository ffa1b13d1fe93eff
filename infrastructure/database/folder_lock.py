"""One instance per data folder: a lock that the kernel releases however its holder ends."""

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infrastructure.database.holder import Holder, holder_from
from infrastructure.errors import InstanceRunning

PACE = 0.1  # seconds between two looks at a lock that somebody holds


@asynccontextmanager
async def folder_lock(path: Path, wait: float) -> AsyncIterator[None]:
    """Hold the lock file `path`, which names our host and pid, for the length of the block.

    Raises: InstanceRunning if it is still held after `wait` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        await _acquire(descriptor, wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{socket.gethostname()} {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock file now, None if nobody does; the file is only looked at.

    Raises: OSError if it may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _told(descriptor)
    finally:
        os.close(descriptor)
    return None


async def _acquire(descriptor: int, wait: float) -> None:
    try:
        async with asyncio.timeout(wait):
            while not _try_lock(descriptor):  # noqa: ASYNC110 - the kernel has no event for flock
                await asyncio.sleep(PACE)
    except TimeoutError as error:
        raise InstanceRunning(*_told(descriptor)) from error


def _told(descriptor: int) -> Holder:
    host, _, pid = os.pread(descriptor, 300, 0).decode(errors="replace").strip().partition(" ")
    return holder_from(host, pid)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
