"""Sends what waits in the outbox: at once, and again after a while where it did not arrive."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import BadRequest

from core.domain.notice import (
    AccountCompared,
    AlertFired,
    Broadcast,
    ClosingSoon,
    Deposited,
    Digest,
    FeedTrouble,
    MarketEnded,
    News,
    Notice,
    OrderMoved,
    TriggerFired,
    WalletChanged,
    WalletTraded,
    Warned,
    WeatherSignal,
)
from core.domain.notice_rules import kind_of, mode_of, postponed
from core.domain.preferences import DEFAULTS, NoticeMode, UserPreferences
from core.domain.units import UserId
from core.services.outbox import BATCH, Outbox
from telegram_bot.bursts import Bursts
from telegram_bot.clock import Clock
from telegram_bot.courier import LONGEST_WAIT
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Urgency
from telegram_bot.readers import ReaderOf, default_reader
from telegram_bot.screens.alert_news import (
    alert_notice,
    broadcast_notice,
    closing_notice,
    deposit_notice,
    digest_notice,
    feed_notice,
)
from telegram_bot.screens.custody_news import custody_notice
from telegram_bot.screens.notice_groups import group_screen
from telegram_bot.screens.order_news import order_notice, warning_notice
from telegram_bot.screens.reconciliation import reconciliation_screen
from telegram_bot.screens.resolution import resolution_screen
from telegram_bot.screens.screen import Button, Screen
from telegram_bot.screens.trigger_news import trigger_notice
from telegram_bot.screens.wallet_news import wallet_traded_notice
from telegram_bot.screens.weather_news import weather_notice
from telegram_bot.words import reading_as

SCREENS: Final[Mapping[type[News], Callable[..., Screen]]] = MappingProxyType(
    {
        MarketEnded: resolution_screen,
        AccountCompared: reconciliation_screen,
        Warned: warning_notice,
        WalletChanged: custody_notice,
        OrderMoved: order_notice,
        TriggerFired: trigger_notice,
        AlertFired: alert_notice,
        Digest: digest_notice,
        FeedTrouble: feed_notice,
        ClosingSoon: closing_notice,
        Deposited: deposit_notice,
        Broadcast: broadcast_notice,
        WalletTraded: wallet_traded_notice,
        WeatherSignal: weather_notice,
    }
)
"""What is sent of each kind of news."""

BEAT: Final = 30.0  # seconds between two looks for what is due again
TOGETHER: Final = 200  # notices that are looked at as one burst, at most
UNHURRIED: Final = 5.0  # seconds that a broadcast waits for its chat's turn; then it is due later
HAIR: Final = 0.1  # seconds after its time that what was put off is looked for

logger = logging.getLogger(__name__)


async def default_preferences(_: UserId) -> UserPreferences:
    """Of somebody who has chosen nothing."""
    return DEFAULTS


class Act(Protocol):
    """What can be done about a notice at once."""

    @property
    def button(self) -> Button: ...

    async def stand_on(self, message_id: int) -> None: ...


async def no_act(_: Notice) -> Act | None:
    """Where notices tell and no more."""
    return None


class NoticeSender:
    """Private chats have their user's id, so a notice needs no chat of its own.

    What its user wants silent, later or not at all is decided when it is due, not when it was
    written down: a change of mind counts for what waits as well.
    """

    def __init__(
        self,
        outbox: Outbox,
        messenger: Messenger,
        clock: Clock,
        reader_of: ReaderOf = default_reader,
        preferences_of: Callable[[UserId], Awaitable[UserPreferences]] = default_preferences,
        *,
        act_of: Callable[[Notice], Awaitable[Act | None]] = no_act,
    ) -> None:
        self._outbox = outbox
        self._messenger = messenger
        self._clock = clock
        self._reader_of = reader_of
        self._preferences_of = preferences_of
        self._act_of = act_of
        self._bursts = Bursts()
        self._pause = BEAT
        self._has_resumed = False
        self._is_failing = False

    async def run(self) -> None:
        """Until cancelled; a database that fails is asked again on the next beat."""
        while True:
            self._outbox.news.clear()
            self._pause = BEAT
            try:
                await self._resume()
                while await self.send_due():
                    pass
                await self._outbox.count()
            except* (SQLAlchemyError, OSError) as faults:
                self._failed(faults.exceptions[0])
            else:
                self._is_failing = False
            await self._clock.wait(self._outbox.news, self._pause)

    async def send_due(self) -> int:
        """How many were due; each chat has its own pace, so all are sent at the same time."""
        notices = await self._claim()
        wanted = [each for each in notices if await self._is_for_now(each)]
        plan = self._bursts.plan(wanted, self._clock.now())
        for notice, wait in plan.later:
            await self._outbox.put_off(notice, self._outbox.now() + timedelta(seconds=wait))
            self._pause = min(self._pause, wait + HAIR)
        async with asyncio.TaskGroup() as tasks:
            for together in plan.messages:
                tasks.create_task(self._send(together), name=f"notice-{together[0].id}")
        return len(notices)

    async def _claim(self) -> list[Notice]:
        """All that are due, as far as they can be seen as one burst, and no crowd of broadcasts."""
        claimed = await self._outbox.claim()
        newest = claimed
        while len(newest) == BATCH and len(claimed) < TOGETHER and not _is_unhurried(newest[-1]):
            newest = await self._outbox.claim()
            claimed += newest
        return claimed

    async def _resume(self) -> None:
        if not self._has_resumed:
            await self._outbox.resume()
            self._has_resumed = True

    async def _is_for_now(self, notice: Notice) -> bool:
        """Else it is settled: nobody wants it, or it comes after the quiet hours."""
        preferences = await self._preferences_of(notice.user_id)
        if mode_of(notice.news, preferences) is NoticeMode.OFF:
            await self._outbox.unwanted(notice)
            return False
        until = postponed(notice.news, preferences, self._outbox.now())
        if until is not None:
            await self._outbox.put_off(notice, until)
        return until is None

    async def _send(self, together: Sequence[Notice]) -> None:
        first = together[0]
        with reading_as(await self._reader_of(first.user_id)):
            act = await self._act_of(first) if len(together) == 1 else None
            screen = _screen_of_all([each.news for each in together], act)
        try:
            sent = await self._messenger.send(
                first.telegram_id,
                screen,
                urgency=_urgency(first.news),
                within=UNHURRIED if _is_unhurried(first) else LONGEST_WAIT,
                silent=await self._is_silent(together),
            )
        except BadRequest as refusal:
            await self._give_up(together, f"Telegram refuses it: {refusal.message}")
            return
        if sent is None and self._messenger.is_inactive(first.telegram_id):
            await self._give_up(together, "its user has blocked the bot")
            return
        if act is not None and sent is not None:
            await act.stand_on(sent)
        for notice in together:
            if sent is None:
                await self._outbox.not_sent(notice)
            else:
                await self._outbox.sent(notice, sent)

    async def _is_silent(self, together: Sequence[Notice]) -> bool:
        """One with a sound is enough for all to have one."""
        preferences = await self._preferences_of(together[0].user_id)
        is_muted = mode_of(together[0].news, preferences) is NoticeMode.SILENT
        return is_muted or all(each.silent for each in together)

    async def _give_up(self, together: Sequence[Notice], reason: str) -> None:
        for notice in together:
            await self._outbox.undeliverable(notice, reason)

    def _failed(self, fault: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            logger.warning("Notices cannot be read or settled: %s", fault)


def _urgency(news: News) -> Urgency:
    match news:
        case OrderMoved():
            return Urgency.ORDER
        case Broadcast():
            return Urgency.BROADCAST
        case _:
            return Urgency.ALERT


def _is_unhurried(notice: Notice) -> bool:
    """It comes last, and what comes after it does not wait for it."""
    return isinstance(notice.news, Broadcast)


def _screen_of_all(news: Sequence[News], act: Act | None) -> Screen:
    if act is not None and isinstance(news[0], AlertFired):
        return alert_notice(news[0], act.button)
    screens = [screen_of(each) for each in news]
    return screens[0] if len(screens) == 1 else group_screen(kind_of(news[0]), screens)


def screen_of(news: News) -> Screen:
    """What is sent of it."""
    return SCREENS[type(news)](news)
