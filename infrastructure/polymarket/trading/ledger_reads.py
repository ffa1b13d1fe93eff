"""Orders and trades as the venue lists them, page by page."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from core.domain.errors import InvalidQuantity, Unavailable
from core.domain.order import OrderHash
from core.domain.reports import OrderReport, TradeReport
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from infrastructure.polymarket.http import Params, decoded
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.order_reports import order_report
from infrastructure.polymarket.trading.paging import all_pages
from infrastructure.polymarket.trading.trade_reports import trade_reports
from infrastructure.polymarket.trading.transport import Reply

UNREADABLE: Final = mark("The venue's report could not be read.")
UNREADABLE_ORDER: Final = mark("The venue's report could not be read. The row is order {name}.")
UNREADABLE_TRADE: Final = mark("The venue's report could not be read. The row is trade {name}.")
NAMED: Final = 80  # characters of a name that is shown
MISSING: Final = HTTPStatus.NOT_FOUND


class LedgerReads:
    """What the venue's database knows of a user's orders. Everything here raises Unavailable."""

    def __init__(self, http: AccountHttp) -> None:
        self._http = http

    async def orders(self, user: UserId, params: Params = ()) -> list[OrderReport]:
        """Open ones; with the filter `id`, that one in any state."""

        async def page(cursor: str) -> tuple[list[wire.WireOrder], str | None]:
            reply = await self._page(user, "/data/orders", params, cursor)
            answer = decoded(wire.ORDERS, reply.body)
            return answer.data, answer.next_cursor

        return [_order(each) for each in await all_pages(page)]

    async def order(self, user: UserId, order: OrderHash) -> OrderReport | None:
        """None: the venue says that it has no such order, twice."""
        reply = await self._http.read(user, f"/data/order/{order}")
        found = _single(reply)
        if found is None:
            listed = await self.orders(user, [("id", order)])
            return next((each for each in listed if each.hash == order.lower()), None)
        report = _order(found)
        if report.hash != order.lower():
            raise Unavailable(UNREADABLE)
        return report

    async def trades(self, user: UserId, params: Params = ()) -> list[TradeReport]:
        key = await self._http.api_key(user)

        async def page(cursor: str) -> tuple[list[wire.WireTrade], str | None]:
            reply = await self._page(user, "/data/trades", params, cursor)
            answer = decoded(wire.TRADES, reply.body)
            return answer.data, answer.next_cursor

        return [report for each in await all_pages(page) for report in _trade(each, key)]

    async def trades_since(self, user: UserId, after: datetime | None) -> list[TradeReport]:
        """Those matched at `after` or later; a second more, as the venue counts in seconds."""
        if after is None:
            return await self.trades(user)
        return await self.trades(user, [("after", str(int(after.timestamp()) - 1))])

    async def trades_named(self, user: UserId, ids: Sequence[str]) -> list[TradeReport]:
        """Those of `ids` that the venue knows: one question each."""
        reports = list[TradeReport]()
        for name in dict.fromkeys(ids):
            found = await self.trades(user, [("id", name)])
            reports += [report for report in found if report.trade_id == name]
        return reports

    async def _page(self, user: UserId, path: str, params: Params, cursor: str) -> Reply:
        reply = await self._http.read(user, path, [*params, ("next_cursor", cursor)])
        if reply.status == MISSING:
            raise Unavailable(UNREADABLE)
        return reply


def _single(reply: Reply) -> wire.WireOrder | None:
    """The answer of `/data/order/{id}`: an order, or in several ways none."""
    if reply.status == MISSING or reply.body.strip() in {b"", b"null", b"{}"}:
        return None
    return decoded(wire.ORDER, reply.body)


def _order(each: wire.WireOrder) -> OrderReport:
    try:
        return order_report(each)
    except InvalidQuantity as error:
        raise _unreadable(UNREADABLE_ORDER, each.id) from error


def _trade(each: wire.WireTrade, key: str) -> tuple[TradeReport, ...]:
    try:
        return trade_reports(each, key)
    except InvalidQuantity as error:
        raise _unreadable(UNREADABLE_TRADE, each.id) from error


def _unreadable(template: str, name: str) -> Unavailable:
    """One row spoils the whole report: whoever looks into it has to know which."""
    return Unavailable(worded(template, name=name[:NAMED]))
