"""Real money in the sandbox, through the chat, to the micro what the venue says it is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from infrastructure.sandbox_process import SandboxParts, sandbox_process
from tests.support.acts import bought, changed_over, market_card, redeemed, wallet_on
from tests.support.live_program import MANY, MONEY, live_settings, traders
from tests.support.person import LocalTelegram, Message, Person, local_telegram
from tests.support.program import ROOT, Program, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import WatchedDatabase, watched_database

TOKEN: Final = "80000001:a-token-of-the-live-journey-alone"
ANN, BEN, CAT, DAN = 8001, 8002, 8003, 8004
MARKET: Final = "harbour bill"
YES: Final = "SELECT clob_token_ids::jsonb ->> 0, id FROM markets WHERE question LIKE $1"
STATES: Final = """
SELECT x.status FROM orders AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1 ORDER BY x.id
"""
CASH: Final = """
SELECT x.cash FROM wallets AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1 AND x.account = 'live'
"""
SHARES: Final = """
SELECT x.amount FROM positions AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1 AND x.status = 'active'
"""
SETTLED: Final = """
SELECT x.settlement FROM fills AS x JOIN users AS u ON u.id = x.user_id WHERE u.telegram_id = $1
"""
RELAYER: Final = {
    "RELAYER_API_KEY": "the-relayer-key-of-the-live-journey",
    "RELAYER_API_KEY_ADDRESS": f"0x{1:040x}",
}


@dataclass(frozen=True, slots=True)
class Live:
    """A venue and a Telegram that outlive the program, and what starts it."""

    settings: dict[str, str]
    telegram: LocalTelegram
    venue: VenueControl
    exchange: str

    @asynccontextmanager
    async def program(self) -> AsyncIterator[tuple[Program, WatchedDatabase]]:
        async with (
            running(self.settings) as program,
            watched_database(self.settings["DATABASE_URL"]) as database,
        ):
            yield program, database

    async def at_venue(self, wallet: str) -> tuple[Decimal, list[Decimal]]:
        """The cash and the shares of a wallet, as the venue counts them."""
        async with (
            aiohttp.ClientSession(self.exchange) as http,
            http.get("/control/wallet", params={"address": wallet}) as answer,
        ):
            told: dict[str, Any] = await answer.json()
        return Decimal(told["cash"]), [Decimal(each) for each in told["shares"].values()]

    async def set_up(self, person: Person) -> str:
        """Somebody new who trades real money at once, and the address of the wallet."""
        await person.sends("/start", "paper money")
        keys = Path(self.settings["KEYS_DIR"])
        async with traders(self.settings["DATABASE_URL"], keys, self.exchange) as people:
            return (await people.ready(person.id)).funder

    async def settles(self, how: str) -> None:
        await self.venue.control("trades", settle=how, delay=0.2)


@pytest.fixture
async def live(database: str, data_folders: Callable[[], Path]) -> AsyncIterator[Live]:
    open_to_all = ("--open-accounts",)
    parts = SandboxParts(
        "127.0.0.1", 0, 0, token=TOKEN, seed=1, extra=open_to_all, chat_messages=MANY
    )
    async with sandbox_process(parts, ROOT) as urls:
        assert urls.exchange is not None
        assert urls.telegram is not None
        keys = data_folders()
        keys.chmod(0o700)
        settings = live_settings(urls, TOKEN, database, keys, f"{ANN},{BEN},{CAT},{DAN}") | RELAYER
        settings |= {"RESOLUTION_INTERVAL_SECONDS": "1", "RECONCILE_INTERVAL_SECONDS": "2"}
        async with (
            local_telegram(urls.telegram) as telegram,
            venue_control(urls.exchange) as venue,
        ):
            await venue.stand_still()
            yield Live(settings, telegram, venue, urls.exchange)


async def rests(person: Person) -> Message:
    """The receipt of $10 at the best bid."""
    card = await market_card(person, MARKET, "Will the Senate")
    prices = await person.taps(card, "^Limit Yes", "at what price")
    amounts = await person.taps(prices, "^Bid", "how much")
    ticket = await person.taps(amounts, r"\$10", "ticket expires")
    return await person.taps(ticket, "Confirm", "Resting in the book")


async def all_or_nothing(live: Live, person: Person, token: str) -> None:
    """$10 at once; then nothing, since the book is thinner than it was at the quote."""
    ticket = await whole_ticket(person)
    await person.taps(ticket, "Confirm", "(?m)^Bought")
    ticket = await whole_ticket(person)
    bids, asks = ((("0.61", "5000"),), (("0.63", "5"),))
    await live.venue.control("book", token=token, bids=bids, asks=asks)
    refusal = await person.taps(ticket, "Confirm", "Not all of it was there")
    assert "Nothing was bought or sold; your money is as before." in refusal.text
    refusal.button("^Take what there is$")
    await live.venue.set_price(token, "0.62")


async def whole_ticket(person: Person) -> Message:
    amounts = await person.taps(
        await market_card(person, MARKET, "Will the Senate"), "^Yes$", "How much on"
    )
    ticket = await person.taps(amounts, r"\$10", "This quote expires")
    return await person.taps(ticket, "^All or nothing: off", "nothing is bought")


async def is_confirmed(database: WatchedDatabase, person: Person) -> None:
    """The only order is settled, and says so."""
    await database.until(SETTLED, person.id, are=[("confirmed",)])
    recent = await person.taps(await person.sends("/orders", "orders"), "^Recent$", "1. Will the")
    await person.taps(recent, "^1. ", "Confirmed on the chain")


async def agrees(live: Live, database: WatchedDatabase, person: Person, wallet: str) -> None:
    """Cash and shares in Postgres are the venue's own, to the micro."""
    cash, held = await live.at_venue(wallet)
    await database.until(CASH, person.id, are=[(cash,)])
    await database.until(SHARES, person.id, are=[(amount,) for amount in held if amount])


