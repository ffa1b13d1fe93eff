"""API keys at the venue: made or derived by the wallet's signature, and revoked."""

from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark, worded
from core.domain.units import UserId
from infrastructure.polymarket.signing.headers import ApiCredentials
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.refusals import quoted
from infrastructure.polymarket.trading.transport import Reply
from infrastructure.polymarket.trading.verdicts import words_of

REFUSED: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)
UNREADABLE: Final = mark("The venue's answer about the API key could not be read. Try again later.")


class ApiKeys:
    """One key belongs to each wallet and nonce: asking twice gives the same."""

    def __init__(self, http: AccountHttp) -> None:
        self._http = http

    async def credentials(self, user: UserId, nonce: int = 0) -> ApiCredentials:
        """Made now, or derived if they exist. Seal them at once; they show nothing of themselves.

        Raises: Rejected with the venue's own words, Unavailable.
        """
        made = await self._asked(user, "POST", "/auth/api-key", nonce)
        if made is None or made.status != HTTPStatus.OK:
            made = await self._asked(user, "GET", "/auth/derive-api-key", nonce)
        if made is None:
            raise Unavailable(UNREADABLE)
        if made.status in REFUSED:
            said = quoted(words_of(made))
            raise Rejected(
                worded("The venue gives this wallet no API key. It says: {words}", words=said)
            )
        return await self._read(user, made)

    async def revoke(self, user: UserId) -> None:
        """The key works no longer. Raises: Rejected, Unavailable; may be asked again."""
        bucket = self._http.buckets.credentials
        try:
            reply = await self._http.act(user, "DELETE", "/auth/api-key", b"", bucket=bucket)
        except OutcomeUnknown as error:
            raise Unavailable(UNREADABLE) from error
        if reply.status not in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}:
            raise Unavailable(
                worded("The venue did not revoke the API key (HTTP {status}).", status=reply.status)
            )

    async def _asked(self, user: UserId, method: str, path: str, nonce: int) -> Reply | None:
        """None where the answer was lost: whether a key was made, deriving it tells."""
        await self._http.buckets.credentials.take()
        try:
            return await self._http.introduce(user, method, path, nonce)
        except OutcomeUnknown:
            return None

    async def _read(self, user: UserId, reply: Reply) -> ApiCredentials:
        if reply.status != HTTPStatus.OK:
            raise Unavailable(UNREADABLE, reply.retry_after)
        try:
            key = wire.KEY.decode(reply.body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise Unavailable(UNREADABLE) from None  # the error's text may hold a part of it
        if not (key.apiKey and key.secret and key.passphrase):
            raise Unavailable(UNREADABLE)
        wallet = await self._http.wallet(user)
        return ApiCredentials(wallet.key, key.apiKey, key.secret, key.passphrase)
