"""What waits to be sent on one connection: bounded, so that a slow reader harms nobody else."""

import asyncio


class Outbox:
    """A queue of encoded frames, measured in bytes."""

    def __init__(self, limit: int) -> None:
        self.queued = 0  # bytes put and not yet sent
        self.sent = 0  # frames
        self.limit = limit  # bytes
        self._frames: list[bytes] = []
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, data: bytes) -> bool:
        """Whether there was room; a single frame of any size fits into what is not full."""
        if self.queued >= self.limit:
            return False
        self._frames.append(data)
        self.queued += len(data)
        self._ready.set()
        if self.queued * 2 > self.limit:
            self._room.clear()
        return True

    async def batch(self) -> list[bytes]:
        """Everything that waits, as soon as there is something."""
        await self._ready.wait()
        self._ready.clear()
        frames, self._frames = self._frames, []
        return frames

    def done(self, data: bytes) -> None:
        """The socket took `data`."""
        self.sent += 1
        self.queued -= len(data)
        if self.queued * 4 < self.limit:
            self._room.set()

    async def room(self) -> None:
        """Wait while more than half is used, until a quarter is; for senders who can pause."""
        await self._room.wait()

    def release(self) -> None:
        """The connection is gone: nobody need wait for it."""
        self._room.set()