async def test_real_money_is_traded_through_the_chat_and_agrees_with_the_venue_to_the_micro(
    live: Live,
) -> None:
    """Three people: nobody's chat may hear from us more than 20 times a minute."""
    ann, cat, dan = map(live.telegram.person, (ANN, CAT, DAN))
    await live.settles("auto")
    async with live.program() as (program, database):
        wallet = wallet_on(await changed_over(ann, "^Session key"))
        await agrees(live, database, ann, wallet)  # read for the first time, a moment later
        (token, _) = await database.row(YES, f"%{MARKET}%")
        await live.venue.set_price(str(token), "0.62")
        await bought(ann, await market_card(ann, MARKET, "Will the Senate"))
        await is_confirmed(database, ann)
        await agrees(live, database, ann, wallet)

        wallets = [await live.set_up(person) for person in (cat, dan)]
        for person in (cat, dan):
            await database.until(CASH, person.id, are=[(Decimal(MONEY),)])
        await all_or_nothing(live, dan, str(token))
        await agrees(live, database, dan, wallets[1])
        await rests(cat)
        orders = await cat.sends("/orders", "Open orders · 1")
        order = await cat.taps(orders, r"^1\. Buy Yes", "resting in the book")
        await cat.taps(order, "^Cancel order", "(?i)cancelled")
        await database.until(STATES, cat.id, are=[("cancelled",)])
        resting = await rests(cat)
        await bought(dan, await market_card(dan, MARKET, "Will the Senate"))
        await program.kill()

    async with live.program() as (_, database):
        await database.until(STATES, cat.id, are=[("cancelled",), ("live",)])
        old = await cat.touches(resting, "^Order$")
        assert "screen is old" in (old.text or "")
        before = await cat.revision()
        await live.venue.set_price(str(token), "0.58")
        await cat.sees("(?m)^Filled", after=before)
        await database.until(STATES, cat.id, are=[("cancelled",), ("filled",)])

        await live.settles("fail")
        whole = await live.at_venue(wallets[1])
        position = await dan.taps(await dan.sends("/positions", "Yes"), r"^1\. Yes", "P&L")
        ticket = await dan.taps(position, "Sell 50%", "This quote expires")
        await dan.taps(ticket, "Confirm", "Sold|taken back")
        await dan.sees("(?s)Failed, and taken back.*as before it")
        assert await live.at_venue(wallets[1]) == whole
        for person, of in zip((ann, cat, dan), (wallet, *wallets), strict=True):
            await agrees(live, database, person, of)


async def test_a_result_is_claimed_by_the_key_that_can_and_the_other_is_told_who_can(
    live: Live,
) -> None:
    ann, ben = live.telegram.person(ANN), live.telegram.person(BEN)
    await live.settles("auto")
    async with live.program() as (_, database):
        await changed_over(ann, "^Session key")
        card = await changed_over(ben, "^Owner key")
        wallet = wallet_on(card)
        await ben.taps(card, "Give approvals", "approvals are sent")
        (token, market) = await database.row(YES, f"%{MARKET}%")
        await live.venue.set_price(str(token), "0.62")
        for person in (ann, ben):
            await bought(person, await market_card(person, MARKET, "Will the Senate"))
            await database.until(SETTLED, person.id, are=[("confirmed",)])
        cash, (held,) = await live.at_venue(wallet)

        await live.venue.control("resolve", market=str(market), payouts=["1", "0"])
        told = await ben.sees("(?s)Resolved: Yes.*waits to be claimed and is not in your cash")
        await agrees_on_cash(live, database, ben, wallet)
        await redeemed(ben, told)
        await database.until(CASH, ben.id, are=[(cash + held,)])
        assert await live.at_venue(wallet) == (cash + held, [])

        told = await ann.sees("Resolved: Yes")
        card = await ann.taps(told, "^Wallet$", "This key cannot claim it: you do it at Polymarket")
        assert not [button for button in card.buttons if button.text.startswith("Redeem")]


async def agrees_on_cash(
    live: Live, database: WatchedDatabase, person: Person, wallet: str
) -> None:
    cash, _ = await live.at_venue(wallet)
    await database.until(CASH, person.id, are=[(cash,)])
