"""What the venue shows of an action's effects, where the relayer cannot be asked about it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from core.domain.errors import InvalidQuantity, NotFound, Unavailable
from core.domain.reports import Balances
from core.domain.sentences import mark
from core.domain.units import MarketId, TokenId, Usdc, UserId
from core.domain.wallet_action import ActionKind, WalletAction
from core.domain.withdrawal import WithdrawalId
from core.storage import custody_withdrawals, markets
from core.storage import wallet_actions as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.polymarket.http import VenueHttp, decoded
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.trading.paging import all_pages
from infrastructure.polymarket.trading.quantities import instant, number
from infrastructure.polymarket.trading.wire import Pagination, Scalar
from infrastructure.polymarket.wallets.approvals import ApprovalList
from infrastructure.polymarket.wallets.following import Evidence, Proof, since

UNKNOWN: Final = Evidence(Proof.NONE)
UNREADABLE: Final = mark("The venue's list of withdrawals could not be read.")


class Money(Protocol):
    """What the CLOB counts. `PolymarketReports` is one."""

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances: ...

    async def refresh_balances(self, user: UserId, token: TokenId | None = None) -> None: ...


class _Row(msgspec.Struct, frozen=True):
    type: str
    timestamp: Scalar
    usdc_size: Scalar = None
    transaction_hash: str = ""


class _Activity(msgspec.Struct, frozen=True):
    data: list[_Row]
    pagination: Pagination


_ACTIVITY: Final = msgspec.json.Decoder(_Activity)


class VenueWitness:
    """The `Witness` of the real venue."""

    def __init__(
        self, sessions: Sessions, money: Money, approvals: ApprovalList, data: VenueHttp
    ) -> None:
        self._sessions = sessions
        self._money = money
        self._approvals = approvals
        self._data = data

    async def saw(self, action: WalletAction) -> Evidence:
        match action.kind:
            case ActionKind.APPROVE:
                missing = await self._approvals.missing(Address(action.wallet))
                return UNKNOWN if missing else Evidence(Proof.YES)
            case ActionKind.REDEEM:
                return await self._saw_shares_go(action)
            case ActionKind.WITHDRAW:
                return await self._saw_money_go(action)
            case ActionKind.CREATE | ActionKind.WRAP:
                return UNKNOWN

    async def _saw_shares_go(self, action: WalletAction) -> Evidence:
        async with as_user(self._sessions, action.user) as session:
            market = await markets.by_id(session, MarketId(action.subject))
        for token in market.tokens:
            await self._money.refresh_balances(action.user, token)
        held = (await self._money.balances(action.user, market.tokens)).shares
        return Evidence(Proof.NO if any(held.values()) else Proof.YES)

    async def _saw_money_go(self, action: WalletAction) -> Evidence:
        """Never proves that it did not: the list lags behind the chain."""
        withdrawal = WithdrawalId(int(action.subject))
        async with as_user(self._sessions, action.user) as session:
            amount = (await custody_withdrawals.locked_withdrawal(session, withdrawal)).amount
        for transaction in await self._withdrawn(action, amount):
            async with as_user(self._sessions, action.user) as session:
                if not await stored.knows_transaction(session, action.user, transaction):
                    return Evidence(Proof.YES, transaction)
        return UNKNOWN

    async def _withdrawn(self, action: WalletAction, amount: Usdc) -> list[str]:
        """Hashes of withdrawals of this amount since the action was begun, oldest first."""
        first = since(action)
        params = [
            ("user", action.wallet),
            ("type", "WITHDRAWAL"),
            ("start", str(int(first.timestamp()))),
        ]

        async def page(cursor: str) -> tuple[list[_Row], str | None]:
            following = [("cursor", cursor)] if cursor else []
            answer = decoded(_ACTIVITY, await self._asked(params + following))
            return answer.data, answer.pagination.next_cursor

        try:
            rows = [row for row in await all_pages(page, first="") if row.type == "WITHDRAWAL"]
            found = [row for row in rows if instant(row.timestamp) >= first]
            return [row.transaction_hash for row in reversed(found) if _is(row, amount)]
        except InvalidQuantity as error:
            raise Unavailable(UNREADABLE) from error

    async def _asked(self, params: list[tuple[str, str]]) -> bytes:
        try:
            return await self._data.get("/v2/activity", params)
        except NotFound as error:
            raise Unavailable(UNREADABLE) from error


def _is(row: _Row, amount: Decimal) -> bool:
    return bool(row.transaction_hash) and number(row.usdc_size) == amount
