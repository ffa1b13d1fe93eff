"""Cancels, signs of life, API keys and permission, at a venue that checks our proofs."""

import asyncio
import json
import logging
import time
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.errors import PolycoolError, Rejected, Unavailable
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.api_keys import ApiKeys
from infrastructure.polymarket.trading.cancels import Cancels
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from infrastructure.polymarket.trading.heartbeat import Heartbeat
from infrastructure.polymarket.trading.permission import TradingPermission
from infrastructure.polymarket.trading.transport import open_trading_client
from tests.support.account_answers import refusal
from tests.support.account_venue import (
    CREDENTIALS,
    MARKET,
    USER,
    AccountVenue,
    account,
    no_pause,
    order,
    payload,
)
from tests.support.faulty_sockets import breaking, read_request, reset
from tests.support.signing import known_key
from tests.support.venue_rest import Answer, serving, status, text


async def test_a_heartbeat_continues_the_last_one(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    good = json.loads((folder / "rest_heartbeat_response.json").read_bytes())
    wrong = json.loads((folder / "rest_heartbeat_mismatch_400.json").read_bytes())
    answers = [(200, good), (400, wrong), (200, good)]  # another session beat in between

    async def answer(_request: web.Request) -> web.StreamResponse:
        code, body = answers[len(venue.seen) - 1]
        return web.json_response(body, status=code)

    venue = AccountVenue({"/v1/heartbeats": answer})
    async with serving(venue) as url, account(url) as http:
        heart = Heartbeat(http, USER)
        await heart.beat()
        await heart.beat()
    said = [json.loads(body)["heartbeat_id"] for _, _, body in venue.seen]
    assert said == ["", good["heartbeat_id"], wrong["heartbeat_id"]]


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(425),
        text("<html>"),
        text("{}"),
        refusal(400, {"error": "?"}),
        refusal(400, {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": "x"}),
        refusal(503, {"error": "?"}),
    ],
)
async def test_a_heartbeat_that_was_not_taken_is_told(answer: Answer) -> None:
    venue = AccountVenue({"/v1/heartbeats": answer})
    async with serving(venue) as url, account(url) as http:
        with pytest.raises(Unavailable):
            await Heartbeat(http, USER).beat()
    assert len(venue.seen) <= 2


KEY = {"apiKey": "the-id", "secret": "c2VjcmV0", "passphrase": "a-phrase"}


async def test_an_api_key_is_made_by_the_wallets_signature() -> None:
    venue = AccountVenue({"/auth/api-key": KEY})
    async with serving(venue) as url, account(url) as http:
        made = await ApiKeys(http).credentials(USER, nonce=3)
    assert (made.address, made.key, made.secret) == (known_key().address, "the-id", "c2VjcmV0")
    assert venue.headers[0]["POLY_NONCE"] == "3"
    assert "POLY_API_KEY" not in venue.headers[0]
    assert "c2VjcmV0" not in repr(made)


@pytest.mark.parametrize("first", [refusal(400, {"error": "exists"}), status(500)])
async def test_an_api_key_that_exists_is_derived(first: Answer) -> None:
    venue = AccountVenue({"/auth/api-key": first, "/auth/derive-api-key": KEY})
    async with serving(venue) as url, account(url) as http:
        assert (await ApiKeys(http).credentials(USER)).key == "the-id"
    assert [method for method, *_ in venue.seen] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(401, {"error": "Invalid L1 Request headers"}), Rejected),
        (status(500), Unavailable),
        (text("<html>"), Unavailable),
        (text('{"apiKey": "the-id", "secret": 5, "passphrase": "p"}'), Unavailable),
        (text('{"apiKey": "the-id", "secret": "", "passphrase": "p"}'), Unavailable),
    ],
)
async def test_no_api_key_is_told_without_a_word_of_it(
    answer: Answer, kind: type[PolycoolError]
) -> None:
    venue = AccountVenue({"/auth/api-key": answer, "/auth/derive-api-key": answer})
    async with serving(venue) as url, account(url) as http:
        with pytest.raises(kind) as refusal:
            await ApiKeys(http).credentials(USER)
    assert "the-id" not in f"{refusal.value} {refusal.value.__cause__}"


