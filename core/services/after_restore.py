"""What a database from a backup may not do by itself: it does not know what happened since."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.sentences import mark
from core.domain.withdrawal import WithdrawalState
from core.services.audit import Audit
from core.services.custody.withdrawals import note_withdrawal
from core.storage import custody, custody_withdrawals, risk_switches

WHY: Final = mark(
    "the database was restored from a backup; ask again if it has not been paid since"
)
US: Final = "the restore"


async def make_harmless(session: AsyncSession, now: datetime) -> bool:
    """Whether there was real money to protect: then trading is halted until the owner lifts it,
    and every withdrawal that waits is cancelled, because it may have been paid since the backup.
    """
    if not await custody.ready_wallets(session):
        return False
    await risk_switches.set_halted(session, now, now)
    waiting = await custody_withdrawals.withdrawals_in(session, {WithdrawalState.WAITING})
    for each in waiting:
        moved = await custody_withdrawals.move_withdrawal(
            session, each.id, WithdrawalState.CANCELLED, reason=WHY
        )
        await note_withdrawal(session, US, moved)
    details = {"withdrawals cancelled": len(waiting)}
    await Audit.note(session, US, "trading halted", details)
    return True
