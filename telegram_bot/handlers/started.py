"""Links into the private chat: each kind opens what it names, all that is unknown Home."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from core.domain.errors import PolycoolError
from telegram_bot.actions import Home, ShowEvent, ShowMarket
from telegram_bot.context import BotContext
from telegram_bot.deep_links import EventLink, InviteLink, MarketLink, WalletLink, read_payload
from telegram_bot.handlers.taps import act
from telegram_bot.handlers.wishes import open_text
from telegram_bot.screens.notices import failure_screen

Opener: TypeAlias = Callable[[BotContext, Any], Awaitable[None]]


async def open_payload(context: BotContext, payload: str) -> None:
    link = read_payload(payload.strip())
    if link is None:
        await act(context, Home())
    else:
        await OPENERS[type(link)](context, link)


async def open_market_link(context: BotContext, link: MarketLink) -> None:
    await act(context, ShowMarket(link.market_id))


async def open_event_link(context: BotContext, link: EventLink) -> None:
    await act(context, ShowEvent(link.event_id))


async def open_wallet_link(context: BotContext, link: WalletLink) -> None:
    """What a pasted address opens."""
    try:
        await open_text(context, link.address)
    except PolycoolError as error:
        await context.show(failure_screen(error))


async def open_home_instead(context: BotContext, _: InviteLink) -> None:
    """Whoever reads this is in already."""
    await act(context, Home())


OPENERS: Final[Mapping[type, Opener]] = MappingProxyType(
    {
        MarketLink: open_market_link,
        EventLink: open_event_link,
        WalletLink: open_wallet_link,
        InviteLink: open_home_instead,
    }
)
