"""The explicit rebuild, for an operator: what it would change, and the changes, one by one."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.position import Holding, Position
from core.domain.units import PositionId
from core.services.position.rebuilding import rebuild_position
from core.services.risk.outside import Audit
from core.storage import fills, positions
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Change:
    """A position as it stands, and as its fills make it."""

    before: Position
    after: Position


async def planned(sessions: Sessions) -> list[Change]:
    """What the rebuild would change; everything is taken back."""
    found = [await _tried(sessions, each) for each in await _known(sessions)]
    return [each for each in found if each is not None]


async def mend(sessions: Sessions, audit: Audit, planned_change: Change) -> bool:
    """Whether that very change was made; False where the position has moved since it was shown."""
    async with as_worker(sessions) as session:
        tried = await session.begin_nested()
        change = await _rebuilt(session, planned_change.before.id)
        if change is None or _differs(change, planned_change):
            await tried.rollback()
            return False
        user = change.before.user_id
        await audit.note(session, OPERATOR, "position rebuilt", _details(change), user=user)
        return True


async def _known(sessions: Sessions) -> list[PositionId]:
    async with as_worker(sessions) as session:
        return await fills.positions_with_fills(session, None)


async def _tried(sessions: Sessions, position: PositionId) -> Change | None:
    async with as_worker(sessions) as session:
        tried = await session.begin_nested()
        change = await _rebuilt(session, position)
        await tried.rollback()
        return change


async def _rebuilt(session: AsyncSession, position: PositionId) -> Change | None:
    """None where nothing had to be mended."""
    before = await positions.lock(session, position)
    if before is None or not await rebuild_position(session, position):
        return None
    after = await positions.lock(session, position)
    return None if after is None else Change(before, after)


def _differs(one: Change, other: Change) -> bool:
    pairs = ((one.before, other.before), (one.after, other.after))
    return any((a.holding, a.status) != (b.holding, b.status) for a, b in pairs)


def _details(change: Change) -> dict[str, object]:
    before, after = change.before, change.after
    return {
        "position": int(before.id),
        "account": before.account.value,
        "before": _told(before.holding) | {"status": before.status.value},
        "after": _told(after.holding) | {"status": after.status.value},
    }


def _told(holding: Holding) -> dict[str, object]:
    return {
        "shares": f"{holding.amount:f}",
        "entry_price": f"{holding.entry_price:f}",
        "realized": f"{holding.realized_pnl:f}",
        "fees": f"{holding.fees_paid:f}",
    }
