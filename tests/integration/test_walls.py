"""Row-level security as Postgres enforces it: every table, every role, on real connections."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from core.domain.units import TokenId, UserId
from core.storage.all_models import models
from core.storage.models import Sessions
from core.storage.tenancy import as_rotation, as_signer, as_user, as_worker
from infrastructure.database.backup import backup, restore
from infrastructure.database.migrate import upgrade
from infrastructure.database.roles import roles_of
from infrastructure.database.wall_plan import WALLS
from infrastructure.database.walls import everyday_role, missing_walls, raise_walls
from tests.support import rows

PEOPLE = 8
TURNS = 60  # of each of the tasks that share a small pool
DATA_KEY = sa.text("INSERT INTO data_keys (user_id, version, kek, wrapped) VALUES (:u, 1, 1, 'k')")
SECRET = sa.text("""
    INSERT INTO secrets (user_id, subject, purpose, version, data_key_version, record)
    VALUES (:u, 'address', 'signing', 1, 1, 'sealed')
""")


WAITS_FOR_USERS = sa.text("""
    SELECT count(*) FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted
""")


@pytest.fixture
async def walled(engine: AsyncEngine) -> AsyncEngine:
    """A database with roles of its own; its copy still has those of what it was copied from."""
    await raise_walls(engine)
    return engine


@pytest.fixture
async def narrow(walled: AsyncEngine) -> AsyncIterator[Sessions]:
    """Sessions on a few connections that everybody shares, the worker's between turns."""
    settings = {"role": str(await everyday_role(walled))}
    small = create_async_engine(
        walled.url,
        pool_size=3,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"server_settings": settings},
    )
    yield async_sessionmaker(small, expire_on_commit=False)
    await small.dispose()


async def people(sessions: Sessions, count: int = 2) -> list[UserId]:
    """Each with a wallet and a position."""
    async with as_worker(sessions) as session:
        one = rows.market()
        await rows.add_markets(session, [one])
        users = [await rows.add_user(session, number) for number in range(1, count + 1)]
        for user in users:
            await rows.add_position(session, user, one, TokenId("11"))
    return users


async def secrets_of(sessions: Sessions, users: Sequence[UserId]) -> None:
    for user in users:
        async with as_signer(sessions, user) as session:
            await session.execute(DATA_KEY, {"u": user})
            await session.execute(SECRET, {"u": user})


async def failing_turn(sessions: Sessions, user: UserId) -> None:
    """Raises: ZeroDivisionError."""
    async with as_user(sessions, user) as session:
        await session.execute(sa.text("SELECT 1"))
        raise ZeroDivisionError


async def seen(session: AsyncSession, table: str) -> list[int]:
    """Whose rows of `table` there are."""
    owners = sa.column("user_id", sa.BigInteger)
    found = await session.scalars(sa.select(owners).select_from(sa.table(table)).order_by(owners))
    return list(found)


async def test_every_table_stands_in_the_list_and_the_catalogue_agrees(
    walled: AsyncEngine,
) -> None:
    async with walled.connect() as connection:
        found = await connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        tables = set(found)
    missing = (tables | set(models.Base.metadata.tables)) - set(WALLS)
    assert not missing, f"no wall is planned for {sorted(missing)}: see wall_plan.py"
    assert await missing_walls(walled) is None


