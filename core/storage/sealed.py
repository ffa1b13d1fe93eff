"""Data keys and secrets as stored: sealed bytes. Only the signer's role may read them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.storage.custody_models import DataKeyRow, SecretRow


@dataclass(frozen=True, slots=True)
class StoredDataKey:
    """`kek` is the number of the key-encryption key that has sealed it."""

    user: UserId
    version: int
    kek: int
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """`subject` is the address of a key, or what else the secret is about."""

    user: UserId
    subject: str
    purpose: str
    version: int
    data_key_version: int
    record: bytes = field(repr=False)


async def newest_data_key(session: AsyncSession, user: UserId) -> StoredDataKey | None:
    query = (
        sa.select(DataKeyRow)
        .where(DataKeyRow.user_id == user)
        .order_by(DataKeyRow.version.desc())
        .limit(1)
    )
    row = await session.scalar(query)
    return None if row is None else _data_key(row)


async def add_data_key(session: AsyncSession, new: StoredDataKey) -> None:
    """Unless the user has one of this version: that one stays."""
    values = {
        "user_id": new.user,
        "version": new.version,
        "kek": new.kek,
        "wrapped": new.wrapped,
    }
    await session.execute(insert(DataKeyRow).values(values).on_conflict_do_nothing())


async def replace_data_key(session: AsyncSession, old: StoredDataKey, new: StoredDataKey) -> bool:
    """Whether `old` still stood, and `new` is in its place now."""
    changed = (
        sa.update(DataKeyRow)
        .where(
            DataKeyRow.user_id == old.user,
            DataKeyRow.version == old.version,
            DataKeyRow.wrapped == old.wrapped,
        )
        .values(kek=new.kek, wrapped=new.wrapped)
        .returning(DataKeyRow.user_id)
    )
    return (await session.scalar(changed)) is not None


async def data_keys_not_under(
    session: AsyncSession, kek: int, after: tuple[UserId, int] | None, limit: int
) -> Sequence[StoredDataKey]:
    """By user and version; only those after `after`."""
    number = sa.tuple_(DataKeyRow.user_id, DataKeyRow.version)
    query = sa.select(DataKeyRow).where(DataKeyRow.kek != kek)
    if after is not None:
        query = query.where(number > sa.tuple_(sa.literal(after[0]), sa.literal(after[1])))
    found = await session.scalars(query.order_by(number).limit(limit))
    return [_data_key(row) for row in found]


async def data_keys_in_use(session: AsyncSession) -> dict[int, int]:
    """How many data keys each key-encryption key has sealed."""
    query = sa.select(DataKeyRow.kek, sa.func.count()).group_by(DataKeyRow.kek)
    rows = (await session.execute(query)).all()
    return {int(kek): int(count) for kek, count in rows}


async def secrets_with_keys(
    session: AsyncSession, user: UserId, subject: str, purposes: Collection[str]
) -> dict[str, tuple[StoredSecret, StoredDataKey]]:
    """By purpose: those that are stored, each with the data key that opens it."""
    query = (
        sa.select(SecretRow, DataKeyRow)
        .join(
            DataKeyRow,
            sa.and_(
                DataKeyRow.user_id == SecretRow.user_id,
                DataKeyRow.version == SecretRow.data_key_version,
            ),
        )
        .where(
            SecretRow.user_id == user,
            SecretRow.subject == subject,
            SecretRow.purpose.in_(purposes),
        )
        .execution_options(populate_existing=True)
    )
    rows = (await session.execute(query)).all()
    return {stored.purpose: (_secret(stored), _data_key(key)) for stored, key in rows}


async def secret_version(session: AsyncSession, user: UserId, subject: str, purpose: str) -> int:
    """The version that is stored, 0 for none; it stays until the end of the transaction."""
    query = sa.select(SecretRow.version).where(*_of(user, subject, purpose)).with_for_update()
    return await session.scalar(query) or 0


async def store_secret(session: AsyncSession, new: StoredSecret) -> bool:
    """Whether it was stored: only one newer than what is there is."""
    values = {
        "user_id": new.user,
        "subject": new.subject,
        "purpose": new.purpose,
        "version": new.version,
        "data_key_version": new.data_key_version,
        "record": new.record,
    }
    stored = (
        insert(SecretRow)
        .values(values)
        .on_conflict_do_update(
            index_elements=[SecretRow.user_id, SecretRow.subject, SecretRow.purpose],
            set_={
                "version": new.version,
                "data_key_version": new.data_key_version,
                "record": new.record,
                "created_at": sa.func.now(),
            },
            where=SecretRow.version < new.version,
        )
        .returning(SecretRow.id)
    )
    return (await session.scalar(stored)) is not None


async def forget_secrets(session: AsyncSession, user: UserId, subjects: Collection[str]) -> int:
    """How many records were deleted."""
    deleted = sa.delete(SecretRow).where(SecretRow.user_id == user, SecretRow.subject.in_(subjects))
    return len((await session.scalars(deleted.returning(SecretRow.id))).all())


async def addresses(session: AsyncSession, user: UserId, before: datetime) -> set[str]:
    """Of keys whose secrets were last stored before then."""
    query = sa.select(SecretRow.subject).where(
        SecretRow.user_id == user, SecretRow.subject.startswith("0x"), SecretRow.created_at < before
    )
    return set(await session.scalars(query))


def _of(user: UserId, subject: str, purpose: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        SecretRow.user_id == user,
        SecretRow.subject == subject,
        SecretRow.purpose == purpose,
    )


def _data_key(row: DataKeyRow) -> StoredDataKey:
    return StoredDataKey(UserId(row.user_id), row.version, row.kek, row.wrapped)


def _secret(row: SecretRow) -> StoredSecret:
    return StoredSecret(
        user=UserId(row.user_id),
        subject=row.subject,
        purpose=row.purpose,
        version=row.version,
        data_key_version=row.data_key_version,
        record=row.record,
    )
