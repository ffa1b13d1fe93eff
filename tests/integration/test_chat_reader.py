"""Each reads the chat in their own language and zone: answers, live cards, notices."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta, timezone
from gettext import NullTranslations

import pytest

from core.domain.notice import Warned
from core.domain.units import UserId
from core.services.outbox import Outbox
from core.storage.models import Sessions
from telegram_bot.notices import NoticeSender
from telegram_bot.words import Reader, install
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, buttons, open_chat

MESSAGES = {
    "Home": "Accueil",
    "Orders": "Ordres",
    "Markets": "Marchés",
    "Updated {time}": "Mis à jour à {time}",
    "{price} · live{unchanged}": "{price} · en direct{unchanged}",
    "<b>About your trading</b>": "<b>À propos de vos ordres</b>",
    "SANDBOX · paper money": "SANDBOX · argent fictif",
}
FRENCH = Reader("fr", timezone(timedelta(hours=9), "XYZ"))
YES, NO = examples.market().tokens


class French(NullTranslations):
    def gettext(self, message: str) -> str:
        return MESSAGES.get(message, message)


@pytest.fixture(autouse=True)
def _french() -> Iterator[None]:
    remove = install("fr", French())
    yield
    remove()


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    """Ann reads French, Ben English."""
    async with open_chat(sessions, (examples.market(),)) as plain:
        ann = await plain.services.users.admit(ANN, "Ann")
        assert ann is not None

        async def reader_of(user: UserId) -> Reader:
            return FRENCH if user == ann.id else Reader()

        yield plain.with_services(reader_of=reader_of)


async def test_two_people_read_the_same_card_in_their_own_words_and_zones(chat: Chat) -> None:
    async with chat.running():
        french, english = await chat.person(ANN).says("/home"), await chat.person(BEN).says("/home")
    assert "SANDBOX · argent fictif" in french["text"]
    assert "Mis à jour à " in french["text"]
    assert french["text"].endswith(" XYZ")
    assert "Marchés" in buttons(french)
    assert "SANDBOX · paper money" in english["text"]
    assert english["text"].endswith(" UTC")
    assert "Markets" in buttons(english)


async def test_a_live_card_goes_on_in_the_language_of_whoever_opened_it(chat: Chat) -> None:
    chat.streams(YES, "0.61", "0.63")
    chat.streams(NO, "0.37", "0.39")
    async with chat.running():
        for person, live in ((ANN, "en direct"), (BEN, "live")):
            found = await chat.person(person).says("bitcoin")
            card = await chat.person(person).opens(found, buttons(found)[0])
            assert f"Yes 62¢ · {live}" in card["text"]
        chat.streams(YES, "0.71", "0.73")
        redrawn = await chat.person(ANN).reads("Yes 72¢ · en direct")
        assert "Accueil" in buttons(redrawn)
        assert "Home" in buttons(await chat.person(BEN).reads("Yes 72¢ · live"))


async def test_a_notice_is_written_for_whoever_gets_it(chat: Chat, sessions: Sessions) -> None:
    outbox = Outbox(sessions, now=chat.wall)
    sender = NoticeSender(outbox, chat.bot.messenger, chat.bot.clock, chat.services.reader_of)
    for person in (ANN, BEN):
        user = await chat.services.users.admit(person, "Somebody")
        assert user is not None
        async with sessions.begin() as session:
            await outbox.write_down(session, user.id, f"alarm:{person}", Warned("It rains."))
    async with chat.running():
        for person in (ANN, BEN):
            await chat.person(person).says("/help")
        assert await sender.send_due() == 2
        assert "Ordres" in buttons(await chat.person(ANN).reads("À propos de vos ordres"))
        assert "Orders" in buttons(await chat.person(BEN).reads("About your trading"))
