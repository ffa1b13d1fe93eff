"""The venue's REST through real HTTP: the good, the slow and the broken."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.book import HashInputs
from core.domain.errors import Unavailable
from core.domain.units import TokenId
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import MAX_ANSWER
from tests.support.venue_rest import Answer, VenueRest, asking, serving, status, text

BOOK = {
    "market": "0x" + "ab" * 32,
    "asset_id": "11",
    "timestamp": "1790658661234",
    "bids": [{"price": "0.40", "size": "10"}, {"price": "0.45", "size": "3.5"}],
    "asks": [{"price": "0.60", "size": "10"}, {"price": "0.55", "size": "2"}],
    "min_order_size": "5",
    "tick_size": "0.01",
    "neg_risk": False,
    "last_trade_price": "0.5",
}
TOKEN = TokenId("11")


@pytest.fixture
def examples(fixtures_dir: Path) -> Callable[[str], bytes]:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    return lambda name: (folder / name).read_bytes()


async def test_books_are_asked_for_and_read(examples: Callable[[str], bytes]) -> None:
    example = json.loads(examples("rest_book.json"))
    venue = VenueRest({"/books": [example]})
    async with serving(venue) as url, asking(url) as http:
        snapshots = await ClobPrices(http).books([TokenId(example["asset_id"])])
    asked = json.loads(venue.seen[0][2])
    assert (venue.seen[0][0], asked) == ("POST", [{"token_id": example["asset_id"]}])
    book = snapshots[0].book
    assert book.bids()[0].price == max(Decimal(level["price"]) for level in example["bids"])
    inputs = HashInputs(
        example["market"],
        example["min_order_size"],
        example["tick_size"],
        example["neg_risk"],
        example["last_trade_price"],
    )
    assert book.hash(inputs, example["timestamp"]) == example["hash"]
    assert snapshots[0].last_trade == Decimal(example["last_trade_price"])
    assert (snapshots[0].inputs, snapshots[0].timestamp) == (inputs, example["timestamp"])
    assert snapshots[0].is_proven


@pytest.mark.parametrize("name", ["clob_book_binary.json", "clob_book_negrisk_outcome.json"])
async def test_the_hash_of_a_recorded_book_proves_it_and_another_does_not(
    fixtures_dir: Path, name: str
) -> None:
    recorded = json.loads((fixtures_dir / "polyarb" / name).read_bytes())
    spoiled = recorded | {"asset_id": "12", "bids": recorded["bids"][1:]}
    venue = VenueRest({"/books": [recorded, spoiled, BOOK]})
    async with serving(venue) as url, asking(url) as http:
        tokens = [TokenId(recorded["asset_id"]), TokenId("12"), TOKEN]
        snapshots = await ClobPrices(http).books(tokens)
    assert [snapshot.is_proven for snapshot in snapshots] == [True, False, False]


async def test_many_books_are_asked_for_a_hundred_at_a_time() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        wanted = [entry["token_id"] for entry in await request.json()]
        assert len(wanted) <= 100
        return web.json_response([BOOK | {"asset_id": token} for token in wanted])

    venue = VenueRest({"/books": answer})
    tokens = [TokenId(str(number)) for number in range(250)]
    async with serving(venue) as url, asking(url) as http:
        snapshots = await ClobPrices(http).books([*tokens, tokens[0]])
    assert [snapshot.book.token for snapshot in snapshots] == tokens
    assert len(venue.seen) == 3


async def test_unreadable_books_are_left_out_and_counted() -> None:
    level = {"price": "0.5", "size": "1"}
    spoiled = [
        {},
        None,
        "book",
        BOOK | {"asset_id": 11},
        BOOK | {"bids": None},
        BOOK | {"bids": [{"price": "NaN", "size": "1"}]},
        BOOK | {"bids": [{"price": "1.5", "size": "1"}]},
        BOOK | {"asks": [{"price": "0.5", "size": "-1"}]},
        BOOK | {"asks": [{"price": "0.5", "size": "1e9"}]},
        BOOK | {"asks": [level, level]},
        BOOK | {"asks": [{"price": 0.5, "size": 1}]},
        BOOK | {"last_trade_price": "much"},
        BOOK | {"tick_size": "-0.01"},
    ]
    foreign = BOOK | {"asset_id": "99"}
    venue = VenueRest({"/books": [*spoiled, foreign, BOOK, BOOK]})
    async with serving(venue) as url, asking(url) as http:
        prices = ClobPrices(http)
        snapshots = await prices.books([TOKEN])
    assert [snapshot.book.token for snapshot in snapshots] == [TOKEN]
    assert prices.unreadable == len(spoiled)


@pytest.mark.parametrize("told", ["", None, "0"])
async def test_a_book_that_never_traded_has_no_last_trade(told: str | None) -> None:
    venue = VenueRest({"/books": [BOOK | {"last_trade_price": told, "timestamp": "soon"}]})
    async with serving(venue) as url, asking(url) as http:
        (snapshot,) = await ClobPrices(http).books([TOKEN])
    assert (snapshot.last_trade, snapshot.at) == (None, None)


async def test_the_venue_s_clock(examples: Callable[[str], bytes]) -> None:
    venue = VenueRest({"/time": text(examples("rest_time.json"))})
    async with serving(venue) as url, asking(url) as http:
        assert await ClobPrices(http).time() == datetime(2026, 9, 29, 5, 11, 14, tzinfo=UTC)
        venue.answers["/time"] = 10**18
        with pytest.raises(Unavailable):
            await ClobPrices(http).time()


@pytest.mark.parametrize(
    "answer",
    [
        text("<html><body>Just a moment...</body></html>", "text/html"),
        text(""),
        text('[{"asset_id": "11", "bi'),
        text("{}"),
        text("[" * 100_000),
        text(b"\xff\xfe"),
        text(b" " * (MAX_ANSWER + 1)),
        status(400, text="Payload exceeds the limit"),
        status(403, text="<html>blocked</html>"),
        status(301, {"Location": "https://example.com/"}),
        status(204),
    ],
)
async def test_what_is_no_answer_is_unavailable_at_once(answer: Answer) -> None:
    venue = VenueRest({"/books": answer})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
    assert len(venue.seen) == 1


@pytest.mark.parametrize("code", [425, 429, 500, 502, 503, 520])
async def test_a_venue_in_trouble_is_asked_three_times(code: int) -> None:
    venue = VenueRest({"/books": status(code)})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable, match=str(code)):
            await ClobPrices(http).books([TOKEN])
    assert len(venue.seen) == 3


async def test_a_venue_that_recovers_is_heard() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if len(venue.seen) == 1:
            return web.Response(status=503)
        if len(venue.seen) == 2:
            assert request.transport is not None
            request.transport.close()  # cut off before a word
        return web.json_response([BOOK])

    venue = VenueRest({"/books": answer})
    async with serving(venue) as url, asking(url) as http:
        assert len(await ClobPrices(http).books([TOKEN])) == 1
    assert len(venue.seen) == 3


async def test_an_answer_cut_in_the_middle_is_asked_for_again() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'[{"asset_id":')
        assert request.transport is not None
        request.transport.close()
        return response

    venue = VenueRest({"/books": answer})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
    assert len(venue.seen) == 3


async def test_a_wish_to_wait_is_kept_unless_it_is_too_long() -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    venue = VenueRest({"/books": status(429, {"Retry-After": "3"})})
    async with serving(venue) as url, asking(url, sleep=note, chance=lambda: 1.0) as http:
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
        assert pauses == pytest.approx([3.3, 3.3])
        venue.answers["/books"] = status(429, {"Retry-After": "3600"})
        with pytest.raises(Unavailable) as refused:
            await ClobPrices(http).books([TOKEN])
        assert refused.value.retry_after == 3600
        venue.answers["/books"] = status(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
    assert pauses == pytest.approx([3.3, 3.3, 0.3, 0.6])
    assert len(venue.seen) == 3 + 1 + 3


async def test_a_wish_to_wait_until_a_moment_is_read_as_well() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    venue = VenueRest({"/books": status(503, {"Retry-After": moment})})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable) as refused:
            await ClobPrices(http).books([TOKEN])
    assert 3000 < refused.value.retry_after <= 3600
    assert len(venue.seen) == 1


async def test_while_a_venue_wants_to_be_left_alone_nobody_asks_it_but_for_a_person() -> None:
    """Whoever of them it said so to."""
    venue = VenueRest({"/books": status(429, {"Retry-After": "60"})})
    async with serving(venue) as url, asking(url) as http:
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
        for _ in range(2):
            with pytest.raises(Unavailable, match="left alone") as held:
                await ClobPrices(http.background()).books([TOKEN])
            assert 50 < held.value.retry_after <= 66
        assert len(venue.seen) == 1
        venue.answers["/books"] = [BOOK]
        assert len(await ClobPrices(http).books([TOKEN])) == 1


async def test_a_short_wish_to_wait_is_waited_out_by_those_who_can() -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    venue = VenueRest({"/books": status(429, {"Retry-After": "3"})})
    async with serving(venue) as url, asking(url, sleep=note, chance=lambda: 1.0) as http:
        with pytest.raises(Unavailable):
            await ClobPrices(http).books([TOKEN])
        pauses.clear()
        venue.answers["/books"] = [BOOK]
        await ClobPrices(http.background()).books([TOKEN])
    (pause,) = pauses
    assert 0 < pause <= 3.3


async def test_a_venue_that_drips_is_left_at_the_deadline() -> None:
    gone = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await gone.wait()
        return response

    venue = VenueRest({"/books": answer})
    async with serving(venue) as url, asking(url, deadline=0.05) as http:
        with pytest.raises(Unavailable, match="too long"):
            await ClobPrices(http).books([TOKEN])
        gone.set()


async def test_nobody_there_is_unavailable() -> None:
    async with asking("http://127.0.0.1:1") as http:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await ClobPrices(http).books([TOKEN])


@pytest.mark.parametrize("base", ["{url}", "{url}/", "{url}/prefix", "{url}/prefix/"])
async def test_a_base_url_may_have_a_slash_or_a_prefix(base: str) -> None:
    venue = VenueRest({"/time": 5, "/prefix/time": 5})
    async with serving(venue) as url, asking(base.format(url=url)) as http:
        await ClobPrices(http).time()
    assert venue.seen[0][1] == ("/prefix/time" if "prefix" in base else "/time")


async def test_one_connection_serves_many_questions() -> None:
    ports = set[object]()

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername"))
        return web.json_response(5)

    async with serving(VenueRest({"/time": answer})) as url, asking(url) as http:
        for _ in range(5):
            await ClobPrices(http).time()
    assert len(ports) == 1
