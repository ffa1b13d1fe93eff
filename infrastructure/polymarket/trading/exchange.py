"""The venue as the place where orders go: signed here, sent once, looked up by their hash."""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from core.domain.errors import (
    InvalidQuantity,
    OtherWallet,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from core.domain.market import Market
from core.domain.order import Order, OrderHash, OrderStatus, SignedPayload
from core.domain.reports import OrderReport
from core.domain.sentences import mark
from core.domain.units import UserId
from core.ports import Execution
from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.order import SALT_BITS, build_order
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.amounts import Sender, Stated, sender_in, stated_in
from infrastructure.polymarket.trading.answers import execution
from infrastructure.polymarket.trading.cancels import Cancels
from infrastructure.polymarket.trading.from_trades import order_from_trades
from infrastructure.polymarket.trading.ledger_reads import LedgerReads
from infrastructure.polymarket.trading.refusals import saying
from infrastructure.polymarket.trading.terms import order_intent

OVERLAP: Final = timedelta(minutes=2)  # before the signature, for clocks that differ
UNREADABLE: Final = mark("The stored order cannot be read.")
NEVER_SENT: Final = mark("This order was never sent, so there is nothing to cancel.")
OTHER_WALLET: Final = mark("This order was placed with a key or a wallet that was given up here.")
NOT_THERE: Final = mark("The venue has no such order, so there is nothing to cancel.")

logger = logging.getLogger(__name__)


def random_salt() -> int:
    """1 to 2^53 - 1: it travels as a JSON number."""
    return secrets.randbelow((1 << SALT_BITS) - 1) + 1


class PolymarketExchange:
    """An `Exchange`. The ticket's user is the account."""

    def __init__(self, http: AccountHttp, *, salt: Callable[[], int] = random_salt) -> None:
        self._http = http
        self._reads = LedgerReads(http)
        self._cancels = Cancels(http)
        self._salt = salt

    async def get_ready(self, user: UserId) -> None:
        """The user's keys are at hand, still sealed. Raises: Rejected."""
        await self._http.keys.wallet(user)
        await self._http.keys.api_key(user)

    async def prepare(self, order: Order, market: Market) -> SignedPayload:
        """Salt and time are drawn here and never again. Raises: Rejected, Unavailable."""
        user, keys = order.ticket.user_id, self._http.keys
        now = self._http.clock()
        intent = order_intent(order.ticket, market, await keys.wallet(user))
        unsigned = build_order(intent, salt=self._salt(), timestamp=int(now.timestamp() * 1000))
        signed = await keys.sign_order(user, intent, unsigned)
        return SignedPayload(
            hash=OrderHash(signed.hash),
            salt=unsigned.salt,
            timestamp=unsigned.timestamp,
            body=order_body(signed, await keys.api_key(user)),
            signed_at=now,
        )

    async def place(self, order: Order, market: Market, signed: SignedPayload | None) -> Execution:  # noqa: ARG002 - the signed bytes say it all; the port serves paper too
        """Sends `signed.body`, to the byte. Raises: Rejected, Unavailable, OutcomeUnknown."""
        if signed is None:
            raise ValueError("an order goes to the venue signed, or not at all")
        user = order.ticket.user_id
        bucket = self._http.buckets.of(user).orders
        reply = await self._http.act(user, "POST", "/order", signed.body, bucket=bucket)
        return execution(reply, signed, rests=order.ticket.kind.rests)

    async def cancel(self, order: Order, signed: SignedPayload | None) -> Execution:
        """By its hash; where the venue will not, what it has become instead.

        Raises: Rejected (there is nothing to cancel), Unavailable, OutcomeUnknown.
        """
        hash_ = order.hash if signed is None else signed.hash
        if hash_ is None:
            raise Rejected(NEVER_SENT)
        if signed is not None:
            await self._refuse_other_wallet(order.ticket.user_id, signed)
        done = await self._cancels.one(order.ticket.user_id, hash_)
        if hash_.lower() in done.cancelled:
            return Execution(OrderStatus.CANCELLED)
        reason = done.kept.get(OrderHash(hash_.lower()))
        if reason is None:
            raise OutcomeUnknown("The venue did not say whether the order was cancelled.")
        return await self._instead(order, hash_, signed, reason)

    async def look_up(self, order: Order, signed: SignedPayload) -> OrderReport | None:
        """By hash, then in the list by hash, then by its trades.

        Raises: Unavailable, one kind of which is OtherWallet.
        """
        await self._refuse_other_wallet(order.ticket.user_id, signed)
        return await self._found(order, signed.hash, signed)

    async def _refuse_other_wallet(self, user: UserId, signed: SignedPayload) -> None:
        """The venue answers as if there were no such order, which would prove nothing.

        It shows orders only to the API key that sent them.
        Raises: OtherWallet, Unavailable.
        """
        wallet, sender = await self._http.wallet(user), _sender(signed)
        if sender.maker and sender.maker.lower() != wallet.funder.lower():
            raise OtherWallet(OTHER_WALLET)
        if sender.api_key and sender.api_key != await self._http.api_key(user):
            raise OtherWallet(OTHER_WALLET)

    async def _instead(
        self, order: Order, hash_: OrderHash, signed: SignedPayload | None, reason: str
    ) -> Execution:
        report = await self._found(order, hash_, signed)
        if report is None:
            raise Rejected(saying(NOT_THERE, reason))
        return Execution(
            report.status,
            reason=report.reason or reason,
            trade_ids=report.trade_ids,
            matched_size=report.matched,
        )

    async def _found(
        self, order: Order, hash_: OrderHash, signed: SignedPayload | None
    ) -> OrderReport | None:
        user = order.ticket.user_id
        report = await self._reads.order(user, hash_)
        if report is not None or signed is None:
            return report
        trades = await self._reads.trades_since(user, signed.signed_at - OVERLAP)
        return order_from_trades(order, hash_, _stated(signed), trades)


def _stated(signed: SignedPayload) -> Stated:
    """Raises: Unavailable for bytes that no order was ever sent as."""
    try:
        return stated_in(signed.body)
    except (msgspec.MsgspecError, InvalidQuantity) as error:
        raise Unavailable(UNREADABLE) from error


def _sender(signed: SignedPayload) -> Sender:
    """The same."""
    try:
        return sender_in(signed.body)
    except msgspec.MsgspecError as error:
        raise Unavailable(UNREADABLE) from error
