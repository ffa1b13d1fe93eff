"""What a user's account holds of temperature markets, and what it may still stake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.account import Account
from core.domain.order import Order
from core.domain.units import ZERO, EventId, MarketId, Size, TokenId, Usdc, UserId, usdc
from core.domain.weather.deciding import Held, Purse
from core.domain.weather.regions import Stake, Where, at_stake
from core.services.weather.candidates import Candidate
from core.storage import orders, weather_stakes
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from core.storage.weather_stakes import HeldToken


@dataclass(frozen=True, slots=True)
class Means:
    """As Postgres has it now."""

    cash: Usdc
    free: Usdc
    held: Sequence[HeldToken]
    working: Sequence[Order]  # may still trade, in any market of the account

    @property
    def result(self) -> Usdc:
        """Of what was held at any time today: booked and unbooked, after fees."""
        return usdc(sum((one.result for one in self.held), ZERO))

    @property
    def bankroll(self) -> Usdc:
        """Cash, and what is held at its cost."""
        return usdc(self.cash + sum((one.cost for one in self.held if one.shares), ZERO))

    def shares(self) -> dict[TokenId, Size]:
        return {one.token_id: one.shares for one in self.held if one.shares}

    def in_event(self, candidate: Candidate) -> list[Held]:
        """By bucket; buys that may still trade are counted as if they had."""
        places = _places(candidate)
        found = list[Held]()
        for one in self.held:
            if one.shares and one.token_id in places:
                place, is_yes = places[one.token_id]
                found.append(Held(place, is_yes, one.shares, one.cost))
        for order in self._buys():
            if order.ticket.token_id in places:
                place, is_yes = places[order.ticket.token_id]
                found.append(Held(place, is_yes, order.working_size, order.working_value))
        return found

    def is_out_in(self, candidate: Candidate) -> bool:
        """Whether an order in the event may still trade."""
        markets = {market.id for market in candidate.markets}
        return any(order.ticket.market_id in markets for order in self.working)

    def purse(
        self,
        event: EventId,
        places: Mapping[EventId, Where],
        event_of: Mapping[MarketId, EventId],
    ) -> Purse:
        stakes, in_bucket = list[Stake](), dict[MarketId, Usdc]()

        def count(market: MarketId, event: EventId | None, spent: Usdc) -> None:
            in_bucket[market] = usdc(in_bucket.get(market, ZERO) + spent)
            if event is not None:
                stakes.append(Stake(event, spent))

        for one in self.held:
            if one.shares:
                count(one.market_id, one.event_id, one.cost)
        for order in self._buys():
            market = order.ticket.market_id
            count(market, event_of.get(market), order.working_value)
        return Purse(self.bankroll, self.free, at_stake(event, places, stakes), in_bucket)

    def _buys(self) -> list[Order]:
        return [order for order in self.working if order.ticket.side.value == "BUY"]


async def read_means(
    sessions: Sessions, user: UserId, account: Account, since: datetime
) -> Means | None:
    """None without a wallet; `since` is when the day began that losses are counted in."""
    async with as_user(sessions, user) as session:
        cash = await weather_stakes.cash(session, user, account)
        if cash is None:
            return None
        held = await weather_stakes.held(session, user, account, since)
        working = await orders.open_of(session, user, account)
    return Means(cash[0], cash[1], held, working)


def _places(candidate: Candidate) -> dict[TokenId, tuple[int, bool]]:
    return {
        token: (place, number == 0)
        for place, market in enumerate(candidate.markets)
        for number, token in enumerate(market.tokens)
    }
