"""The audit: a chain nobody can change unnoticed, and few can change at all."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.units import UserId
from core.services.audit import Audit, AuditAge, prove_audit
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.database.backup import backup, restore
from infrastructure.database.walls import raise_walls
from tests.support import rows

AT_ONCE = 20
YEAR = timedelta(days=365)
OLD = """
    WITH row AS (
        SELECT coalesce((SELECT max(id) FROM audit), 0) + 1 AS id,
            coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '') AS previous,
            now() - interval '400 days' AS at
    )
    INSERT INTO audit (id, actor, what, details, at, previous, hash)
    SELECT id, 'user', 'done', '{}', at, previous,
        encode(sha256(convert_to(jsonb_build_array(id, 'user', NULL, 'done', '{}'::jsonb,
            to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), previous
        )::text, 'UTF8')), 'hex')
    FROM row
"""
"""A row as it was noted then."""


@pytest.fixture
async def people(engine: AsyncEngine, sessions: Sessions) -> list[UserId]:
    await raise_walls(engine)
    async with as_worker(sessions) as session:
        return [await rows.add_user(session, number) for number in (1, 2)]


async def noted(sessions: Sessions, user: UserId, what: str) -> None:
    async with as_user(sessions, user) as session:
        await Audit.note(session, f"user {user}", what, {"n": what, "z": "é", "a": 1}, user=user)


async def failed(sessions: Sessions, user: UserId) -> None:
    """A deed that comes to nothing after it was noted. Raises: ZeroDivisionError."""
    async with as_user(sessions, user) as session:
        await Audit.note(session, "user", "not done", {})
        raise ZeroDivisionError


async def tamper(engine: AsyncEngine, statement: str) -> None:
    """As somebody who owns the table, and takes its guard away first."""
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
        await connection.execute(sa.text(statement))
        await connection.execute(sa.text("ALTER TABLE audit ENABLE TRIGGER USER"))


async def test_notes_of_many_at_once_are_one_chain(
    sessions: Sessions, people: list[UserId]
) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for number in range(AT_ONCE):
            tasks.create_task(noted(sessions, people[number % 2], f"deed {number}"))
    proof = await prove_audit(sessions)
    assert (proof.rows, proof.broken_at, len(proof.head)) == (AT_ONCE, None, 64)


async def test_a_note_goes_with_its_deed(sessions: Sessions, people: list[UserId]) -> None:
    await noted(sessions, people[0], "done")
    with pytest.raises(ZeroDivisionError):
        await failed(sessions, people[0])
    await noted(sessions, people[0], "done again")
    proof = await prove_audit(sessions)
    assert (proof.rows, proof.broken_at) == (2, None)


async def test_whoever_notes_is_themselves_again_afterwards(
    sessions: Sessions, people: list[UserId]
) -> None:
    ann, ben = people
    await noted(sessions, ben, "bens")
    async with as_user(sessions, ann) as session:
        before = await session.scalar(sa.text("SELECT current_user"))
        await Audit.note(session, "ann", "anns", {}, user=ann)
        assert await session.scalar(sa.text("SELECT current_user")) == before
        seen = await session.scalars(sa.text("SELECT what FROM audit"))
        assert seen.all() == ["anns"]
        with pytest.raises(DBAPIError, match="permission denied for table audit"):
            await session.execute(sa.text("INSERT INTO audit (actor) VALUES ('me')"))


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit SET actor = 'somebody else'", "DELETE FROM audit", "TRUNCATE audit"],
)
async def test_even_its_owner_is_refused_a_change(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId], change: str
) -> None:
    await noted(sessions, people[0], "done")
    with pytest.raises(DBAPIError, match="audit is append-only"):
        async with engine.begin() as connection:
            await connection.execute(sa.text(change))


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit SET details = '{}' WHERE id = 2", 2),
        ("UPDATE audit SET actor = 'somebody else' WHERE id = 3", 3),
        ("UPDATE audit SET at = at - interval '1 microsecond' WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("UPDATE audit SET hash = repeat('0', 64) WHERE id = 2", 2),
    ],
)
async def test_a_change_past_its_guard_is_found(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId], change: str, broken_at: int
) -> None:
    for what in ("first", "second", "third"):
        await noted(sessions, people[0], what)
    await tamper(engine, change)
    assert (await prove_audit(sessions)).broken_at == broken_at


async def test_what_is_cut_off_its_end_shows_in_the_head(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId]
) -> None:
    for what in ("first", "second"):
        await noted(sessions, people[0], what)
    kept = (await prove_audit(sessions)).head
    await tamper(engine, "DELETE FROM audit WHERE id = 2")
    assert (await prove_audit(sessions)).head != kept


async def test_a_restored_audit_is_still_whole(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId], tmp_path: Path
) -> None:
    await noted(sessions, people[0], "before")
    before = await prove_audit(sessions)
    url = engine.url.render_as_string(hide_password=False)
    await backup(url, tmp_path / "a.dump")
    await engine.dispose()
    await restore(url, tmp_path / "a.dump")
    assert await prove_audit(sessions) == before
    await noted(sessions, people[0], "after")
    assert (await prove_audit(sessions)).broken_at is None


async def test_what_is_too_old_goes_off_the_beginning_and_the_chain_stays_provable(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId]
) -> None:
    for _ in range(3):
        await tamper(engine, OLD)
    await noted(sessions, people[0], "done today")
    age = AuditAge(sessions, YEAR)
    assert await age.forget() == 3
    assert await age.forget() == 0
    proof = await prove_audit(sessions)
    assert (proof.rows, proof.broken_at) == (2, None)  # the deed, and what says where it begins
    later = AuditAge(sessions, YEAR, now=lambda: datetime.now(UTC) + YEAR)
    with pytest.raises(DBAPIError, match="audit is append-only"):
        await later.forget()  # by a clock that is wrong
    await tamper(engine, "DELETE FROM audit WHERE id = 4")
    assert (await prove_audit(sessions)).broken_at == 5


async def test_nothing_is_forgotten_that_is_young_or_was_not_noted(
    sessions: Sessions, engine: AsyncEngine, people: list[UserId]
) -> None:
    await tamper(engine, OLD)
    await noted(sessions, people[0], "done today")
    assert await AuditAge(sessions, 2 * YEAR).forget() == 0
    async with as_worker(sessions) as session:
        with pytest.raises(DBAPIError, match="audit is append-only"):
            await session.execute(sa.text("DELETE FROM audit WHERE id = 1"))
    assert await AuditAge(sessions, timedelta(days=1)).forget() == 1
    async with as_worker(sessions) as session:
        with pytest.raises(DBAPIError, match="audit is append-only"):
            await session.execute(sa.text("DELETE FROM audit WHERE id = 2"))
    assert (await prove_audit(sessions)).rows == 2
