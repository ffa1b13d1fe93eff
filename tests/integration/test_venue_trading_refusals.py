"""Orders that are not accepted: what the venue's answer proves, and what it does not."""

import json

import pytest
from aiohttp import web

from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    InvalidQuantity,
    MarketClosed,
    NotWhole,
    OrderTooSmall,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from core.domain.order import OrderStatus
from infrastructure.polymarket.http import MAX_ANSWER
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
from tests.support.venue_rest import serving, text

NO_MATCH = (
    "no orders found to match with FAK order. FAK orders are partially filled or killed if no "
    "match is found."
)


@pytest.mark.parametrize(
    "answer",
    [
        GOOD | {"orderID": "0x" + "ee" * 32},
        GOOD | {"orderID": ""},
        GOOD | {"orderID": None},
        GOOD | {"errorMsg": "something", "success": True},
        GOOD | {"errorMsg": "words nobody knows", "success": True, "orderID": ""},
        {key: value for key, value in GOOD.items() if key != "success"},
        GOOD | {"success": "true"},
        GOOD | {"tradeIDs": "abc"},
        {"error": "not enough balance / allowance"},
        [],
        text("<html>Just a moment...</html>", "text/html"),
        text(""),
        text(json.dumps(GOOD)[:40]),
        text(b"\xff\xfe"),
        text("[" * 50_000),
        text(b" " * (MAX_ANSWER + 1)),
        refusal(201, GOOD),
        refusal(204, None),
        refusal(302, GOOD, {"Location": "https://example.com/"}),
        refusal(400, {"error": "a refusal that nobody has seen yet"}),
        refusal(400, {"error": f"order 0x{'ee' * 32} is invalid. Duplicated."}),
        refusal(400, {"error": "order match delayed due to market conditions"}),
        refusal(400, {"error": {"not enough balance": 1}}),
        text("not enough balance / allowance", "text/plain"),
        refusal(403, {"message": "blocked"}),
        refusal(404, {"error": "not found"}),
        refusal(408, {}),
        refusal(409, {}),
        refusal(500, {"error": "could not insert order"}),
        refusal(500, {"error": "there are no matching orders"}),
        refusal(500, {"error": "not enough balance / allowance"}),
        refusal(502, {"error": "Trading is currently disabled."}),
        refusal(503, {"error": "upstream connect error"}),
        refusal(504, {}),
        refusal(520, {}),
    ],
)
async def test_an_answer_that_proves_nothing_leaves_the_outcome_unknown(answer: object) -> None:
    assert isinstance(await outcome(answer), OutcomeUnknown)


@pytest.mark.parametrize("code", [400, 403, 500, 502, 503])
async def test_a_page_instead_of_json_proves_nothing(code: int) -> None:
    async def page(_request: web.Request) -> web.StreamResponse:
        words = "<html>not enough balance / allowance. Trading is currently disabled.</html>"
        return web.Response(status=code, text=words, content_type="text/html")

    assert isinstance(await outcome(page), OutcomeUnknown)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (400, "order 0xab is invalid. Price (0.505) breaks minimum tick size rule: 0.01",
         InvalidQuantity),
        (400, "INVALID_ORDER_MIN_TICK_SIZE", InvalidQuantity),
        (400, "order 0xab is invalid. Size (1) lower than the minimum: 5", OrderTooSmall),
        (400, "invalid amount for a marketable BUY order ($0.5), min size: $1", OrderTooSmall),
        (400, "invalid post-only order: order crosses book", Rejected),
        (400, "not enough balance / allowance: the balance is not enough -> balance: 0",
         InsufficientBalance),
        (400, "order couldn't be fully filled. FOK orders are fully filled or killed.", NotWhole),
        (400, NO_MATCH, EmptyBook),
        (400, "invalid expiration", InvalidQuantity),
        (400, "order canceled in the CTF exchange contract", Rejected),
        (400, "the market is not yet ready to process new orders", MarketClosed),
        (400, "the orderbook 123 does not exist", MarketClosed),
        (404, "No orderbook exists for the requested token id", MarketClosed),
        (400, "invalid amounts, the market buy orders maker amount supports", InvalidQuantity),
        (400, "Invalid order payload", Rejected),
        (400, "the order owner has to be the owner of the API KEY", Rejected),
        (400, "the order signer address has to be the address of the API KEY", Rejected),
        (400, "'0xab' address banned", Rejected),
        (400, "'0xab' address in closed only mode", Rejected),
        (400, "Too many orders in payload: 16, max allowed: 15", Rejected),
        (400, "order_version_mismatch", Rejected),
        (401, "Unauthorized/Invalid api key", Rejected),
        (401, "something else", Rejected),
    ],
)  # fmt: skip
async def test_a_refusal_in_the_venues_own_words_is_one(
    code: int, words: str, kind: type[Rejected]
) -> None:
    error = await outcome(refusal(code, {"error": words}))
    assert type(error) is kind
    assert str(error).endswith(".")
    assert words not in str(error)


