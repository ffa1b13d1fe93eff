"""Updates in Postgres: each once, in their order, until they are answered or given up."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.domain.update import UpdateOutcome
from core.services.inbox import MAX_ATTEMPTS, Inbox
from core.services.milestones import Milestone
from core.storage.inbox import Incoming
from core.storage.models import Sessions

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(number: int, event: str = "") -> Incoming:
    return Incoming(number, event or f"message {number}", 1001, "message", {"n": number}, NOW)


async def waiting(inbox: Inbox) -> list[int]:
    return [left.update_id for left in await inbox.left_over()]


async def outcomes(sessions: Sessions) -> dict[int, str | None]:
    async with sessions() as session:
        found = await session.execute(sa.text("SELECT update_id, outcome FROM updates"))
        return {row.update_id: row.outcome for row in found}


async def test_what_was_told_twice_is_new_once(sessions: Sessions) -> None:
    inbox = Inbox(sessions)
    assert await inbox.store([told(1), told(2), told(2)]) == {1, 2}
    assert await inbox.store([told(2), told(3)]) == {3}
    await inbox.settle(1, UpdateOutcome.ANSWERED)
    assert await inbox.store([told(1)]) == set()
    assert await inbox.store([]) == set()
    assert await waiting(inbox) == [2, 3]


async def test_the_same_number_of_another_telegram_is_new(sessions: Sessions) -> None:
    inbox = Inbox(sessions)
    await inbox.store([told(1)])
    await inbox.settle(1, UpdateOutcome.ANSWERED)
    assert await inbox.store([told(1, "message of another bot")]) == {1}
    assert await waiting(inbox) == [1]


async def test_how_it_ended_is_said_once(sessions: Sessions) -> None:
    inbox = Inbox(sessions)
    await inbox.store([told(1)])
    await inbox.settle(1, UpdateOutcome.LATE)
    await inbox.settle(1, UpdateOutcome.ANSWERED)
    assert await outcomes(sessions) == {1: "late"}


async def test_what_the_program_dies_over_is_given_up_and_the_rest_is_not(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(sessions)
    await inbox.store([told(1), told(2)])
    for _ in range(MAX_ATTEMPTS - 1):
        assert await waiting(inbox) == [1, 2]
        await inbox.begin_again(1)
    assert await waiting(inbox) == [2]
    assert await outcomes(sessions) == {1: "given up", 2: None}
    assert [record.__dict__["update_id"] for record in caplog.records] == [1]


async def test_answered_updates_are_forgotten_by_age_and_by_number(sessions: Sessions) -> None:
    now = NOW
    inbox = Inbox(sessions, kept_for=timedelta(days=7), kept=2, now=lambda: now)
    for day, numbers in ((0, (1, 2)), (6, (3, 4)), (8, (5, 6))):
        now = NOW + timedelta(days=day)
        await inbox.store([told(number) for number in numbers])
        for number in numbers[:1]:
            await inbox.settle(number, UpdateOutcome.ANSWERED)
    assert await inbox.forget() == 2
    assert sorted(await outcomes(sessions)) == [2, 4, 5, 6]


async def test_its_milestones_are_passed_after_the_commit(sessions: Sessions) -> None:
    passed: list[Milestone] = []
    inbox = Inbox(sessions, reached=passed.append)
    await inbox.store([told(1)])
    await inbox.settle(1, UpdateOutcome.ANSWERED)
    assert passed == [Milestone.UPDATE_STORED, Milestone.UPDATE_HANDLED]
