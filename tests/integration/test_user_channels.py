"""Channels of several accounts: as many as there are live users, each on its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import OperationalError

from core.domain.units import UserId
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.user_channel import UserChannel
from data_ingestion.user_channel.user_channels import BEAT, UserChannels
from tests.support.market_ear import on_stepped_time
from tests.support.user_socket import USER, Keeper, News, credentials

NOWHERE = Line("ws://127.0.0.1:9/ws/user")


async def once(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Supervision that gives up at once: what crashes is seen to."""
    del name
    await run()


@on_stepped_time
async def test_accounts_that_come_and_go_are_followed() -> None:
    live: list[UserId] = [USER]

    async def users() -> Sequence[UserId]:
        return live

    keeper = Keeper(News())

    def make(user: UserId) -> UserChannel:
        return UserChannel(user, NOWHERE, credentials, keeper, keeper.reconcile)

    channels = UserChannels(make, users, once)
    running = asyncio.create_task(channels.run())
    await asyncio.sleep(1)
    first = channels.channels[USER]
    live[:] = [USER, UserId(8)]
    await asyncio.sleep(6)
    assert channels.channels.keys() == {USER, UserId(8)}
    assert channels.channels[USER] is first
    live[:] = [UserId(8)]
    await asyncio.sleep(6)
    assert channels.channels.keys() == {UserId(8)}
    running.cancel()
    await asyncio.wait([running])
    assert not channels.channels


@on_stepped_time
async def test_a_channel_with_credentials_that_were_given_up_is_replaced() -> None:
    async def users() -> Sequence[UserId]:
        return [USER]

    keeper = Keeper(News())

    def make(user: UserId) -> UserChannel:
        return UserChannel(user, NOWHERE, credentials, keeper, keeper.reconcile)

    channels = UserChannels(make, users, once)
    channels.renew(USER)  # nobody listens yet
    running = asyncio.create_task(channels.run())
    await asyncio.sleep(1)
    first = channels.channels[USER]
    channels.renew(USER)
    await asyncio.sleep(BEAT)
    assert channels.channels[USER] is not first
    running.cancel()
    await asyncio.wait([running])


@on_stepped_time
async def test_while_nobody_can_say_who_is_live_the_open_channels_stay() -> None:
    told: list[Exception | None] = [None, OperationalError("SELECT", None, OSError()), None]

    async def users() -> Sequence[UserId]:
        if fault := told.pop(0):
            raise fault
        return [USER]

    keeper = Keeper(News())

    def make(user: UserId) -> UserChannel:
        return UserChannel(user, NOWHERE, credentials, keeper, keeper.reconcile)

    channels = UserChannels(make, users, once)
    running = asyncio.create_task(channels.run())
    await asyncio.sleep(1)
    first = channels.channels[USER]
    await asyncio.sleep(BEAT * len(told))
    assert not told
    assert channels.channels[USER] is first
    running.cancel()
    await asyncio.wait([running])
