"""One act of somebody in a group, and the only way to answer there."""

from dataclasses import dataclass

from telegram_bot.context import BotContext, Services
from telegram_bot.screens.screen import Screen


@dataclass(frozen=True, slots=True)
class GroupAct:
    """`context` has the group as its chat. `card`: the message to answer on; None = below."""

    context: BotContext
    card: int | None = None

    @property
    def asker(self) -> int:
        return self.context.user.telegram_id

    @property
    def services(self) -> Services:
        return self.context.services

    @property
    def bot(self) -> str:
        return self.context.desk.messenger.bot_name

    async def show(self, screen: Screen) -> None:
        """Raises: ValueError for a screen that was not made for a group."""
        if screen.asker is None:
            raise ValueError("not a screen for a group")
        messenger, chat = self.context.desk.messenger, self.context.chat_id
        if self.card is None:
            await messenger.send(chat, screen)
        else:
            await messenger.edit(chat, self.card, screen)

    async def put(self, picture: bytes, screen: Screen, *, redraws: bool) -> None:
        """As `show`, with a picture; on the tapped one if it `redraws` that."""
        if screen.asker is None:
            raise ValueError("not a screen for a group")
        files, chat = self.context.desk.messenger.files, self.context.chat_id
        if redraws and self.card is not None:
            await files.edit_photo(chat, self.card, picture, screen)
        else:
            await files.photo(chat, picture, screen)
