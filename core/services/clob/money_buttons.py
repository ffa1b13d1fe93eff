"""Money buttons: an offer stored when shown, turned into an order by exactly one tap."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import ButtonSpent
from core.domain.offer import (
    CARD,
    ButtonClaim,
    CardOffer,
    LimitQuote,
    Offer,
    TradeQuote,
    button_payload,
    button_ticket,
    card_of,
    card_payload,
    is_of_card,
)
from core.domain.order import Ticket
from core.domain.sentences import mark
from core.storage import buttons

UNKNOWN = mark("This button is not known any more. Please open the market again.")
NOT_YOURS = mark("This button belongs to somebody else.")
OTHER_MESSAGE = mark("This button belongs to another message. Please open the market again.")
USED = mark("This button was used already; nothing more was bought or sold.")
EXPIRED = mark("This offer has expired; nothing was bought or sold. Please ask for a new price.")
WHYS: Final = MappingProxyType(
    {
        UNKNOWN: "unknown",
        NOT_YOURS: "foreign",
        OTHER_MESSAGE: "misplaced",
        USED: "used",
        EXPIRED: "expired",
    }
)
"""What operators count such taps as."""

logger = logging.getLogger(__name__)


async def store(
    session: AsyncSession,
    quote: TradeQuote | LimitQuote,
    claim: ButtonClaim,
    *,
    bound: bool,
    now: datetime,
    seconds: float,
) -> Offer:
    """A button for `quote` that only `claim` can use, for `seconds`."""
    expires_at = now + timedelta(seconds=seconds)
    await buttons.add(
        session, claim, button_payload(quote), bound=bound, now=now, expires_at=expires_at
    )
    return Offer(claim.id, expires_at)


async def spend(session: AsyncSession, claim: ButtonClaim, now: datetime) -> Ticket | None:
    """The ticket behind the button, which is used from now on; None if it cannot be."""
    payload = await buttons.consume(session, claim, now)
    return None if payload is None else button_ticket(payload, claim.id, claim.user_id)


async def store_card(
    session: AsyncSession, card: CardOffer, claim: ButtonClaim, now: datetime, seconds: float
) -> Offer:
    """A token for the card, whose message is not known yet."""
    expires_at = now + timedelta(seconds=seconds)
    await buttons.add(
        session, claim, card_payload(card), bound=False, now=now, expires_at=expires_at
    )
    return Offer(claim.id, expires_at)


async def look_at_card(
    session: AsyncSession, claim: ButtonClaim, now: datetime, *, even_old: bool = False
) -> CardOffer | None:
    """What the token allows, which stays unused; None if nothing. `session` sees everybody's.

    A tap may be quicker than the word of where the token stands, and is that word then.
    `even_old`: what it allowed.
    """
    button = await buttons.find(session, claim.id)
    if button is not None and button.message_id is None:
        await buttons.bind_own(session, claim)
        button = await buttons.find(session, claim.id)
    is_own = button is not None and (button.user_id, button.chat_id, button.message_id) == (
        claim.user_id,
        claim.chat_id,
        claim.message_id,
    )
    if button is None or not is_own or CARD not in button.payload:
        return None
    if button.used_at is not None or (button.expires_at <= now and not even_old):
        return None
    return card_of(button.payload)


async def spend_card(
    session: AsyncSession, claim: ButtonClaim, now: datetime, quote: TradeQuote, amount: Decimal
) -> Ticket | None:
    """The ticket of `quote`, for the card's token, which is used from now on.

    None if the token cannot be used. Raises: ButtonSpent for what the card does not offer; whoever
    began the transaction takes it back then.
    """
    payload = await buttons.consume(session, claim, now, is_card=True)
    if payload is None:
        return None
    if not is_of_card(card_of(payload), quote, amount):
        raise ButtonSpent(UNKNOWN)
    return button_ticket(button_payload(quote), claim.id, claim.user_id)


async def retire_card(session: AsyncSession, claim: ButtonClaim, now: datetime) -> bool:
    """Use the token for nothing; whether it could be used."""
    return await buttons.consume(session, claim, now, is_card=True) is not None


async def refusal(
    session: AsyncSession, claim: ButtonClaim, now: datetime, refused: Counter[str]
) -> ButtonSpent:
    """Why the button could not be used, counted in `refused`; `session` sees everybody's."""
    why = _why(await buttons.find(session, claim.id), claim, now)
    refused[WHYS[why]] += 1
    logger.info("Tap on money refused", extra={"user_id": claim.user_id, "why": why})
    return ButtonSpent(why)


def _why(button: buttons.Button | None, claim: ButtonClaim, now: datetime) -> str:
    """Strangers learn nothing but that it is not theirs."""
    if button is None:
        return UNKNOWN
    if (button.user_id, button.chat_id) != (claim.user_id, claim.chat_id):
        return NOT_YOURS
    if button.message_id != claim.message_id:
        return OTHER_MESSAGE
    if button.used_at is None and button.expires_at <= now:
        return EXPIRED
    if button.used_at is None:
        return UNKNOWN  # a card's where a ticket's was meant, or the other way round
    return USED
