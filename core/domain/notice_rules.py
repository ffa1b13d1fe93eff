"""How somebody is told: at once, without a sound, later, or not at all."""

from datetime import datetime
from typing import Final

from core.domain.daily import quiet_until
from core.domain.notice import NEWS, News, NoticeKind, TriggerFired
from core.domain.preferences import ALWAYS_TOLD, NoticeMode, UserPreferences

ALWAYS: Final = ALWAYS_TOLD - {NoticeKind.TRIGGER}
"""Money and safety: these cannot be turned off, and no quiet hours hold them back."""
ALONE: Final = frozenset(
    {
        NoticeKind.WARNING,
        NoticeKind.WALLET,
        NoticeKind.RECONCILIATION,
        NoticeKind.BROADCAST,
        NoticeKind.PEOPLE,
    }
)
"""Each of these is a message of its own, however many there are."""
_KINDS: Final = {told: kind for kind, told in NEWS.items()}


def kind_of(news: News) -> NoticeKind:
    return _KINDS[type(news)]


def is_pressing(news: News) -> bool:
    """Whether it comes whatever its user has chosen; a trigger that could not sell is so too."""
    is_failure = isinstance(news, TriggerFired) and not news.sold
    return is_failure or kind_of(news) in ALWAYS


def mode_of(news: News, preferences: UserPreferences) -> NoticeMode:
    """What is pressing can be silent, and never off."""
    chosen = preferences.mode_of(kind_of(news))
    return NoticeMode.ON if chosen is NoticeMode.OFF and is_pressing(news) else chosen


def postponed(news: News, preferences: UserPreferences, now: datetime) -> datetime | None:
    """Until when quiet hours hold it back; None if they do not."""
    return None if is_pressing(news) else quiet_until(preferences, now)
