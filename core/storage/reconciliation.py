"""Comparisons with the venue, as stored: how far they are, what they found, what they moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import OF_LEDGER, SERIOUS, CashMove, CashMoveKind, Difference
from core.domain.sightings import Drift
from core.domain.units import ZERO, TokenId, Usdc, UserId
from core.storage.reconciliation_models import AccountCheckRow, CashMoveRow, DriftRow

STALE: Final = timedelta(minutes=15)  # after which an old agreement says nothing any more


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """How far a live account was compared with the venue."""

    trades_until: datetime | None
    opened_at: datetime | None
    checked_at: datetime | None
    cash_agreed_at: datetime | None
    fault: str  # of the last attempt; empty if it was finished
    fault_since: datetime | None


NEVER: Final = AccountCheck(None, None, None, None, "", None)


async def is_clear(session: AsyncSession, user_id: UserId, account: Account = Account.LIVE) -> bool:
    """Whether automation may act on the user's account: nothing serious is open.

    Real money was compared with the venue not long ago, too. False if it never was.
    """
    drifts = sa.exists().where(
        *_lasting(user_id, account), DriftRow.opened_at.is_not(None), DriftRow.kind.in_(SERIOUS)
    )
    if account is not Account.LIVE:
        return not await session.scalar(sa.select(drifts))
    checked = sa.exists().where(
        *_check_of(user_id), AccountCheckRow.checked_at > sa.func.now() - STALE
    )
    return bool(await session.scalar(sa.select(checked & ~drifts)))


async def clock(session: AsyncSession) -> datetime:
    """The database's, by which rows are dated."""
    now = await session.scalar(sa.select(sa.func.clock_timestamp()))
    if not isinstance(now, datetime):
        raise TypeError("the database has no clock")
    return now


async def check_of(session: AsyncSession, user_id: UserId) -> AccountCheck:
    row = await session.scalar(sa.select(AccountCheckRow).where(*_check_of(user_id)))
    if row is None:
        return NEVER
    return AccountCheck(
        trades_until=row.trades_until,
        opened_at=row.opened_at,
        checked_at=row.checked_at,
        cash_agreed_at=row.cash_agreed_at,
        fault=row.fault,
        fault_since=row.fault_since,
    )


async def advance(session: AsyncSession, user_id: UserId, until: datetime) -> None:
    """Every trade matched before `until` is applied; the cursor never goes back."""
    new = insert(AccountCheckRow).values(user_id=user_id, account=Account.LIVE, trades_until=until)
    further = sa.func.greatest(AccountCheckRow.trades_until, until)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["user_id", "account"], set_={"trades_until": further}
        )
    )


async def finish(
    session: AsyncSession, user_id: UserId, now: datetime, *, is_opening: bool, has_cash: bool
) -> None:
    """A comparison is finished. `has_cash`: the money agrees now."""
    values: dict[str, object] = {"checked_at": now, "fault": "", "fault_since": None}
    if is_opening:
        values["opened_at"] = now
    if has_cash:
        values["cash_agreed_at"] = now
    await _save(session, user_id, values)


async def fail(session: AsyncSession, user_id: UserId, fault: str, now: datetime) -> datetime:
    """An attempt could not be finished; since when that is so."""
    since = (await check_of(session, user_id)).fault_since or now
    await _save(session, user_id, {"fault": fault, "fault_since": since})
    return since


async def lasting(session: AsyncSession, user_id: UserId) -> list[Drift]:
    """What was not the same the last time, open or seen once, oldest first."""
    query = sa.select(DriftRow).where(*_lasting(user_id)).order_by(DriftRow.id)
    return [_drift(row) for row in (await session.execute(query)).scalars()]


async def open_drifts(session: AsyncSession, user_id: UserId) -> list[Drift]:
    """What is to be shown to the user, oldest first."""
    return [drift for drift in await lasting(session, user_id) if drift.opened_at is not None]


