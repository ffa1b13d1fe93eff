"""Settings in the chat: by taps and in words, in one's own language, guarded where they loosen."""

from collections.abc import AsyncIterator, Iterator
from datetime import time
from gettext import NullTranslations
from pathlib import Path

import pytest

from core.domain.notice import NoticeKind
from core.domain.one_time_code import STEP, one_time_code
from core.domain.preferences import ConfirmMode, NoticeMode, UserPreferences
from core.domain.units import UserId
from core.storage.models import Sessions
from telegram_bot.readers import preferred_reader
from telegram_bot.words import install
from tests.support import examples
from tests.support.chat import ANN, BEN, Chat, Person, buttons, open_chat
from tests.support.live_chat import LiveChat, open_live_chat
from tests.support.withdrawals import SECRET, enrol


class French(NullTranslations):
    def gettext(self, message: str) -> str:
        return {"Home": "Accueil", "<b>Settings</b>": "<b>Réglages</b>"}.get(message, message)


@pytest.fixture
def _french() -> Iterator[None]:
    remove = install("fr", French())
    yield
    remove()


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as plain:
        chat = plain.with_services(reader_of=preferred_reader(plain.services.preferences.of))
        async with chat.running():
            yield chat


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def chosen(chat: Chat, telegram_id: int = ANN) -> UserPreferences:
    user = await chat.services.users.admit(telegram_id, "You")
    assert user is not None
    return await chat.services.preferences.of(user.id)


async def test_settings_are_changed_by_taps_and_the_card_says_so(ann: Person, chat: Chat) -> None:
    card = await ann.says("/settings")
    assert "Careful: every order asks." in card["text"]
    assert "People" in buttons(card)
    assert "People" not in buttons(await chat.person(BEN).says("/settings"))
    card = await ann.opens(card, "Confirming")
    card = await ann.opens(card, "Fast")
    assert "Fast: orders above $100.00 ask." in card["text"]
    assert "✓ Fast" in buttons(card)
    card = await ann.opens(await ann.opens(card, "Settings"), "Notices")
    card = await ann.opens(card, "Alerts · on")
    assert "Alerts: silent now." in card["text"]
    card = await ann.opens(card, "Alerts · silent")
    card = await ann.opens(card, "Orders · on")
    card = await ann.opens(card, "Orders · silent")
    assert {"Alerts · off", "Orders · on"} <= set(buttons(card))
    now = await chosen(chat)
    assert now.confirm_mode is ConfirmMode.FAST
    assert now.mode_of(NoticeKind.ALERT) is NoticeMode.OFF
    assert await ann.violations() == []


async def test_settings_are_typed_and_what_cannot_be_is_asked_again(
    ann: Person, chat: Chat
) -> None:
    card = await ann.opens(await ann.says("/settings"), "Quick amounts")
    assert "Which three amounts" in card["text"]
    assert "at most $10,000" in (await ann.says("5 10 20000"))["text"]
    card = await ann.says("100, 5 $20.50")
    assert "Quick amounts are $5 · $20.50 · $100 now." in card["text"]
    card = await ann.opens(card, "Slippage")
    assert "from 0.1 % to 5 %" in (await ann.says("6%"))["text"]
    card = await ann.says("1.5 %")
    assert "Slippage: 1.5 %" in card["text"]
    card = await ann.opens(await ann.opens(card, "Slippage"), "The most here")
    assert "Slippage: 5 %, the most here" in card["text"]
    now = await chosen(chat)
    assert now.slippage is None
    assert [f"{amount:f}" for amount in now.quick_amounts] == ["5", "20.5", "100"]
    assert await ann.violations() == []


async def test_quiet_hours_and_the_digest_are_typed_and_taken_away(ann: Person, chat: Chat) -> None:
    card = await ann.opens(await ann.says("/settings"), "Notices")
    await ann.opens(card, "Quiet hours")
    card = await ann.says("22h to 7:30")
    assert "Notices: quiet from 22:00 to 07:30 now." in card["text"]
    await ann.opens(card, "Digest time")
    card = await ann.says("8")
    assert "Notices: digest at 08:00 now." in card["text"]
    card = await ann.opens(await ann.opens(card, "Quiet hours"), "No quiet hours")
    assert "Notices: no quiet hours now." in card["text"]
    now = await chosen(chat)
    assert (now.quiet_from, now.quiet_until, now.digest_at) == (None, None, time(8))


async def test_a_zone_is_found_by_its_city_and_times_follow_it_at_once(ann: Person) -> None:
    card = await ann.opens(await ann.says("/settings"), "Time zone")
    assert "I know no such place" in (await ann.says("Nowhereville"))["text"]
    several = await ann.says("argentina")
    assert "America/Argentina/Cordoba" in buttons(several)
    card = await ann.opens(several, "America/Argentina/Cordoba")
    assert "Your time zone is America/Argentina/Cordoba now" in card["text"]
    assert "UTC-03" in card["text"]
    await ann.opens(card, "Time zone")
    card = await ann.says("tokyo")
    assert " JST" in card["text"]


