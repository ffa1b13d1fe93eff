"""What a reply to an order or a cancel proves, where it is not the plain good answer."""

import logging
import re
from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.errors import InvalidQuantity, OutcomeUnknown, PolycoolError, Unavailable
from core.domain.order import OrderHash
from core.domain.sentences import mark
from infrastructure.polymarket.trading import quantities, wire
from infrastructure.polymarket.trading.refusals import (
    CREDENTIALS,
    Meaning,
    Verdict,
    error_of,
    quoted,
    saying,
    verdict_on,
)
from infrastructure.polymarket.trading.transport import Reply

UNCLEAR: Final = mark(
    "The venue answered in a way that does not say what became of this. It is being checked; "
    "do not repeat it."
)
RESTARTING: Final = mark("The venue's matching engine is restarting. Nothing was done.")
CROWDED: Final = mark("The venue takes no more requests for the moment. Nothing was done.")
HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
REFUSALS: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Of these the text decides: behind them may also stand a proxy that knows nothing."""

logger = logging.getLogger(__name__)


def is_held(reply: Reply, order: OrderHash) -> bool:
    """The venue refuses the order because it has this very one: it was accepted before."""
    text = _error(reply).text
    verdict = verdict_on(text)
    named = {name.lower() for name in HASH.findall(text)}
    is_ours = not named or order.lower() in named
    return is_ours and verdict is not None and verdict.meaning is Meaning.HELD


def failure(reply: Reply) -> PolycoolError:
    """The error that a reply other than 200 amounts to; for what it does not prove, OutcomeUnknown.

    Source: the venue's table of errors; only its own words prove that nothing happened.
    """
    if reply.is_passing:
        return Unavailable(_passing(reply), reply.retry_after)
    answer = _error(reply)
    verdict = verdict_on(answer.text)
    if reply.status in REFUSALS and verdict is not None and verdict.meaning is Meaning.REFUSED:
        return error_of(verdict, answer.text)
    if _is_later(reply, verdict) and verdict is not None:
        return error_of(verdict, answer.text, _patience(answer, reply))
    if reply.status == HTTPStatus.UNAUTHORIZED and answer.text:
        return error_of(Verdict(Meaning.REFUSED, CREDENTIALS), answer.text)
    logger.warning("Unclear answer of the venue: HTTP %s %s", reply.status, quoted(answer.text))
    return OutcomeUnknown(UNCLEAR)


def words_of(reply: Reply) -> str:
    """What the venue says in a refusal; empty where that is nothing of its own."""
    return _error(reply).text


def _is_later(reply: Reply, verdict: Verdict | None) -> bool:
    is_told = reply.status in REFUSALS or reply.status == HTTPStatus.SERVICE_UNAVAILABLE
    return is_told and verdict is not None and verdict.meaning is Meaning.LATER


def _passing(reply: Reply) -> str:
    words = _error(reply).text
    plain = RESTARTING if reply.status == HTTPStatus.TOO_EARLY else CROWDED
    return saying(plain, words) if words else plain


def _patience(answer: wire.ErrorAnswer, reply: Reply) -> float:
    """Seconds, as the body or the header says."""
    try:
        return float(quantities.number(answer.retry_after_seconds))
    except InvalidQuantity:
        return reply.retry_after


def _error(reply: Reply) -> wire.ErrorAnswer:
    """Empty where the answer is none of the venue's."""
    try:
        return wire.ERROR.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return wire.ErrorAnswer()
