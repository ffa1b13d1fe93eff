"""The chats of people who may only look: what is sent to them carries no button that trades."""

from core.domain.user import Role, User
from telegram_bot.screens.looking import to_look_at
from telegram_bot.screens.screen import Screen


class Lookers:
    """Told of everybody's role; asked by whatever sends. What is tapped is refused elsewhere."""

    def __init__(self) -> None:
        self._chats: set[int] = set()

    def note(self, *people: User) -> None:
        """That is what they are from now on."""
        for user in people:
            if user.role is Role.VIEWER:
                self._chats.add(user.telegram_id)
            else:
                self._chats.discard(user.telegram_id)

    def fit(self, chat_id: int, screen: Screen) -> Screen:
        """As the reader of that chat may see it; private chats have the id of their user."""
        return to_look_at(screen) if chat_id in self._chats else screen
