"""Answers to orders and cancels: accepted only if everything in them says so."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from core.domain.errors import AnotherOrder, InvalidQuantity, OutcomeUnknown
from core.domain.order import OrderHash, OrderStatus, SignedPayload
from core.domain.reports import Cancellations
from core.ports import Execution
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.amounts import Traded, stated_in, traded
from infrastructure.polymarket.trading.refusals import Meaning, error_of, in_own_words, verdict_on
from infrastructure.polymarket.trading.transport import Reply
from infrastructure.polymarket.trading.verdicts import UNCLEAR, failure, is_held

PREFIX: Final = "ORDER_STATUS_"
STATUSES: Final = MappingProxyType(
    {
        "LIVE": OrderStatus.LIVE,
        "MATCHED": OrderStatus.MATCHED,
        "DELAYED": OrderStatus.DELAYED,
        "UNMATCHED": OrderStatus.LIVE,  # marketable, could not be delayed, placed all the same
    }
)
ACCEPTED_BEFORE: Final = Execution(OrderStatus.DELAYED)
"""The venue has the order, and says no more; what became of it the look-up and the news tell."""

logger = logging.getLogger(__name__)


def execution(reply: Reply, signed: SignedPayload, *, rests: bool) -> Execution:
    """What the reply to `POST /order` proves. `rests`: the order is a GTC or GTD.

    Raises: Rejected, Unavailable, OutcomeUnknown, one kind of which is AnotherOrder.
    """
    if is_held(reply, signed.hash):
        return ACCEPTED_BEFORE
    if reply.status != HTTPStatus.OK:
        raise failure(reply)
    try:
        answer = wire.POST_ANSWER.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise OutcomeUnknown(UNCLEAR) from error
    _refuse_unaccepted(answer)
    if not answer.orderID:
        raise OutcomeUnknown(UNCLEAR)
    if answer.orderID.lower() != signed.hash.lower():
        logger.error("The venue answered order %s about another: %r", signed.hash, answer.orderID)
        raise AnotherOrder(UNCLEAR)
    return _accepted(answer, signed, rests=rests)


def cancellations(reply: Reply) -> Cancellations:
    """What the reply to a cancel says. Raises: Rejected, Unavailable, OutcomeUnknown."""
    if reply.status != HTTPStatus.OK:
        raise failure(reply)
    try:
        answer = wire.CANCEL_ANSWER.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise OutcomeUnknown(UNCLEAR) from error
    if answer.canceled is None and answer.not_canceled is None:
        raise OutcomeUnknown(UNCLEAR)
    cancelled = tuple(OrderHash(each.lower()) for each in answer.canceled or ())
    return Cancellations(cancelled, _kept(answer.not_canceled or {}))


def _kept(told: Mapping[str, str]) -> Mapping[OrderHash, str]:
    return {OrderHash(order.lower()): reason for order, reason in told.items()}


def _refuse_unaccepted(answer: wire.PostAnswer) -> None:
    """A refused leg may say `success`; it proves nothing if it names an order, or in words unknown.

    Raises: Rejected, Unavailable, OutcomeUnknown; returns for what may be an acceptance.
    """
    text = answer.errorMsg or ""
    if answer.success and not text:
        return
    verdict = verdict_on(text)
    is_clear = not answer.success or (verdict is not None and not answer.orderID)
    if not is_clear or (verdict is not None and verdict.meaning is Meaning.OPEN):
        raise OutcomeUnknown(UNCLEAR)
    raise error_of(verdict, text) if verdict is not None else in_own_words(text)


def _accepted(answer: wire.PostAnswer, signed: SignedPayload, *, rests: bool) -> Execution:
    word = (answer.status or "").upper().removeprefix(PREFIX)
    status = STATUSES.get(word)
    if status is None:
        logger.warning("The venue accepted order %s in state %r", signed.hash, answer.status)
    if status is None or (status is OrderStatus.LIVE and not rests):
        status = OrderStatus.DELAYED  # accepted; what became of it is still to be told
    sums = _sums(answer, signed) if status is OrderStatus.MATCHED else None
    return Execution(
        status,
        trade_ids=tuple(answer.tradeIDs or ()),
        matched_size=sums.size if sums else None,
        matched_value=sums.value if sums else None,
    )


def _sums(answer: wire.PostAnswer, signed: SignedPayload) -> Traded | None:
    try:
        return traded(answer, stated_in(signed.body))
    except (msgspec.MsgspecError, InvalidQuantity):
        return None
