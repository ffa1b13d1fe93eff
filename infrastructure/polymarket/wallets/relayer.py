"""Withdrawals by the relayer: the `Relayer` that custody sends them through."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark
from core.domain.units import UserId
from core.domain.wallet_action import ActionKind, ActionState, WalletAction
from core.domain.withdrawal import Withdrawal, WithdrawalState
from core.storage import custody_withdrawals
from core.storage import wallet_actions as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.polymarket.signing.wallet import address
from infrastructure.polymarket.wallets.actions import WalletActions
from infrastructure.polymarket.wallets.deeds import Withdraw
from infrastructure.polymarket.wallets.following import Following

SEEN: Final = "seen at the venue"  # where no hash is known
UNTOLD: Final = mark("It is not known yet whether this withdrawal has left. It is being checked.")


class DepositWalletRelayer:
    """At most one signed batch for each withdrawal, ever."""

    def __init__(
        self,
        sessions: Sessions,
        actions: WalletActions,
        following: Following,
        refresh: Callable[[UserId], Awaitable[None]],
    ) -> None:
        """`refresh` makes the venue look at the user's money again."""
        self._sessions = sessions
        self._actions = actions
        self._following = following
        self._refresh = refresh

    async def withdraw(self, withdrawal: Withdrawal) -> str:
        """The transaction's hash. Raises: Rejected, Unavailable, OutcomeUnknown."""
        if await self._known(withdrawal) is not None:
            raise OutcomeUnknown(UNTOLD)
        deed = Withdraw(withdrawal.id, address(withdrawal.address), withdrawal.amount)

        async def still_on_its_way(session: AsyncSession) -> None:
            found = await custody_withdrawals.locked_withdrawal(session, withdrawal.id)
            if found.state is not WithdrawalState.SENDING:
                raise Rejected("This withdrawal is not on its way any more. Nothing was sent.")

        action = await self._actions.perform(withdrawal.user, deed, still_on_its_way)
        with suppress(Unavailable):
            await self._refresh(withdrawal.user)
        return _shown(action)

    async def look_up(self, withdrawal: Withdrawal) -> str | None:
        """The hash if it has left; None if nothing was ever signed, or it is proven to be void.

        Raises: Unavailable while neither is certain.
        """
        action = await self._known(withdrawal)
        if action is None:
            return None
        if action.state not in {ActionState.CONFIRMED, ActionState.FAILED}:
            action = await self._following.look(action)
        match action.state:
            case ActionState.CONFIRMED:
                return _shown(action)
            case ActionState.FAILED:
                return None
            case _:
                raise Unavailable(UNTOLD)

    async def _known(self, withdrawal: Withdrawal) -> WalletAction | None:
        async with as_user(self._sessions, withdrawal.user) as session:
            return await stored.newest(
                session, withdrawal.user, ActionKind.WITHDRAW, str(withdrawal.id)
            )


def _shown(action: WalletAction) -> str:
    return action.transaction or SEEN