@pytest.mark.parametrize(
    ("hole", "found"),
    [
        ("CREATE TABLE fresh (user_id bigint)", "not those of this release"),
        ("ALTER TABLE positions NO FORCE ROW LEVEL SECURITY", "not forced on table positions"),
        ("ALTER TABLE orders DISABLE ROW LEVEL SECURITY", "not forced on table orders"),
        ("DROP POLICY app ON fills", "policies of table fills"),
        ("CREATE POLICY more ON wallets USING (true)", "policies of table wallets"),
        ("GRANT SELECT ON users TO PUBLIC", "everybody may use table users"),
        ("GRANT SELECT ON secrets TO {app}", "other rights on table secrets"),
        ("CREATE VIEW all_of_them AS SELECT * FROM positions", "view all_of_them"),
        (
            "CREATE FUNCTION peep() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "function peep",
        ),
    ],
)
async def test_a_hole_is_found_by_name_and_mended_at_the_next_start(
    walled: AsyncEngine, hole: str, found: str
) -> None:
    app = f'"{roles_of(str(walled.url.database), "").app}"'
    async with walled.begin() as connection:
        await connection.execute(sa.text(hole.format(app=app)))
    assert found in (await missing_walls(walled) or "")
    if "FUNCTION" not in hole:
        await upgrade(walled)
        assert await missing_walls(walled) is None


async def test_somebody_who_reads_meanwhile_keeps_no_start_from_raising_walls(
    walled: AsyncEngine,
) -> None:
    async with walled.begin() as connection:
        await connection.execute(sa.text("DROP POLICY app ON fills"))
    async with walled.connect() as reader, walled.connect() as watcher:
        await reader.execute(sa.text("SELECT count(*) FROM users"))
        raising = asyncio.create_task(raise_walls(walled))
        async with asyncio.timeout(20):
            while not await watcher.scalar(WAITS_FOR_USERS):
                await watcher.rollback()
        with suppress(DBAPIError):  # Postgres has either of the two give way
            await reader.execute(sa.text("SELECT count(*) FROM account_checks"))  # ours by then
        await reader.rollback()
        await raising
    assert await missing_walls(walled) is None


async def test_one_person_sees_and_changes_only_what_is_theirs(narrow: Sessions) -> None:
    ann, ben = await people(narrow)
    async with as_user(narrow, ann) as session:
        assert await seen(session, "positions") == [ann]
        assert await seen(session, "wallets") == [ann]
        taken = await session.execute(
            sa.text("UPDATE wallets SET cash = 0 WHERE user_id = :u RETURNING id"), {"u": ben}
        )
        assert taken.all() == []
    with pytest.raises(DBAPIError, match="row-level security policy"):
        async with as_user(narrow, ann) as session:
            await rows.add_position(session, ben, rows.market(), TokenId("12"))
    async with as_worker(narrow) as session:
        assert await seen(session, "positions") == [ann, ben]


async def test_no_row_moves_to_somebody_else(narrow: Sessions) -> None:
    ann, ben = await people(narrow)
    with pytest.raises(DBAPIError, match="row-level security policy"):
        async with as_user(narrow, ann) as session:
            await session.execute(sa.text("UPDATE positions SET user_id = :u"), {"u": ben})


async def test_without_a_person_the_app_sees_nothing(narrow: Sessions) -> None:
    users = await people(narrow)
    async with as_user(narrow, users[0]) as session:
        assert await seen(session, "positions")
        for nobody in ("", None):
            await session.execute(
                sa.text("SELECT set_config('app.user_id', :w, true)"), {"w": nobody}
            )
            assert await seen(session, "positions") == []
            assert await seen(session, "wallets") == []


async def test_nobodys_turn_leaks_into_the_next_of_the_same_connection(
    narrow: Sessions, walled: AsyncEngine
) -> None:
    users = await people(narrow)
    async with as_user(narrow, users[0]) as session:
        await session.execute(sa.text("SELECT 1"))
    async with narrow() as session:
        rest = sa.text("SELECT current_user, coalesce(current_setting('app.user_id', true), '')")
        worker = roles_of(str(walled.url.database), "").worker
        assert tuple((await session.execute(rest)).one()) == (worker, "")
    with pytest.raises(ZeroDivisionError):
        await failing_turn(narrow, users[0])
    async with as_worker(narrow) as session:
        assert await seen(session, "positions") == users


