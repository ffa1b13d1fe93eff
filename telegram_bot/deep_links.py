"""Links into the private chat, `https://t.me/<bot>?start=…`, and what they carry."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from core.domain.units import EventId, MarketId

HOST: Final = "https://t.me/"
HOME: Final = "home"  # stands for nothing in particular, as all that is unknown does
PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
INVITATION: Final = re.compile(r"[A-Za-z0-9_-]{6,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MarketLink:
    market_id: MarketId


@dataclass(frozen=True, slots=True)
class EventLink:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class WalletLink:
    """0x and 40 hexadecimal digits, lower case."""

    address: str


@dataclass(frozen=True, slots=True)
class InviteLink:
    code: str


DeepLink: TypeAlias = MarketLink | EventLink | WalletLink | InviteLink

_NUMBER: Final = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_KINDS: Final = MappingProxyType[str, tuple[re.Pattern[str], Callable[[str], DeepLink]]](
    {
        "m": (_NUMBER, lambda text: MarketLink(MarketId(text))),
        "e": (_NUMBER, lambda text: EventLink(EventId(text))),
        "w": (_ADDRESS, lambda text: WalletLink(text.lower())),
        "i": (INVITATION, InviteLink),
    }
)


def read_payload(payload: str) -> DeepLink | None:
    """What a link stands for; None for all that we would not have written.

    >>> read_payload("m_501")
    MarketLink(market_id='501')
    """
    kind, _, rest = payload.partition("_")
    if not PAYLOAD.fullmatch(payload) or kind not in _KINDS:
        return None
    form, make = _KINDS[kind]
    return make(rest) if form.fullmatch(rest) else None


def payload_of(link: DeepLink) -> str:
    """Raises: ValueError for what `read_payload` would not read."""
    match link:
        case MarketLink(market_id):
            payload = f"m_{market_id}"
        case EventLink(event_id):
            payload = f"e_{event_id}"
        case WalletLink(address):
            payload = f"w_{address}"
        case InviteLink(code):
            payload = f"i_{code}"
    if read_payload(payload) != link:
        raise ValueError("no such link")
    return payload


def address_of(bot: str, payload: str) -> str:
    """Of the page that opens the private chat with `bot`. Raises: ValueError."""
    if not PAYLOAD.fullmatch(payload):
        raise ValueError("a payload has 1 to 64 letters, digits, dashes and underscores")
    return f"{HOST}{bot}?start={payload}"


def payload_in(address: str, bot: str) -> str | None:
    """What an address of ours carries; None for every other one."""
    prefix = f"{HOST}{bot}?start="
    payload = address.removeprefix(prefix)
    return payload if address.startswith(prefix) and PAYLOAD.fullmatch(payload) else None


def invitation_in(text: str) -> str | None:
    """The code of an invitation that somebody, perhaps unknown yet, has followed."""
    command, _, payload = text.strip().partition(" ")
    link = read_payload(payload.strip())
    is_start = command.partition("@")[0].lower() == "/start"
    return link.code if is_start and isinstance(link, InviteLink) else None
