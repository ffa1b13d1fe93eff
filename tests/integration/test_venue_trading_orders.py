"""Orders at a venue that checks our proofs: what each of its answers means."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.errors import (
    PolycoolError,
)
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from tests.support.account_answers import GOOD, outcome, refusal
from tests.support.account_venue import (
    HASH,
    MARKET,
    AccountVenue,
    account,
    order,
    payload,
)
from tests.support.venue_rest import serving


async def test_an_order_is_signed_once_and_sent_to_the_byte() -> None:
    venue = AccountVenue()
    async with serving(venue) as url, account(url) as http:
        exchange = PolymarketExchange(http)
        signed = await exchange.prepare(order(), MARKET)
        assert venue.seen == []
        venue.answers["/order"] = GOOD | {"orderID": signed.hash, "status": "matched"}
        done = await exchange.place(order(), MARKET, signed)
        again = await exchange.place(order(), MARKET, signed)
    assert done.status is again.status is OrderStatus.MATCHED
    assert [one[2] for one in venue.seen] == [signed.body, signed.body]
    assert venue.headers[0]["POLY_SIGNATURE"]
    sent = json.loads(signed.body)
    assert (sent["orderType"], sent["order"]["makerAmount"]) == ("FAK", "5000000")
    assert sent["order"]["salt"] == signed.salt
    assert sent["order"]["timestamp"] == str(signed.timestamp)
    assert 0 < signed.salt < 1 << 53


async def test_every_preparation_draws_another_salt() -> None:
    async with account("http://127.0.0.1:1") as http:
        exchange = PolymarketExchange(http)
        made = [await exchange.prepare(order(), MARKET) for _ in range(20)]
    assert len({each.hash for each in made}) == len({each.salt for each in made}) == 20


@pytest.mark.parametrize(
    ("stated", "kind", "status"),
    [
        ("live", OrderKind.GTC, OrderStatus.LIVE),
        ("LIVE", OrderKind.GTC, OrderStatus.LIVE),
        ("ORDER_STATUS_LIVE", OrderKind.GTD, OrderStatus.LIVE),
        ("matched", OrderKind.FAK, OrderStatus.MATCHED),
        ("delayed", OrderKind.FOK, OrderStatus.DELAYED),
        ("unmatched", OrderKind.GTC, OrderStatus.LIVE),
        ("unmatched", OrderKind.FAK, OrderStatus.DELAYED),
        ("live", OrderKind.FOK, OrderStatus.DELAYED),
        ("", OrderKind.GTC, OrderStatus.DELAYED),
        ("a new word", OrderKind.GTC, OrderStatus.DELAYED),
        (None, OrderKind.GTC, OrderStatus.DELAYED),
    ],
)
async def test_what_is_accepted_has_the_state_that_the_venue_says(
    stated: str | None, kind: OrderKind, status: OrderStatus
) -> None:
    done = await outcome(GOOD | {"status": stated}, kind)
    assert getattr(done, "status", done) is status


@pytest.mark.parametrize(
    ("making", "taking"),
    [("4.5", "9.5"), ("4500000", "9500000"), (4.5, 9.5), (4500000, 9500000)],
)
async def test_amounts_are_read_in_either_unit_as_text_or_numbers(
    making: object, taking: object
) -> None:
    answer = GOOD | {"status": "matched", "makingAmount": making, "takingAmount": taking}
    done = await outcome(answer | {"tradeIDs": ["a", "b"]}, OrderKind.FAK)
    assert getattr(done, "matched_value", done) == Decimal("4.5")
    assert getattr(done, "matched_size", done) == Decimal("9.5")
    assert getattr(done, "trade_ids", done) == ("a", "b")


@pytest.mark.parametrize(
    ("making", "taking"),
    [
        ("", ""),
        (None, None),
        ("5", ""),
        ("0", "0"),
        ("6", "12"),
        ("5", "9"),
        ("-5", "10"),
        ("x", 1),
    ],
)
async def test_amounts_that_this_order_cannot_have_led_to_are_not_believed(
    making: object, taking: object
) -> None:
    answer = GOOD | {"status": "matched", "makingAmount": making, "takingAmount": taking}
    done = await outcome(answer, OrderKind.FAK)
    assert getattr(done, "status", done) is OrderStatus.MATCHED
    assert getattr(done, "matched_size", done) is None


@pytest.mark.parametrize(
    "words",
    [
        f"order {HASH} is invalid. Duplicated.",
        "DUPLICATED",
        "order is invalid. duplicated",
        "Same order has already been placed",
    ],
)
async def test_a_duplicate_is_an_acceptance(words: str) -> None:
    for answer in (
        refusal(400, {"error": words}),
        refusal(200, GOOD | {"success": False, "errorMsg": words, "orderID": ""}),
        refusal(500, {"error": words}),
    ):
        assert getattr(await outcome(answer), "status", None) is OrderStatus.DELAYED


async def test_every_recorded_answer_to_an_order_is_read(fixtures_dir: Path) -> None:
    """Each against the order that was sent with it: live, matched, refused."""
    ends = list[str]()
    for path in sorted((fixtures_dir / "polytrader").glob("rest_test_*.json")):
        for exchange in json.loads(path.read_bytes()):
            asked, said = exchange["request"], exchange["response"]
            if (asked["method"], asked["uri"].rsplit("/", 1)[1]) != ("POST", "order"):
                continue
            hash_ = json.loads(said["body"]).get("orderID", HASH)
            venue = AccountVenue({"/order": refusal(said["status"], json.loads(said["body"]))})
            async with serving(venue) as url, account(url) as http:
                signed = payload(hash_, asked["body"].encode())
                try:
                    done = await PolymarketExchange(http).place(
                        order(OrderKind.GTC), MARKET, signed
                    )
                    ends.append(done.status)
                except PolycoolError as error:
                    ends.append(type(error).__name__)
    assert sorted(ends) == ["EmptyBook", "live", "live", "live", "live"]


async def test_an_order_that_was_not_signed_is_never_sent() -> None:
    async with account("http://127.0.0.1:1") as http:
        with pytest.raises(ValueError, match="signed"):
            await PolymarketExchange(http).place(order(), MARKET, None)
