"""The audit as stored: a chain that the database itself links, and lets go of its beginning."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId

FORGOTTEN: Final = "audit forgotten"  # the trigger knows it too

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
    )::text AS content, CASE WHEN what = :forgotten THEN details END AS forgets
    FROM audit ORDER BY id
""").bindparams(forgotten=FORGOTTEN)
_LAST_OLD = sa.text("SELECT id, hash FROM audit WHERE at < :before ORDER BY id DESC LIMIT 1")
_FORGET = sa.text("""
    WITH gone AS (DELETE FROM audit WHERE id <= :up_to RETURNING id) SELECT count(*) FROM gone
""")


@dataclass(frozen=True, slots=True)
class Link:
    """One row. `content` is what `hash` is the SHA-256 of; `previous` is the hash before it.

    `forgets`: number and hash of the last row that is gone since, if this one says so.
    """

    id: int
    previous: str
    hash: str
    content: str
    forgets: tuple[int, str] | None = None


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
        forgets = None if row.forgets is None else (row.forgets["up_to"], row.forgets["hash"])
        yield Link(row.id, row.previous, row.hash, row.content, forgets)


async def forget(session: AsyncSession, before: datetime) -> int:
    """How many rows went off the beginning; a new row at the end names the last of them."""
    last = (await session.execute(_LAST_OLD, {"before": before})).one_or_none()
    if last is None:
        return 0
    await add(session, "polycool", None, FORGOTTEN, {"up_to": last.id, "hash": last.hash})
    return await session.scalar(_FORGET, {"up_to": last.id}) or 0
