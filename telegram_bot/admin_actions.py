"""What the owner's buttons ask for about the program itself."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from telegram_bot.callback_readers import Forms, button_id


@dataclass(frozen=True, slots=True)
class ShowAdmin:
    pass


@dataclass(frozen=True, slots=True)
class ShowHealth:
    pass


@dataclass(frozen=True, slots=True)
class ShowErrors:
    pass


@dataclass(frozen=True, slots=True)
class ShowVersion:
    pass


@dataclass(frozen=True, slots=True)
class MakeBackup:
    pass


@dataclass(frozen=True, slots=True)
class ShowBackup:
    """What became of the last one."""


@dataclass(frozen=True, slots=True)
class TypeBroadcast:
    """Ask for the words to everybody."""


@dataclass(frozen=True, slots=True)
class SendBroadcast:
    """Once, of what stands in the draft."""

    draft_id: str


@dataclass(frozen=True, slots=True)
class ShowBroadcast:
    """How far it has come."""

    broadcast_id: str


AdminAction: TypeAlias = (
    ShowAdmin
    | ShowHealth
    | ShowErrors
    | ShowVersion
    | MakeBackup
    | ShowBackup
    | TypeBroadcast
    | SendBroadcast
    | ShowBroadcast
)

FORMS: Final[Forms[AdminAction]] = {
    "za": (ShowAdmin, ()),
    "zh": (ShowHealth, ()),
    "ze": (ShowErrors, ()),
    "zv": (ShowVersion, ()),
    "zm": (MakeBackup, ()),
    "zk": (ShowBackup, ()),
    "zt": (TypeBroadcast, ()),
    "zs": (SendBroadcast, (button_id,)),
    "zp": (ShowBroadcast, (button_id,)),
}
