"""The bot as a part of the program: the library's Application inside our loop."""

import asyncio
import logging
import os
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackContext, TypeHandler

from core.domain.notice import Notice
from core.domain.update import UpdateOutcome
from core.services.inbox import Inbox
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from infrastructure.errors import CannotStart
from telegram_bot.callbacks import Codec
from telegram_bot.clock import Clock, SystemClock
from telegram_bot.context import LIVE_MODE, Desk, Services
from telegram_bot.handlers.alert_acts import AlertAct, act_of
from telegram_bot.handlers.dispatch import Dispatcher
from telegram_bot.handlers.old_receipts import follow_again
from telegram_bot.intake import Polling, Webhook
from telegram_bot.live_messages import PAUSE_AFTER, LiveMessages
from telegram_bot.mailbox import Mailbox
from telegram_bot.menu import Menu
from telegram_bot.messenger import Messenger
from telegram_bot.ordering import First, PerUserProcessor
from telegram_bot.pacing import Pace
from telegram_bot.pending import PendingInputs
from telegram_bot.reaching import REFUSAL, Reaching
from telegram_bot.receipts import Receipts
from telegram_bot.tickets import Tickets
from telegram_bot.transport import TelegramTransport
from telegram_bot.typing_sign import TypingSign
from telegram_bot.words import mark

logger = logging.getLogger(__name__)

App: TypeAlias = Application[Any, Any, Any, Any, Any, None]

POLYMARKET: Final = "Polymarket"
CONNECTIONS: Final = 64  # to Telegram at once, beside the one that polls
CHECK_PATIENCE: Final = 10.0  # seconds
STOP_PATIENCE: Final = 3.0  # seconds that answers under way get at the end


class TelegramRefused(CannotStart):
    """Telegram does not accept the token; no restart can mend that."""


@dataclass(frozen=True, slots=True)
class BotSettings:
    """`base_url` is `scheme://host[:port][/prefix]`; with a `webhook_url` updates are pushed."""

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)  # made up if there is none
    poll_timeout: float = 25.0  # seconds that Telegram may hold a poll
    venue: str = POLYMARKET
    is_sandbox: bool = False
    is_dry_run: bool = True
    pace: Pace = field(default_factory=Pace)
    pause_after: float = PAUSE_AFTER  # seconds without a tap after which a live card rests
    venue_patience: float = 8.0  # seconds for a question that the venue has to answer

    @property
    def mode(self) -> str:
        """Venue and kind of money, as the first line of every home card says it."""
        if self.is_sandbox:
            return mark("SANDBOX · paper money")
        if self.venue != POLYMARKET:
            return f"{self.venue} · paper {'(DRY_RUN_MODE)' if self.is_dry_run else 'money'}"
        if self.is_dry_run:
            return mark("Polymarket · paper (DRY_RUN_MODE)")
        return mark("Polymarket · paper money")

    @property
    def live_mode(self) -> str:
        """The same for those who trade their own money; nobody's is in the sandbox."""
        return mark("SANDBOX · LIVE mode · test money") if self.is_sandbox else LIVE_MODE


