"""Updates as they are stored: without secrets, with a name of their own, and with an age."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from telegram import MaybeInaccessibleMessage, Message, Update

from core.domain.one_time_code import DIGITS
from core.domain.secrets import pasted_secret
from core.storage.inbox import Incoming

LATE: Final = timedelta(seconds=60)  # taps and words about money are not acted on after that
LONGEST_KEPT: Final = timedelta(days=1)  # by Telegram, for somebody who does not fetch
WORDS: Final = frozenset({"text", "caption", "query"})  # where people's own words stand
NOT_STORED: Final = f"0x{'0' * 64}"
"""In place of a pasted secret: read again it is refused and deleted from the chat like one."""

NO_CODE: Final = "000000"
"""In place of a one-time code: read again it opens nothing, and as an amount it buys nothing."""

_CODE: Final = re.compile(rf"\s*(?:\d *){{{DIGITS}}}\s*", re.ASCII)
_MONEY: Final = re.compile(
    r"\s*(?:/?(?:buy|sell|yes|no|confirm|redeem|withdraw)\b.*"
    r"|\$?\s*\d[\d\s.,_]*\s*(?:%|\$|usdc?|shares?|percent)?|all|max|half)\s*",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


def incoming(update: Update, now: datetime, silence: timedelta) -> Incoming:
    """What is stored of `update`, which was sent no longer than `silence` ago.

    Taps carry no date; theirs is after that of the card that was tapped.
    """
    body = _storable_parts(update.to_dict())
    user = update.effective_user
    return Incoming(
        update_id=update.update_id,
        event=_event(update, body),
        telegram_id=None if user is None else user.id,
        kind=_kind(update),
        body=body,
        sent_after=now - min(silence, _age(update, now), LONGEST_KEPT),
    )


def is_about_money(update: Update) -> bool:
    """Whether acting on it may move money: all taps count as such."""
    if update.callback_query is not None:
        return True
    text = update.message.text if update.message is not None else None
    return text is not None and _MONEY.fullmatch(text) is not None


def _kind(update: Update) -> str:
    if update.callback_query is not None:
        return "callback_query"
    return "message" if update.message is not None else "other"


def _event(update: Update, body: Mapping[str, object]) -> str:
    query, message = update.callback_query, update.message
    if query is not None:
        card = query.message
        return f"tap {query.id} {card.message_id if card else query.inline_message_id}"
    if message is not None:
        return f"message {message.chat.id} {message.message_id} {message.date:%s}"
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _age(update: Update, now: datetime) -> timedelta:
    """How old it is at most, by Telegram's clock."""
    if update.callback_query is not None:
        return now - _shown_at(update.callback_query.message)
    return now - update.message.date if update.message is not None else LONGEST_KEPT


def _shown_at(card: MaybeInaccessibleMessage | None) -> datetime:
    if not isinstance(card, Message):
        return datetime.fromtimestamp(0, UTC)
    return card.edit_date or card.date


def _storable_parts(parts: Mapping[str, object]) -> dict[str, object]:
    return {name: _storable(part, name) for name, part in parts.items()}


def _storable(value: object, name: str = "") -> object:
    """Text that Postgres takes, and nothing that somebody should not have sent."""
    match value:
        case dict():
            return _storable_parts(value)
        case list() | tuple():
            return [_storable(part) for part in value]
        case str() if name in WORDS and pasted_secret(value) is not None:
            return NOT_STORED
        case str() if name in WORDS and _CODE.fullmatch(value):
            return NO_CODE
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case _:
            return value
