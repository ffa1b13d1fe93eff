"""What people prefer, kept in Postgres."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.errors import InvalidQuantity
from core.domain.notice import NoticeKind
from core.domain.preferences import DEFAULTS, ConfirmMode, NoticeMode, UserPreferences
from core.domain.units import Usdc, UserId
from core.services.audit import Audit
from core.services.preferences import Preferences
from core.storage import notices
from core.storage import preferences as stored
from core.storage.models import Sessions
from infrastructure.database.migrate import MIGRATIONS, upgrade
from infrastructure.database.walls import missing_walls
from tests.support.rows import add_user

EVERYTHING = UserPreferences(
    language="fr",
    telegram_language="en",
    zone="Europe/Paris",
    confirm_mode=ConfirmMode.FAST,
    confirm_from=Usdc(Decimal("12.50")),
    fast_cap=Usdc(Decimal(200)),
    quick_amounts=tuple(Usdc(Decimal(amount)) for amount in ("1", "2.50", "1000")),
    slippage=Decimal("1.5"),
    dust_below=Usdc(Decimal(0)),
    quiet_from=time(22),
    quiet_until=time(7, 30),
    digest_at=time(8),
    notice_modes={NoticeKind.ALERT: NoticeMode.SILENT, NoticeKind.DIGEST: NoticeMode.OFF},
)
NOTES = sa.text("SELECT actor, user_id, details FROM audit WHERE what = 'preferences changed'")


@pytest.fixture
async def user(sessions: Sessions) -> UserId:
    async with sessions.begin() as session:
        return await add_user(session)


def preferences(sessions: Sessions) -> Preferences:
    return Preferences(sessions, Audit())


async def test_who_has_changed_nothing_has_the_defaults_in_the_code_and_in_the_table(
    sessions: Sessions, user: UserId
) -> None:
    assert await preferences(sessions).of(user) == DEFAULTS
    async with sessions.begin() as session:
        assert await stored.lock(session, user) == DEFAULTS


async def test_every_choice_survives_a_restart_as_it_was_made(
    sessions: Sessions, user: UserId
) -> None:
    before = preferences(sessions)
    assert await before.of(user) == DEFAULTS
    await before.change(user, lambda _: EVERYTHING)
    assert await before.of(user) == EVERYTHING
    assert await preferences(sessions).of(user) == EVERYTHING


async def test_what_is_refused_changes_nothing(sessions: Sessions, user: UserId) -> None:
    service = preferences(sessions)
    with pytest.raises(InvalidQuantity):
        await service.change(user, lambda now: replace(now, slippage=Decimal(0)))
    assert await service.of(user) == DEFAULTS
    assert await preferences(sessions).of(user) == DEFAULTS


async def test_changes_at_the_same_time_are_all_kept(sessions: Sessions, user: UserId) -> None:
    service = preferences(sessions)
    await asyncio.gather(
        service.change(user, lambda now: replace(now, zone="Asia/Tokyo")),
        service.change(user, lambda now: replace(now, language="fr")),
        service.change(user, lambda now: replace(now, confirm_mode=ConfirmMode.STANDARD)),
    )
    kept = await preferences(sessions).of(user)
    assert (kept.zone, kept.language, kept.confirm_mode) == (
        "Asia/Tokyo",
        "fr",
        ConfirmMode.STANDARD,
    )


async def test_a_change_is_on_record_with_old_and_new_and_none_is_not(
    sessions: Sessions, user: UserId
) -> None:
    service = preferences(sessions)
    await service.change(user, lambda now: replace(now, confirm_mode=ConfirmMode.FAST))
    await service.change(user, lambda now: now)
    async with sessions() as session:
        (note,) = (await session.execute(NOTES)).all()
    assert (note.actor, note.user_id) == (f"user {user}", user)
    assert note.details == {"confirm_mode": {"from": "careful", "to": "fast"}}


def _take_back(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.downgrade(config, "0013")


async def test_preferences_are_taken_back_and_made_again(
    engine: AsyncEngine, sessions: Sessions, user: UserId
) -> None:
    await preferences(sessions).change(user, lambda _: EVERYTHING)
    old_and_new = (NoticeKind.WARNING, NoticeKind.ALERT)
    async with sessions.begin() as session:
        for kind in old_and_new:
            told = notices.Told(kind, {"sentence": "Look."}, silent=True)
            assert await notices.add(session, user, kind.value, told, datetime.now(UTC))
    async with engine.begin() as connection:
        await connection.run_sync(_take_back)
        kept = await connection.scalars(sa.text("SELECT kind FROM notices"))
        assert kept.all() == ["warning"]
    await upgrade(engine)
    assert await missing_walls(engine) is None
    assert await preferences(sessions).of(user) == DEFAULTS