async def ledger_drifts(
    session: AsyncSession, user_id: UserId, account: Account, token: TokenId
) -> list[Drift]:
    """Where the position in `token` was not what its fills make the last time."""
    query = sa.select(DriftRow).where(
        *_lasting(user_id, account), DriftRow.kind.in_(OF_LEDGER), DriftRow.subject == token
    )
    return [_drift(row) for row in (await session.execute(query)).scalars()]


async def note(
    session: AsyncSession,
    user_id: UserId,
    found: Sequence[Difference],
    now: datetime,
    account: Account = Account.LIVE,
    *,
    is_certain: bool = False,
) -> None:
    """Seen for the first time; what `is_certain` needs no second, and is open at once."""
    session.add_all(
        DriftRow(
            user_id=user_id,
            account=account,
            kind=one.kind,
            subject=one.subject,
            ours=one.ours,
            theirs=one.theirs,
            first_seen_at=now,
            opened_at=now if is_certain else None,
        )
        for one in found
    )
    await session.flush()


async def renumber(
    session: AsyncSession, drift: Drift, difference: Difference, now: datetime
) -> None:
    """With other numbers it counts as seen for the first time; what is open stays open."""
    values: dict[str, object] = {"ours": difference.ours, "theirs": difference.theirs}
    if drift.opened_at is None:
        values |= {"first_seen_at": now, "sightings": 1}
    await _set(session, drift, **values)


async def confirm(session: AsyncSession, drift: Drift, now: datetime) -> None:
    """Seen again: it is open from now on."""
    await _set(session, drift, opened_at=now, sightings=DriftRow.sightings + 1)


async def close(session: AsyncSession, drift: Drift, now: datetime) -> None:
    """It has ended; one that was never opened leaves no trace."""
    if drift.opened_at is None:
        await session.execute(sa.delete(DriftRow).where(DriftRow.id == drift.id))
    else:
        await _set(session, drift, closed_at=now)


async def add_move(session: AsyncSession, user_id: UserId, move: CashMove, key: str) -> bool:
    """Whether it is new: a known key writes nothing down."""
    new = insert(CashMoveRow).values(
        user_id=user_id, account=Account.LIVE, key=key, kind=move.kind, amount=move.amount
    )
    written = new.on_conflict_do_nothing().returning(CashMoveRow.id)
    return (await session.scalar(written)) is not None


async def moved(session: AsyncSession, user_id: UserId) -> Mapping[CashMoveKind, Usdc]:
    """The sums of all moves by kind."""
    query = (
        sa.select(CashMoveRow.kind, sa.func.sum(CashMoveRow.amount))
        .where(CashMoveRow.user_id == user_id, CashMoveRow.account == Account.LIVE)
        .group_by(CashMoveRow.kind)
    )
    sums = {kind: Usdc(total) for kind, total in await session.execute(query)}
    return {kind: sums.get(kind, Usdc(ZERO)) for kind in CashMoveKind}


def _check_of(user_id: UserId) -> tuple[sa.ColumnElement[bool], ...]:
    return (AccountCheckRow.user_id == user_id, AccountCheckRow.account == Account.LIVE)


def _lasting(
    user_id: UserId, account: Account = Account.LIVE
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        DriftRow.user_id == user_id,
        DriftRow.account == account,
        DriftRow.closed_at.is_(None),
    )


async def _save(session: AsyncSession, user_id: UserId, values: dict[str, object]) -> None:
    new = insert(AccountCheckRow).values(user_id=user_id, account=Account.LIVE, **values)
    await session.execute(
        new.on_conflict_do_update(index_elements=["user_id", "account"], set_=values)
    )


async def _set(session: AsyncSession, drift: Drift, **values: object) -> None:
    await session.execute(sa.update(DriftRow).where(DriftRow.id == drift.id).values(values))


def _drift(row: DriftRow) -> Drift:
    return Drift(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        ours=row.ours,
        theirs=row.theirs,
        first_seen_at=row.first_seen_at,
        opened_at=row.opened_at,
    )
