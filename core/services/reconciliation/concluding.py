"""The last step of a comparison: what was found is noted, and what is certain is acted upon."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import (
    CENT,
    OF_LEDGER,
    CashFinding,
    CashMove,
    CashMoveKind,
    Difference,
    DriftKind,
    OurAccount,
    VenueAccount,
    cash_finding,
    order_differences,
    share_differences,
)
from core.domain.notice import AccountCompared, Found
from core.domain.order import OrderHash, OrderStatus
from core.domain.reports import OrderReport
from core.domain.sightings import Drift, Judgement, judge
from core.domain.units import ZERO, Usdc, UserId, usdc
from core.services.reconciliation.patience import Patience
from core.storage import reconciliation as stored
from core.storage import reconciliation_ledger as ledger
from core.storage import wallets

NOTHING = Usdc(ZERO)
TOLD: frozenset[CashMoveKind] = frozenset({CashMoveKind.WITHDRAWAL, CashMoveKind.UNEXPLAINED})
"""Moves that stand in the comparison's own news; deposits have theirs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the venue's reports amount to. `began`: before the first of them was asked for."""

    user: UserId
    began: datetime
    theirs: VenueAccount
    unknown: tuple[Difference, ...] = ()  # orders that could not be taken over


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`gone`: orders made elsewhere that are off the book. `news` is None with nothing to say.

    `deposited` is told apart from it, under the same key.
    """

    gone: tuple[OrderReport, ...]
    news: AccountCompared | None
    key: str = ""
    deposited: Usdc = NOTHING


async def conclude(session: AsyncSession, seen: Seen, patience: Patience) -> Conclusion:
    """Compare with the ledger as it is now; all in this transaction.

    Done again with the same reports, nothing more changes.
    """
    user, now = seen.user, await stored.clock(session)
    await wallets.lock(session, user, Account.LIVE)
    check = await stored.check_of(session, user)
    ours = await ledger.our_account(session, user, check, now - patience.settlement)
    finding, found = _compare(ours, seen)
    lasting = await stored.lasting(session, user)
    known = [drift for drift in lasting if drift.kind not in OF_LEDGER]  # others prove those
    stirred = await ledger.stirred(session, user, seen.began - patience.recent)
    judgement = judge(known, found, now, wait=patience.wait, stirred=stirred)
    await _remember(session, user, judgement, now)
    moves = await _follow_cash(session, user, finding, judgement, now)
    agreed = finding.difference is None or bool(moves)
    await stored.finish(session, user, now, is_opening=False, has_cash=agreed)
    told = await _told(session, user, judgement, moves)
    return Conclusion(_gone(judgement, ours), *told)


def _compare(ours: OurAccount, seen: Seen) -> tuple[CashFinding, list[Difference]]:
    shares = list(share_differences(ours, seen.theirs))
    finding = cash_finding(ours, seen.theirs, frozenset(each.kind for each in shares))
    money = [] if finding.difference is None else [finding.difference]
    return finding, [*order_differences(ours, seen.theirs), *seen.unknown, *shares, *money]


async def _remember(
    session: AsyncSession, user: UserId, judgement: Judgement, now: datetime
) -> None:
    for drift in judgement.gone:
        await stored.close(session, drift, now)
    for drift, difference in judgement.changed:
        if drift.kind is DriftKind.CASH and drift.opened_at is not None:
            await stored.close(session, drift, now)  # that money was followed; this is other money
            await stored.note(session, user, [difference], now)
        else:
            await stored.renumber(session, drift, difference, now)
    for drift in judgement.confirmed:
        await stored.confirm(session, drift, now)
    await stored.note(session, user, judgement.new, now)


async def _follow_cash(
    session: AsyncSession,
    user: UserId,
    finding: CashFinding,
    judgement: Judgement,
    now: datetime,
) -> tuple[CashMove, ...]:
    """Our cash becomes the venue's, with the reasons; what is explained is no drift any more."""
    certain = [drift for drift in judgement.confirmed if drift.kind is DriftKind.CASH]
    for drift in certain:
        for move in finding.moves:
            if await stored.add_move(session, user, move, f"drift:{drift.id}:{move.kind}"):
                await wallets.move_cash(session, user, Account.LIVE, move.amount)
        if not finding.is_unexplained:
            await stored.close(session, drift, now)
    return finding.moves if certain else ()


def _gone(judgement: Judgement, ours: OurAccount) -> tuple[OrderReport, ...]:
    """What the venue would say of them: whatever was not matched was taken off its book."""
    return tuple(
        replace(ours.orders[OrderHash(drift.subject)].report, status=OrderStatus.CANCELLED)
        for drift in judgement.confirmed
        if drift.kind is DriftKind.GONE_ORDER
    )


async def _told(
    session: AsyncSession, user: UserId, judgement: Judgement, moves: Sequence[CashMove]
) -> tuple[AccountCompared | None, str, Usdc]:
    """What there is to say to the user, the key under which it is said once, and deposits."""
    opened = [drift for drift in judgement.confirmed if _is_told(drift, moves)]
    told = tuple(move for move in moves if move.kind in TOLD and abs(move.amount) >= CENT)
    is_stopped = any(drift.is_serious for drift in await stored.open_drifts(session, user))
    ended = [drift for drift in judgement.gone if drift.is_serious and drift.opened_at]
    has_cleared = bool(ended) and not is_stopped
    came = (move.amount for move in moves if move.kind is CashMoveKind.DEPOSIT)
    deposited = usdc(sum(came, ZERO))
    ids = [drift.id for drift in (*judgement.confirmed, *ended)]
    word = "clear" if has_cleared else "found"
    key = f"reconciliation:{word}:{'-'.join(map(str, ids))}"
    if not (opened or told or has_cleared):
        return None, key, deposited
    found = await named(session, user, opened)
    return AccountCompared(found, told, is_stopped, has_cleared), key, deposited


def _is_told(drift: Drift, moves: Sequence[CashMove]) -> bool:
    """Money is told of by its moves."""
    return drift.is_serious and not (drift.kind is DriftKind.CASH and moves)


async def named(session: AsyncSession, user: UserId, drifts: Iterable[Drift]) -> tuple[Found, ...]:
    """With the names of what they are about, as far as we know them."""
    listed = list(drifts)
    tokens = {drift.id: drift.subject for drift in listed}
    for drift in listed:
        if drift.kind is DriftKind.MISSING_ORDER:
            tokens[drift.id] = await ledger.token_of(session, user, drift.subject)
    names = await ledger.names(session, set(tokens.values()))
    return tuple(_found(drift, names.get(tokens[drift.id])) for drift in listed)


def _found(drift: Drift, named: ledger.Named | None) -> Found:
    question, outcome = (named.question, named.outcome) if named else ("", "")
    return Found(drift.kind, drift.ours, drift.theirs, question, outcome)
