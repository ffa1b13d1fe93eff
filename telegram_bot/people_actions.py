"""What a button can ask for about the people of this bot; the owner's buttons."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.units import UserId
from core.domain.user import Role
from telegram_bot.callback_readers import Forms, number, user_id

INVITED_BY: Final = "i_"
"""How the argument of /start begins in an invitation's link."""


@dataclass(frozen=True, slots=True)
class ShowPeople:
    """Everybody who is, or was, let in."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowPerson:
    user_id: UserId


@dataclass(frozen=True, slots=True)
class Invite:
    """Make a one-time link for somebody with that role."""

    role: Role


@dataclass(frozen=True, slots=True)
class ChangeRole:
    user_id: UserId
    role: Role


@dataclass(frozen=True, slots=True)
class BlockPerson:
    user_id: UserId


@dataclass(frozen=True, slots=True)
class UnblockPerson:
    user_id: UserId


PeopleAction: TypeAlias = (
    ShowPeople | ShowPerson | Invite | ChangeRole | BlockPerson | UnblockPerson
)

FORMS: Final[Forms[PeopleAction]] = {
    "ul": (ShowPeople, (number,)),
    "up": (ShowPerson, (user_id,)),
    "ui": (Invite, (Role,)),
    "ur": (ChangeRole, (user_id, Role)),
    "ub": (BlockPerson, (user_id,)),
    "un": (UnblockPerson, (user_id,)),
}
