"""One decision about one event for one user: on books of now, with what Postgres says is held."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from core.domain.account import Account
from core.domain.book import Side
from core.domain.continuity import Gap
from core.domain.errors import Unavailable
from core.domain.units import ZERO, EventId, MarketId, TokenId, Usdc, UserId
from core.domain.weather.belief import Blend
from core.domain.weather.choices import Choices
from core.domain.weather.days import day_span
from core.domain.weather.deciding import (
    Circumstances,
    Offer,
    Order,
    Refusal,
    entry,
    hindrance,
    reduction,
    staleness,
)
from core.domain.weather.decision import Skip
from core.services.clock import utc_now
from core.services.weather.beliefs import Beliefs
from core.services.weather.books import BucketBooks
from core.services.weather.candidates import Candidates
from core.services.weather.grounds import Basis, Chance, Rules
from core.services.weather.means import Means, read_means
from core.services.weather.placing import Placer, key_of
from core.services.weather.watching import Own, Spot, Watched
from core.storage.models import Sessions

MOST_FETCHED: Final = 3  # books fetched for one decision, where prices are only polled

AccountsOf: TypeAlias = Callable[[UserId, Choices], Awaitable[tuple[Account, ...]]]
"""Where a user's entries go, then other accounts in which what is held may be reduced."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sources:
    """What decisions are made of."""

    books: BucketBooks
    beliefs: Beliefs
    candidates: Candidates
    accounts_of: AccountsOf


