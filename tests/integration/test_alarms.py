"""What stops somebody's trading is told to them and to the owner, who alone can end it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.breaker import EVERYBODY
from core.domain.units import UserId
from core.domain.user import Role
from core.services.outbox import Outbox
from core.storage import users
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.database.walls import raise_walls
from telegram_bot.telling import OutboxAlarms

SENTENCE = "The venue refused several orders. Only cancelling is allowed."


@pytest.fixture
async def people(engine: AsyncEngine, sessions: Sessions) -> tuple[UserId, UserId]:
    """The owner, and somebody else; behind walls."""
    await raise_walls(engine)
    async with as_worker(sessions) as session:
        owner = await users.save(session, 1, "Ann", Role.OWNER)
        other = await users.save(session, 2, "Ben", Role.TRADER)
    return owner.id, other.id


async def raised(sessions: Sessions, by: UserId, user: UserId | None) -> list[tuple[object, ...]]:
    """What is told to whom when an alarm is raised in a transaction of `by`'s."""
    alarms = OutboxAlarms(Outbox(sessions))
    async with as_user(sessions, by) as session:
        await alarms.raised(session, user, SENTENCE, is_breaker=True)
        role = sa.text("SELECT current_user, current_setting('app.user_id')")
        whom, person = (await session.execute(role)).one()
        assert whom.endswith("_app")
        assert person == str(by)
    query = """
        SELECT user_id, payload->>'person', payload->>'sentence', payload->'breaker'
        FROM notices ORDER BY user_id"""
    async with as_worker(sessions) as session:
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def test_the_owner_reads_whose_breaker_opened_and_can_close_it(
    sessions: Sessions, people: tuple[UserId, UserId]
) -> None:
    owner, ben = people
    assert await raised(sessions, ben, ben) == [
        (owner, "Ben (2)", SENTENCE, ben),
        (ben, "", SENTENCE, None),
    ]


async def test_a_breaker_for_everybody_reaches_the_owner_whoever_opened_it(
    sessions: Sessions, people: tuple[UserId, UserId]
) -> None:
    owner, ben = people
    assert await raised(sessions, ben, None) == [(owner, "", SENTENCE, EVERYBODY)]


async def test_the_owner_is_told_once_of_the_own_breaker(
    sessions: Sessions, people: tuple[UserId, UserId]
) -> None:
    owner, _ = people
    assert await raised(sessions, owner, owner) == [(owner, "", SENTENCE, owner)]
