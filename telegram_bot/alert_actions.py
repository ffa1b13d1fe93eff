"""What a button can ask for about alerts."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from core.domain.alert import AlertId, AlertKind
from core.domain.units import MarketId
from telegram_bot.callback_readers import Forms, alert_id, market_id, number


@dataclass(frozen=True, slots=True)
class ShowAlerts:
    """All that are set."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class NewAlert:
    """Choose what to hear of, on the outcome at that place."""

    market_id: MarketId
    outcome: int = 0


@dataclass(frozen=True, slots=True)
class SetAlert:
    """`level` in hundredths of a cent, of a swing in hundredths of a percent."""

    market_id: MarketId
    outcome: int
    kind: AlertKind
    level: int
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class TypeAlert:
    """Ask for the price in words."""

    market_id: MarketId
    outcome: int = 0


@dataclass(frozen=True, slots=True)
class RemoveAlert:
    alert_id: AlertId
    page: int = 0


@dataclass(frozen=True, slots=True)
class MuteAlert:
    """0 hours end it."""

    alert_id: AlertId
    hours: int
    page: int = 0


AlertAction: TypeAlias = ShowAlerts | NewAlert | SetAlert | TypeAlert | RemoveAlert | MuteAlert

FORMS: Final[Forms[AlertAction]] = {
    "al": (ShowAlerts, (number,)),
    "an": (NewAlert, (market_id, number)),
    "as": (SetAlert, (market_id, number, AlertKind, number, number)),
    "at": (TypeAlert, (market_id, number)),
    "ar": (RemoveAlert, (alert_id, number)),
    "am": (MuteAlert, (alert_id, number, number)),
}
