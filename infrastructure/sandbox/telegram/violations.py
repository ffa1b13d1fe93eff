"""What the bot did that Telegram would not like, for tests and for the curious."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ViolationKind(StrEnum):
    REFUSED = "refused"
    FLOOD = "flood"
    UNKNOWN_PARAMETER = "unknown parameter"
    DEPRECATED_PARAMETER = "deprecated parameter"
    UNUSED_ATTACHMENT = "unused attachment"
    ANSWERED_TWICE = "callback answered twice"
    NEVER_ANSWERED = "callback never answered"


@dataclass(frozen=True, slots=True)
class Violation:
    at: datetime
    kind: ViolationKind
    method: str
    detail: str
