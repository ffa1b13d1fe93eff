"""One user channel for each live account, opened and closed as accounts come and go."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from core.domain.units import UserId
from data_ingestion.user_channel.user_channel import UserChannel

BEAT: Final = 5.0  # seconds between two looks at who is live

LiveUsers: TypeAlias = Callable[[], Awaitable[Sequence[UserId]]]
Supervise: TypeAlias = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]

logger = logging.getLogger(__name__)


class UserChannels:
    """Each channel is supervised by itself: one that crashes costs no other account a word."""

    def __init__(
        self, make: Callable[[UserId], UserChannel], live_users: LiveUsers, supervise: Supervise
    ) -> None:
        self._make = make
        self._live_users = live_users
        self._supervise = supervise
        self._channels: dict[UserId, UserChannel] = {}
        self._tasks: dict[UserId, asyncio.Task[None]] = {}

    @property
    def channels(self) -> Mapping[UserId, UserChannel]:
        """Those that are kept open now."""
        return self._channels

    def renew(self, user: UserId) -> None:
        """The user's credentials are others now: what listens with the old ones is replaced."""
        if user in self._tasks:
            self._drop(user)

    async def run(self) -> None:
        """Until cancelled. While nobody can say who is live, the open ones stay as they are."""
        async with asyncio.TaskGroup() as tasks:
            try:
                while True:
                    try:
                        await self._agree(tasks)
                    except (SQLAlchemyError, OSError) as fault:
                        logger.warning("Nobody can say who trades live: %s", type(fault).__name__)
                    await asyncio.sleep(BEAT)
            finally:
                self._tasks.clear()
                self._channels.clear()

    async def _agree(self, tasks: asyncio.TaskGroup) -> None:
        live = set(await self._live_users())
        for user in self._tasks.keys() - live:
            self._drop(user)
        for user in live - self._tasks.keys():
            channel = self._channels[user] = self._make(user)
            self._tasks[user] = tasks.create_task(self._keep(channel), name=f"user-channel-{user}")

    def _drop(self, user: UserId) -> None:
        self._tasks.pop(user).cancel()
        del self._channels[user]

    async def _keep(self, channel: UserChannel) -> None:
        await self._supervise(f"user-channel-{channel.user}", channel.run)
