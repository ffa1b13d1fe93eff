"""People, as stored."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.domain.user import Role, User
from core.storage.models import UserRow


async def save(session: AsyncSession, telegram_id: int, first_name: str, role: Role) -> User:
    """The user with this name and role, created on first sight."""
    new = insert(UserRow).values(telegram_id=telegram_id, first_name=first_name, role=role)
    saved = new.on_conflict_do_update(
        index_elements=[UserRow.telegram_id],
        set_={"first_name": new.excluded.first_name, "role": new.excluded.role},
    ).returning(UserRow)
    return _user((await session.execute(saved)).scalar_one())


async def owner_by_telegram_id(session: AsyncSession, telegram_id: int) -> User | None:
    query = sa.select(UserRow).where(UserRow.telegram_id == telegram_id, UserRow.role == Role.OWNER)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _user(row)


async def owner(session: AsyncSession) -> int | None:
    """The owner's Telegram id."""
    found: int | None = await session.scalar(
        sa.select(UserRow.telegram_id)
        .where(UserRow.role == Role.OWNER)
        .order_by(UserRow.id)
        .limit(1)
    )
    return found


async def owner_id(session: AsyncSession) -> UserId | None:
    """None while nobody has claimed it."""
    query = sa.select(UserRow.id).where(UserRow.role == Role.OWNER).order_by(UserRow.id).limit(1)
    found = await session.scalar(query)
    return None if found is None else UserId(found)


async def by_id(session: AsyncSession, user: UserId) -> User | None:
    row = await session.get(UserRow, user)
    return None if row is None else _user(row)


async def name_of(session: AsyncSession, user: UserId) -> str:
    """As the owner reads of somebody: the Telegram id is nobody else's."""
    query = sa.select(UserRow.first_name, UserRow.telegram_id).where(UserRow.id == user)
    first_name, telegram_id = (await session.execute(query)).one()
    return f"{first_name} ({telegram_id})"


async def has_owner(session: AsyncSession) -> bool:
    return bool(await session.scalar(sa.select(sa.exists().where(UserRow.role == Role.OWNER))))


async def demote_owners_but(session: AsyncSession, telegram_id: int) -> None:
    """There is one owner: whoever else was it is a trader from now on."""
    await session.execute(
        sa.update(UserRow)
        .where(UserRow.role == Role.OWNER, UserRow.telegram_id != telegram_id)
        .values(role=Role.TRADER)
    )


def _user(row: UserRow) -> User:
    return User(UserId(row.id), row.telegram_id, row.first_name, row.role)
