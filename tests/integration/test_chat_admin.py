"""The owner's cards in the chat: health, errors, version, backups, and words to everybody."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.notice import NoticeKind
from core.domain.preferences import NoticeMode
from core.services.audit import Audit
from core.services.broadcasts import Broadcasts
from core.services.outbox import Outbox
from core.storage.models import Sessions
from infrastructure.database.backup import BackupFailed
from telegram_bot.administration import AdminParts
from telegram_bot.backing_up import BackupRoom
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.notices import NoticeSender
from telegram_bot.readers import preferred_reader
from telegram_bot.screens.admin_views import Disk, DoubtedToken, VersionView
from tests.support import admin_examples, examples
from tests.support.chat import ANN, BEN, Chat, Message, Person, buttons, data_of, open_chat

CAT, DAN = 1003, 1004
WORDS = "Back at <b>five</b>.\nNew prices then."


@dataclass
class Maker:
    """Makes a backup as soon as it is told to go on."""

    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def __call__(self, path: Path) -> None:
        await self.goes_on.wait()
        if self.fails:
            raise BackupFailed(
                "the program pg_dump is not installed here; the database is unchanged"
            )
        path.write_bytes(b"x" * 2048)


@dataclass
class House:
    chat: Chat
    maker: Maker
    outbox: Outbox

    def sender(self) -> NoticeSender:
        bot, services = self.chat.bot, self.chat.services
        preferences = services.preferences.of
        return NoticeSender(self.outbox, bot.messenger, bot.clock, services.reader_of, preferences)

    async def people(self, *telegram_ids: int) -> None:
        """They have written once."""
        for telegram_id in telegram_ids:
            await self.chat.person(telegram_id).says("/start")


@pytest.fixture(autouse=True)
def _languages() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


async def doubted() -> Sequence[DoubtedToken]:
    return admin_examples.DOUBTED


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    maker = Maker()
    everybody = (ANN, BEN, CAT, DAN)
    async with open_chat(sessions, (examples.market(),), allowed=everybody) as plain:
        outbox = Outbox(sessions, now=plain.wall)
        room = BackupRoom(maker, tmp_path, now=plain.wall)
        admin = AdminParts(
            broadcasts=Broadcasts(sessions, Audit(), outbox),
            backups=room,
            doubted=doubted,
            errors=lambda: [admin_examples.error(1), admin_examples.error(2)],
            worker=lambda: "running",
            disk=lambda: Disk(1024, 4096),
            version=lambda: VersionView("0.1.0", "0123456789", "0019", "3.11", plain.wall()),
        )
        reader_of = preferred_reader(plain.services.preferences.of)
        chat = plain.with_services(admin=admin, reader_of=reader_of)
        async with chat.running(), asyncio.TaskGroup() as tasks:
            making = tasks.create_task(room.run())
            yield House(chat, maker, outbox)
            making.cancel()


@pytest.fixture
def ann(house: House) -> Person:
    return house.chat.person(ANN)


async def draft(ann: Person, words: str = WORDS) -> Message:
    await ann.opens(await ann.says("/admin"), "Broadcast")
    return await ann.says(words)


async def follows(ann: Person, words: str) -> Message:
    """What a card says that is looked after every few seconds, on however slow a machine."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ann.reads(words)
            except TimeoutError:
                continue


async def heard(person: Person) -> int:
    """How often they were told the owner's words."""
    return sum("From the owner" in message["text"] for message in await person.chat())


async def refused(person: Person, *, since: Message) -> None:
    """Wait until they are told at that message, or below it, that this is the owner's."""
    await person.sees(
        lambda message: message["id"] >= since["id"] and "Only the owner" in message["text"]
    )


async def test_the_owner_sees_how_everything_is_and_others_see_nothing(
    house: House, ann: Person
) -> None:
    card = await ann.says("/admin")
    assert "2 errors in this run" in card["text"]
    assert {"Health", "Broadcast", "Backup", "Halt trading"} <= set(buttons(card))
    health = await ann.opens(card, "Health")
    assert "Stream: 2 of 2 tokens live" in health["text"]
    assert "Disk: 1.0 KB of 4.0 KB free" in health["text"]
    assert "Yes · Will it rain? · suspect" in health["text"]
    card = await ann.opens(health, "Admin")
    errors = await ann.opens(card, "Last errors")
    assert "the book could not be read" in errors["text"]
    version = await ann.opens(await ann.opens(errors, "Admin"), "Version")
    assert "Polycool 0.1.0 · 0123456789" in version["text"]
    ben = house.chat.person(BEN)
    assert "Only the owner" in (await ben.says("/admin"))["text"]
    for label in ("Health", "Last errors", "Backup", "Broadcast"):
        home = await ben.says("/home")
        await ben.forges(data_of(card, label), home)
        await refused(ben, since=home)
    assert await ann.violations() == []


