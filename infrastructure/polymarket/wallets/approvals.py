"""Which of the venue's contracts a wallet has let in, as the data service has indexed it."""

from typing import Final

import msgspec

from core.domain.errors import NotFound, Unavailable
from core.domain.sentences import mark
from infrastructure.polymarket.http import VenueHttp, decoded
from infrastructure.polymarket.signing.exchanges import POLYGON
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.wallets.calldata import UNLIMITED
from infrastructure.polymarket.wallets.contracts import NEEDED, Approval, Standard

MAX: Final = "max"
ENOUGH: Final = UNLIMITED // 2  # what trading has used of "without limit" leaves more than this
DIGITS: Final = 78
UNREADABLE: Final = mark("The venue's list of approvals could not be read.")


class _Row(msgspec.Struct, frozen=True):
    token: str = ""
    spender: str = ""
    standard: str = ""
    approved: bool | None = None
    amount: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.token.lower(), self.spender.lower()


class _Approvals(msgspec.Struct, frozen=True):
    address: str
    chain_id: int
    contracts: list[_Row]


class _Answer(msgspec.Struct, frozen=True):
    data: _Approvals


_ANSWER: Final = msgspec.json.Decoder(_Answer)


class ApprovalList:
    def __init__(self, data: VenueHttp) -> None:
        """`data`: the host of the Data API."""
        self._data = data

    async def missing(self, wallet: Address) -> tuple[Approval, ...]:
        """Those of `NEEDED` that are not given. Raises: Unavailable, also if it cannot be told."""
        try:
            body = await self._data.get("/v2/approvals", [("user", wallet)])
        except NotFound as error:
            raise Unavailable(UNREADABLE) from error
        found = decoded(_ANSWER, body).data
        if found.address.lower() != wallet.lower() or found.chain_id != POLYGON:
            raise Unavailable(UNREADABLE)
        rows = {row.pair: row for row in found.contracts}
        return tuple(each for each in NEEDED if not _is_given(each, rows))


def _is_given(approval: Approval, rows: dict[tuple[str, str], _Row]) -> bool:
    row = rows.get((approval.token.lower(), approval.spender.lower()))
    if row is None or row.approved is None or row.standard != approval.standard:
        raise Unavailable(UNREADABLE)
    if approval.standard is Standard.ERC1155 or not row.approved:
        return row.approved
    return _amount(row.amount) >= ENOUGH


def _amount(text: str | None) -> int:
    if text == MAX:
        return UNLIMITED
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise Unavailable(UNREADABLE)
    return int(text)
