"""What a button says when it is tapped: at most 64 bytes, read back like any stranger's input."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from core.domain.custody import Tier
from core.domain.history import Span
from core.domain.record import Period
from core.domain.risk import LimitKind
from core.domain.trigger import TriggerId, TriggerKind
from core.domain.units import EventId, MarketId, OrderId, PositionId, UserId
from core.domain.withdrawal import AddressId, WithdrawalId
from telegram_bot.account_actions import (
    Approve,
    BeginWallet,
    CancelAll,
    CancelMarket,
    CancelOrder,
    CancelWithdrawal,
    ChangeLimit,
    CheckWallet,
    ChooseTier,
    GoLive,
    GoPaper,
    HaltTrading,
    LiftHalt,
    NewAddress,
    RecentOrders,
    Redeem,
    RemoveAddress,
    ResetBreaker,
    ResumeTrading,
    RevokeWallet,
    ShowDepositCode,
    ShowLimits,
    ShowOrder,
    ShowOrders,
    ShowRisk,
    ShowWallet,
    ShowWithdrawals,
    StopTrading,
    TakeOver,
    WithdrawTo,
)
from telegram_bot.actions import (
    Action,
    Buy,
    CancelTicket,
    Categories,
    Confirm,
    ConfirmAgain,
    Help,
    Home,
    Life,
    Limit,
    Search,
    SellOther,
    SellPercent,
    SellShares,
    ShowEvent,
    ShowMarket,
    ShowPosition,
    ShowPositions,
    Spend,
    SpendOther,
    Status,
    Submitting,
    Trending,
    Unit,
    Way,
)
from telegram_bot.finding_actions import Browse, SearchVenue, Shelf, Watch
from telegram_bot.picture_actions import ShowChart, ShowDepth, ShowPnlCard, ShowRecord
from telegram_bot.pictures.plans import Theme
from telegram_bot.trigger_actions import (
    ArmTrigger,
    RemoveTrigger,
    SetPreset,
    ShowPositionTriggers,
    ShowPresets,
    ShowTriggers,
    TypeTrigger,
)

VERSION: Final = "1"
ANY_RUN: Final = "-"  # in place of the run's mark, for buttons that outlive a restart
KEEPS: Final = "+"
MAX_BYTES: Final = 64
MAX_WORDS: Final = 44  # bytes of a search that fit beside the rest

Reader: TypeAlias = Callable[[str], object]
"""One argument from its text. Raises: ValueError."""

_DIGITS: Final = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)
_BUTTON_ID: Final = re.compile(r"[A-Za-z0-9_-]{6,40}", re.ASCII)
_YES_OR_NO: Final = re.compile(r"[01]", re.ASCII)
_CATEGORY: Final = re.compile(r"(?:[0-9a-f]{8})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tapped:
    """A readable tap. `keeps_message`: the answer goes below, into a fresh message."""

    action: Action
    keeps_message: bool = False


class Codec:
    """Turns actions into callback data and back.

    `run` marks the data of one run of the program, so that the buttons of cards which nothing
    keeps current any more are known as old.
    """

    def __init__(self, run: str) -> None:
        self._run = run

    def encode(self, action: Action, *, keeps_message: bool = False) -> str:
        run = ANY_RUN if isinstance(action, Home) else self._run
        code = _CODES[type(action)] + (KEEPS if keeps_message else "")
        values = (_written(getattr(action, field.name)) for field in fields(action))
        data = ".".join([VERSION, run, code, *values])
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"callback data is longer than {MAX_BYTES} bytes: {data!r}")
        return data

    def decode(self, data: str) -> Tapped | None:
        """None for whatever this run did not write: older, unknown or forged."""
        run, tapped = _read(data)
        if tapped is None or run != (ANY_RUN if isinstance(tapped.action, Home) else self._run):
            return None
        return tapped

    def earlier(self, data: str) -> Action | None:
        """What a button of another run stood for. Only to tell what became of it, never to do it:
        whoever can write data can write this too.
        """
        run, tapped = _read(data)
        return None if tapped is None or run in {ANY_RUN, self._run} else tapped.action


def category_key(name: str) -> str:
    """Eight hexadecimal digits that stand for a category of any length."""
    return hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def search_words(text: str) -> str:
    """`text` in one line, cut between words to what a page button can carry."""
    words = " ".join(text.split())
    while len(words.encode()) > MAX_WORDS:
        shorter, _, _ = words.rpartition(" ")
        words = shorter or words[:-1]
    return words


def _read(data: str) -> tuple[str, Tapped | None]:
    """The mark of the run that seems to have written `data`, and what it says."""
    version, _, rest = data.partition(".")
    run, _, rest = rest.partition(".")
    code, dot, arguments = rest.partition(".")
    form = _FORMS.get(code.removesuffix(KEEPS))
    if len(data) > MAX_BYTES or version != VERSION or form is None:
        return run, None
    make, readers = form
    parts = arguments.split(".", len(readers) - 1) if readers and dot else []
    if len(parts) != len(readers) or (dot and not readers):
        return run, None
    try:
        values = [read(part) for read, part in zip(readers, parts, strict=True)]
    except ValueError:
        return run, None
    return run, Tapped(make(*values), keeps_message=code.endswith(KEEPS))


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not of the agreed form")
    return text


def _number(text: str) -> int:
    return int(_matching(_DIGITS, text))


def _market(text: str) -> MarketId:
    return MarketId(_matching(_DIGITS, text))


def _event(text: str) -> EventId:
    return EventId(_matching(_DIGITS, text))


def _position(text: str) -> PositionId:
    return PositionId(_number(text))


def _order(text: str) -> OrderId:
    return OrderId(_number(text))


def _user(text: str) -> UserId:
    return UserId(_number(text))


def _trigger(text: str) -> TriggerId:
    return TriggerId(_number(text))


def _address(text: str) -> AddressId:
    return AddressId(_number(text))


def _withdrawal(text: str) -> WithdrawalId:
    return WithdrawalId(_number(text))


def _flag(text: str) -> bool:
    return _matching(_YES_OR_NO, text) == "1"


def _category(text: str) -> str:
    return _matching(_CATEGORY, text)


def _percent(text: str) -> int:
    if (percent := _number(text)) > 100:  # noqa: PLR2004 - a hundred percent
        raise ValueError("more than everything")
    return percent


def _button_id(text: str) -> str:
    return _matching(_BUTTON_ID, text)


def _words(text: str) -> str:
    if not text or text != search_words(text):
        raise ValueError("not a search that we would write")
    return text


_FORMS: Final[dict[str, tuple[Callable[..., Action], tuple[Reader, ...]]]] = {
    "h": (Home, ()),
    "i": (Help, ()),
    "s": (Status, ()),
    "c": (Categories, ()),
    "t": (Trending, (_number, _category)),
    "f": (Search, (_number, _words)),
    "e": (ShowEvent, (_event, _number)),
    "m": (ShowMarket, (_market,)),
    "b": (Buy, (_market, _number)),
    "q": (Spend, (_market, _number, _number)),
    "o": (SpendOther, (_market, _number)),
    "k": (Confirm, (_button_id,)),
    "x": (CancelTicket, (_button_id,)),
    "w": (Submitting, ()),
    "l": (ShowPositions, (_number,)),
    "p": (ShowPosition, (_position,)),
    "n": (SellPercent, (_position, _number)),
    "z": (SellShares, (_position, _number)),
    "y": (SellOther, (_position,)),
    "ka": (ConfirmAgain, (_button_id,)),
    "r": (Limit, (_market, _number, Way, _number, Unit, _number, Life, _flag, _flag)),
    "ol": (ShowOrders, (_number,)),
    "or": (RecentOrders, (_number,)),
    "os": (ShowOrder, (_order,)),
    "oc": (CancelOrder, (_order,)),
    "om": (CancelMarket, (_market,)),
    "oa": (CancelAll, (_flag,)),
    "tl": (ShowTriggers, (_number,)),
    "tp": (ShowPositionTriggers, (_position, _percent)),
    "ta": (ArmTrigger, (_position, TriggerKind, _percent, _percent)),
    "tt": (TypeTrigger, (_position, TriggerKind, _percent)),
    "tr": (RemoveTrigger, (_trigger,)),
    "ts": (ShowPresets, ()),
    "tc": (SetPreset, (TriggerKind, _percent)),
    "v": (ShowWallet, ()),
    "vq": (ShowDepositCode, ()),
    "vt": (ChooseTier, ()),
    "vb": (BeginWallet, (Tier,)),
    "vc": (CheckWallet, ()),
    "vr": (RevokeWallet, (_flag,)),
    "vk": (ShowRisk, ()),
    "vl": (GoLive, ()),
    "vp": (GoPaper, ()),
    "va": (Approve, ()),
    "vm": (Redeem, (_market,)),
    "vo": (TakeOver, ()),
    "vw": (ShowWithdrawals, ()),
    "vn": (NewAddress, ()),
    "vd": (RemoveAddress, (_address,)),
    "vs": (WithdrawTo, (_address,)),
    "vx": (CancelWithdrawal, (_withdrawal,)),
    "gs": (StopTrading, (_flag,)),
    "gr": (ResumeTrading, ()),
    "gh": (HaltTrading, (_flag,)),
    "gl": (LiftHalt, ()),
    "gb": (ResetBreaker, (_user,)),
    "gm": (ShowLimits, ()),
    "gc": (ChangeLimit, (LimitKind,)),
    "pg": (ShowChart, (_market, _number, Span, Theme, _flag)),
    "pd": (ShowDepth, (_market, _number, Theme, _flag)),
    "pp": (ShowPnlCard, (_position, _flag, Theme, _flag)),
    "pr": (ShowRecord, (Period, Theme, _flag)),
    "fv": (SearchVenue, (_words,)),
    "fb": (Browse, (Shelf, _number)),
    "mw": (Watch, (_market, _flag)),
}
_CODES: Final = {make: code for code, (make, _) in _FORMS.items()}
