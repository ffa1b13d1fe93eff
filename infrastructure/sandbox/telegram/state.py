"""The sandbox's Telegram as one object: everything that its two sides, bot and user, share."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from aiogram.types import User

from infrastructure.sandbox.telegram.bells import Bells
from infrastructure.sandbox.telegram.chats import ChatLog, Chats
from infrastructure.sandbox.telegram.errors import bad_request, forbidden, too_many_requests
from infrastructure.sandbox.telegram.faults import Faults
from infrastructure.sandbox.telegram.files import FileStore
from infrastructure.sandbox.telegram.flood import FloodLimits, FloodModel
from infrastructure.sandbox.telegram.inline import InlineQueries
from infrastructure.sandbox.telegram.profile import Profile
from infrastructure.sandbox.telegram.queries import Queries
from infrastructure.sandbox.telegram.updates import UpdateQueue
from infrastructure.sandbox.telegram.violations import Violation, ViolationKind

MOST_VIOLATIONS: Final = 10_000  # kept; older ones are forgotten
FALLBACK_BOT_ID: Final = 4242


def utc_now() -> datetime:
    return datetime.now(UTC)


class TelegramSandbox:
    """State of one bot's Telegram, in memory. `telegram_app(sandbox)` serves it."""

    def __init__(
        self,
        token: str,
        *,
        bot_name: str = "Polycool",
        username: str = "polycool_sandbox_bot",
        flood: FloodLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.token = token
        self.bot = _bot_user(token, bot_name, username)
        self.clock = clock
        self.now = now
        self.epoch = secrets.token_hex(4)  # tells a page that its revisions are of another run
        self.bells = Bells()
        self.chats = Chats(self.bells)
        self.queries = Queries(self.bells, clock)
        self.inline = InlineQueries(self.bells, clock)
        self.updates = UpdateQueue(self.bells)
        self.files = FileStore()
        self.profile = Profile()
        self.faults = Faults()
        self.flood_refusals = 0
        self._flood = FloodModel(flood or FloodLimits(), clock)
        self._violations: list[Violation] = []

    def open_chat(self, chat_id: int | str | None) -> ChatLog:
        """A chat the bot may write to. Raises: BotApiError if it may not, or there is none."""
        log = self.chats.log(chat_id) if isinstance(chat_id, int) else None
        if log is None:
            if isinstance(chat_id, int) and self.chats.user(chat_id):
                raise forbidden("bot can't initiate conversation with a user")
            raise bad_request("chat not found")
        if log.is_blocked:
            raise forbidden("bot was blocked by the user")
        return log

    def spend(self, chat_id: int) -> None:
        """Count one send or edit. Raises: BotApiError 429 when it is one too many."""
        if retry_after := self._flood.spend(chat_id):
            self.flood_refusals += 1
            raise too_many_requests(retry_after)

    def complain(self, kind: ViolationKind, method: str, detail: str) -> None:
        self._violations.append(Violation(self.now(), kind, method, detail))
        del self._violations[:-MOST_VIOLATIONS]

    def violations(self) -> Iterator[Violation]:
        yield from self._violations
        for query in self.queries.neglected():
            detail = f"query {query.id} of user {query.user_id}: {query.data!r}"
            yield Violation(self.now(), ViolationKind.NEVER_ANSWERED, "answerCallbackQuery", detail)

    def forget_violations(self) -> None:
        self.flood_refusals = 0
        self._violations.clear()
        self.queries.forget_neglected()

    def close(self) -> None:
        """Let every waiting request return at once; for a quick stop."""
        self.bells.close()


def _bot_user(token: str, name: str, username: str) -> User:
    number = token.partition(":")[0]
    return User(
        id=int(number) if number.isascii() and number.isdecimal() else FALLBACK_BOT_ID,
        is_bot=True,
        first_name=name,
        username=username,
        can_join_groups=True,
        can_read_all_group_messages=False,
        supports_inline_queries=True,
        can_connect_to_business=False,
        has_main_web_app=False,
    )
