"""The signer's own look at a withdrawal: what is stored, not what it is told."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound
from core.domain.sentences import mark
from core.domain.units import UserId
from core.domain.withdrawal import WithdrawalState
from core.storage import custody_withdrawals
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.wallets.deeds import Withdraw

OTHERWISE: Final = mark("This withdrawal is not the one that was asked for. Nothing was signed.")
NOT_LISTED: Final = mark("Its address is not on the list of this user. Nothing was signed.")


async def check_withdrawal(
    session: AsyncSession, user: UserId, deed: Withdraw, now: datetime
) -> None:
    """Its owner, address and amount, that it is on its way, and that its address may be paid now.

    Raises: SigningRefused.
    """
    try:
        found = await custody_withdrawals.locked_withdrawal(session, deed.withdrawal)
        listed = await custody_withdrawals.allowed_address(session, user, found.address_id)
    except NotFound as error:
        raise SigningRefused(NOT_LISTED) from error
    stored = (found.user, found.address, found.amount, found.state)
    if stored != (user, deed.to, deed.amount, WithdrawalState.SENDING):
        raise SigningRefused(OTHERWISE)
    if listed.address != deed.to or listed.usable_at > now:
        raise SigningRefused(NOT_LISTED)
