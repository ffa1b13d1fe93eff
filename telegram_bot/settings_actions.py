"""What a button can ask for about settings."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.notice import NoticeKind
from core.domain.preferences import LANGUAGES, ConfirmMode, NoticeMode
from telegram_bot.callback_readers import Forms

_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]{1,40}", re.ASCII)


class Setting(StrEnum):
    """What is typed, since no button could list it."""

    CONFIRM_FROM = "from"
    FAST_CAP = "cap"
    QUICK = "quick"
    SLIPPAGE = "slip"
    DUST = "dust"
    ZONE = "zone"
    QUIET = "quiet"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """Everything, in one card."""


@dataclass(frozen=True, slots=True)
class ShowConfirming:
    """When a ticket asks."""


@dataclass(frozen=True, slots=True)
class SetConfirmMode:
    mode: ConfirmMode


@dataclass(frozen=True, slots=True)
class TypeSetting:
    """Ask for it in words."""

    what: Setting


@dataclass(frozen=True, slots=True)
class ClearSetting:
    """As it is for somebody who has chosen nothing."""

    what: Setting


@dataclass(frozen=True, slots=True)
class PickZone:
    name: str


@dataclass(frozen=True, slots=True)
class ShowNoticeModes:
    """What is told unasked, and how."""


@dataclass(frozen=True, slots=True)
class SetNoticeMode:
    kind: NoticeKind
    mode: NoticeMode


@dataclass(frozen=True, slots=True)
class ShowLanguages:
    """Those that there are."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: str


@dataclass(frozen=True, slots=True)
class ShowPaper:
    """Play money or real money."""


SettingsAction: TypeAlias = (
    ShowSettings
    | ShowConfirming
    | SetConfirmMode
    | TypeSetting
    | ClearSetting
    | PickZone
    | ShowNoticeModes
    | SetNoticeMode
    | ShowLanguages
    | SetLanguage
    | ShowPaper
)


def zone_name(text: str) -> str:
    """As names of zones are written; whether there is one is asked when it is set.

    Raises: ValueError.
    """
    if not _ZONE.fullmatch(text):
        raise ValueError("no name of a zone")
    return text


def language(text: str) -> str:
    """Raises: ValueError."""
    if text not in LANGUAGES:
        raise ValueError("no such language")
    return text


FORMS: Final[Forms[SettingsAction]] = {
    "ds": (ShowSettings, ()),
    "dc": (ShowConfirming, ()),
    "dm": (SetConfirmMode, (ConfirmMode,)),
    "dt": (TypeSetting, (Setting,)),
    "dx": (ClearSetting, (Setting,)),
    "dz": (PickZone, (zone_name,)),
    "dn": (ShowNoticeModes, ()),
    "do": (SetNoticeMode, (NoticeKind, NoticeMode)),
    "dg": (ShowLanguages, ()),
    "dl": (SetLanguage, (language,)),
    "dp": (ShowPaper, ()),
}
