"""Words to everybody wait for one tap of their author on their own card."""

from datetime import UTC, datetime

from core.domain.units import UserId
from telegram_bot.drafts import LIFETIME, MOST, Drafts, DraftState

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
ANN, BEN, CARD = UserId(1), UserId(2), 77


def test_a_draft_is_sent_once_by_its_author_from_its_card() -> None:
    drafts = Drafts()
    draft = drafts.keep(ANN, "Hello", NOW)
    assert drafts.take(draft.id, ANN, CARD, NOW) == (DraftState.FOREIGN, "")
    drafts.bind(draft.id, CARD)
    assert drafts.take(draft.id, BEN, CARD, NOW) == (DraftState.FOREIGN, "")
    assert drafts.take(draft.id, ANN, CARD + 1, NOW) == (DraftState.FOREIGN, "")
    assert drafts.take("elsewhere", ANN, CARD, NOW) == (DraftState.FOREIGN, "")
    assert drafts.take(draft.id, ANN, CARD, NOW) == (DraftState.OPEN, "Hello")
    assert drafts.take(draft.id, ANN, CARD, NOW + LIFETIME) == (DraftState.SENT, "Hello")


def test_an_old_draft_is_not_sent() -> None:
    drafts = Drafts()
    draft = drafts.keep(ANN, "Hello", NOW)
    drafts.bind(draft.id, CARD)
    assert drafts.take(draft.id, ANN, CARD, NOW + LIFETIME) == (DraftState.EXPIRED, "Hello")


def test_the_oldest_drafts_are_forgotten() -> None:
    drafts = Drafts()
    first = drafts.keep(ANN, "first", NOW)
    drafts.bind(first.id, CARD)
    for _ in range(MOST):
        drafts.keep(ANN, "later", NOW)
    assert drafts.take(first.id, ANN, CARD, NOW) == (DraftState.FOREIGN, "")
