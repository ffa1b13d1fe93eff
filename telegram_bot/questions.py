"""Everything that can be asked for in words, and what a typed code would then be for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from core.domain.risk import LimitKind
from core.domain.units import Usdc
from core.domain.weather.choosing import Limit as WeatherLimit
from core.domain.withdrawal import AddressId
from telegram_bot.account_actions import ChangeLimit, NewAddress, ShowRisk, WithdrawTo
from telegram_bot.actions import Buy, Limit, SellOther, SpendOther
from telegram_bot.admin_actions import TypeBroadcast
from telegram_bot.alert_actions import TypeAlert
from telegram_bot.people_actions import ChangeRole, Invite
from telegram_bot.settings_actions import ClearSetting, SetConfirmMode, Setting, TypeSetting
from telegram_bot.trigger_actions import TypeTrigger
from telegram_bot.weather_actions import ResetWeatherLimit, SetWeatherMode, TypeWeatherLimit


@dataclass(frozen=True, slots=True)
class Allowing:
    """Put the address on the list of those that may be paid."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class Paying:
    address_id: AddressId
    amount: Usdc


@dataclass(frozen=True, slots=True)
class NewLimit:
    kind: LimitKind
    value: Decimal


@dataclass(frozen=True, slots=True)
class TypedSetting:
    """A setting that lets more pass than before, as it was typed."""

    what: Setting
    text: str


@dataclass(frozen=True, slots=True)
class NewWeatherLimit:
    """A limit of the weather strategy that holds less than before."""

    what: WeatherLimit
    value: Decimal


Loosening: TypeAlias = SetConfirmMode | ClearSetting | TypedSetting
"""A change of settings that needs a code."""
WeatherWish: TypeAlias = SetWeatherMode | NewWeatherLimit | ResetWeatherLimit
"""A change of the weather strategy that needs one where more can be lost by it."""
Admission: TypeAlias = Invite | ChangeRole
"""A change of who may do what that needs one."""


Purpose: TypeAlias = Allowing | Paying | NewLimit | Loosening | Admission | WeatherWish


@dataclass(frozen=True, slots=True)
class CodeFor:
    """The authenticator's code, and what it allows."""

    purpose: Purpose


Question: TypeAlias = (
    Buy
    | SpendOther
    | SellOther
    | Limit
    | TypeTrigger
    | TypeAlert
    | TypeSetting
    | TypeWeatherLimit
    | ShowRisk
    | ChangeLimit
    | NewAddress
    | WithdrawTo
    | CodeFor
    | TypeBroadcast
)
