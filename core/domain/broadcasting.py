"""What the owner tells everybody: who would get it, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who is let in but the owner; each counts once."""

    reached: int
    unreachable: int = 0  # have blocked the bot, as far as is known
    unwilling: int = 0  # have turned such messages off


@dataclass(frozen=True, slots=True)
class BroadcastProgress:
    """`dropped`: given up, as their reader has blocked the bot or does not want to hear."""

    id: str
    text: str
    began: datetime
    people: int
    sent: int
    dropped: int

    @property
    def waiting(self) -> int:
        return self.people - self.sent - self.dropped
