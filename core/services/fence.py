"""Keeps an instance that was overtaken from claiming orders, however late it notices."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import Rejected
from core.storage import instance


class Fenced(Rejected):
    """Another instance has taken over this database."""


class Fence:
    """`epoch` is the number of the taking-over by which this instance is in charge."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    async def check(self, session: AsyncSession) -> None:
        """To be asked in the transaction that claims: whoever takes over waits for its end.

        Raises: Fenced.
        """
        if await instance.current_epoch(session) != self._epoch:
            raise Fenced(
                "Another copy of this bot has taken over, so this one sends no orders. "
                "Nothing was sent; tap again."
            )
