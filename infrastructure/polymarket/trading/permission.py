"""Whether the venue lets somebody trade: by where this machine is, and by their account."""

from typing import Final

from core.domain.errors import NotFound, Unavailable
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from infrastructure.polymarket.http import VenueHttp, decoded
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.ledger_reads import MISSING
from infrastructure.polymarket.trading.refusals import saying

UNKNOWN: Final = mark("The venue does not say whether it lets you trade. Try again later.")


class TradingPermission:
    """Asked before live mode. There is no way past a refusal."""

    def __init__(self, http: AccountHttp, geoblock: VenueHttp) -> None:
        """`geoblock`: the address that says where trading is blocked, whole."""
        self._http = http
        self._geoblock = geoblock

    async def refusal(self, user: UserId) -> str:
        """Why buying is not allowed, in a sentence; empty if it is. Raises: Unavailable."""
        return await self.place_refusal() or await self.account_refusal(user)

    async def place_refusal(self) -> str:
        """By the address from which this machine reaches the venue. Raises: Unavailable."""
        try:
            answer = decoded(wire.GEOBLOCK, await self._geoblock.get(""))
        except NotFound as error:
            raise Unavailable(UNKNOWN) from error
        if not answer.blocked:
            return ""
        place = "-".join(part for part in (answer.country, answer.region) if part) or mark(
            "unknown"
        )
        plain = worded(
            "The venue does not take orders from where this machine is ({place}).", place=place
        )
        return saying(plain, answer.message) if answer.message else plain

    async def account_refusal(self, user: UserId) -> str:
        """Raises: Unavailable."""
        reply = await self._http.read(user, "/auth/ban-status/closed-only")
        if reply.status == MISSING:
            raise Unavailable(UNKNOWN)
        if not decoded(wire.CLOSED_ONLY, reply.body).closed_only:
            return ""
        return mark(
            "The venue lets this account only close positions: selling works, buying does not."
        )
