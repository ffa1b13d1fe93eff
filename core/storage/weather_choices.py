"""What people want of the weather strategy, as stored."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import EventId, Usdc, UserId
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.limits import Scope
from core.storage.strategy_models import WeatherChoicesRow as Row


async def of(session: AsyncSession, user: UserId) -> Choices | None:
    """None for somebody who has chosen nothing yet."""
    row = await session.get(Row, user, populate_existing=True)
    return None if row is None else _choices(row)


async def keep(session: AsyncSession, user: UserId, choices: Choices) -> None:
    values = _values(choices)
    new = insert(Row).values(user_id=user, **values)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[Row.user_id], set_=values | {"updated_at": sa.func.now()}
        )
    )


async def keep_first(session: AsyncSession, user: UserId, choices: Choices) -> None:
    """Unless the user has chosen something before."""
    new = insert(Row).values(user_id=user, **_values(choices))
    await session.execute(new.on_conflict_do_nothing())


async def active(session: AsyncSession) -> dict[UserId, Choices]:
    """Everybody's who wants it to run."""
    query = sa.select(Row).where(Row.mode != Mode.OFF.value).order_by(Row.user_id)
    return {UserId(row.user_id): _choices(row) for row in await session.scalars(query)}


def _values(choices: Choices) -> dict[str, object]:
    return {
        "mode": choices.mode.value,
        "cities": None if choices.cities is None else sorted(choices.cities),
        "without": sorted(choices.without),
        "days_ahead": choices.days_ahead,
        "most": {scope.name: str(usdc) for scope, usdc in choices.most.items()},
        "daily_loss": choices.daily_loss,
        "wants_signals": choices.wants_signals,
    }


def _choices(row: Row) -> Choices:
    return Choices(
        mode=Mode(row.mode),
        cities=None if row.cities is None else frozenset(row.cities),
        without=frozenset(EventId(event) for event in row.without),
        days_ahead=row.days_ahead,
        most={Scope[name]: Usdc(Decimal(text)) for name, text in row.most.items()},
        daily_loss=None if row.daily_loss is None else Usdc(row.daily_loss),
        wants_signals=row.wants_signals,
    )
