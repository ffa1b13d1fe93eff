"""A market socket that a test scripts: it remembers what it was told and says what it is told.

`frames` and `subscribed` know the newest connection; `heard` and `carried` know each of them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PATIENCE = 20.0  # seconds; some wait for a program that starts on a busy machine


class VenueSocket:
    """All connections of one server, oldest first."""

    def __init__(self) -> None:
        self.url = ""
        self.frames: list[dict[str, object]] = []
        self.texts: list[str] = []
        self.connections: list[ServerConnection] = []
        self.opened = 0
        self.fewest = 1_000_000  # connections that a loss left open
        self.asked = 0  # for a connection, refused ones included
        self.heard: dict[ServerConnection, list[dict[str, object]]] = {}
        self.refusals: list[tuple[HTTPStatus, str]] = []  # status and Retry-After, for the next
        self._news = asyncio.Condition()

    async def serve(self, socket: ServerConnection) -> None:
        """One connection's life."""
        await self._change(lambda: self._open(socket))
        try:
            async for frame in socket:
                await self._change(lambda heard=str(frame): self._hear(socket, heard))  # type: ignore[misc] # bound now
        except ConnectionClosed:
            pass
        finally:
            await self._change(lambda: self._close(socket))

    async def refuse(self, socket: ServerConnection, _: Request) -> Response | None:
        """Answers the handshake where a refusal was scripted."""
        self.asked += 1
        if not self.refusals:
            return None
        status, after = self.refusals.pop(0)
        response = socket.respond(status, "")
        if after:
            response.headers["Retry-After"] = after
        return response

    async def say(self, *messages: object) -> None:
        """Send each message as JSON, or as it is if it is text or bytes, on every connection."""
        for socket in list(self.connections):
            await self.say_on(socket, *messages)

    async def say_on(self, socket: ServerConnection, *messages: object) -> None:
        """The same on one connection."""
        for message in messages:
            frame = message if isinstance(message, str | bytes) else json.dumps(message)
            await socket.send(frame, text=True)

    async def hang_up(self, code: int = 1012) -> None:
        for socket in list(self.connections):
            await socket.close(code)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is looked at after everything that happens here."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(condition)

    def subscribed(self) -> set[str]:
        """What all frames of the newest connection amount to."""
        return amount(self.frames)

    def carried(self) -> list[set[str]]:
        """What each open connection carries."""
        return [self.carried_by(socket) for socket in self.connections]

    def carried_by(self, socket: ServerConnection) -> set[str]:
        return amount(self.heard[socket])

    def _open(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        self.opened += 1
        self.heard[socket] = []
        self.frames.clear()

    def _close(self, socket: ServerConnection) -> None:
        self.connections.remove(socket)
        self.fewest = min(self.fewest, len(self.connections))

    def _hear(self, socket: ServerConnection, frame: str) -> None:
        if frame.startswith("{"):
            self.frames.append(json.loads(frame))
            self.heard[socket].append(self.frames[-1])
        else:
            self.texts.append(frame)

    async def _change(self, change: Callable[[], None]) -> None:
        async with self._news:
            change()
            self._news.notify_all()


def amount(frames: Iterable[dict[str, object]]) -> set[str]:
    """The tokens that these subscriptions leave."""
    tokens: set[str] = set()
    for frame in frames:
        ids = frame["assets_ids"]
        assert isinstance(ids, list)
        if frame.get("operation") == "unsubscribe":
            tokens.difference_update(ids)
        else:
            tokens.update(ids)
    return tokens


@asynccontextmanager
async def venue_socket() -> AsyncIterator[VenueSocket]:
    """A server on a free port, for the length of the block."""
    venue = VenueSocket()
    async with serve(venue.serve, "127.0.0.1", 0, process_request=venue.refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        venue.url = f"ws://127.0.0.1:{port}/ws/market"
        yield venue


def book(
    token: str, bid: str = "0.5", ask: str = "0.54", timestamp: str = "1790658674035"
) -> dict[str, object]:
    """A snapshot of one level a side."""
    return {
        "event_type": "book",
        "asset_id": token,
        "market": "0x1",
        "timestamp": timestamp,
        "bids": [{"price": bid, "size": "100"}],
        "asks": [{"price": ask, "size": "100"}],
    }


def change(token: str, price: str, size: str, side: str, top: tuple[str, str]) -> dict[str, object]:
    """One changed level, with the top of the book after it."""
    return {
        "event_type": "price_change",
        "market": "0x1",
        "timestamp": "1790658674036",
        "price_changes": [
            {
                "asset_id": token,
                "price": price,
                "size": size,
                "side": side,
                "best_bid": top[0],
                "best_ask": top[1],
            }
        ],
    }
