"""The limit that is typed before real money, kept where all limits are."""

from core.domain.risk import LimitKind
from core.domain.units import Usdc, UserId
from core.services.risk.own_limits import OwnLimits


class OwnDailyLimit:
    """The `DailyLimits` of users: lowered at once, raised a day later."""

    def __init__(self, limits: OwnLimits) -> None:
        self._limits = limits

    async def state(self, user: UserId, limit: Usdc) -> None:
        """Raises: OverLimit."""
        await self._limits.set(user, LimitKind.PER_DAY, limit)
