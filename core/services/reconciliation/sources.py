"""What a comparison with the venue asks of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.reports import OrderReport, TradeReport
from core.domain.units import UserId
from core.ports import AccountReports, MarketsByCondition


class News(Protocol):
    """Who keeps what the venue tells; late, repeated and disordered news is harmless there."""

    async def order(self, user: UserId, report: OrderReport) -> None:
        """Raises: NotFound for a market that nobody knows, Unavailable."""
        ...

    async def trade(self, user: UserId, report: TradeReport) -> None:
        """Raises: NotFound for a market that nobody knows, Unavailable."""
        ...


class Ledger(News, Protocol):
    """The same for whoever brings long lists, most of which was told before."""

    async def untold(self, user: UserId, reports: Sequence[TradeReport]) -> list[TradeReport]:
        """Those of `reports`, in their order, that may say something new."""
        ...


class Resolver(Protocol):
    """Who finds out what became of orders that were sent without an answer."""

    async def look(self) -> None:
        """Once, for everything that is due."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """The venue's reports, and who takes in what they say."""

    reports: AccountReports
    news: Ledger
    resolver: Resolver
    markets: MarketsByCondition