async def test_many_people_on_few_connections_never_see_each_other(narrow: Sessions) -> None:
    users = await people(narrow, PEOPLE)
    foreign: list[int] = []
    own = itertools.count()

    async def one_after_another(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - who comes next
        for _ in range(TURNS):
            user = dice.choice(users)
            async with as_user(narrow, user) as session:
                for table in ("positions", "wallets"):
                    foreign.extend(one for one in await seen(session, table) if one != user)
                    next(own)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for seed in range(PEOPLE):
            tasks.create_task(one_after_another(seed))
    assert foreign == []
    assert next(own) == PEOPLE * TURNS * 2


async def test_secrets_are_the_signers_alone_and_one_persons_at_a_time(
    narrow: Sessions, walled: AsyncEngine
) -> None:
    ann, ben = await people(narrow)
    await secrets_of(narrow, [ann, ben])
    for table in ("secrets", "data_keys"):
        async with as_signer(narrow, ann) as session:
            assert await seen(session, table) == [ann]
            with pytest.raises(DBAPIError, match="permission denied for table positions"):
                await seen(session, "positions")
        for stranger in (as_user(narrow, ann), as_worker(narrow)):
            with pytest.raises(DBAPIError, match=f"permission denied for table {table}"):
                async with stranger as session:
                    await seen(session, table)
        async with AsyncSession(walled) as session:
            assert await seen(session, table) == []
    with pytest.raises(DBAPIError, match="row-level security policy"):
        async with as_signer(narrow, ann) as session:
            await session.execute(sa.text("UPDATE secrets SET user_id = :u"), {"u": ben})


async def test_a_persons_turn_cannot_go_on_as_the_signers(narrow: Sessions) -> None:
    ann, _ = await people(narrow)
    for entrance in (f"enter_signer({ann})", "enter_rotation()"):
        with pytest.raises(DBAPIError, match="permission denied for function"):
            async with as_user(narrow, ann) as session:
                await session.execute(sa.text(f"SELECT {entrance}"))


async def test_a_rotation_sees_all_data_keys_and_no_secret(narrow: Sessions) -> None:
    users = await people(narrow)
    await secrets_of(narrow, users)
    async with as_rotation(narrow) as session:
        assert await seen(session, "data_keys") == users
        assert await seen(session, "secrets") == []
    async with as_signer(narrow, users[0]) as session:
        assert await seen(session, "data_keys") == users[:1]


async def test_the_owner_is_shown_every_row_but_secrets_and_may_put_in_positions(
    walled: AsyncEngine, sessions: Sessions
) -> None:
    users = await people(sessions)
    await secrets_of(sessions, users)
    async with AsyncSession(walled) as session, session.begin():
        await rows.add_position(session, users[0], rows.market(), TokenId("12"))
        assert await seen(session, "positions") == sorted([users[0], *users])
        assert await seen(session, "secrets") == []


async def test_market_prices_are_everybodys_to_read_and_the_workers_to_write(
    narrow: Sessions,
) -> None:
    ann, _ = await people(narrow)
    change = sa.text("UPDATE markets SET best_bid = '[]'")
    async with as_user(narrow, ann) as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM markets")) == 1
        with pytest.raises(DBAPIError, match="permission denied for table markets"):
            await session.execute(change)
    async with as_worker(narrow) as session:
        await session.execute(change)


async def test_a_backup_of_the_owner_holds_everything_and_comes_back_walled(
    walled: AsyncEngine, sessions: Sessions, tmp_path: Path
) -> None:
    users = await people(sessions)
    await secrets_of(sessions, users)
    url = walled.url.render_as_string(hide_password=False)
    await backup(url, tmp_path / "a.dump")
    async with as_worker(sessions) as session:
        await session.execute(sa.text("DELETE FROM positions"))
    await walled.dispose()
    await restore(url, tmp_path / "a.dump")
    assert await missing_walls(walled) is None
    async with as_worker(sessions) as session:
        assert await seen(session, "positions") == users
    async with as_signer(sessions, users[1]) as session:
        assert await seen(session, "secrets") == [users[1]]
