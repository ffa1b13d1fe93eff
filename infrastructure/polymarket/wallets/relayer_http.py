"""The relayer: takes signed batches to the chain, and tells what became of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.errors import OutcomeUnknown, Rejected, Unavailable
from core.domain.sentences import mark, worded
from infrastructure.polymarket.http import Params, decoded
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.transport import Reply, Transport
from infrastructure.polymarket.wallets import relayer_wire as wire
from infrastructure.polymarket.wallets.relayer_auth import RelayerAuth

SUBMIT: Final = "/submit"
TRANSACTIONS: Final = "/v1/account/transactions"
LONGEST: Final = 200  # characters of the relayer's own words
MOST_DIGITS: Final = 18  # of a nonce

UNCLEAR: Final = mark(
    "The relayer's answer does not say what became of this. It is being checked; do not repeat it."
)
BUSY: Final = mark(
    "The wallet is busy with something else. Nothing was sent; try again in a minute."
)


class NonceMoved(Unavailable):
    """Refused, because the wallet's turn `on_chain` is another than the batch's."""

    def __init__(self, submitted: int, on_chain: int) -> None:
        super().__init__(BUSY)
        self.submitted = submitted
        self.on_chain = on_chain


class WalletBusy(Unavailable):
    """Refused, because another action of the wallet is on its way."""


class RelayerHttp:
    """One relayer. What is submitted is sent once; questions change nothing."""

    def __init__(self, transport: Transport, auth: RelayerAuth, clock: VenueClock) -> None:
        self._transport = transport
        self._auth = auth
        self._clock = clock

    async def submit(self, body: bytes) -> wire.Submitted:
        """Raises: Rejected, Unavailable, NonceMoved, WalletBusy: all proven not to be taken;
        OutcomeUnknown for everything that proves nothing.
        """
        headers = self._headers("POST", SUBMIT, body)
        return _taken(await self._transport.send("POST", SUBMIT, headers, body=body))

    async def turn(self, owner: Address) -> int:
        """The nonce that the next batch of the owner's wallet must carry. Raises: Unavailable."""
        asked = [("address", owner), ("type", "WALLET")]
        stated = str(decoded(wire.TURN, await self._asked(f"{TRANSACTIONS}/params", asked)).nonce)
        if not (stated.isascii() and stated.isdigit() and len(stated) <= MOST_DIGITS):
            raise Unavailable("The relayer's answer could not be read.")
        return int(stated)

    async def transaction(self, transaction_id: str) -> wire.Transaction:
        """Raises: Unavailable, also if the relayer does not know it (yet) or means another."""
        found = decoded(wire.TRANSACTION, await self._asked(f"{TRANSACTIONS}/{transaction_id}"))
        if found.id != transaction_id:
            raise Unavailable("The relayer answered about another transaction.")
        return found

    async def is_deployed(self, wallet: Address) -> bool:
        """Raises: Unavailable."""
        asked = [("address", wallet), ("type", "WALLET")]
        return decoded(wire.DEPLOYED, await self._asked("/deployed", asked)).deployed

    async def _asked(self, path: str, params: Params = ()) -> bytes:
        """Raises: Unavailable; Rejected without a key to ask with."""
        headers = self._headers("GET", path, b"")
        try:
            reply = await self._transport.send("GET", path, headers, params=params)
        except OutcomeUnknown as error:
            raise Unavailable("The relayer cannot be asked right now.") from error
        if reply.status != HTTPStatus.OK:
            sentence = worded(
                "The relayer does not answer right now (HTTP {status}).", status=reply.status
            )
            raise Unavailable(sentence, reply.retry_after)
        return reply.body

    def _headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        return self._auth.headers(int(self._clock.unix()), method, path, body)


def _taken(reply: Reply) -> wire.Submitted:
    if reply.status in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
        return _submitted(reply.body)
    if reply.is_passing:
        raise Unavailable("The relayer takes nothing more right now.", reply.retry_after)
    if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Rejected("The relayer does not accept this Polycool's API key. Nothing was sent.")
    words = _words(reply.body)
    if reply.is_server_error or reply.status < HTTPStatus.BAD_REQUEST or not words:
        raise OutcomeUnknown(UNCLEAR)
    raise _refusal(words)


def _submitted(body: bytes) -> wire.Submitted:
    try:
        found = wire.SUBMITTED.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise OutcomeUnknown(UNCLEAR) from error
    if not found.id or "/" in found.id:
        raise OutcomeUnknown(UNCLEAR)
    return found


def _refusal(words: str) -> Rejected | Unavailable:
    moved = wire.NONCE.search(words.lower())
    if moved is not None:
        return NonceMoved(int(moved[1]), int(moved[2]))
    if wire.BUSY.search(words.lower()):
        return WalletBusy(BUSY)
    return Rejected(
        worded("Polymarket's relayer refuses this: “{words}”. Nothing was moved.", words=words)
    )


def _words(body: bytes) -> str:
    """The relayer's own sentence; empty where the answer is not the relayer's."""
    try:
        found = wire.ERROR.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    line = " ".join((found.error or found.message).split())
    return "".join(letter for letter in line if letter.isprintable())[:LONGEST]
