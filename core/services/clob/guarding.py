"""What stands between an intent and the venue, and who watches an order's states."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.market import Market
from core.domain.order import Order


class Guards(Protocol):
    """Limits, kill switches and the fence, asked inside the transactions of an order's life."""

    async def claim(
        self, session: AsyncSession, order: Order, market: Market, *, knows_of_unclear: bool = True
    ) -> None:
        """Reserve what the order may cost; in the transaction that records it.

        `knows_of_unclear`: it is wanted beside an earlier one whose answer was lost, if there is
        one; else UnclearBefore is raised.
        Raises: Rejected; nothing of the transaction must stay then.
        """
        ...

    async def free_to_send(self, session: AsyncSession, order: Order) -> None:
        """Look again, in the transaction after which the order's bytes may leave.

        Raises: Rejected.
        """
        ...

    async def mistrust(self, session: AsyncSession, order: Order) -> None:
        """The venue contradicts itself or us about it: its user is to do nothing but cancel."""
        ...

    async def settle(self, session: AsyncSession, order: Order) -> None:
        """Hold back only what is still open of it; after every move, in the same transaction."""
        ...


class Witness(Protocol):
    """Learns of every change of an order in the transaction that makes it."""

    async def changed(self, session: AsyncSession, before: Order, after: Order) -> None: ...


class Witnesses:
    """Several witnesses, told one after another."""

    def __init__(self, *witnesses: Witness) -> None:
        self._witnesses = witnesses

    async def changed(self, session: AsyncSession, before: Order, after: Order) -> None:
        for witness in self._witnesses:
            await witness.changed(session, before, after)


class Unguarded:
    """Guards that let everything pass: play money without limits."""

    async def claim(
        self, session: AsyncSession, order: Order, market: Market, *, knows_of_unclear: bool = True
    ) -> None:
        """Nothing is held back."""

    async def free_to_send(self, session: AsyncSession, order: Order) -> None:
        """Nothing holds it up."""

    async def mistrust(self, session: AsyncSession, order: Order) -> None:
        """Nobody is held up."""

    async def settle(self, session: AsyncSession, order: Order) -> None:
        """Nothing was held back."""


class Unwatched:
    """A witness that tells nobody."""

    async def changed(self, session: AsyncSession, before: Order, after: Order) -> None:
        """Nobody wants to know."""
