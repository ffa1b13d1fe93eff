"""Booking what the venue tells of fills, and taking back what did not settle.

It never refuses: what has happened there has happened. Whatever is told when, a token's positions
are the cycles of all its fills that count, in the order in which these happened.
"""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.folding import Folded, cycles, fold, without
from core.domain.ledger import Fill, Settlement
from core.domain.placing import Place, places
from core.domain.position import Holding, Position, PositionStatus
from core.domain.resolution import status_after
from core.domain.units import PositionId, Price, Usdc
from core.storage import fills as ledger
from core.storage import positions, wallets
from core.storage.fills import StoredFill

logger = logging.getLogger(__name__)


async def book_told(session: AsyncSession, fill: Fill, mark: Price | None) -> None:
    """A fill that the ledger does not know. The wallet is locked already, then the order."""
    if fill.settlement is Settlement.FAILED:
        await ledger.add(session, [fill], None)
        return
    active, is_newest = await positions.lock_newest(session, fill)
    if is_newest:
        await _append(session, active, fill, mark)
    else:
        await _insert(session, fill, mark)
    await wallets.move_cash(session, fill.user_id, fill.account, fill.cash_change)


async def reverse(session: AsyncSession, stored: StoredFill, mark: Price | None) -> None:
    """A booked fill, marked as failed already: what remains is as if it had never been."""
    fill = stored.fill
    if stored.position_id is None:
        return
    touched = await positions.lock_since(session, fill)
    rest = await ledger.of_positions(session, [position.id for position in touched])
    if _is_explained(touched, [*rest, stored]):
        await _refold(session, touched, rest, None, mark)
    else:
        target = _active(touched) or await positions.lock(session, stored.position_id)
        if target is not None:
            await _save(session, target, without(target.holding, fill), fill, mark)
    change = Usdc(-fill.cash_change)
    await wallets.move_cash(session, fill.user_id, fill.account, change)


async def _append(
    session: AsyncSession, active: Position | None, fill: Fill, mark: Price | None
) -> None:
    """Nothing happened after it: the fold goes on from where it was."""
    position = active or await positions.lock_or_open(session, fill)
    folded = fold([fill], start=position.holding)
    _note_shortage(folded, position.id)
    await ledger.add(session, [fill], position.id)
    await _save(session, position, folded.holding, fill, mark)


async def _insert(session: AsyncSession, fill: Fill, mark: Price | None) -> None:
    """Told late: everything since is folded again."""
    touched = await positions.lock_since(session, fill)
    known = await ledger.of_positions(session, [position.id for position in touched])
    if _is_explained(touched, known):
        await _refold(session, touched, known, fill, mark)
    else:
        await _append(session, _active(touched), fill, mark)


async def _refold(
    session: AsyncSession,
    touched: Sequence[Position],
    known: Sequence[StoredFill],
    new: Fill | None,
    mark: Price | None,
) -> None:
    """These positions are the cycles of the `known` fills and the `new` one from now on."""
    homes = {one.fill.event_key: one.position_id for one in known if one.position_id is not None}
    found = cycles([*(one.fill for one in known), *([] if new is None else [new])])
    rows = {position.id: position for position in touched}
    placed = places(found, homes, rows.keys() - set(homes.values()))
    for gone in rows.keys() - {place.position_id for place in placed}:
        await _empty(session, rows[gone])
    for place in reversed(placed):  # what is closed first: one position can be active
        await _settle(session, place, rows, homes, new, mark)


async def _settle(
    session: AsyncSession,
    place: Place,
    rows: Mapping[PositionId, Position],
    homes: Mapping[str, PositionId],
    new: Fill | None,
    mark: Price | None,
) -> None:
    """The position holds what the cycle amounts to, and the cycle's fills are its own."""
    cycle = place.cycle
    if place.position_id is None:
        position = await positions.add_closed(session, cycle.fills[0])
    else:
        position = rows[place.position_id]
    moved = [one for one in cycle.fills if one is not new and homes[one.event_key] != position.id]
    if moved:
        await ledger.move(session, moved, position.id)
    if new is not None and new in cycle.fills:
        await ledger.add(session, [new], position.id)
        _note_shortage(cycle.folded, position.id)
    await _save(session, position, cycle.folded.holding, cycle.fills[-1], mark)


async def _empty(session: AsyncSession, position: Position) -> None:
    """All its fills are part of another one, or failed. It ends when it began."""
    if position.holding == Holding() and position.status is not PositionStatus.ACTIVE:
        return
    shown, began = position.current_price, position.opened_at
    closed = PositionStatus.CLOSED
    await positions.save(session, position.id, Holding(), shown, began, closed)


async def _save(
    session: AsyncSession, position: Position, holding: Holding, last: Fill, mark: Price | None
) -> None:
    """What was over and stays so keeps its price."""
    status = status_after(holding, last)
    is_over = PositionStatus.ACTIVE not in {status, position.status}
    is_same = (holding, status) == (position.holding, position.status)
    if is_over and is_same and position.updated_at == last.at:
        return
    shown = position.current_price if is_over else mark
    if shown is None or status is PositionStatus.RESOLVED:
        shown = last.price
    await positions.save(session, position.id, holding, shown, last.at, status)


def _is_explained(touched: Sequence[Position], known: Sequence[StoredFill]) -> bool:
    """False with a row that somebody put in, or changed, from outside."""
    return all(
        fold(one.fill for one in known if one.position_id == position.id).holding
        == position.holding
        for position in touched
    )


def _active(touched: Sequence[Position]) -> Position | None:
    return next((one for one in touched if one.status is PositionStatus.ACTIVE), None)


def _note_shortage(folded: Folded, position_id: PositionId) -> None:
    if folded.unexplained:
        logger.warning("More was sold of position %s than was seen bought", position_id)