async def test_a_backup_is_made_once_at_a_time_and_told_of_and_never_sent(
    house: House, ann: Person, tmp_path: Path
) -> None:
    asked = await ann.opens(await ann.says("/admin"), "Backup")
    making = await ann.opens(asked, "Back up now")
    assert "Being made" in making["text"]
    assert "Back up now" not in buttons(making)
    await ann.forges(data_of(asked, "Back up now"), making)
    await ann.reads("A backup is being made already.")
    house.maker.goes_on.set()
    done = await ann.says("/admin")
    done = await ann.opens(done, "Backup")
    if "Done" not in done["text"]:
        done = await follows(ann, "Done")
    (file,) = tmp_path.glob("*.dump")
    assert str(file) in done["text"]
    assert "2.0 KB" in done["text"]
    assert not any("document" in message and message["document"] for message in await ann.chat())
    assert await ann.violations() == []


async def test_a_backup_that_cannot_be_made_says_why_in_its_own_card(
    house: House, ann: Person
) -> None:
    house.maker.fails = True
    making = await ann.opens(await ann.opens(await ann.says("/admin"), "Backup"), "Back up now")
    house.maker.goes_on.set()
    failed = await follows(ann, "No backup was made")
    assert failed["id"] == making["id"]
    assert "pg_dump is not installed" in failed["text"]
    assert "Back up now" in buttons(failed)


async def test_a_backup_that_cannot_be_made_says_why_in_french_too(
    house: House, ann: Person
) -> None:
    await house.chat.prefers(ANN, language="fr")
    house.maker.fails = True
    house.maker.goes_on.set()
    await ann.taps(
        await ann.opens(await ann.says("/admin"), "Sauvegarde"), "Sauvegarder maintenant"
    )
    await follows(ann, "pg_dump n\u2019est pas installé ici")


async def test_words_to_everybody_are_shown_first_and_sent_once(
    house: House, ann: Person, sessions: Sessions
) -> None:
    await house.people(BEN, CAT, DAN)
    await house.chat.prefers(CAT, notice_modes={NoticeKind.BROADCAST: NoticeMode.OFF})
    await house.chat.services.users.note_blocked(DAN, is_blocked=True)
    shown = await draft(ann)
    assert "Back at <b>five</b>.\nNew prices then." in shown["text"]
    assert "1 person would get it.\n1 has blocked the bot.\n1 does not want" in shown["text"]
    assert await heard(house.chat.person(BEN)) == 0
    send = data_of(shown, "Send to 1 person")
    sending = await ann.opens(shown, "Send to 1 person")
    assert "0 of 1 have it" in sending["text"]
    await ann.forges(send, sending)
    assert await house.sender().send_due() == 1
    sent = await follows(ann, "1 of 1 have it")
    assert sent["id"] == sending["id"]
    told = await house.chat.person(BEN).reads("From the owner of this bot")
    assert "Back at <b>five</b>.\nNew prices then." in told["text"]
    assert await house.sender().send_due() == 0
    people = [house.chat.person(one) for one in (ANN, BEN, CAT, DAN)]
    assert [await heard(person) for person in people] == [0, 1, 0, 0]
    async with sessions() as session:
        noted = sa.text("SELECT count(*) FROM audit WHERE what = 'broadcast'")
        assert await session.scalar(noted) == 1
    assert await ann.violations() == []


async def test_what_a_restart_has_cut_off_goes_on_without_a_second_message(
    house: House, ann: Person
) -> None:
    await house.people(BEN, CAT, DAN)
    await ann.opens(await draft(ann), "Send to 3 people")
    cut_off = await house.outbox.claim()
    assert len(cut_off) == 3
    await house.outbox.sent(cut_off[0], 1)
    assert await house.sender().send_due() == 0
    again = Outbox(house.chat.sessions, now=house.chat.wall)
    await again.resume()
    house.outbox = again
    assert await house.sender().send_due() == 2
    assert await house.sender().send_due() == 0
    assert [await heard(house.chat.person(one)) for one in (BEN, CAT, DAN)] == [0, 1, 1]
    last = await ann.opens(await ann.says("/admin"), "Broadcast")
    assert "3 of 3 have it" in (await ann.opens(last, "The last one"))["text"]


async def test_a_broadcast_goes_after_every_other_notice(house: House, ann: Person) -> None:
    await house.people(BEN)
    await ann.opens(await draft(ann), "Send to 1 person")
    user = await house.chat.services.users.admit(BEN, "Ben")
    assert user is not None
    async with house.chat.sessions.begin() as session:
        await house.outbox.write_down(session, user.id, "later", admin_examples.WARNED)
    kinds = [type(each.news).__name__ for each in await house.outbox.claim()]
    assert kinds == ["Warned", "Broadcast"]


async def test_drafts_grow_old_and_too_many_words_are_asked_for_again(
    house: House, ann: Person
) -> None:
    await house.people(BEN)
    await ann.opens(await ann.says("/admin"), "Broadcast")
    assert "at most 3000 characters" in (await ann.says("x" * 3001))["text"]
    shown = await ann.says("Short.")
    house.chat.wall.offset += timedelta(minutes=11)
    old = await ann.opens(shown, "Send to 1 person")
    assert "Nothing was sent." in old["text"]
    assert await house.outbox.claim() == []
    assert await ann.violations() == []
