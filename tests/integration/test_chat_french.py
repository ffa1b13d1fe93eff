"""One person reads the chat in French, as shipped; another in English at the same time."""

from collections.abc import AsyncIterator, Iterator

import pytest

from core.domain.notice import Warned
from core.services.outbox import Outbox
from core.storage.models import Sessions
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.notices import NoticeSender
from telegram_bot.readers import preferred_reader
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, buttons, open_chat

YES, NO = examples.market().tokens


@pytest.fixture(autouse=True)
def _languages() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    """Ann has chosen French, Ben English."""
    async with open_chat(sessions, (examples.market(),)) as plain:
        await plain.prefers(ANN, language="fr")
        await plain.prefers(BEN, language="en")
        preferences = plain.services.preferences
        assert preferences is not None
        yield plain.with_services(reader_of=preferred_reader(preferences.of))


async def test_two_people_begin_in_their_own_languages(chat: Chat) -> None:
    ann, ben = chat.person(ANN), chat.person(BEN)
    async with chat.running():
        french, english = await ann.says("/start"), await ben.says("/start")
        assert "SANDBOX · argent fictif" in french["text"]
        assert "Liquidités $1,000.00" in french["text"]
        assert {"Marchés", "Ordres", "Refresh", "Aide"} <= set(buttons(french))
        assert "SANDBOX · paper money" in english["text"]
        assert "Cash $1,000.00" in english["text"]
        assert {"Markets", "Orders", "Refresh", "Help"} <= set(buttons(english))
        help_card = await ann.opens(french, "Aide")
        assert "/stop · Arrêter aussitôt les nouveaux achats" in help_card["text"]
        assert await ann.violations() == []


async def test_a_market_is_opened_and_bought_in_french(chat: Chat) -> None:
    chat.streams(YES, "0.61", "0.63")
    chat.streams(NO, "0.37", "0.39")
    ann, ben = chat.person(ANN), chat.person(BEN)
    async with chat.running():
        found = await ann.says("bitcoin")
        card = await ann.opens(found, buttons(found)[0])
        assert "Yes 62¢ · en direct" in card["text"]
        assert {"Yes", "No", "Suivre", "Graphique", "Refresh", "Home"} <= set(buttons(card))
        amounts = await ann.opens(card, "Yes")
        assert "Vous achetez à l\u2019ask\u00a0: 63¢" in amounts["text"]
        assert {"$10", "$25", "$50", "Other", "Retour"} <= set(buttons(amounts))
        ticket = await ann.opens(amounts, "$10")
        assert "Vous payez $10.00 + frais" in ticket["text"]
        receipt = await ann.opens(ticket, "Confirm")
        assert "Acheté 15.873 Yes" in receipt["text"]
        seen = await ben.says("bitcoin")
        english = await ben.opens(seen, buttons(seen)[0])
        assert "Yes 62¢ · live" in english["text"]
        assert await ann.violations() == []


async def test_amounts_are_typed_in_french_as_in_english(chat: Chat) -> None:
    chat.streams(YES, "0.61", "0.63")
    chat.streams(NO, "0.37", "0.39")
    ann = chat.person(ANN)
    async with chat.running():
        found = await ann.says("bitcoin")
        amounts = await ann.opens(await ann.opens(found, buttons(found)[0]), "Yes")
        asked = await ann.opens(amounts, "Other")
        assert "Saisissez un montant avant frais" in asked["text"]
        refused = await ann.says("1,250")
        assert "Rien n\u2019a été acheté ni vendu. Saisissez un autre montant" in refused["text"]
        assert "Vous payez $12.50" in (await ann.says("12,50"))["text"]
        assert await ann.violations() == []


async def test_a_notice_is_written_in_the_language_of_whoever_gets_it(
    chat: Chat, sessions: Sessions
) -> None:
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
        french = await chat.person(ANN).reads("À propos de vos ordres")
        assert "Cet avertissement ne déplace aucun argent" in french["text"]
        assert buttons(french) == ["Ordres", "État"]
        english = await chat.person(BEN).reads("About your trading")
        assert buttons(english) == ["Orders", "Status"]
        assert await chat.person(ANN).violations() == []
