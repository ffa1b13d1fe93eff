"""Why an event was looked at and left alone: told once in full, then counted."""

from collections.abc import Callable
from datetime import datetime

from core.domain.account import Account
from core.domain.continuity import Gap
from core.domain.units import UserId
from core.domain.weather.belief import ForecastVersion
from core.domain.weather.decision import Action, Decision, Grounds, Moments, Skip
from core.domain.weather.limits import StrategyLimits
from core.services.weather.beliefs import Beliefs
from core.services.weather.decision_log import DecisionLog
from core.services.weather.watching import Glance, Spot, Watched


class Skipping:
    """Puts skips of the engine itself on record; those of a decision are the `Placer`'s."""

    def __init__(
        self,
        beliefs: Beliefs,
        log: DecisionLog,
        limits: StrategyLimits,
        now: Callable[[], datetime],
    ) -> None:
        self._beliefs = beliefs
        self._log = log
        self._limits = limits
        self._now = now

    def note_all(self, glance: Glance, skip: Skip, gap: Gap | None = None) -> None:
        """The same for everybody; `gap`: the one for which a bucket has no price."""
        for user in glance.watched.own:
            self.note(glance, user, skip, gap)

    def note(self, glance: Glance, user: UserId, skip: Skip, gap: Gap | None = None) -> None:
        event, version = glance.watched.candidate.event.event_id, glance.version
        number = None if version is None else version.number
        decided, cause = self._now(), "" if gap is None else gap.why.value
        if self._log.again(user, event, skip, number, decided, cause):
            return
        detail = self._beliefs.refusal(event) if skip is Skip.NO_FORECAST else cause
        if skip is Skip.NO_FORECAST and not detail:
            return  # nobody has been asked yet
        nearest = self._nearest(glance.watched, version)
        place = None if nearest is None else nearest.place
        if gap is not None:
            place = glance.watched.places[gap.token]
        market = None if place is None else glance.watched.candidate.markets[place]
        self._log.note(
            Decision(
                user_id=user,
                account=Account.WEATHER_PAPER,
                event_id=event,
                action=Action.SKIP,
                version=number,
                moments=Moments(min(glance.received_at, decided), decided),
                grounds=_grounds(glance.watched, nearest),
                market_id=None if market is None else market.id,
                outcome="" if gap is None or market is None else market.title,
                skip=skip,
                detail=detail,
            )
        )

    def _nearest(self, watched: Watched, version: ForecastVersion | None) -> Spot | None:
        if version is None or watched.blend is None:
            return None
        return watched.nearest(watched.blend, self._limits)


def _grounds(watched: Watched, nearest: Spot | None) -> Grounds:
    blend = watched.blend
    if blend is None or nearest is None:
        return Grounds()
    belief = blend.of(nearest.place, is_yes=nearest.is_yes)
    return Grounds(
        chance=belief.chance,
        error=belief.error,
        divergence=blend.divergence,
        cautious=nearest.edge,
    )
