"""The user channel of one live account: opens, authenticates, listens, and always comes back."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from core.domain.errors import PolycoolError
from core.domain.units import UserId
from core.services.reconciliation.sources import News
from data_ingestion.streamer.websocket_client.dialing import OPEN_TIMEOUT, told
from data_ingestion.user_channel.deliveries import Deliveries, DeliveryStatistics
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.protocol import PING, Report, UserProtocol, api_key_of

STABLE: Final = 60.0  # seconds a connection must live before the backoff starts over
STRAIGHT: Final = 5.0  # seconds after the credentials in which a drop may be the answer to them
REFUSALS: Final = 3  # such drops in a row that make it the answer
REFUSED_PAUSE: Final = 60.0  # seconds between two tries with credentials that were refused

Auth: TypeAlias = Callable[[], Awaitable[bytes]]

logger = logging.getLogger(__name__)


class ChannelState(StrEnum):
    OFFLINE = "offline"
    CONNECTED = "connected"
    REFUSED = "refused"  # the venue hangs up straight after our credentials, again and again
    LOCKED = "locked"  # we have no credentials to show


@dataclass(slots=True)
class ChannelStatistics:
    """Totals count from the start of the program."""

    opened: int = 0
    overwhelmed: int = 0  # dropped because its news could not be applied in time
    messages: Counter[str] = field(default_factory=Counter)  # by event
    dropped: Counter[str] = field(default_factory=Counter)  # by reason


class UserChannel:
    """One account's orders and trades as they happen. Silence is normal here; PONGs prove life.

    There is no replay at the venue, so `reconcile` is called after each connect, and whenever
    something could not be read. When news come faster than they can be applied the socket is not
    read on; when that lasts, the connection is dropped, and reconciliation does the rest.
    """

    def __init__(
        self, user: UserId, line: Line, auth: Auth, news: News, reconcile: Callable[[], None]
    ) -> None:
        self.user = user
        self.state = ChannelState.OFFLINE
        self.statistics = ChannelStatistics()
        self._line = line
        self._auth = auth
        self._reconcile = reconcile
        self._deliveries = Deliveries(user, news, reconcile, clock=line.clock)
        self._refusals = 0
        self._talk: UserProtocol | None = None

    @property
    def delivered(self) -> DeliveryStatistics:
        return self._deliveries.statistics

    @property
    def waiting(self) -> int:
        """News that came and are not applied yet."""
        return self._deliveries.waiting

    async def run(self) -> None:
        """Until cancelled. Network faults never leave this method."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliveries.run(), name=f"user-{self.user}-deliveries")
            await self._stay_connected()

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Messages by event and dropped pieces by reason, the open connection included."""
        messages, dropped = self.statistics.messages.copy(), self.statistics.dropped.copy()
        if self._talk is not None:
            messages.update(self._talk.messages)
            dropped.update(self._talk.dropped)
        return messages, dropped

    async def _stay_connected(self) -> None:
        delays, clock = self._delays(), self._line.clock
        while True:
            await self._line.turns.wait()
            began = clock()
            await self._serve_one_connection()
            if clock() - began > STABLE:
                delays = self._delays()
            await asyncio.sleep(self._pause(next(delays)))

    def _delays(self) -> Iterator[float]:
        return self._line.policy.delays()

    def _pause(self, delay: float) -> float:
        if self.state in {ChannelState.REFUSED, ChannelState.LOCKED}:
            return REFUSED_PAUSE * (1 + self._line.jitter() * 0.1)
        return delay

    async def _serve_one_connection(self) -> None:
        credentials = await self._credentials()
        socket = None if credentials is None else await self._line.dial()
        if credentials is None or socket is None:
            return
        clock = self._line.clock
        talk = UserProtocol(api_key_of(credentials), clock(), self._line.ping_interval)
        began = clock()
        try:
            async with socket:
                async with asyncio.timeout(OPEN_TIMEOUT):
                    await socket.send(credentials, text=True)
                began = clock()
                await self._converse(socket, talk)
        except* (OSError, WebSocketException, _Ended) as faults:
            self._note_end(talk, clock() - began, faults.exceptions[0])

    async def _credentials(self) -> bytes | None:
        """The frame that opens the channel; None, and the state says so, without any."""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                frame = await self._auth()
            api_key_of(frame)
        except (PolycoolError, msgspec.DecodeError) as fault:
            self._turn(ChannelState.LOCKED, f"no credentials: {type(fault).__name__}")
            return None
        except (SQLAlchemyError, OSError) as fault:  # the database is away, and comes back
            kind = type(fault).__name__
            logger.info("[USER CHANNEL] must wait: %s", kind, extra={"user_id": self.user})
            return None
        if self.state is ChannelState.LOCKED:
            self.state = ChannelState.OFFLINE
        return frame

    async def _converse(self, socket: ClientConnection, talk: UserProtocol) -> None:
        statistics, self._talk = self.statistics, talk
        statistics.opened += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive(socket, talk), name=f"user-{self.user}-receive")
                await self._keep_alive(socket, talk)
        finally:
            self._talk = None
            statistics.messages.update(talk.messages)
            statistics.dropped.update(talk.dropped)
            if self.state is ChannelState.CONNECTED:
                self.state = ChannelState.OFFLINE

    async def _keep_alive(self, socket: ClientConnection, talk: UserProtocol) -> None:
        """A heartbeat at once, so that the first PONG says that we are listened to."""
        clock = self._line.clock
        while True:
            if talk.is_dead(clock()):
                raise _Ended("nothing heard for three heartbeats")
            talk.ping(clock())
            async with asyncio.timeout(OPEN_TIMEOUT):
                await socket.send(PING)
            await asyncio.sleep(talk.next_ping(clock()))

    async def _receive(self, socket: ClientConnection, talk: UserProtocol) -> None:
        began, clock = self._line.clock(), self._line.clock
        while True:
            frame = await socket.recv(decode=False)
            is_first, losses = not talk.has_heard, talk.losses
            reports = talk.receive(frame, clock())
            if is_first:
                self._begin()
            elif talk.losses > losses:
                self._reconcile()
            if talk.has_news or clock() - began > STRAIGHT:
                self._refusals = 0
                self._turn(ChannelState.CONNECTED, "listening")
            for report in reports:
                await self._deliver(report)
            talk.last_heard = clock()  # while there was no room we did not listen

    def _begin(self) -> None:
        """The venue has read our credentials and speaks: from now on nothing is missed."""
        if self._refusals < REFUSALS:
            self._turn(ChannelState.CONNECTED, "listening")
        self._reconcile()

    async def _deliver(self, report: Report) -> None:
        try:
            async with asyncio.timeout(self._line.patience):
                await self._deliveries.put(report)
        except TimeoutError:
            self.statistics.overwhelmed += 1
            raise _Ended("its news cannot be applied in time") from None

    def _note_end(self, talk: UserProtocol, lasted: float, fault: BaseException) -> None:
        is_refusal = isinstance(fault, ConnectionClosed) and lasted <= STRAIGHT
        self._refusals = self._refusals + 1 if is_refusal and not talk.has_news else 0
        if self._refusals >= REFUSALS:
            self._turn(ChannelState.REFUSED, "the venue hangs up after our credentials")
        elif self.state is not ChannelState.REFUSED:
            logger.info("[USER CHANNEL] lost: %s", told(fault), extra={"user_id": self.user})

    def _turn(self, state: ChannelState, why: str) -> None:
        """A lasting state is logged once, at its beginning."""
        if state is self.state:
            return
        self.state = state
        level = logging.INFO if state is ChannelState.CONNECTED else logging.WARNING
        logger.log(level, "[USER CHANNEL] %s: %s", state, why, extra={"user_id": self.user})


class _Ended(Exception):
    """We give the connection up."""
