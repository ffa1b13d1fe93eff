"""The audit as stored: a chain that the database itself links."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId

_NOTE = sa.text("SELECT note_audit(:actor, :user, :what, :details)").bindparams(
    sa.bindparam("actor", type_=sa.Text),
    sa.bindparam("user", type_=sa.BigInteger),
    sa.bindparam("what", type_=sa.Text),
    sa.bindparam("details", type_=JSONB),
)
_LINKS = sa.text("""
    SELECT id, previous, hash, jsonb_build_array(
        id, actor, user_id, what, details,
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), previous
    )::text AS content
    FROM audit ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Link:
    """One row. `content` is what `hash` is the SHA-256 of; `previous` is the hash before it."""

    id: int
    previous: str
    hash: str
    content: str


async def add(
    session: AsyncSession, actor: str, user: UserId | None, what: str, details: Mapping[str, object]
) -> None:
    """Whoever adds next waits for the end of this transaction."""
    await session.execute(
        _NOTE, {"actor": actor, "user": user, "what": what, "details": dict(details)}
    )


async def links(session: AsyncSession) -> AsyncIterator[Link]:
    """All of them, from the first on."""
    async for row in await session.stream(_LINKS):
        yield Link(row.id, row.previous, row.hash, row.content)
