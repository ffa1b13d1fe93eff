"""The market socket, as the streamer uses it: a connection, a book, a PONG, a minute of news."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from core.domain.errors import PolycoolError
from core.domain.market import Market
from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client import wire
from data_ingestion.streamer.websocket_client.protocol import MarketChannel
from data_ingestion.streamer.websocket_client.websocket_client import MAX_FRAME
from telegram_bot.doctor.case import STARTS_WITH_THE_PROGRAM, Case
from telegram_bot.doctor.findings import Finding, fail, ok, warn
from telegram_bot.doctor.venue_checks import busiest_market, milliseconds

MOST_LAG: Final = 2.0  # seconds, of the median
CLOSE_TIMEOUT: Final = 0.5  # seconds
HEARTBEAT: Final = 10.0  # seconds
POLLING: Final = "prices come by polling meanwhile"
OFF: Final = "off by STREAMER_ENABLED or USE_WEBSOCKET: prices come by polling"


@dataclass(slots=True)
class Heard:
    """What one connection brought; durations in seconds, None for what did not come."""

    opening: float | None = None
    first_book: float | None = None  # after the subscription
    pong: float | None = None  # after the first PING
    messages: int = 0
    lags: list[float] = field(default_factory=list)  # venue's timestamp to receipt
    trouble: str = ""  # why the connection could not be made, or ended early

    @property
    def is_complete(self) -> bool:
        return self.first_book is not None and self.pong is not None


class Listening:
    """One connection to the market channel that carries `tokens` for a while."""

    def __init__(self, case: Case, url: str, tokens: frozenset[TokenId]) -> None:
        self.heard = Heard()
        self._url = url
        self._tokens = tokens
        self._patience = case.patience
        self._wall = case.wall
        self._began = 0.0  # of the subscription

    async def run(self, seconds: float, *, is_enough: Callable[[Heard], bool]) -> Heard:
        """Listen until `is_enough`, at most so long. Network faults end up in `trouble`."""
        began = time.monotonic()
        try:
            async with connect(
                self._url,
                max_size=MAX_FRAME,
                open_timeout=self._patience.opening,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,
                compression=None,
            ) as socket:
                self._began = time.monotonic()
                self.heard.opening = self._began - began
                await self._listen(socket, self._began + seconds, is_enough)
        except TimeoutError:
            self.heard.trouble = "no answer in time"
        except (OSError, WebSocketException, ValueError) as fault:
            self.heard.trouble = f"{type(fault).__name__}: {fault}"
        return self.heard

    async def _listen(
        self, socket: ClientConnection, end: float, is_enough: Callable[[Heard], bool]
    ) -> None:
        channel = MarketChannel(self._began - HEARTBEAT, HEARTBEAT)  # so that a PING is due at once
        while not is_enough(self.heard) and (now := time.monotonic()) < end:
            for request in channel.frames_to_send(self._tokens, now):
                await socket.send(request)
            frame = await _frame(socket, min(channel.next_ping(now), end - now))
            if frame is not None:
                self._take(channel, frame)

    def _take(self, channel: MarketChannel, frame: bytes) -> None:
        now, heard = time.monotonic(), self.heard
        if frame == b"PONG" and heard.pong is None:
            heard.pong = now - self._began
        for message in channel.receive(frame, now):
            heard.messages += 1
            if isinstance(message, wire.WireBook):
                if heard.first_book is None and message.asset_id in self._tokens:
                    heard.first_book = now - self._began
            elif message.timestamp.isdigit():  # a book's is that of its last change
                heard.lags.append(self._wall() - int(message.timestamp) / 1000)


async def _frame(socket: ClientConnection, seconds: float) -> bytes | None:
    """The next frame; None if none comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await socket.recv(decode=False)
    except TimeoutError:
        return None


async def check_socket(case: Case) -> Finding:
    """Connect, subscribe the busiest market, wait for its book and a PONG."""
    if not (case.settings.streamer_enabled and case.settings.use_websocket):
        return ok(OFF)
    if case.venue is None:
        return ok(STARTS_WITH_THE_PROGRAM)
    market = await _market(case)
    listening = Listening(case, case.venue.socket, _tokens(market))
    heard = await listening.run(
        case.patience.first_book,
        is_enough=lambda heard: heard.is_complete or (market is None and heard.pong is not None),
    )
    return receiving(case.venue.socket, heard, has_market=market is not None)


async def check_stream(case: Case, seconds: float) -> Finding:
    """Listen to the busiest market for so long."""
    if case.venue is None:
        return ok(STARTS_WITH_THE_PROGRAM)
    market = await _market(case)
    if market is None:
        return fail("no market is known to listen to", "see gamma above")
    listening = Listening(case, case.venue.socket, _tokens(market))
    heard = await listening.run(seconds, is_enough=lambda _: False)
    return streaming(f"“{market.question}”", heard, seconds)


async def _market(case: Case) -> Market | None:
    try:
        return await busiest_market(case)
    except PolycoolError:
        return None


def _tokens(market: Market | None) -> frozenset[TokenId]:
    return frozenset(market.tokens) if market else frozenset()


def receiving(url: str, heard: Heard, *, has_market: bool) -> Finding:
    """Verdict on a connection: connected is not receiving."""
    if heard.opening is None:
        return fail(
            f"{url} cannot be reached ({heard.trouble})",
            f"check the network and CLOB_WSS_URL; {POLLING}",
        )
    pong = "no PONG" if heard.pong is None else f"PONG after {milliseconds(heard.pong)}"
    connected = f"connected in {milliseconds(heard.opening)}, {pong}"
    if heard.trouble:
        return fail(f"{connected}, then lost ({heard.trouble})", f"try again later; {POLLING}")
    if not has_market:
        return warn(f"{connected}; no market is known to subscribe", "see gamma above")
    if heard.first_book is None:
        return fail(f"{connected}, but no book came", f"try again later; {POLLING}")
    found = f"{connected}, first book after {milliseconds(heard.first_book)}"
    if heard.pong is None:
        return warn(found, "try again later; without PONG a dead connection is found late")
    return ok(found)


def streaming(market: str, heard: Heard, seconds: float) -> Finding:
    """Verdict on a while of listening to one market."""
    if heard.trouble or heard.first_book is None:
        found = f"{market}: {heard.trouble or 'no book came'}, {heard.messages} messages"
        return fail(found, f"see socket above; {POLLING}")
    found = (
        f"{market}: first book after {milliseconds(heard.first_book)}, {heard.messages} messages "
        f"({heard.messages / seconds:.1f}/s), {lag(heard.lags)}"
    )
    if heard.lags and abs(percentile(heard.lags, 0.5)) > MOST_LAG:
        return warn(found, "see clock above; if that is well, the way to the venue is slow")
    return ok(found)


def lag(lags: list[float]) -> str:
    """In words.

    >>> lag([0.01, 0.02, 0.3])
    'feed lag 20 ms in the middle, 300 ms at p99, 300 ms at most'
    """
    if not lags:
        return "no news to tell the lag by"
    middle, late = percentile(lags, 0.5), percentile(lags, 0.99)
    return (
        f"feed lag {milliseconds(middle)} in the middle, {milliseconds(late)} at p99, "
        f"{milliseconds(max(lags))} at most"
    )


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies, from the values themselves."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
