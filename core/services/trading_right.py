"""Who may only look: asked in the transaction of whatever moves money or prepares it."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.refusals import ViewerOnly
from core.domain.sentences import mark
from core.domain.units import UserId
from core.storage import users

MAY_NOT_TRADE: Final = mark(
    "You may look at everything here and trade nothing. The owner of this bot can change that."
)


async def refuse_viewer(session: AsyncSession, user: UserId) -> None:
    """Raises: ViewerOnly, for who is blocked as well."""
    if not await users.may_trade(session, user):
        raise ViewerOnly(MAY_NOT_TRADE)
