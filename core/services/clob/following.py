"""When to look for an order, and what to do when the venue knows nothing of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from core.domain.order import Order, OrderStatus, Origin
from core.domain.order_amounts import OrderKind
from core.storage.signed_orders import Sending


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things are waited for."""

    repost_person: timedelta = timedelta(seconds=10)  # the same bytes again, after signing
    repost_automation: timedelta = timedelta(seconds=3)
    in_flight: timedelta = timedelta(seconds=60)  # an order that its own task is still sending
    late_at_once: timedelta = timedelta(seconds=60)  # until a FAK or FOK cannot arrive any more
    late_resting: timedelta = timedelta(minutes=10)  # the same for GTC, and for lost matches
    late_expiry: timedelta = timedelta(
        minutes=2
    )  # after a GTD's end: the venue is told a later one
    urgent: timedelta = timedelta(seconds=2)  # between look-ups, in the first minute
    patient: timedelta = timedelta(seconds=10)  # thereafter
    resting: timedelta = timedelta(seconds=60)  # of an order that rests in peace
    misses: int = 2  # look-ups in a row in which nobody knew it


class Step(Enum):
    """What follows a look-up in which the venue knew nothing of an order."""

    WAIT = auto()
    REPOST = auto()  # the same bytes
    CANCEL = auto()  # by hash, so that it cannot arrive later
    GIVE_UP = auto()  # it is not there, and cannot come any more


PATIENCE = Patience()


def is_due(order: Order, sending: Sending, now: datetime, patience: Patience = PATIENCE) -> bool:
    """Whether the order is to be looked up now."""
    if order.status in {OrderStatus.NEW, OrderStatus.SIGNED}:
        return False
    since = sending.sent_at or sending.signed.signed_at
    last = sending.looked_up_at or since
    if _is_at_peace(order, now, patience) or now - since > patience.late_resting:
        return now - last >= patience.resting
    begun = max(since, order.cancel_requested_at or since)
    is_early = now - begun <= timedelta(minutes=1)
    return now - last >= (patience.urgent if is_early else patience.patient)


def after_miss(
    order: Order, sending: Sending, now: datetime, patience: Patience = PATIENCE
) -> Step:
    """`sending` counts this miss already."""
    is_enough = sending.misses >= patience.misses
    if order.status is OrderStatus.UNKNOWN:
        if order.cancel_requested_at is None and _age(sending, now) <= max_age(order, patience):
            return Step.REPOST
        return (
            Step.GIVE_UP if is_enough and now > horizon(order, sending, patience) else Step.CANCEL
        )
    if order.cancel_requested_at is not None and not order.awaited_size:
        return Step.GIVE_UP if is_enough else Step.CANCEL
    if order.status in {OrderStatus.LIVE, OrderStatus.PARTIAL} and not order.awaited_size:
        return Step.GIVE_UP if is_enough else Step.WAIT  # taken off the book by somebody else
    lost = _age(sending, now) > patience.late_resting
    return Step.GIVE_UP if is_enough and lost and not order.is_done else Step.WAIT


def max_age(order: Order, patience: Patience = PATIENCE) -> timedelta:
    """How long after its signature the order's bytes may be sent once more."""
    is_person = order.ticket.origin is Origin.PERSON
    return patience.repost_person if is_person else patience.repost_automation


def horizon(order: Order, sending: Sending, patience: Patience = PATIENCE) -> datetime:
    """After it an order that nobody has seen cannot appear any more."""
    sent = max(sending.signed.signed_at, sending.sent_at or sending.signed.signed_at)
    ticket = order.ticket
    if not ticket.kind.rests:
        return sent + patience.late_at_once
    if ticket.kind is OrderKind.GTD and ticket.expires_at is not None:
        return max(ticket.expires_at, sent) + patience.late_expiry
    return sent + patience.late_resting


def gone_as(order: Order, now: datetime) -> OrderStatus:
    """How an order ends that the book does not have any more."""
    expires_at = order.ticket.expires_at
    is_wanted = order.cancel_requested_at is not None
    if expires_at is not None and expires_at <= now and not is_wanted:
        return OrderStatus.EXPIRED
    return OrderStatus.CANCELLED


def _age(sending: Sending, now: datetime) -> timedelta:
    return now - sending.signed.signed_at


def _is_at_peace(order: Order, now: datetime, patience: Patience) -> bool:
    """Resting on the book, with nothing expected to happen to it."""
    if order.cancel_requested_at is not None or order.awaited_size:
        return False
    expires_at = order.ticket.expires_at
    if expires_at is not None and now > expires_at + patience.late_expiry:
        return False
    return order.status in {OrderStatus.LIVE, OrderStatus.PARTIAL}