class TelegramBot:
    """Two parts: `run` talks to Telegram, `live.run` keeps cards current."""

    def __init__(
        self,
        settings: BotSettings,
        services: Services,
        board: PriceBoard,
        manager: WebSocketManager,
        *,
        inbox: Inbox | None = None,
        clock: Clock | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises: CannotStart for a proxy of a kind that cannot be used."""
        os.environ["PTB_TIMEDELTA"] = "true"  # the library's switch to types that will stay
        clock = clock or SystemClock()
        self._application = _application(settings, self._acknowledge, self._still_waiting)
        self._application.add_handler(TypeHandler(Update, self._answer))
        self._application.add_error_handler(self._explain)
        self._reaching = Reaching(clock)
        bot, queue = self._application.bot, self._application.update_queue
        self._mailbox = Mailbox(inbox, bot, queue, clock, now)
        secret = settings.webhook_secret or secrets.token_urlsafe(32)
        self._webhook = Webhook(bot, self._mailbox, clock, secret)
        self._polling = Polling(bot, self._mailbox, clock, settings.poll_timeout)
        self._webhook_url = settings.webhook_url
        codec = Codec(secrets.token_urlsafe(3))
        self.clock = clock
        self.messenger = Messenger(bot, codec, clock, settings.pace)
        self.live = LiveMessages(board, self.messenger, manager, clock, settings.pause_after)
        self._typing = TypingSign(self.messenger, clock)
        self._receipts = Receipts(self.live, self.messenger, clock)
        self.menu = Menu(bot, self._reaching)
        self._desk = self._built_desk(settings, services, codec, now)
        self._dispatcher = Dispatcher(self._desk, self.menu.owner_seen)

    @property
    def is_up(self) -> bool:
        """Whether Telegram answers."""
        return self._reaching.is_up

    async def check(self) -> None:
        """Ask once who we are; an unreachable Telegram is no reason not to start.

        Raises: TelegramRefused.
        """
        bot = self._application.bot
        try:
            async with asyncio.timeout(CHECK_PATIENCE):
                await bot.initialize()
        except InvalidToken:
            await bot.shutdown()
            raise TelegramRefused(REFUSAL) from None  # its cause's text holds the token
        except (TelegramError, TimeoutError):
            await bot.shutdown()

    async def remember(self) -> int:
        """Take over the receipts that the last run has left, before anything else; how many.

        Raises: SQLAlchemyError, OSError.
        """
        followed = await follow_again(self._desk)
        if followed:
            logger.info("Receipts of an earlier run that are not over: %s", followed)
        return followed

    async def act_of(self, notice: Notice) -> AlertAct | None:
        """What can be done about it at once."""
        return await act_of(self._desk, notice)

    async def close(self) -> None:
        """End the sessions that `check` opened, where nothing was run after it."""
        await self._application.bot.shutdown()

    async def run(self) -> None:
        """Answer people until cancelled; what is being answered then gets a moment to finish."""
        application = self._application
        try:
            await self._reaching.until_answered(application.initialize)
            await self._mailbox.resume()
            await self._dispatcher.begin()
            await application.start()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._typing.run(), name="typing-sign")
                tasks.create_task(self._receipts.run(), name="receipts")
                tasks.create_task(self._mailbox.run(), name="mailbox")
                tasks.create_task(self.menu.run(), name="menu")
                await self._receive()
        finally:
            await self._stop()

    def refused_taps(self) -> Counter[str]:
        """Confirmations that found no open ticket of this run, by why."""
        return self._desk.tickets.refused

    async def webhook(self, body: bytes, secret: str | None) -> int:
        """One pushed update, with the secret of its header; the HTTP status to answer with."""
        if self._webhook_url is None or not self._application.running:
            return 503
        return await self._webhook.receive(body, secret)

    def _built_desk(
        self,
        settings: BotSettings,
        services: Services,
        codec: Codec,
        now: Callable[[], datetime],
    ) -> Desk:
        return Desk(
            services=services,
            codec=codec,
            messenger=self.messenger,
            live=self.live,
            typing=self._typing,
            pending=PendingInputs(self.clock),
            tickets=Tickets(),
            receipts=self._receipts,
            mode=settings.mode,
            live_mode=settings.live_mode,
            is_dry_run=settings.is_dry_run,
            now=now,
            venue_patience=settings.venue_patience,
        )

    async def _receive(self) -> None:
        bot, reach = self._application.bot, self._reaching.until_answered
        logger.info("Telegram answers as @%s", bot.username)
        if self._webhook_url is not None:
            url = self._webhook_url
            await reach(lambda: self._webhook.register(url))
            await asyncio.Event().wait()
        await reach(bot.delete_webhook)
        await self._polling.run(self._reaching)

    async def _stop(self) -> None:
        application = self._application
        if application.running:
            try:
                async with asyncio.timeout(STOP_PATIENCE):
                    await application.stop()
            except TimeoutError:
                logger.warning("some answers to users were not finished at the end")
        await application.shutdown()
        await application.bot.shutdown()  # also where the start was not completed

    async def _answer(self, update: Update, _context: CallbackContext[Any, Any, Any, Any]) -> None:
        is_left_over = await self._mailbox.begin(update)
        if self._mailbox.is_late(update):
            await self._dispatcher.too_late(update, is_left_over=is_left_over)
            await self._mailbox.settle(update, UpdateOutcome.LATE)
        else:
            await self._dispatcher.dispatch(update, is_left_over=is_left_over)
            await self._mailbox.settle(update, UpdateOutcome.ANSWERED)

    async def _acknowledge(self, update: Update) -> None:
        await self._dispatcher.acknowledge(update)

    async def _still_waiting(self, update: Update) -> None:
        await self._dispatcher.still_waiting(update)

    async def _explain(self, update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
        if isinstance(update, Update) and context.error is not None:
            await self._dispatcher.failed(update, context.error)
            await self._mailbox.settle(update, UpdateOutcome.FAILED)


def _application(settings: BotSettings, first: First, still_waiting: First) -> App:
    base = settings.base_url.rstrip("/")
    return (
        ApplicationBuilder()
        .token(settings.token)
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(TelegramTransport(CONNECTIONS))
        .get_updates_request(TelegramTransport(1))
        .concurrent_updates(PerUserProcessor(first=first, still_waiting=still_waiting))
        .updater(None)
        .job_queue(None)
        .build()
    )
