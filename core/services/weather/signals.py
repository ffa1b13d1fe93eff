"""Tells people who trade by hand of the edges that the strategy sees, each once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from core.domain.book import Side
from core.domain.notice import WeatherSignal
from core.domain.units import UserId
from core.domain.weather.choices import Choices
from core.domain.weather.decision import Action, Decision, Skip
from core.services.clock import utc_now
from core.services.outbox import Outbox
from core.services.weather.sights import Candidate, Candidates
from core.storage import users, weather_choices
from core.storage.models import Sessions
from core.storage.tenancy import as_worker

STEP: Final = Decimal("0.001")  # USDC a share
MOST_WAITING: Final = 500  # decisions; an edge that nobody could be told of in time is gone anyway
OWN_REASONS: Final = frozenset(
    {
        Skip.NO_STAKE,
        Skip.NO_CASH,
        Skip.LIMIT,
        Skip.TOO_SMALL,
        Skip.LOSS,
        Skip.REFUSED,
        Skip.COOLDOWN,
        Skip.ORDER_OUT,
    }
)
"""Why somebody's strategy did not buy what was an edge all the same, for others too."""

logger = logging.getLogger(__name__)


class WeatherSignals:
    """Hears every decision; a notice has a key of user, market, forecast and side."""

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        candidates: Candidates,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._candidates = candidates
        self._now = now
        self._waiting = asyncio.Queue[Decision](MOST_WAITING)

    def note(self, decision: Decision) -> None:
        """For `DecisionLog.listen`: never waits."""
        if is_signal(decision) and not self._waiting.full():
            self._waiting.put_nowait(decision)

    async def run(self) -> None:
        """Until cancelled. What a database that is away cannot take is dropped."""
        while True:
            decision = await self._waiting.get()
            try:
                await self.tell(decision)
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("An edge cannot be told of: %s", type(fault).__name__)

    async def tell(self, decision: Decision) -> None:
        """Raises: SQLAlchemyError, OSError."""
        candidate = self._candidates.known.get(decision.event_id)
        signal = None if candidate is None else signal_of(decision, candidate)
        if candidate is None or signal is None:
            return
        async with as_worker(self._sessions) as session:
            wanting = await weather_choices.wanting_signals(session)
            told = [
                (user, key_of(user, signal), signal)
                for user, choices in wanting.items()
                if self._wants(choices, candidate) and await users.may_trade(session, user)
            ]
            await self._outbox.write_all_down(session, told)

    def _wants(self, choices: Choices, candidate: Candidate) -> bool:
        event = candidate.event
        today = self._now().astimezone(ZoneInfo(event.station.zone)).date()
        return choices.wants(event.event_id, event.city, event.day, today)


def is_signal(decision: Decision) -> bool:
    """Whether an edge was seen, whatever kept this one user's strategy from buying it."""
    edge = decision.grounds.cautious
    if decision.side is Side.SELL or decision.market_id is None:
        return False
    if edge is None or edge <= 0 or decision.version is None:
        return False
    return decision.action is Action.BUY or decision.skip in OWN_REASONS


def signal_of(decision: Decision, candidate: Candidate) -> WeatherSignal | None:
    """None where the decision is about none of the event's tokens any more."""
    grounds, version = decision.grounds, decision.version
    chance, edge, cautious = grounds.chance, grounds.edge, grounds.cautious
    if chance is None or edge is None or cautious is None or version is None:
        return None
    for market in candidate.markets:
        if decision.token_id in market.tokens:
            return WeatherSignal(
                event_id=candidate.event.event_id,
                market_id=market.id,
                slug=candidate.event.slug,
                outcome=decision.outcome,
                is_yes=decision.token_id == market.tokens[0],
                chance=chance,
                cost=Decimal(repr(chance - edge)).quantize(STEP),
                edge=cautious,
                version=version,
                at=decision.moments.received,
            )
    return None


def key_of(user: UserId, signal: WeatherSignal) -> str:
    side = "yes" if signal.is_yes else "no"
    return f"weather:{user}:{signal.market_id}:{signal.version}:{side}"
