"""Whether the weather strategy may trade somebody's real money, and what stands against it."""

from typing import Final

from core.domain.account import Account
from core.domain.sentences import mark
from core.domain.units import UserId
from core.services.custody.accounts import Accounts
from core.services.custody.wallets import DRY_RUN
from core.services.weather.sights import ScoreBook

CHOOSE_LIVE: Final = mark("You trade practice money: change to real money under Wallet first.")


class LiveReadiness:
    """The ceiling of the program, the user's wallet and choice of money, and the gate."""

    def __init__(self, accounts: Accounts | None, scores: ScoreBook) -> None:
        """`accounts` None: this program trades play money only."""
        self._accounts = accounts
        self._scores = scores

    async def hindrances(self, user: UserId) -> tuple[str, ...]:
        """A sentence each, the gate aside; none where real money is ready."""
        if self._accounts is None:
            return (DRY_RUN,)
        state = await self._accounts.state(user)
        if state.account is Account.LIVE:
            return ()
        return (state.hindrance or CHOOSE_LIVE,)

    async def may_go_live(self, user: UserId) -> bool:
        """Asked before each order of real money: the gate may close at any time."""
        gate = await self._scores.gate()
        return gate.verdict.is_open and not await self.hindrances(user)