@pytest.mark.usefixtures("_french")
async def test_nothing_stands_before_the_markets_and_english_needs_no_word(ann: Person) -> None:
    assert "Markets" in buttons(await ann.says("/start"))
    assert len(await ann.chat()) == 2


@pytest.mark.usefixtures("_french")
async def test_who_reads_telegram_in_french_is_spoken_to_in_french_and_may_change_it(
    chat: Chat,
) -> None:
    ben = chat.person(BEN, "fr-CA")
    await ben.writes("/home")
    line = await ben.reads("Your Telegram speaks Français")
    home = await ben.sees(lambda message: message["id"] > line["id"])
    assert "Markets" in buttons(home)
    assert (await chosen(chat, BEN)).spoken == "fr"
    card = await ben.says("/settings")
    assert "Réglages" in card["text"]
    assert "Accueil" in buttons(card)
    await ben.taps(line, "English")
    card = await ben.reads("I speak English now.")
    assert "Home" in buttons(card)
    assert "Settings" in (await ben.says("/settings"))["text"]
    assert await ben.violations() == []


@pytest.mark.usefixtures("_french")
async def test_the_language_follows_telegram_until_one_is_chosen(chat: Chat) -> None:
    anglophone, francophone = chat.person(BEN, "en"), chat.person(BEN, "fr")
    assert "Settings" in (await anglophone.says("/settings"))["text"]
    await francophone.writes("/settings")
    line = await francophone.reads("Your Telegram speaks Français")
    await francophone.sees(lambda message: "Réglages" in message["text"])
    await anglophone.writes("/settings")
    line = await anglophone.sees(
        lambda message: message["id"] > line["id"] and "speaks English" in message["text"]
    )
    await anglophone.sees(
        lambda message: message["id"] > line["id"] and "Settings" in message["text"]
    )
    await anglophone.taps(line, "Français")
    await anglophone.reads("I speak Français now.")
    assert "Réglages" in (await anglophone.says("/settings"))["text"]
    assert (await chosen(chat, BEN)).language == "fr"
    assert await anglophone.violations() == []


async def test_a_language_that_is_not_spoken_here_is_english(chat: Chat) -> None:
    for language in ("fr", "de", "zz-Zzzz"):
        ben = chat.person(BEN, language)
        assert "Settings" in (await ben.says("/settings"))["text"]
    assert (await chosen(chat, BEN)).language is None


async def test_paper_says_that_a_dry_run_has_nothing_else(ann: Person) -> None:
    assert "DRY_RUN_MODE is on" in (await ann.says("/paper"))["text"]


async def test_paper_offers_the_other_money_where_there_is_some(live: LiveChat) -> None:
    await live.goes_live()
    card = await live.ann.says("/paper")
    assert "You trade real money" in card["text"]
    await live.ann.opens(card, "To paper money")
    assert "You trade paper money" in (await live.ann.says("/paper"))["text"]


def next_code(live: LiveChat) -> str:
    live.home.clock.advance(seconds=STEP)
    return one_time_code(SECRET, int(live.home.clock.unix()) // STEP)


async def guarded(live: LiveChat) -> UserId:
    user = await live.user()
    await enrol(live.home, user)
    return user


async def test_loosening_needs_a_code_which_leaves_the_chat_and_tightening_needs_none(
    live: LiveChat,
) -> None:
    user, ann = await guarded(live), live.ann
    card = await ann.opens(await ann.says("/settings"), "Confirming")
    asked = await ann.opens(card, "Fast")
    assert "Type the code of your authenticator." in asked["text"]
    preferences = live.chat.services.preferences
    assert "wrong" in (await ann.says("000000"))["text"]
    assert (await preferences.of(user)).confirm_mode is ConfirmMode.CAREFUL
    code = next_code(live)
    card = await ann.says(code)
    assert "✓ Fast" in buttons(card)
    assert code not in [message["text"] for message in await ann.chat()]
    assert "✓ Careful" in buttons(await ann.opens(card, "Careful"))


async def test_a_higher_threshold_needs_a_code_and_a_lower_one_does_not(live: LiveChat) -> None:
    user, ann = await guarded(live), live.ann
    card = await ann.opens(await ann.says("/settings"), "Confirming")
    await ann.opens(card, "Asks from $25")
    assert "Type the code" in (await ann.says("40"))["text"]
    card = await ann.says(next_code(live))
    assert "Standard asks from $40.00 on now." in card["text"]
    await ann.opens(card, "Asks from $40")
    assert "Standard asks from $20.00 on now." in (await ann.says("20"))["text"]
    assert (await live.chat.services.preferences.of(user)).confirm_from == 20
    assert await ann.violations() == []
