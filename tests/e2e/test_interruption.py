"""Faults pulled in the running sandbox, as somebody in the chat reads them."""

from tests.e2e.conftest import World
from tests.support.acts import market_card

QUESTION = "Will the Senate pass the harbour bill"
PATIENCE = 40.0  # seconds; what froze twice within a minute is not believed for a while
TOKEN = "SELECT clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"


async def test_a_card_tells_a_lost_connection_what_it_means_and_its_end(world: World) -> None:
    gil, venue = world.telegram.person(1018), world.venue
    (token,) = await world.database.row(TOKEN, f"{QUESTION}%")
    card = await market_card(gil, "harbour bill", QUESTION[:20])
    card = await gil.sees("(?s)· live.*· live", on=card)
    assert await venue.is_subscribed(str(token))
    await venue.control("drop")
    story = await gil.sees("Live prices stopped at|The stream was interrupted for", on=card)
    assert story.id == card.id
    await gil.sees("(?s)· live.*The stream was interrupted for .*; live again since", on=card)


async def test_a_card_tells_a_feed_that_froze_and_only_answers_pong(world: World) -> None:
    hal, venue = world.telegram.person(1019), world.venue
    (token,) = await world.database.row(TOKEN, f"{QUESTION}%")
    card = await market_card(hal, "harbour bill", QUESTION[:20])
    card = await hal.sees("(?s)· live.*· live", on=card)
    await venue.control("freeze")
    try:
        await venue.set_price(str(token), "0.31")
        await hal.sees(
            r"(?s)31¢ · (polled|live).*Live prices stopped at", on=card, patience=PATIENCE
        )
    finally:
        await venue.control("heal")
    over = "The stream was interrupted for .*; live again since"
    await hal.sees(over, on=card, patience=PATIENCE)
