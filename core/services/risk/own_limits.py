"""Limits that users set for themselves: lowered at once, raised a day later."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from core.domain.account_views import LimitState
from core.domain.refusals import OverLimit
from core.domain.risk import LimitKind, OwnLimit, changed_limit
from core.domain.sentences import worded
from core.domain.units import ZERO, UserId
from core.services.audit import named
from core.services.clock import utc_now
from core.services.risk.outside import Audit, RiskRules
from core.services.trading_right import refuse_viewer
from core.storage import risk_limits
from core.storage.models import Sessions
from core.storage.tenancy import as_user


class OwnLimits:
    """Nobody can set more than the operator allows."""

    def __init__(
        self,
        sessions: Sessions,
        rules: RiskRules,
        audit: Audit,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._rules = rules
        self._audit = audit
        self._now = now

    async def of(self, user: UserId) -> Mapping[LimitKind, LimitState]:
        """Every limit on the user's real money."""
        async with as_user(self._sessions, user) as session:
            own = await risk_limits.own_limits(session, user)
        return {kind: self._state(kind, own.get(kind)) for kind in LimitKind}

    async def set(self, user: UserId, kind: LimitKind, wanted: Decimal) -> LimitState:
        """Asking for a raise again starts its day again.

        Raises: OverLimit beyond what the operator allows, and for what is no limit; ViewerOnly.
        """
        most = self._rules.live.of(kind)
        if not wanted.is_finite() or not ZERO <= wanted <= most or _is_broken(kind, wanted):
            raise OverLimit(
                worded("This limit can be anything from 0 to {most}.", most=f"{most.normalize():f}")
            )
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            await risk_limits.lock_limit(session, user, kind)
            own = await risk_limits.own_limits(session, user)
            current = self._state(kind, own.get(kind)).value
            changed = changed_limit(current, wanted, self._now())
            await risk_limits.save_limit(session, user, kind, changed)
            details = {"limit": kind.value, "from": f"{current:f}", "to": f"{wanted:f}"}
            await self._audit.note(session, named(user), "limit changed", details, user=user)
        return self._state(kind, changed)

    def _state(self, kind: LimitKind, own: OwnLimit | None) -> LimitState:
        most, now = self._rules.live.of(kind), self._now()
        if own is None:
            return LimitState(most)
        value = min(own.at(now), most)
        if own.next_at is None or own.next_at <= now:
            return LimitState(value)
        return LimitState(value, own.next_value, own.next_at)


def _is_broken(kind: LimitKind, wanted: Decimal) -> bool:
    """Whether it counts orders, and this is no whole number of them."""
    return kind is LimitKind.OPEN_ORDERS and wanted != wanted.to_integral_value()
