"""What the database knows about itself."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.storage.fact_models import FactRow


async def fact(session: AsyncSession, name: str) -> str | None:
    return await session.scalar(sa.select(FactRow.value).where(FactRow.name == name))


async def state(session: AsyncSession, name: str, value: str) -> None:
    """From now on `name` is `value`."""
    new = insert(FactRow).values(name=name, value=value)
    await session.execute(
        new.on_conflict_do_update(index_elements=[FactRow.name], set_={"value": value})
    )


async def take(session: AsyncSession, name: str, value: str) -> bool:
    """Remove the fact if it is still `value`; of many who try at once, one gets True."""
    taken = sa.delete(FactRow).where(FactRow.name == name, FactRow.value == value)
    return (await session.scalar(taken.returning(FactRow.name))) is not None


async def remember(session: AsyncSession, name: str, value: str) -> str:
    """The value of `name`: the one that stands already, else `value` from now on."""
    new = insert(FactRow).values(name=name, value=value)
    await session.execute(new.on_conflict_do_nothing(index_elements=[FactRow.name]))
    return await session.scalar(sa.select(FactRow.value).where(FactRow.name == name)) or value
