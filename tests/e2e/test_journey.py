"""The whole journey in the sandbox, through the chat, with Postgres as the witness."""

import asyncio
from decimal import Decimal

from core.domain.units import usdc
from tests.e2e.conftest import World
from tests.support.acts import bought, market_card, sold

NOMINEE = "Maren Holt"
TOLD_OF_SECOND_TAPS = {
    "This ticket was used already: one ticket, one order. This tap did nothing.",
    (
        "Still waiting for the venue's answer to your first tap. One ticket is one order: this "
        "tap does nothing."
    ),
}
TOKENS = "SELECT clob_token_ids::jsonb ->> 0, clob_token_ids::jsonb ->> 1 FROM markets WHERE "
MARK = "SELECT current_price, pnl_amount FROM positions WHERE id = $1"
HELD = """
SELECT p.id, p.amount, p.entry_price FROM positions AS p JOIN users AS u ON u.id = p.user_id
WHERE u.telegram_id = $1 AND p.status = 'active'
"""
AMOUNT = "SELECT amount FROM positions WHERE id = $1"
SOURCE = "SELECT source FROM markets WHERE clob_token_ids::jsonb ->> 0 = $1"
CLOSED = "SELECT status, amount, pnl_amount FROM positions WHERE id = $1"
ORDERS = """
SELECT count(*) FROM orders JOIN users ON users.id = orders.user_id WHERE telegram_id = $1
"""


async def tokens(world: World, question: str) -> tuple[str, str]:
    first, second = await world.database.row(TOKENS + "question LIKE $1", f"%{question}%")
    return str(first), str(second)


async def test_a_position_is_bought_moves_with_the_market_and_is_sold(world: World) -> None:
    ann, venue, database = world.telegram.person(1001), world.venue, world.database
    yes, no = await tokens(world, NOMINEE)
    await venue.set_price(yes, "0.34")

    home = await ann.sends("/start", "SANDBOX · paper money")
    assert "$1,000.00 in total" in home.text
    markets = await ann.sends("/markets", "^Markets")
    event = await ann.taps(markets, "Presidential nominee", "(?i)at most one of these comes true")
    card = await ann.taps(event, NOMINEE, "bid .* ask")
    receipt = await bought(ann, card)
    assert await venue.is_subscribed(yes)
    assert await venue.is_subscribed(no)

    position = await ann.taps(receipt, "^Position$", "Sell|P&L")
    position_id, amount, entry = await database.row(HELD, ann.id)
    assert isinstance(amount, Decimal)
    assert isinstance(entry, Decimal)
    await venue.set_price(yes, "0.40")
    profit = usdc(amount * (Decimal("0.40") - entry))
    await ann.sees(rf"(?s)\(mid \+\${profit:,.2f}, \+.*Now 40¢ · live", on=position)
    await database.until(MARK, position_id, are=[(Decimal("0.40"), profit)])
    await database.until(SOURCE, yes, are=[("ws",)])

    receipt = await sold(ann, position, "50")
    await database.until(AMOUNT, position_id, are=[(amount - half(amount),)])
    position = await ann.taps(receipt, "^Position$", "P&L")
    await sold(ann, position, "100")
    await database.until(CLOSED, position_id, are=[("closed", Decimal(0), Decimal(0))])
    await ann.sends("/positions", "Nothing is open")
    assert await venue.is_subscribed(yes, wanted=False)
    assert await venue.is_subscribed(no, wanted=False)
    await database.until(SOURCE, yes, are=[("poll",)])


def half(amount: Decimal) -> Decimal:
    return (amount / 2).quantize(Decimal("0.000001"), rounding="ROUND_DOWN")


async def test_help_and_status_say_how_things_are(world: World) -> None:
    ben = world.telegram.person(1002)
    assert "/positions · " in (await ben.sends("/help", "Find a market")).text
    assert "Everything works." in (await ben.sends("/status", "Newest price")).text


async def test_words_and_pasted_links_find_markets(world: World) -> None:
    cleo, database = world.telegram.person(1003), world.database
    found = await cleo.sends("harbour bill", "^Search · harbour bill")
    assert found.button("Will the Senate pass")
    slug, event = await database.row(
        "SELECT slug, event_slug FROM markets WHERE question LIKE '%Ines Okafor%'"
    )
    link = f"https://polymarket.com/event/{event}?tid=17"
    assert NOMINEE in (await cleo.sends(link, "Presidential nominee")).text
    await cleo.sends(f"polymarket.com/event/{event}/{slug}", r"(?s)Ines Okafor.*bid .* ask")
    await cleo.sends("https://polymarket.com.example.org/event/x", "polymarket.com only")
    await cleo.sends("no such words anywhere", "No market has all of these words")


