"""Words to everybody that wait for their confirmation: in memory, each for one tap on its card."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from core.domain.units import UserId

LIFETIME: Final = timedelta(minutes=10)
MOST: Final = 20


class DraftState(Enum):
    OPEN = auto()
    SENT = auto()
    EXPIRED = auto()
    FOREIGN = auto()  # unknown, or of another person or message


@dataclass(frozen=True, slots=True)
class Draft:
    """Bound to its author and to the message that shows it; None before that is known."""

    id: str
    text: str
    user_id: UserId
    expires_at: datetime
    message_id: int | None = None
    is_sent: bool = False


class Drafts:
    """The oldest are forgotten; so are all at a restart, which sends nothing."""

    def __init__(self, make_id: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._make_id = make_id
        self._drafts: dict[str, Draft] = {}

    def keep(self, user: UserId, text: str, now: datetime) -> Draft:
        draft = Draft(self._make_id(), text, user, now + LIFETIME)
        self._drafts[draft.id] = draft
        if len(self._drafts) > MOST:
            del self._drafts[next(iter(self._drafts))]
        return draft

    def bind(self, draft_id: str, message_id: int) -> None:
        self._drafts[draft_id] = replace(self._drafts[draft_id], message_id=message_id)

    def take(
        self, draft_id: str, user: UserId, message_id: int | None, now: datetime
    ) -> tuple[DraftState, str]:
        """Its state before this tap, and its words; an open one is sent from now on."""
        draft = self._drafts.get(draft_id)
        if draft is None or draft.user_id != user or draft.message_id != message_id:
            return DraftState.FOREIGN, ""
        if draft.is_sent:
            return DraftState.SENT, draft.text
        if draft.expires_at <= now:
            return DraftState.EXPIRED, draft.text
        self._drafts[draft_id] = replace(draft, is_sent=True)
        return DraftState.OPEN, draft.text
