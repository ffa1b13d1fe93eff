"""The weather strategy as one user sees it: everything `/weather` shows, and their choices."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.account import Account
from core.domain.errors import NotFound, Rejected
from core.domain.price import Quote
from core.domain.sentences import listed, mark, worded
from core.domain.units import ZERO, EventId, Usdc, UserId, usdc
from core.domain.weather.belief import Opinion
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.decision import KeptDecision, Skip
from core.domain.weather.events import asked_by_slug
from core.domain.weather.limits import StrategyLimits
from core.domain.weather.rules import Untradable
from core.domain.weather.views import (
    DecisionPage,
    EventLine,
    EventPage,
    FanView,
    LadderView,
    Reliability,
    Rung,
    ScoreTable,
    Standing,
    TableOfSkips,
)
from core.services.clock import utc_now
from core.services.trading_right import refuse_viewer
from core.services.weather.rungs import believed, best_of, blend_of, labels_of, rungs_of
from core.services.weather.sights import Candidate, Sights
from core.storage import users, weather_accounts, weather_decisions
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from core.storage.weather_accounts import WeatherAccount

PAGE: Final = 8  # events
DECISIONS: Final = 4  # on a page
MOST_PAGES: Final = 25  # of decisions: what is older is not looked up in a chat
COUNTED: Final = 200  # newest decisions of which skips are counted
NOT_KNOWN: Final = mark("This temperature event is not known any more.")


class WeatherOverview:
    def __init__(
        self,
        sessions: Sessions,
        sights: Sights,
        limits: StrategyLimits,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`limits` are the operator's."""
        self._sessions = sessions
        self._sights = sights
        self._now = now
        self.limits: Final = limits

    async def standing(self, user: UserId) -> Standing:
        choices = await self._sights.choices.of(user)
        hindrances = await self._hindrances(user)
        account = _account(choices, hindrances)
        shown = await self._account(user, account or Account.WEATHER_PAPER)
        async with as_user(self._sessions, user) as session:
            may_change = await users.may_trade(session, user)
        return Standing(
            choices=choices,
            account=account,
            gate=await self._sights.scores.gate(),
            is_streaming=self._sights.is_streaming(),
            cash=shown.cash,
            result=shown.result,
            hindrances=hindrances,
            may_change=may_change,
        )

    async def events(self, user: UserId, page: int = 0) -> EventPage:
        """Tradable ones first, the nearest day first; then those that are not, with the reason."""
        choices = await self._sights.choices.of(user)
        pages = max(1, -(-self._count() // PAGE))
        page = min(page, pages - 1)
        shown = self._ids()[page * PAGE : (page + 1) * PAGE]
        account = await self._account(user, await self._account_name(user, choices))
        return EventPage(tuple(self._line(event, choices, account) for event in shown), page, pages)

    async def ladder(self, user: UserId, event: EventId) -> LadderView:
        """Raises: NotFound."""
        choices = await self._sights.choices.of(user)
        account = await self._account(user, await self._account_name(user, choices))
        line = self._line(event, choices, account)
        candidate = self._sights.candidates.known.get(event)
        if candidate is None:
            return LadderView(line, (), ())
        version = self._sights.beliefs.of(event)
        opinion = None if version is None else version.opinion
        quotes = self._quotes(candidate)
        blend = blend_of(quotes, opinion)
        day = self._sights.forecasts.day(candidate.event)
        return LadderView(
            line=line,
            rungs=self._rungs(candidate, account),
            tokens=tuple(market.tokens[0] for market in candidate.markets),
            version=None if version is None else version.number,
            heard_at=None if opinion is None else self._heard(event, opinion),
            weight=None if opinion is None else opinion.weight,
            divergence=None if blend is None else blend.divergence,
            seen=None if day is None else day.seen,
            refusal=self._sights.beliefs.refusal(event),
            is_left_alone=event in choices.without,
        )

    async def fan(self, user: UserId, event: EventId) -> FanView:
        """Raises: NotFound without a forecast of it."""
        candidate = self._sights.candidates.known.get(event)
        day = None if candidate is None else self._sights.forecasts.day(candidate.event)
        if candidate is None or day is None or not day.runs:
            raise NotFound("There is no forecast of this event right now.")
        choices = await self._sights.choices.of(user)
        version = self._sights.beliefs.of(event)
        ladder = candidate.event.ladder
        return FanView(
            line=self._line(event, choices, None),
            unit=ladder.unit,
            day=day,
            labels=labels_of(ladder),
            edges=ladder.edges(candidate.event.rounding),
            chances=() if version is None else version.opinion.chances,
            heard_at=None if version is None else self._heard(event, version.opinion),
        )

    async def decisions(
        self, user: UserId, event: EventId | None = None, page: int = 0
    ) -> DecisionPage:
        """The newest first, of one event or all."""
        page = min(page, MOST_PAGES - 1)
        async with as_user(self._sessions, user) as session:
            newest = await weather_decisions.newest(session, user, event=event, limit=COUNTED)
        choices = await self._sights.choices.of(user)
        shown = newest[page * DECISIONS : (page + 1) * DECISIONS]
        events = {one.decision.event_id for one in shown}
        is_last = page + 1 == MOST_PAGES
        return DecisionPage(
            entries=tuple(shown),
            page=page,
            has_more=len(newest) > (page + 1) * DECISIONS and not is_last,
            skips=TableOfSkips(_counted(newest)),
            lines={one: self._line_or_bare(one, choices) for one in events},
            event=None if event is None else self._line_or_bare(event, choices),
        )

    async def choices(self, user: UserId) -> Choices:
        return await self._sights.choices.of(user)

    async def change(self, user: UserId, change: Callable[[Choices], Choices]) -> Choices:
        """What is chosen now.

        Raises: Rejected for a viewer, and for real money as long as anything stands against it.
        """
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
        before = await self._sights.choices.of(user)
        after = change(before)
        if after.mode is Mode.LIVE and before.mode is not Mode.LIVE:
            await self.refuse_live(user)
        await self._sights.choices.keep(user, after)
        return after

    async def refuse_live(self, user: UserId) -> None:
        """Raises: Rejected with everything that stands against real money."""
        hindrances = await self._hindrances(user)
        if hindrances:
            raise Rejected(_joined(hindrances))

    def cities(self) -> tuple[str, ...]:
        """Those that have an event which can be traded, as slugs spell them."""
        return tuple(sorted({one.event.city for one in self._sights.candidates.known.values()}))

    async def scores(self, user: UserId) -> ScoreTable:
        table = await self._sights.scores.table(user)
        dry = await self._account(user, Account.WEATHER_PAPER)
        live = await self._account(user, Account.LIVE)
        return replace(table, dry=_result(dry), live=_result(live))

    async def reliability(self) -> Reliability:
        return await self._sights.scores.reliability()

    async def _hindrances(self, user: UserId) -> tuple[str, ...]:
        found = list(await self._sights.hindrances(user))
        gate = await self._sights.scores.gate()
        if not gate.verdict.is_open:
            reasons = listed(gate.verdict.reasons)
            found.append(worded("The gate for real money is closed: {reasons}", reasons=reasons))
        return tuple(found)

    async def _account_name(self, user: UserId, choices: Choices) -> Account:
        if choices.mode is not Mode.LIVE:
            return Account.WEATHER_PAPER
        return _account(choices, await self._hindrances(user)) or Account.WEATHER_PAPER

    async def _account(self, user: UserId, account: Account) -> WeatherAccount:
        async with as_user(self._sessions, user) as session:
            return await weather_accounts.account_of(session, user, account)

    def _count(self) -> int:
        candidates = self._sights.candidates
        return len(candidates.known) + len(candidates.untradable)

    def _ids(self) -> list[EventId]:
        known = self._sights.candidates.known
        tradable = sorted(known, key=lambda one: (known[one].event.day, known[one].event.slug))
        untradable = self._sights.candidates.untradable
        return tradable + sorted(untradable, key=lambda one: untradable[one].slug)

    def _line(self, event: EventId, choices: Choices, account: WeatherAccount | None) -> EventLine:
        """Raises: NotFound."""
        candidate = self._sights.candidates.known.get(event)
        if candidate is not None:
            return self._traded_line(candidate, choices, account)
        found = self._sights.candidates.untradable.get(event)
        if found is None:
            raise NotFound(NOT_KNOWN)
        return _untraded_line(found)

    def _line_or_bare(self, event: EventId, choices: Choices) -> EventLine:
        try:
            return self._line(event, choices, None)
        except NotFound:
            return EventLine(event, "")

    def _traded_line(
        self, candidate: Candidate, choices: Choices, account: WeatherAccount | None
    ) -> EventLine:
        event = candidate.event
        held = () if account is None else account.held
        cost = sum((one.cost for one in held if one.event_id == event.event_id), ZERO)
        today = self._now().astimezone(ZoneInfo(event.station.zone)).date()
        return EventLine(
            event_id=event.event_id,
            slug=event.slug,
            city=event.city,
            day=event.day,
            extreme=event.extreme,
            unit=event.unit,
            station=event.station.id,
            is_wanted=choices.mode is not Mode.OFF
            and choices.wants(event.event_id, event.city, event.day, today),
            held=usdc(cost),
            best=best_of(self._rungs(candidate, account)),
        )

    def _rungs(self, candidate: Candidate, account: WeatherAccount | None) -> tuple[Rung, ...]:
        version = self._sights.beliefs.of(candidate.event.event_id)
        return rungs_of(
            candidate.event.ladder,
            candidate.markets,
            self._quotes(candidate),
            None if version is None else version.opinion,
            {} if account is None else {one.token_id: one.shares for one in account.held},
        )

    def _heard(self, event: EventId, opinion: Opinion) -> datetime:
        """Of a belief that came from the database, when its forecasts were heard of then."""
        return self._sights.beliefs.heard_at(event) or opinion.heard_at

    def _quotes(self, candidate: Candidate) -> list[Quote | None]:
        return [believed(self._sights.board, market.tokens[0]) for market in candidate.markets]


def _account(choices: Choices, hindrances: Sequence[str]) -> Account | None:
    """What the strategy trades with; real money that is out of the question means practice."""
    if choices.mode is Mode.OFF:
        return None
    is_live = choices.mode is Mode.LIVE and not hindrances
    return Account.LIVE if is_live else Account.WEATHER_PAPER


def _untraded_line(found: Untradable) -> EventLine:
    asked = asked_by_slug(found.slug)
    bare = EventLine(found.event_id, found.slug, reason=found.reason)
    return bare if asked is None else replace(bare, city=asked.city, extreme=asked.extreme)


def _counted(newest: Sequence[KeptDecision]) -> tuple[tuple[Skip, int], ...]:
    counts = Counter[Skip]()
    for kept in newest:
        if kept.decision.skip is not None:
            counts[kept.decision.skip] += kept.times
    return tuple(counts.most_common())


def _result(account: WeatherAccount) -> Usdc | None:
    return account.result if account.trades else None


def _joined(hindrances: Sequence[str]) -> str:
    """The wallet's and the gate's."""
    if len(hindrances) == 1:
        return hindrances[0]
    first, *others = hindrances
    return worded("{first} That aside: {others}", first=first, others=listed(others))
