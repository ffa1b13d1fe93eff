"""A sign of life, without which the venue cancels every open order of an account."""

from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.errors import OutcomeUnknown, Unavailable
from core.domain.sentences import mark
from core.domain.units import UserId
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.transport import Reply
from infrastructure.polymarket.trading.verdicts import failure

PATH: Final = "/v1/heartbeats"
LOST: Final = mark(
    "The venue did not take our sign of life; it may cancel this account's open orders."
)


class Heartbeat:
    """One account's. From the first beat on it must go on: the venue knows no way to disarm it."""

    def __init__(self, http: AccountHttp, user: UserId) -> None:
        self._http = http
        self._user = user
        self._last = ""

    async def beat(self) -> None:
        """Raises: Rejected (refused credentials), Unavailable."""
        reply = await self._say()
        if reply.status == HTTPStatus.BAD_REQUEST:
            self._last = self._named(reply)  # another session of this account beat meanwhile
            reply = await self._say()
        if reply.status != HTTPStatus.OK:
            error = failure(reply)
            raise Unavailable(LOST) if isinstance(error, OutcomeUnknown) else error
        self._last = self._named(reply)

    async def _say(self) -> Reply:
        body = msgspec.json.encode({"heartbeat_id": self._last})
        bucket = self._http.buckets.ledger
        try:
            return await self._http.act(self._user, "POST", PATH, body, bucket=bucket)
        except OutcomeUnknown as error:
            raise Unavailable(LOST) from error

    def _named(self, reply: Reply) -> str:
        """The id that the venue expects next. Raises: Unavailable."""
        try:
            return wire.HEARTBEAT.decode(reply.body).heartbeat_id
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unavailable(LOST) from error
