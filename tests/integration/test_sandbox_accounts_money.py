"""The sandbox's exchange makes no money and loses none, whatever its accounts do to each other."""

import random
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from infrastructure.sandbox.exchange.accounts.money import taker_fee, value
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import Person, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange

ORDERS = 150
MICRO = Decimal("0.000001")


@pytest.fixture
def exchange() -> ExchangeSandbox:
    return still_exchange()


@pytest.fixture
async def venue(exchange: ExchangeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        yield client


async def people(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> list[Person]:
    """Three with money and shares, alone in an empty book."""
    tokens = tokens_of(exchange)
    await order(venue, "rate-limits", enforced=False)
    await order(venue, "trades", settle="hold")
    await order(venue, "book", token=tokens[0], bids=[], asks=[])
    shares = dict.fromkeys(tokens, "200")
    return [await person(exchange, venue, each, cash="300", shares=shares) for each in (1, 2, 3)]


async def trade_wildly(someone: list[Person], tokens: tuple[str, str], seed: int) -> int:
    """How many of the orders were taken."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    taken = 0
    for _ in range(ORDERS):
        who, token = rng.choice(someone), rng.choice(tokens)
        side, price = rng.choice(("BUY", "SELL")), f"0.{rng.randint(40, 60)}"
        kind = rng.choice(("GTC", "GTC", "GTC", "FAK", "FOK"))
        quantity = str(rng.randint(500, 4000) / 100)
        is_spent = side == "BUY" and kind != "GTC"
        signed = (
            who.signed(token, side, price, kind=kind, spend=quantity)
            if is_spent
            else who.signed(token, side, price, kind=kind, size=quantity)
        )
        taken += (await who.post(signed)).status_code == 200
    return taken


async def totals(someone: list[Person], tokens: tuple[str, str]) -> tuple[Decimal, list[Decimal]]:
    """Cash, and shares by token."""
    told = [await each.money() for each in someone]
    held = [sum(Decimal(each["shares"].get(token, "0")) for each in told) for token in tokens]
    return sum((Decimal(each["cash"]) for each in told), Decimal(0)), [
        Decimal(each) for each in held
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_cash_pairs_and_fees_add_up_and_failures_undo_all_of_it(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, seed: int
) -> None:
    tokens = tokens_of(exchange)
    someone = await people(exchange, venue)
    before = [await each.money() for each in someone]
    assert await trade_wildly(someone, tokens, seed) > ORDERS / 4
    trades: list[dict[str, Any]] = (await venue.get("/control/trades")).json()
    assert len(trades) > ORDERS / 6
    cash, (first, second) = await totals(someone, tokens)
    fees = sum(Decimal(trade["fee"]) for trade in trades)
    assert first == second  # pairs are made and merged whole
    assert abs(cash + fees + first - (900 + 600)) <= MICRO * 2 * len(trades)
    for money in [await each.money() for each in someone]:
        assert Decimal(money["cash"]) >= 0
        assert all(Decimal(held) >= 0 for held in money["shares"].values())
    for trade in trades:
        await order(venue, "trades", id=trade["id"], status="FAILED")
    after = [await each.money() for each in someone]
    assert [(one["cash"], one["shares"]) for one in after] == [
        (one["cash"], one["shares"]) for one in before
    ]


def test_money_is_rounded_to_the_even_millionth_and_fees_to_five_decimals() -> None:
    assert value(500_000, 1) == 0
    assert value(500_000, 3) == 2
    assert value(510_000, 19_607_843) == 10_000_000
    assert taker_fee(0.05, 500_000, 1_000) == 10  # of 12.5 millionths
    assert taker_fee(0.05, 500_000, 100) == 0


async def test_the_share_of_trades_that_fail_is_the_same_with_the_same_seed() -> None:
    async def statuses() -> list[str]:
        exchange = still_exchange()
        async with (
            serving(exchange) as host,
            httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
        ):
            token, _ = tokens_of(exchange)
            anna = await person(exchange, client)
            await order(client, "price", token=token, price="0.5", size="1000")
            await order(client, "trades", settle="auto", delay=0.0, failing=0.5)
            async with anna.listening() as socket:
                for _ in range(8):
                    await anna.place(token, "BUY", "0.51", spend="5", kind="FAK")
                ended = 0
                while ended < 8:
                    text = str(await socket.recv())
                    ended += '"CONFIRMED"' in text or '"FAILED"' in text
            trades = (await client.get("/control/trades")).json()
        return [each["status"] for each in trades]

    first = await statuses()
    assert set(first) == {"CONFIRMED", "FAILED"}
    assert first == await statuses()