REFUSED = {
    "nan": "not a number", "inf": "not a number", "1e5": "not a number", "-5": "not a number",
    "1,000": "a thousand or a decimal", "1.005": "At most 2 decimals", "0": "more than zero",
    "999999999": "please check the number", "5000": "You have 1,000.00 USDC, less than 5,000.00",
}  # fmt: skip


async def test_an_amount_that_cannot_be_used_is_explained_and_changes_nothing(
    world: World,
) -> None:
    dora = world.telegram.person(1004)
    card = await market_card(dora, "harbour bill", "Will the Senate")
    before = await world.database.everything_traded()
    amounts = await dora.taps(card, "^Yes$", "How much on")
    await dora.taps(amounts, "^Other$", "How many dollars")
    for typed, sentence in REFUSED.items():
        await dora.sends(typed, sentence)
    assert await world.database.everything_traded() == before


async def test_four_taps_at_once_on_confirm_make_one_order(world: World) -> None:
    ed = world.telegram.person(1005)
    card = await market_card(ed, "harbour bill", "Will the Senate")
    amounts = await ed.taps(card, "^Yes$", "How much on")
    ticket = await ed.taps(amounts, r"\$10", "This quote expires")
    answers = await asyncio.gather(*(ed.touches(ticket, "Confirm") for _ in range(4)))
    told = sorted(answer.text or "" for answer in answers)
    (first,) = [text for text in told if text in {"", "Submitting…"}]
    told.remove(first)
    assert set(told) <= TOLD_OF_SECOND_TAPS
    await ed.sees("^Bought")
    assert await world.database.row(ORDERS, ed.id) == (1,)


async def test_taps_of_others_and_forged_ones_do_nothing(world: World) -> None:
    finn, gwen = world.telegram.person(1006), world.telegram.person(1007)
    await gwen.sends("/start", "SANDBOX")
    card = await market_card(finn, "harbour bill", "Will the Senate")
    amounts = await finn.taps(card, "^Yes$", "How much on")
    ticket = await finn.taps(amounts, r"\$10", "This quote expires")
    data = ticket.button("Confirm").callback_data
    assert data is not None
    before = await world.database.everything_traded()
    for chat in (gwen, finn):
        answer = await world.telegram.forged_tap(gwen.id, chat.id, ticket.id, data)
        assert "not yours" in (answer.text or "")
    for nonsense in ("", "1.-.h.x", "x" * 64, data[:-1], data.replace(".k.", ".x.", 1) + "A"):
        answer = await world.telegram.forged_tap(finn.id, finn.id, ticket.id, nonsense)
        assert answer.answered
    assert await world.database.everything_traded() == before


async def test_what_is_said_in_groups_and_channels_to_nobody_is_not_answered(world: World) -> None:
    hal = world.telegram.person(1008)
    await hal.sends("/start", "SANDBOX")
    who = {"id": hal.id, "is_bot": False, "first_name": "Hal"}
    private = {"id": hal.id, "type": "private"}
    group = {"id": -5, "type": "supergroup", "title": "Us"}
    message = {"message_id": 1, "date": 1, "chat": private, "from": who, "text": "/start"}
    before = len(await hal.messages())
    for update in (
        {"message": {**message, "chat": group}},
        {"channel_post": {**message, "chat": {**group, "type": "channel"}}},
    ):
        await world.telegram.forged_update(update)
    await hal.sends("/help", "Find a market")
    assert len(await hal.messages()) == before + 2  # the question and its answer


async def test_pictures_and_stickers_get_a_sentence(world: World) -> None:
    ida = world.telegram.person(1009)
    await ida.sends("/start", "SANDBOX")
    sticker = {
        "file_id": "A", "file_unique_id": "B", "type": "regular", "width": 9, "height": 9,
        "is_animated": False, "is_video": False,
    }  # fmt: skip
    await world.telegram.forged_update(
        {
            "message": {
                "message_id": 2,
                "date": 1,
                "chat": {"id": ida.id, "type": "private"},
                "from": {"id": ida.id, "is_bot": False, "first_name": "Ida"},
                "sticker": sticker,
            }
        }
    )
    await ida.sees("I read text and buttons only")
