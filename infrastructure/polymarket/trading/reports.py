"""What the venue knows of one account: its orders, its trades, its money, its shares."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.domain.errors import InvalidQuantity, NotFound, Unavailable
from core.domain.reports import Balances, OrderReport, TradeReport, VenuePosition
from core.domain.units import (
    ZERO,
    ConditionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from infrastructure.polymarket.http import Params, VenueHttp, decoded
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3, exchange_of
from infrastructure.polymarket.trading import quantities, wire
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Bucket
from infrastructure.polymarket.trading.ledger_reads import MISSING, UNREADABLE, LedgerReads
from infrastructure.polymarket.trading.paging import all_pages

TRADING: Final = frozenset(each.contract.lower() for each in (V2, NEG_RISK_V2, V3))
PAGE: Final = "500"  # positions of the first page


class PolymarketReports:
    """`AccountReports`: the CLOB for what is live, the data service for positions."""

    def __init__(self, http: AccountHttp, data: VenueHttp) -> None:
        """`data`: the host of the Data API."""
        self._http = http
        self._data = data
        self._reads = LedgerReads(http)

    async def open_orders(self, user: UserId) -> tuple[OrderReport, ...]:
        """All pages. Raises: Unavailable."""
        return tuple(await self._reads.orders(user))

    async def trades(self, user: UserId, after: datetime | None) -> tuple[TradeReport, ...]:
        """All pages of those since `after`, newest first. Raises: Unavailable."""
        return tuple(await self._reads.trades_since(user, after))

    async def trades_named(self, user: UserId, ids: Sequence[str]) -> tuple[TradeReport, ...]:
        """Those of `ids` that the venue knows. Raises: Unavailable."""
        return tuple(await self._reads.trades_named(user, ids))

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances:
        """As the CLOB counts them; what open orders reserve is still in there.

        Raises: Unavailable.
        """
        cash = await self._balance(user, await self._collateral(user))
        shares = dict[TokenId, Size]()
        for token in dict.fromkeys(tokens):
            held = await self._balance(user, await self._conditional(user, token))
            shares[token] = Size(_readable(held.balance))
        return Balances(Usdc(_readable(cash.balance)), _allowance(cash), shares)

    async def refresh_balances(self, user: UserId, token: TokenId | None = None) -> None:
        """Makes the CLOB look at the chain again, after a deposit or an approval: at the money, or
        at one token. Raises: Unavailable.
        """
        about = (
            await self._collateral(user) if token is None else await self._conditional(user, token)
        )
        await self._asked(
            user, "/balance-allowance/update", about, bucket=self._http.buckets.refreshes
        )

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]:
        """All that the wallet holds, resolved markets included. Raises: Unavailable."""
        wallet = await self._http.wallet(user)

        async def page(cursor: str) -> tuple[list[wire.WirePosition], str | None]:
            params = [("user", wallet.funder), ("limit", PAGE)]
            body = await self._public("/v2/positions", params + _at(cursor))
            answer = decoded(wire.POSITIONS, body)
            return answer.data, answer.pagination.next_cursor

        rows = [_position(row) for row in await all_pages(page, first="")]
        return {row.token: row for row in rows if row.size > 0}

    async def _collateral(self, user: UserId) -> Params:
        wallet = await self._http.wallet(user)
        return [
            ("asset_type", "COLLATERAL"),
            ("signature_type", str(int(wallet.signature_type))),
        ]

    async def _conditional(self, user: UserId, token: TokenId) -> Params:
        wallet = await self._http.wallet(user)
        is_v2 = exchange_of(token, neg_risk=False) is V3
        return [
            ("asset_type", "CONDITIONAL-V2" if is_v2 else "CONDITIONAL"),
            ("token_id", token),
            ("signature_type", str(int(wallet.signature_type))),
        ]

    async def _balance(self, user: UserId, about: Params) -> wire.WireBalance:
        body = await self._asked(
            user, "/balance-allowance", about, bucket=self._http.buckets.balances
        )
        return decoded(wire.BALANCE, body)

    async def _asked(self, user: UserId, path: str, params: Params, *, bucket: Bucket) -> bytes:
        reply = await self._http.read(user, path, params, bucket=bucket)
        if reply.status == MISSING:
            raise Unavailable(UNREADABLE)
        return reply.body

    async def _public(self, path: str, params: Params) -> bytes:
        try:
            return await self._data.get(path, params)
        except NotFound as error:
            raise Unavailable(UNREADABLE) from error


def _at(cursor: str) -> list[tuple[str, str]]:
    return [("cursor", cursor)] if cursor else []


def _readable(value: wire.Scalar) -> Decimal:
    try:
        return quantities.money(value)
    except InvalidQuantity as error:
        raise Unavailable(UNREADABLE) from error


def _allowance(cash: wire.WireBalance) -> Usdc:
    """The least that any contract which trades may take; 0 if none of them is named."""
    if cash.allowances is None and cash.allowance is not None:
        return Usdc(_readable(cash.allowance))
    stated = [
        _readable(amount)
        for contract, amount in (cash.allowances or {}).items()
        if contract.lower() in TRADING
    ]
    return Usdc(min(stated, default=ZERO))


def _position(row: wire.WirePosition) -> VenuePosition:
    try:
        return VenuePosition(
            token=TokenId(row.token_id),
            condition_id=ConditionId(row.condition_id),
            size=quantities.shares(row.current_size),
            average_price=_price(row.avg_price),
            is_redeemable=bool(row.redeemable),
            is_mergeable=bool(row.mergeable),
            current_price=_price(row.current_price),
            neg_risk=bool(row.negative_risk),
            outcome=row.outcome or "",
        )
    except InvalidQuantity as error:
        raise Unavailable(UNREADABLE) from error


def _price(value: wire.Scalar) -> Price | None:
    return None if value is None else quantities.share_price(value)
