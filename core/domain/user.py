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
    """Somebody who is let in."""

    id: UserId
    telegram_id: int
    first_name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as the owner sees them. `is_blocked`: not let in, whatever else says so."""

    user: User
    is_blocked: bool
