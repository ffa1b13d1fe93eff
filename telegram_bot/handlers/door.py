"""Who is let in, and how each of them reads; silence, and one line of the log, for the rest."""

import logging
from typing import Final

from core.domain.errors import Rejected
from core.domain.user import Member, User
from telegram_bot.context import Desk
from telegram_bot.people_actions import INVITED_BY
from telegram_bot.words import Reader

CODE_LENGTHS: Final = range(8, 25)  # characters of what may be the owner's code
STRANGERS: Final = 10_000  # remembered, so that each is logged once

logger = logging.getLogger(__name__)


class Door:
    """Remembers how those who are in have read last, for words that cannot wait."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._admitted: dict[int, Reader] = {}  # as they last read, by Telegram's id
        self._strangers: set[int] = set()
        if desk.services.people is not None:
            desk.services.people.on_change(self._changed)

    def last_reader(self, telegram_id: int) -> Reader | None:
        """None for who is not in."""
        return self._admitted.get(telegram_id)

    async def newcomer(self, telegram_id: int, first_name: str, text: str) -> User | None:
        """Whom these words let in."""
        owner = await self._claimed(telegram_id, first_name, text)
        return owner or await self._invited(telegram_id, first_name, text)

    async def admit(self, telegram_id: int, first_name: str) -> User | None:
        user = await self._desk.services.users.admit(telegram_id, first_name)
        if user is not None:
            self._admitted.setdefault(telegram_id, Reader())
            return user
        self._admitted.pop(telegram_id, None)
        if telegram_id not in self._strangers and len(self._strangers) < STRANGERS:
            self._strangers.add(telegram_id)
            logger.info("Somebody who is not allowed wrote to the bot: %s", telegram_id)
        return user

    async def _claimed(self, telegram_id: int, first_name: str, text: str) -> User | None:
        """The new owner, if `text` is the code from the console."""
        code = text.strip()
        if len(code) not in CODE_LENGTHS or not code.replace("-", "").isalnum():
            return None
        try:
            owner = await self._desk.services.users.claim(telegram_id, first_name, code)
        except Rejected as refusal:
            logger.warning("an owner code was refused: %s", refusal)
            return None
        if owner is not None:
            self._admitted.setdefault(telegram_id, Reader())
        return owner

    async def _invited(self, telegram_id: int, first_name: str, text: str) -> User | None:
        """Whom the link of an invitation has brought here."""
        command, _, argument = text.strip().partition(" ")
        if command != "/start" or not argument.startswith(INVITED_BY):
            return None
        code, users = argument.removeprefix(INVITED_BY), self._desk.services.users
        try:
            user = await users.redeem(telegram_id, first_name, code)
        except Rejected as refusal:
            logger.warning("an invitation was refused: %s", refusal)
            return None
        if user is not None:
            self._admitted.setdefault(telegram_id, Reader())
        return user

    async def _changed(self, member: Member) -> None:
        """From now on they are what they are now; who is out has no card and no question left."""
        user = member.user
        self._desk.services.users.forget(user.telegram_id)
        self._desk.messenger.lookers.note(user)
        if member.is_blocked:
            self._admitted.pop(user.telegram_id, None)
            self._desk.pending.forget(user.id)
            await self._desk.live.close(user.telegram_id)

    async def reader(self, user: User) -> Reader:
        reader = await self._desk.services.reader_of(user.id)
        self._admitted[user.telegram_id] = reader
        return reader
