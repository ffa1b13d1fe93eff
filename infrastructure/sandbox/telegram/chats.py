"""Users and their chats with the bot: every message, its edits and what became of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from aiogram.types import Chat, Message, User

from infrastructure.sandbox.telegram.bells import Bells

MOST_SAID: Final = 50_000  # texts of the bot that are kept


@dataclass(slots=True)
class Entry:
    """A message in its newest state; `revision` grows within the chat with each change."""

    message: Message
    revision: int
    is_deleted: bool = False
    reaction: str = ""  # the bot's own, an emoji
    is_silent: bool = False  # its reader's telephone makes no sound


@dataclass(slots=True)
class ChatLog:
    chat: Chat
    entries: dict[int, Entry] = field(default_factory=dict)
    revision: int = 0
    is_blocked: bool = False
    pinned: list[int] = field(default_factory=list)  # message ids, newest last
    typing_until: float = 0.0  # monotonic
    members: set[int] = field(default_factory=set)  # of a group, besides the bot
    bot_is_admin: bool = False  # of a group: hears everything and may delete

    @property
    def is_private(self) -> bool:
        return self.chat.type == "private"

    def living(self, message_id: int | None) -> Entry | None:
        """The message, unless it never existed or was deleted."""
        entry = self.entries.get(message_id) if message_id is not None else None
        return None if entry is None or entry.is_deleted else entry

    def changed_since(self, revision: int) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if entry.revision > revision)


class Chats:
    def __init__(self, bells: Bells) -> None:
        self._bells = bells
        self._users: dict[int, User] = {}
        self._logs: dict[int, ChatLog] = {}
        self._message_ids = count(1)  # one sequence over all chats, as a real bot sees it
        self.said: deque[str] = deque(maxlen=MOST_SAID)  # by the bot, edits and labels included

    def know(self, user: User) -> None:
        self._users[user.id] = user

    def user(self, user_id: int) -> User | None:
        return self._users.get(user_id)

    def log(self, chat_id: int) -> ChatLog | None:
        return self._logs.get(chat_id)

    def open(self, chat: Chat) -> ChatLog:
        """The chat's log; from now on the bot can write there."""
        log = self._logs.setdefault(chat.id, ChatLog(chat))
        log.chat = chat
        return log

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def post(self, log: ChatLog, message: Message, *, is_silent: bool = False) -> Message:
        log.typing_until = 0.0
        log.entries[message.message_id] = Entry(message, 0, is_silent=is_silent)
        self._note(message)
        self._changed(log, log.entries[message.message_id])
        return message

    def replace(self, log: ChatLog, entry: Entry, message: Message) -> Message:
        entry.message = message
        self._note(message)
        self._changed(log, entry)
        return message

    def delete(self, log: ChatLog, entry: Entry) -> None:
        entry.is_deleted = True
        if entry.message.message_id in log.pinned:
            log.pinned.remove(entry.message.message_id)
        self._changed(log, entry)

    def react(self, log: ChatLog, entry: Entry, emoji: str) -> None:
        entry.reaction = emoji
        self._changed(log, entry)

    def touch(self, log: ChatLog) -> None:
        """Tell watchers about a change of the chat itself."""
        log.revision += 1
        self._bells.ring(("chat", log.chat.id))

    def _note(self, message: Message) -> None:
        """What anybody can read of it, if the bot wrote it."""
        if message.from_user is None or not message.from_user.is_bot:
            return
        self.said.append(message.text or message.caption or "")
        rows = message.reply_markup.inline_keyboard if message.reply_markup else []
        self.said += [button.text for row in rows for button in row]

    def _changed(self, log: ChatLog, entry: Entry) -> None:
        entry.revision = log.revision + 1
        self.touch(log)


def private_chat(user: User) -> Chat:
    return Chat(
        id=user.id,
        type="private",
        first_name=user.first_name,
        last_name=user.last_name,
        username=user.username,
    )


def group_chat(group_id: int, title: str) -> Chat:
    return Chat(id=group_id, type="supergroup", title=title)