async def test_no_api_key_can_be_made_where_every_answer_is_lost() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        reset(writer)

    async with breaking(cut) as url, account(url) as http:
        with pytest.raises(Unavailable):
            await ApiKeys(http).credentials(USER)
        with pytest.raises(Unavailable):
            await ApiKeys(http).revoke(USER)
        with pytest.raises(Unavailable, match="sign of life"):
            await Heartbeat(http, USER).beat()


async def test_an_api_key_is_revoked_also_if_it_is_gone_already() -> None:
    venue = AccountVenue({"/auth/api-key": "OK"})
    async with serving(venue) as url, account(url) as http:
        await ApiKeys(http).revoke(USER)
        venue.answers["/auth/api-key"] = status(401)
        await ApiKeys(http).revoke(USER)
        venue.answers["/auth/api-key"] = status(500)
        with pytest.raises(Unavailable):
            await ApiKeys(http).revoke(USER)
    assert venue.seen[0][:2] == ("DELETE", "/auth/api-key")


async def permitted(geoblock: object, closed: object) -> str:
    venue = AccountVenue({"/api/geoblock": geoblock, "/auth/ban-status/closed-only": closed})
    async with serving(venue) as url, account(url) as http, open_trading_client() as client:
        there = VenueHttp(client, f"{url}/api/geoblock", sleep=no_pause)
        return await TradingPermission(http, there).refusal(USER)


FREE = {"blocked": False, "ip": "192.0.2.1", "country": "IE", "region": "L"}


async def test_who_is_neither_blocked_nor_closed_may_trade() -> None:
    assert await permitted(FREE, {"closed_only": False}) == ""


async def test_a_blocked_place_is_named_with_the_venues_words() -> None:
    blocked = FREE | {"blocked": True, "country": "US", "region": "NY", "message": "Not here."}
    said = await permitted(blocked, {"closed_only": False})
    assert "US-NY" in said
    assert "“Not here.”" in said


async def test_an_account_that_may_only_close_is_told_so() -> None:
    assert "only close positions" in await permitted(FREE, {"closed_only": True})


@pytest.mark.parametrize(
    ("geoblock", "closed"),
    [
        (status(404), {"closed_only": False}),
        (status(500), {"closed_only": False}),
        ({}, {"closed_only": False}),
        ({"blocked": "no"}, {"closed_only": False}),
        (FREE, {}),
        (FREE, status(404)),
        (FREE, status(401)),
        (FREE, text("<html>")),
    ],
)
async def test_permission_that_is_not_told_is_not_given(geoblock: object, closed: object) -> None:
    with pytest.raises(Unavailable):
        await permitted(geoblock, closed)


@pytest.mark.parametrize("error", [-600.0, 600.0])
async def test_proofs_carry_the_venues_time_however_wrong_our_clock(
    error: float, caplog: pytest.LogCaptureFixture
) -> None:
    now = int(time.time())
    venue = AccountVenue({"/time": now, "/cancel-all": {"canceled": [], "not_canceled": {}}})
    clock = VenueClock(lambda: now + 0.5 + error)
    async with serving(venue) as url, account(url, clock=clock) as http:
        assert isinstance(http, AccountHttp)
        with caplog.at_level(logging.WARNING):
            assert await http.compare_clocks() == pytest.approx(-error, abs=1.5)
        await Cancels(http).all(USER)
    assert abs(int(venue.headers[1]["POLY_TIMESTAMP"]) - now) <= 2
    assert len([line for line in caplog.messages if "off the venue's" in line]) == 1


@pytest.mark.parametrize("answer", [status(500), text("soon"), text("<html>")])
async def test_a_venue_without_a_clock_is_unavailable(answer: Answer) -> None:
    venue = AccountVenue({"/time": answer})
    async with serving(venue) as url, account(url) as http:
        with pytest.raises(Unavailable):
            await http.compare_clocks()


async def test_refused_credentials_are_asked_with_once() -> None:
    venue = AccountVenue({"/order": refusal(401, {"error": "Unauthorized/Invalid api key"})})
    async with serving(venue) as url, account(url) as http:
        with pytest.raises(Rejected, match="refuses this account's API key"):
            await PolymarketExchange(http).place(order(), MARKET, payload())
    assert len(venue.seen) == 1
    assert CREDENTIALS.key == venue.headers[0]["POLY_API_KEY"]
