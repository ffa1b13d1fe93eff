"""Commands as Telegram shows them: by scope and language, and told only when they changed."""

import asyncio
from collections.abc import Callable
from gettext import NullTranslations

from core.storage.models import Sessions
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from telegram_bot.commands import GROUP_MENU, Scope, menu
from telegram_bot.words import install
from tests.support import examples
from tests.support.chat import ANN, BEN, TOKEN, Message, Person, open_chat

PATIENCE = 20.0  # seconds
EVERYBODY = [command.name for command in menu(Scope.EVERYBODY)]
OWNER = [command.name for command in menu(Scope.EVERYBODY, Scope.OWNER)]


class Shouting(NullTranslations):
    """A language of capitals."""

    def gettext(self, message: str) -> str:
        return message.upper()


def names(profile: Message) -> list[str]:
    return [command["command"] for command in profile["commands"]]


async def shows(person: Person, is_wanted: Callable[[Message], bool]) -> Message:
    """What Telegram shows of the bot, once it is that; each look costs a round trip."""
    async with asyncio.timeout(PATIENCE):
        while not is_wanted(profile := await person.profile()):
            await person.chat()
    return profile


def is_shouted(profile: Message) -> bool:
    """The owner's commands and all the rest, in capitals."""
    described = [each["description"] for each in profile["commands"]]
    return names(profile) == OWNER and "".join([*described, profile["description"]]).isupper()


async def test_everybody_sees_their_own_commands(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),)) as chat:
        ann, ben = chat.person(), chat.person(BEN)
        async with chat.running():
            await shows(ben, lambda profile: names(profile) == EVERYBODY)
            await ann.says("/start")
            await shows(ann, lambda profile: names(profile) == OWNER)
            group = await ann.founds(-100_400)
            assert names(await group._get("/api/groups/-100400")) == [
                command.name for command in GROUP_MENU
            ]
            assert "Self-hosted" in (await ben.profile())["description"]
            assert names(await ben.profile()) == EVERYBODY
            assert await ann.violations() == []


async def test_commands_are_told_in_each_language_and_only_when_they_changed(
    sessions: Sessions,
) -> None:
    telegram = TelegramSandbox(TOKEN)
    remove = install("fr", Shouting())
    try:
        async with (
            served(telegram) as url,
            open_chat(sessions, (examples.market(),), telegram=url) as chat,
        ):
            cleo = chat.person(ANN, language_code="fr")
            async with chat.running():
                await cleo.says("/start")
                await shows(cleo, is_shouted)
            told = {key: id(commands) for key, commands in telegram.profile.commands.items()}
            telegram.profile.commands["default", "fr"] = []
            again = chat.with_services()
            async with again.running(), asyncio.timeout(PATIENCE):
                await again.bot.menu.is_told.wait()
            after = {key: id(commands) for key, commands in telegram.profile.commands.items()}
            assert {key for key in told if told[key] != after[key]} == {("default", "fr")}
            assert telegram.profile.commands["default", "fr"]
    finally:
        remove()


async def test_a_new_owner_gets_the_commands_of_the_owner(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),)) as chat:
        ann, ben = chat.person(), chat.person(BEN)
        async with chat.running():
            await ann.says("/start")
            await ben.says("/start")
            await shows(ann, lambda profile: names(profile) == OWNER)
            chat.bot.menu.owner_seen(BEN)
            await shows(ben, lambda profile: names(profile) == OWNER)
            await shows(ann, lambda profile: names(profile) == EVERYBODY)
            assert await ann.violations() == []
