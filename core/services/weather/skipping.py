"""Puts on record why the strategy passed an event over, without a look at Postgres."""

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
from core.services.weather.watching import Watched


class Skips:
    """A tick that repeats what is on record costs a count."""

    def __init__(
        self,
        log: DecisionLog,
        beliefs: Beliefs,
        limits: StrategyLimits,
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._beliefs = beliefs
        self._limits = limits
        self._now = now

    def note_all(
        self,
        watched: Watched,
        skip: Skip,
        version: ForecastVersion | None,
        gap: Gap | None = None,
    ) -> None:
        """The same for everybody; `gap`: the one for which a bucket has no price."""
        for user in watched.own:
            self.note(watched, user, skip, version, gap)

    def note(
        self,
        watched: Watched,
        user: UserId,
        skip: Skip,
        version: ForecastVersion | None,
        gap: Gap | None = None,
    ) -> None:
        at, event = self._now(), watched.candidate.event.event_id
        number = None if version is None else version.number
        cause = "" if gap is None else gap.why.value
        if self._log.again(user, event, skip, number, at, cause):
            return
        detail = self._beliefs.refusal(event) if skip is Skip.NO_FORECAST else cause
        if skip is Skip.NO_FORECAST and not detail:
            return  # nobody has been asked yet
        grounds, place = self._grounds(watched, version)
        if gap is not None:
            place = watched.places[gap.token]
        market = None if place is None else watched.candidate.markets[place]
        self._log.note(
            Decision(
                user_id=user,
                account=Account.WEATHER_PAPER,
                event_id=event,
                action=Action.SKIP,
                version=number,
                moments=Moments(at, at),
                grounds=grounds,
                market_id=None if market is None else market.id,
                outcome="" if gap is None or market is None else market.title,
                skip=skip,
                detail=detail,
            )
        )

    def _grounds(
        self, watched: Watched, version: ForecastVersion | None
    ) -> tuple[Grounds, int | None]:
        """The numbers of the bucket that came nearest to an edge, and which one it is."""
        blend = watched.blend
        if version is None or blend is None:
            return Grounds(), None
        nearest = watched.nearest(blend, self._limits)
        chance = blend.of(nearest.place, is_yes=nearest.is_yes)
        grounds = Grounds(
            chance=chance.chance,
            error=chance.error,
            divergence=blend.divergence,
            cautious=nearest.edge,
        )
        return grounds, nearest.place
