"""Everything a newcomer does on the first evening, in each language: from a link to a CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.words import Reader, reading_as, say
from tests.e2e.conftest import World
from tests.support.person import Message, Person

Words = Callable[[str], str]
PNG = b"\x89PNG\r\n\x1a\n"
SUBJECT = """
SELECT slug, event_slug, question, clob_token_ids::jsonb ->> 0 FROM markets
WHERE question LIKE $1
"""
HELD = """
SELECT p.id, p.amount FROM positions AS p JOIN users AS u ON u.id = p.user_id
WHERE u.telegram_id = $1 AND p.status = 'active'
"""
BOOKED = "SELECT status, realized_pnl FROM positions WHERE id = $1"
NEWCOMERS = [("en", 1021, "folding phone"), ("fr", 1022, "fishing treaty")]


@pytest.fixture(scope="module")
def _catalogues() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


def _words_of(language: str) -> Words:
    """A pattern for what the message reads in that language, up to its first value."""

    def words(message: str) -> str:
        with reading_as(Reader(language)):
            begins, _, _ = say(message).partition("{")
            return re.escape(re.sub("<[^>]*>", "", begins).strip())

    return words


@pytest.mark.usefixtures("_catalogues")
@pytest.mark.parametrize(("language", "user", "market"), NEWCOMERS)
async def test_a_first_evening_from_a_pasted_link_to_a_spreadsheet(
    world: World, language: str, user: int, market: str
) -> None:
    ann, words = world.telegram.person(user), _words_of(language)
    slug, event, question, token = await world.database.row(SUBJECT, f"%{market}%")
    await world.venue.set_price(str(token), "0.50")
    shown = rf"(?s){re.escape(str(question)[:20])}.*bid .* ask"
    await _begins(ann, language)

    card = await ann.sends(f"https://polymarket.com/event/{event}/{slug}", shown)
    card = await ann.taps(card, f"^{words('Watch')}$", shown, button=f"^{words('Unwatch')}$")
    await _sets_an_alert(ann, card, words)
    card = await ann.sends(str(slug), shown)
    position_id = await _buys(world, ann, card, words)
    await _is_told_and_takes_profit(world, ann, str(token), words)
    await _sells_the_rest(world, ann, position_id, words)
    await _reads_what_it_came_to(world, ann, position_id, words)


async def _begins(ann: Person, language: str) -> None:
    await ann.sends("/start", "SANDBOX")
    if language != "en":
        languages = await ann.taps(
            await ann.sends("/settings", "Settings"), "^Language$", "^Language"
        )
        await ann.taps(languages, "Français", "Langue désormais")


async def _sets_an_alert(ann: Person, card: Message, words: Words) -> None:
    new = await ann.taps(card, f"^{words('Alert')}$", "50¢", button="55¢")
    await ann.taps(new, "55¢", "55¢")
    assert "55¢" in (await ann.sends("/alerts", words("Alerts"))).text


async def _buys(world: World, ann: Person, card: Message, words: Words) -> int:
    ticket = await ann.taps(card, r"^\$25$", words("This quote expires in {seconds} s, at {time}."))
    receipt = await ann.taps(ticket, "^Confirm$", words("<b>Bought {shares} {outcome}</b>"))
    position = await ann.taps(receipt, f"^{words('Position')}$", r"P&L")
    sales = await ann.taps(position, "^TP / SL$", words("Nothing is armed."))
    half = await ann.taps(sales, "^50%$", words("Nothing is armed."), button="✓ 50%")
    await ann.taps(half, r"^TP \+10%$", r"(?m)^1\. .*5[567]")
    position_id, _ = await world.database.row(HELD, ann.id)
    assert isinstance(position_id, int)
    return position_id


async def _is_told_and_takes_profit(world: World, ann: Person, token: str, words: Words) -> None:
    """One price does both: the alert's level is passed, and the profit is worth taking."""
    _, before = await world.database.row(HELD, ann.id)
    seen = await ann.revision()
    await world.venue.set_price(token, "0.60")
    await ann.sees("55¢", after=seen)
    await ann.sees(words("Take profit"), after=seen)
    _, after = await world.database.row(HELD, ann.id)
    assert isinstance(before, Decimal)
    assert isinstance(after, Decimal)
    assert abs(after - before / 2) < Decimal("0.01")


async def _sells_the_rest(world: World, ann: Person, position_id: int, words: Words) -> None:
    positions = await ann.sends("/positions", r"(?m)^1\. ")
    position = await ann.taps(positions, r"^1\. ", "P&L")
    expires = words("This quote expires in {seconds} s, at {time}.")
    ticket = await ann.taps(position, "^Sell 100%$", expires)
    sold = words("<b>Sold {shares} {outcome}</b>")
    await ann.taps(ticket, "^Confirm$", sold)
    status, _ = await world.database.row(BOOKED, position_id)
    assert status == "closed"


async def _reads_what_it_came_to(world: World, ann: Person, position_id: int, words: Words) -> None:
    """The picture is a picture, and the spreadsheet adds up to what Postgres booked."""
    record = await ann.sends("/pnl", "P&L")
    assert record.photo is not None
    assert (await ann.opens(record.photo)).startswith(PNG)

    history = await ann.sends("/history", words("History"))
    sent = await ann.taps(history, f"^{words('Save as CSV')}$", words("Your trades, paper money."))
    assert sent.document is not None
    assert str(sent.document.name).endswith(".csv")
    rows = list(csv.DictReader(io.StringIO((await ann.opens(sent.document)).decode("utf-8-sig"))))
    _, booked = await world.database.row(BOOKED, position_id)
    assert len(rows) == 3
    assert sum(Decimal(row["realized_pnl"]) for row in rows) == booked
