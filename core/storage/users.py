"""People, as stored."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.domain.user import Member, Role, User
from core.storage.models import UserRow
from core.storage.people_models import InvitationRow


async def save(session: AsyncSession, telegram_id: int, first_name: str, role: Role) -> User:
    """The user with this name, created on first sight with this role.

    A stored role stays, but for the owner's: that one is whoever `role` says.
    """
    new = insert(UserRow).values(telegram_id=telegram_id, first_name=first_name, role=role)
    saved = new.on_conflict_do_update(
        index_elements=[UserRow.telegram_id],
        set_={
            "first_name": new.excluded.first_name,
            "role": sa.case(
                (sa.or_(new.excluded.role == Role.OWNER, UserRow.role == Role.OWNER), role),
                else_=UserRow.role,
            ),
            "blocked_at": None if role is Role.OWNER else UserRow.blocked_at,
        },
    ).returning(UserRow)
    return _user((await session.execute(saved)).scalar_one())


async def owner_by_telegram_id(session: AsyncSession, telegram_id: int) -> User | None:
    query = sa.select(UserRow).where(UserRow.telegram_id == telegram_id, UserRow.role == Role.OWNER)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _user(row)


async def invited(session: AsyncSession, telegram_id: int) -> User | None:
    """Who has used an invitation."""
    has_used = sa.exists().where(InvitationRow.used_by == UserRow.id)
    query = sa.select(UserRow).where(UserRow.telegram_id == telegram_id, has_used)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _user(row)


async def is_blocked(session: AsyncSession, telegram_id: int) -> bool:
    query = sa.select(UserRow.blocked_at.is_not(None)).where(UserRow.telegram_id == telegram_id)
    return bool(await session.scalar(query))


async def may_trade(session: AsyncSession, user: UserId) -> bool:
    """Whether they are neither viewers nor blocked."""
    query = sa.select(UserRow.id).where(
        UserRow.id == user, UserRow.role != Role.VIEWER, UserRow.blocked_at.is_(None)
    )
    return await session.scalar(query) is not None


async def members(session: AsyncSession) -> list[Member]:
    """Everybody, in the order in which they came."""
    rows = (await session.scalars(sa.select(UserRow).order_by(UserRow.id))).all()
    return [_member(row) for row in rows]


async def lock_member(session: AsyncSession, user: UserId) -> Member | None:
    """As they are until the end of the transaction."""
    query = sa.select(UserRow).where(UserRow.id == user).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    return None if row is None else _member(row)


async def set_role(session: AsyncSession, user: UserId, role: Role) -> None:
    await session.execute(sa.update(UserRow).where(UserRow.id == user).values(role=role))


async def set_blocked(session: AsyncSession, user: UserId, since: datetime | None) -> None:
    """None lets them in again."""
    await session.execute(sa.update(UserRow).where(UserRow.id == user).values(blocked_at=since))


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


async def blocked(session: AsyncSession) -> list[int]:
    """Telegram ids."""
    query = sa.select(UserRow.telegram_id).where(UserRow.has_blocked).order_by(UserRow.id)
    return list((await session.scalars(query)).all())


async def viewers(session: AsyncSession) -> list[User]:
    query = sa.select(UserRow).where(UserRow.role == Role.VIEWER).order_by(UserRow.id)
    return [_user(row) for row in (await session.scalars(query)).all()]


async def note_blocked(session: AsyncSession, telegram_id: int, *, is_blocked: bool) -> None:
    change = sa.update(UserRow).where(UserRow.telegram_id == telegram_id)
    await session.execute(change.values(has_blocked=is_blocked))


def _user(row: UserRow) -> User:
    return User(UserId(row.id), row.telegram_id, row.first_name, row.role)


def _member(row: UserRow) -> Member:
    return Member(_user(row), is_blocked=row.blocked_at is not None)
