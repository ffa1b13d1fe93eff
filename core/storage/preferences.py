"""What people prefer, as stored."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.notice import NoticeKind
from core.domain.preferences import DEFAULTS, NoticeMode, UserPreferences
from core.domain.units import Usdc, UserId
from core.storage.preference_models import PreferenceRow


async def of(session: AsyncSession, user: UserId) -> UserPreferences:
    """The defaults for somebody who has changed nothing."""
    row = await session.get(PreferenceRow, user)
    return DEFAULTS if row is None else _preferences(row)


async def lock(session: AsyncSession, user: UserId) -> UserPreferences:
    """As `of`; whoever changes them next waits for the end of this transaction."""
    new = insert(PreferenceRow).values(user_id=user)
    await session.execute(new.on_conflict_do_nothing())
    query = sa.select(PreferenceRow).where(PreferenceRow.user_id == user).with_for_update()
    return _preferences((await session.scalars(query)).one())


async def save(session: AsyncSession, user: UserId, wanted: UserPreferences) -> None:
    """Over a row that is locked."""
    values = {
        "language": wanted.language,
        "telegram_language": wanted.telegram_language,
        "zone": wanted.zone,
        "confirm_mode": wanted.confirm_mode,
        "confirm_from": wanted.confirm_from,
        "fast_cap": wanted.fast_cap,
        "quick_amounts": [f"{amount:f}" for amount in wanted.quick_amounts],
        "slippage": wanted.slippage,
        "dust_below": wanted.dust_below,
        "holdings_by": wanted.holdings_by,
        "quiet_from": wanted.quiet_from,
        "quiet_until": wanted.quiet_until,
        "digest_at": wanted.digest_at,
        "notice_modes": {kind.value: mode.value for kind, mode in wanted.notice_modes.items()},
        "updated_at": sa.func.now(),
    }
    await session.execute(
        sa.update(PreferenceRow).where(PreferenceRow.user_id == user).values(**values)
    )


def _preferences(row: PreferenceRow) -> UserPreferences:
    return UserPreferences(
        language=row.language,
        telegram_language=row.telegram_language,
        zone=row.zone,
        confirm_mode=row.confirm_mode,
        confirm_from=_amount(row.confirm_from),
        fast_cap=_amount(row.fast_cap),
        quick_amounts=tuple(Usdc(Decimal(text)) for text in row.quick_amounts),
        slippage=None if row.slippage is None else _plain(row.slippage),
        dust_below=_amount(row.dust_below),
        holdings_by=row.holdings_by,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        digest_at=row.digest_at,
        notice_modes={
            NoticeKind(kind): NoticeMode(mode) for kind, mode in row.notice_modes.items()
        },
    )


def _amount(stored: Decimal) -> Usdc:
    return Usdc(_plain(stored))


def _plain(stored: Decimal) -> Decimal:
    """Without the zeros that the column adds, so that it is written as it was typed."""
    return Decimal(f"{stored.normalize():f}")