class Orderer:
    """Decides on reductions and entries, and has placed what comes of it: one order at a time."""

    def __init__(
        self,
        sessions: Sessions,
        sources: Sources,
        placer: Placer,
        rules: Rules,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.rules = rules
        self._sessions = sessions
        self._sources = sources
        self._placer = placer
        self._clock = clock
        self._now = now

    async def act(self, chance: Chance) -> float:
        """Seconds until it is worth deciding again.

        Raises: SQLAlchemyError, OSError where Postgres does not answer; nothing was ordered then,
        or the order is known by its key.
        """
        accounts = await self._sources.accounts_of(chance.user, chance.choices)
        for account in accounts[1:]:
            pause = await self._reduced_only(chance, account)
            if pause is not None:
                return pause
        return await self._acted(chance, accounts[0])

    def hindered(self, chance: Chance) -> Refusal | None:
        """What forbids an entry as far as it is known without asking Postgres."""
        blend, own = chance.watched.blend, chance.watched.own[chance.user]
        if blend is None:
            return Refusal(Skip.NO_MARKET)
        limits = chance.choices.lowered(self.rules.limits)
        return hindrance(self._seen(chance, own, blend, Usdc(ZERO)), limits)

    def series(self, watched: Watched) -> int:
        """Which unbroken series the prices of an event belong to now."""
        return self._sources.books.series(watched)

    def open_gap(self, watched: Watched) -> Gap | None:
        """The gap for which a bucket has no price now."""
        return self._sources.books.open_gap(watched)

    async def held(self, user: UserId, choices: Choices) -> dict[Account, frozenset[TokenId]]:
        """Tokens of temperature markets. Raises: SQLAlchemyError, OSError."""
        found = dict[Account, frozenset[TokenId]]()
        for account in await self._sources.accounts_of(user, choices):
            means = await self._means(user, account)
            found[account] = frozenset() if means is None else frozenset(means.shares())
        return found

    async def _acted(self, chance: Chance, account: Account) -> float:
        own, means = chance.watched.own[chance.user], await self._means(chance.user, account)
        basis = None if means is None else self._basis(chance, account, means)
        if basis is None:
            skip = Skip.NO_CASH if means is None else Skip.NO_MARKET
            refusal = self._broken(chance) or Refusal(skip)
            return self._placer.skip(chance, account, None, refusal)
        own.held[account] = frozenset(basis.means.shares())
        found = await self._found(basis, own)
        if isinstance(found, Refusal):
            is_lost = found.skip is Skip.NOT_LIVE
            refusal = (self._broken(chance) if is_lost else None) or found
            return self._placer.skip(chance, account, basis, refusal)
        return await self._placed(basis, own, found)

    async def _placed(self, basis: Basis, own: Own, found: Order) -> float:
        """What was decided on prices of before a gap begins anew."""
        broken = self._broken(basis.chance)
        if broken is not None:
            return self._placer.skip(basis.chance, basis.account, basis, broken)
        return await self._placer.place(basis, own, found)

    def _broken(self, chance: Chance) -> Refusal | None:
        books = self._sources.books
        if books.series(chance.watched) == chance.series:
            return None
        gap = books.newest_gap(chance.watched)
        return Refusal(Skip.NOT_LIVE, detail="" if gap is None else gap.why.value)

    async def _reduced_only(self, chance: Chance, account: Account) -> float | None:
        """None where there was nothing to reduce."""
        means = await self._means(chance.user, account)
        if means is None or not means.in_event(chance.watched.candidate):
            return None
        basis = self._basis(chance, account, means)
        if basis is None or staleness(basis.seen) or means.is_out_in(chance.watched.candidate):
            return None
        own = chance.watched.own[chance.user]
        own.held[account] = frozenset(means.shares())
        found = await self._reduction(basis, own)
        return None if found is None else await self._placed(basis, own, found)

    def _basis(self, chance: Chance, account: Account, means: Means) -> Basis | None:
        """None while a bucket has no price."""
        blend, own = chance.watched.blend, chance.watched.own[chance.user]
        if blend is None:
            return None
        seen = self._seen(chance, own, blend, means.result)
        limits = chance.choices.lowered(self.rules.limits)
        return Basis(chance, account, limits, blend, seen, means)

    async def _means(self, user: UserId, account: Account) -> Means | None:
        began = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        return await read_means(self._sessions, user, account, began)

    def _seen(self, chance: Chance, own: Own, blend: Blend, result: Usdc) -> Circumstances:
        event = chance.watched.candidate.event
        since = None
        if own.ordered_at is not None and own.ordered_on == chance.version.number:
            since = self._clock() - own.ordered_at
        return Circumstances(
            now=self._now(),
            heard_at=self._sources.beliefs.heard_at(event.event_id),
            most_age=self.rules.most_age,
            ends_at=day_span(event.day, event.station.zone)[1],
            divergence=blend.divergence,
            result_today=result,
            since_order=since,
        )

    async def _found(self, basis: Basis, own: Own) -> Order | Refusal:
        stale = staleness(basis.seen)
        if stale is not None:
            event = basis.chance.watched.candidate.event.event_id
            return Refusal(stale, detail=self._sources.beliefs.refusal(event))
        if basis.means.is_out_in(basis.chance.watched.candidate):
            return Refusal(Skip.ORDER_OUT)
        return await self._reduction(basis, own) or await self._entry(basis, own)

    async def _reduction(self, basis: Basis, own: Own) -> Order | None:
        shares = basis.means.shares()
        for spot in basis.chance.watched.exits(basis.blend, own, basis.limits):
            offer = await self._offer(basis, spot, Side.SELL)
            if offer is None or offer.token_id not in shares:
                continue
            if key_of(basis, offer, Side.SELL) in own.spent:
                continue
            found = reduction(offer, shares[offer.token_id], basis.limits)
            if isinstance(found, Order):
                return found
        return None

    async def _entry(self, basis: Basis, own: Own) -> Order | Refusal:
        hindered = hindrance(basis.seen, basis.limits)
        spots = basis.chance.watched.entries(basis.blend, basis.limits)
        if hindered is not None or not spots:
            return hindered or Refusal(Skip.NO_EDGE)
        offers, skip = await self._offers(basis, own, spots)
        if not offers:
            return Refusal(skip)
        candidate, known = basis.chance.watched.candidate, self._sources.candidates.known
        places = {id_: one.where for id_, one in known.items()}
        places.setdefault(candidate.event.event_id, candidate.where)
        purse = basis.means.purse(candidate.event.event_id, places, self._event_of())
        held = basis.means.in_event(candidate)
        return entry(offers, basis.blend.chances, held, purse, basis.limits)

    async def _offers(
        self, basis: Basis, own: Own, spots: Sequence[Spot]
    ) -> tuple[list[Offer], Skip]:
        """Those to be had; and why not, if there are none."""
        offers, skip = list[Offer](), Skip.NOT_LIVE
        for spot in self._worth_asking(basis, spots):
            offer = await self._offer(basis, spot, Side.BUY)
            if offer is None:
                continue
            if key_of(basis, offer, Side.BUY) in own.spent:
                skip = Skip.SAME_FORECAST
                continue
            offers.append(offer)
        return offers, skip

    def _worth_asking(self, basis: Basis, spots: Sequence[Spot]) -> list[Spot]:
        """Nobody buys against what they hold: that is sold, if anything. Few books are fetched."""
        watched, shares, fetched = basis.chance.watched, basis.means.shares(), 0
        found = list[Spot]()
        for spot in spots:
            if watched.token(spot.place, is_yes=not spot.is_yes) in shares:
                continue
            fetched += not self._sources.books.is_live(watched, spot)
            if fetched <= MOST_FETCHED:
                found.append(spot)
        return found

    async def _offer(self, basis: Basis, spot: Spot, side: Side) -> Offer | None:
        try:
            return await self._sources.books.offer(basis.chance.watched, spot, basis.blend, side)
        except Unavailable as fault:
            logger.info("The weather strategy has no book to decide on: %s", fault)
            return None

    def _event_of(self) -> dict[MarketId, EventId]:
        return {
            market.id: event
            for event, candidate in self._sources.candidates.known.items()
            for market in candidate.markets
        }
