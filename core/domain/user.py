"""People who may use the bot, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.units import UserId


class Role(StrEnum):
    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody the allow-list lets in."""

    id: UserId
    telegram_id: int
    first_name: str
    role: Role
