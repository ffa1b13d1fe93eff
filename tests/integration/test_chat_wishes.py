"""What people write without commands, in the chat: orders, links, names, and what is none."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.domain.market import Market
from core.domain.units import ConditionId, MarketId, TokenId
from core.domain.views import PAGE
from core.storage.models import Sessions
from core.storage.search import learn_words
from tests.support import examples
from tests.support.chat import Chat, Person, buttons, open_chat

YES, NO = examples.YES, examples.NO
LINK = "https://polymarket.com/event/bitcoin-in-december/bitcoin-above-100k-on-december-31"
OTHER = replace(
    examples.market("Will Bitcoin close above $90k on 30 November?"),
    id=MarketId("503"),
    condition_id=ConditionId("0x" + "ef" * 32),
    slug="bitcoin-above-90k",
    event=None,
    title="Above $90k",
    outcomes=tuple(
        replace(outcome, token=type(outcome.token)(f"3{outcome.token}"))
        for outcome in examples.market().outcomes
    ),
)
ENDED = replace(
    OTHER,
    id=MarketId("504"),
    condition_id=ConditionId("0x" + "0f" * 32),
    slug="regatta",
    question="Did the regatta start on time?",
    title="Regatta",
    is_closed=True,
    accepts_orders=False,
    outcomes=tuple(
        replace(outcome, token=type(outcome.token)(f"4{outcome.token}"))
        for outcome in examples.market().outcomes
    ),
)


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(), OTHER, ENDED)) as chat:
        async with sessions.begin() as session:
            await learn_words(session)
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        async with chat.running():
            yield chat


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


@pytest.mark.parametrize("subject", [LINK, f"look: {LINK}", "bitcoin december 100k"])
async def test_an_order_in_words_is_one_tap_away(ann: Person, subject: str) -> None:
    ticket = await ann.says(f"{subject} buy yes 10")
    assert "Buy Yes?" in ticket["text"]
    assert "You pay $10.00" in ticket["text"]
    await ann.taps(ticket, "Confirm")
    assert "15.873 Yes" in (await ann.reads("Bought"))["text"]
    assert await ann.violations() == []


async def test_what_is_held_is_sold_in_words(ann: Person) -> None:
    await ann.taps(await ann.says(f"{LINK} buy yes 10"), "Confirm")
    await ann.reads("Bought")
    ticket = await ann.says("bitcoin sell yes all")
    assert "Sell Yes?" in ticket["text"]
    assert "15.873</b>" in ticket["text"] or "15.873 shares" in ticket["text"]
    await ann.taps(ticket, "Confirm")
    await ann.reads("Sold")
    assert "nothing to sell" in (await ann.says("bitcoin sell yes all"))["text"]


async def test_an_order_that_fits_two_markets_asks_which(ann: Person) -> None:
    choice = await ann.says("bitcoin buy yes 10")
    assert "Which one do you mean?" in choice["text"]
    assert len(buttons(choice)) == 4
    label = next(each for each in buttons(choice) if "100k" in each)
    ticket = await ann.opens(choice, label)
    assert "Buy Yes?" in ticket["text"]
    assert await ann.violations() == []


async def test_a_mistyped_order_is_asked_about_before_it_is_a_ticket(ann: Person) -> None:
    choice = await ann.says("bitcion december buy yes 10")
    assert "Did you mean one of these?" in choice["text"]
    assert "Confirm" not in buttons(choice)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("buy yes 2000", "Not enough cash"),
        ("buy yes 1,000", "a thousand or a decimal"),
        ("buy yes 1e3", "I cannot read 1e3 as a number"),
        ("buy maybe 10", "This market has Yes and No"),
        ("buy yes 10 @45", "resting orders need live mode"),
        ("buy yes 10 @+5%", "resting orders need live mode"),
        ("buy yes 10 2x", "That would be 124.0 cents"),
        ("sell no all", "nothing to sell"),
        ("sell no", "Write how many shares to sell"),
        ("buy yes", "How much on Yes?"),
        ("buy 10", "Which one do you mean?"),
    ],
)
async def test_an_order_that_cannot_be_has_a_sentence_and_a_way_on(
    ann: Person, words: str, answer: str
) -> None:
    told = await ann.says(f"{LINK} {words}")
    assert answer in told["text"]
    assert "Confirm" not in buttons(told)
    assert buttons(told)
    assert await ann.violations() == []


def _strike(number: int) -> Market:
    """One of the many markets of an event."""
    known = examples.market(f"Will Bitcoin close above ${number}0k in 2027?")
    return replace(
        known,
        id=MarketId(f"6{number:02}"),
        condition_id=ConditionId(f"0x{number:064x}"),
        slug=f"bitcoin-{number}0k",
        title=f"Above ${number}0k",
        outcomes=tuple(
            replace(each, token=TokenId(f"6{number:02}{each.token}"), price=None)
            for each in known.outcomes
        ),
    )


async def test_an_order_at_the_ask_of_an_event_asks_for_a_page_of_prices_at_once(
    sessions: Sessions,
) -> None:
    strikes = [_strike(number) for number in range(10, 22)]
    async with open_chat(sessions, strikes) as chat, chat.running():
        for strike in strikes[1:]:
            chat.venue.bids[strike.tokens[0]] = [("0.2", "100")]
            chat.venue.asks[strike.tokens[0]] = [("0.3", "100")]
        choice = await chat.person().says(
            "https://polymarket.com/event/bitcoin-in-december buy yes 10 @ask"
        )
        assert "Which one do you mean?" in choice["text"]
        assert len(buttons(choice)) == PAGE - 1 + 2
        assert (chat.venue.questions, len(chat.venue.asked)) == (1, 2 * PAGE)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("polymarket.com/market/regatta buy yes 10", "The market is closed"),
        ("polymarket.com/market/regatta", "Closed. Trading has ended"),
        ("polymarket.com/event/nowhere buy yes 10", "There is no event nowhere"),
        ("buy yes 50", "Which market?"),
        ("Will Bitcoin buy everything in 2026", "Search · "),
        ("zebra buy yes 50", "No market has all of these words"),
        ("bitcoin-above-90k", "close above $90k"),
        ("bitcoin-december", "Search · bitcoin december"),
        ("never-heard-of", "No market has all of these words"),
        ("0x" + "ab" * 20, "This Polycool cannot look at wallets."),
        ("/search regatta", "Search · regatta"),
        ("/search", "Markets"),
        ("the bitcoin 2026 " * 240, "Search · bitcoin"),
        ("\u202e</b> buy yes 1", "No market has all of these words"),
    ],
)
async def test_everything_else_that_is_written_leads_on(
    ann: Person, text: str, answer: str
) -> None:
    told = await ann.says(text)
    assert answer in told["text"]
    assert buttons(told)
    assert await ann.violations() == []


async def test_a_mistyped_search_says_what_it_was_taken_for_and_can_ask_the_venue(
    chat: Chat, ann: Person
) -> None:
    guess = await ann.says("bitcon")
    assert "Taken for: bitcoin" in guess["text"]
    assert "close above $100k" in guess["text"]
    asked = await ann.opens(guess, "Ask the venue instead")
    assert "No market has all of these words" in asked["text"]
    assert chat.venue.searched == ["bitcon"]


async def test_the_venue_is_asked_with_a_sign_of_work(chat: Chat, ann: Person) -> None:
    chat.venue.answers.clear()
    await ann.writes("xylophone")
    assert await ann.sees_typing()
    chat.venue.answers.set()
    await ann.reads("No market has all of these words")


async def test_the_venue_is_not_asked_for_ever(sessions: Sessions) -> None:
    async with (
        open_chat(sessions, (examples.market(),), venue_patience=0.2) as chat,
        chat.running(),
    ):
        chat.venue.answers.clear()
        assert "does not answer" in (await chat.person().says("xylophone"))["text"]


async def test_a_market_is_watched_found_again_and_let_go(ann: Person) -> None:
    card = await ann.says(LINK)
    card = await ann.opens(card, "Watch")
    assert "Unwatch" in buttons(card)
    watched = await ann.says("/watch")
    assert "Watchlist" in watched["text"]
    card = await ann.opens(watched, buttons(watched)[0])
    card = await ann.opens(card, "Unwatch")
    assert "Watch" in buttons(card)
    assert "You watch nothing yet" in (await ann.says("/watch"))["text"]


async def test_the_lists_lead_to_each_other(ann: Person) -> None:
    shown = await ann.says("/markets")
    for label, title in (
        ("New", "New"),
        ("Closing soon", "Closing soon"),
        ("Trending", "Markets"),
        ("Watchlist", "Watchlist"),
        ("Categories", "Categories"),
    ):
        shown = await ann.opens(shown, label)
        assert shown["text"].startswith(title)
    assert await ann.violations() == []
