"""What a button can ask for about triggers."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.trigger import TriggerId, TriggerKind
from core.domain.units import PositionId
from telegram_bot.callback_readers import Forms, number, percent, position_id, trigger_id


@dataclass(frozen=True, slots=True)
class ShowTriggers:
    """All that are armed in the account."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowPositionTriggers:
    """Those of one position; new ones would be for `percent` of it."""

    position_id: PositionId
    percent: int = 100


@dataclass(frozen=True, slots=True)
class ArmTrigger:
    """`change` percent away from the average cost, or behind the bid."""

    position_id: PositionId
    kind: TriggerKind
    change: int
    percent: int


@dataclass(frozen=True, slots=True)
class TypeTrigger:
    """Ask for the price in words."""

    position_id: PositionId
    kind: TriggerKind
    percent: int


@dataclass(frozen=True, slots=True)
class RemoveTrigger:
    trigger_id: TriggerId


@dataclass(frozen=True, slots=True)
class ShowPresets:
    """What every purchase gets."""


@dataclass(frozen=True, slots=True)
class SetPreset:
    """`change` in percent; 0 takes it away."""

    kind: TriggerKind
    change: int


TriggerAction: TypeAlias = (
    ShowTriggers
    | ShowPositionTriggers
    | ArmTrigger
    | TypeTrigger
    | RemoveTrigger
    | ShowPresets
    | SetPreset
)

FORMS: Final[Forms[TriggerAction]] = {
    "tl": (ShowTriggers, (number,)),
    "tp": (ShowPositionTriggers, (position_id, percent)),
    "ta": (ArmTrigger, (position_id, TriggerKind, percent, percent)),
    "tt": (TypeTrigger, (position_id, TriggerKind, percent)),
    "tr": (RemoveTrigger, (trigger_id,)),
    "ts": (ShowPresets, ()),
    "tc": (SetPreset, (TriggerKind, percent)),
}