async def test_a_refused_country_is_told_in_the_venues_own_sentence() -> None:
    words = "Trading restricted in your region, please refer to available regions"
    error = await outcome(refusal(403, {"error": words}))
    assert type(error) is Rejected
    assert words in str(error)


@pytest.mark.parametrize("order_id", ["", None])
async def test_a_refused_leg_is_refused_whatever_success_says(order_id: str | None) -> None:
    leg = GOOD | {"orderID": order_id, "errorMsg": "not enough balance / allowance", "status": ""}
    assert type(await outcome(leg)) is InsufficientBalance
    assert type(await outcome(leg | {"success": False})) is InsufficientBalance
    error = await outcome(leg | {"success": False, "errorMsg": "words nobody knows\nyet"})
    assert type(error) is Rejected
    assert "“words nobody knows yet”" in str(error)


@pytest.mark.parametrize(
    ("code", "body", "headers", "after"),
    [
        (425, {}, {}, 0),
        (425, {"error": "engine restart"}, {"Retry-After": "90"}, 90),
        (429, {"error": "rate limit"}, {"Retry-After": "3"}, 3),
        (429, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        (503, {"error": "Trading is currently disabled. Check polymarket.com for updates"}, {}, 0),
        (503, {"error": "Trading is currently cancel-only. New orders are not accepted, but "
               "cancels are allowed."}, {}, 0),
        (503, {"error": "post-only mode: only post-only orders and cancels are allowed",
               "code": "post_only_mode", "retry_after_seconds": 79}, {}, 79),
        (503, {"error": "post-only mode: only post-only orders and cancels are allowed",
               "retry_after_seconds": "79"}, {}, 79),
        (200, GOOD | {"orderID": "", "errorMsg": "post-only mode: only post-only orders and "
                      "cancels are allowed"}, {}, 0),
    ],
)  # fmt: skip
async def test_not_now_is_proven_and_says_when(
    code: int, body: object, headers: dict[str, str], after: float
) -> None:
    error = await outcome(refusal(code, body, headers))
    assert isinstance(error, Unavailable)
    assert error.retry_after == after
    words = body.get("error", "") if isinstance(body, dict) else ""
    assert str(words) in str(error)


async def test_a_limit_that_the_venue_has_stated_is_kept_before_it_is_asked_again() -> None:
    venue = AccountVenue({"/order": refusal(429, {}, {"Retry-After": "30"})})
    async with serving(venue) as url, account(url) as http:
        exchange = PolymarketExchange(http)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await exchange.place(order(), MARKET, payload())
        assert len(venue.seen) == 1
        venue.answers["/order"] = {"canceled": [HASH], "not_canceled": {}}
        done = await exchange.cancel(order(), payload())  # cancels have a count of their own
    assert done.status is OrderStatus.CANCELLED
