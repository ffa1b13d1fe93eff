"""The venue's catalogue through real HTTP."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from core.domain.errors import NotFound, Unavailable
from core.domain.units import EventId, MarketId
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from tests.support.sandbox_exchange import serving as sandbox_serving
from tests.support.sandbox_exchange import still_exchange
from tests.support.venue_rest import VenueRest, asking, serving, status, text


@pytest.fixture
def examples(fixtures_dir: Path) -> Callable[[str], bytes]:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    return lambda name: (folder / name).read_bytes()


async def test_the_catalogue_s_pages_follow_the_cursor(examples: Callable[[str], bytes]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        name = "last_page" if "after_cursor" in request.query else "page"
        return web.Response(body=examples(f"gamma_markets_keyset_{name}.json"))

    venue = VenueRest({"/markets/keyset": answer})
    async with serving(venue) as url, asking(url) as http:
        catalogue = GammaCatalogue(http)
        first = await catalogue.page()
        last = await catalogue.page(first.next_cursor)
    assert [len(first.markets), len(last.markets)] == [1, 1]
    assert last.next_cursor is None
    query = httpx.QueryParams(venue.seen[1][1].partition("?")[2])
    assert (query["after_cursor"], query["closed"]) == (first.next_cursor, "false")


@pytest.mark.parametrize("cursor", ["LTE=", "", None, "same"])
async def test_a_cursor_that_leads_nowhere_ends_the_list(cursor: str | None) -> None:
    venue = VenueRest({"/markets/keyset": {"markets": [], "next_cursor": cursor}})
    async with serving(venue) as url, asking(url) as http:
        assert (await GammaCatalogue(http).page("same")).next_cursor is None


async def test_bad_entries_of_a_page_are_left_out_and_counted(
    examples: Callable[[str], bytes],
) -> None:
    page = json.loads(examples("gamma_markets_keyset_page.json"))
    good = page["markets"][0]
    page["markets"] = [None, 5, {}, good | {"clobTokenIds": "[]"}, good, good | {"id": "x"}]
    venue = VenueRest({"/markets/keyset": page})
    async with serving(venue) as url, asking(url) as http:
        catalogue = GammaCatalogue(http)
        found = await catalogue.page()
    assert [market.id for market in found.markets] == [good["id"]]
    assert catalogue.unreadable == 5


@pytest.mark.parametrize("code", [400, 404, 422])
async def test_a_host_with_the_older_list_alone_is_read_by_numbers(
    code: int, examples: Callable[[str], bytes]
) -> None:
    (good,) = json.loads(examples("gamma_markets_keyset_page.json"))["markets"]

    async def older(request: web.Request) -> web.StreamResponse:
        assert set(request.query.getall("id", [good["id"]])) == {good["id"]}
        is_last = request.query.get("offset", "0") != "0"
        return web.json_response([] if is_last else [good])

    venue = VenueRest({"/markets/keyset": status(code), "/markets": older})
    async with serving(venue) as url, asking(url) as http:
        catalogue = GammaCatalogue(http)
        first = await catalogue.page()
        last = await catalogue.page(first.next_cursor)
        (known,) = await catalogue.states((MarketId(good["id"]),))
    assert [market.id for market in first.markets] == [known.id] == [good["id"]]
    assert (last.markets, last.next_cursor) == ((), None)


async def test_a_host_without_any_list_is_unavailable() -> None:
    async with serving(VenueRest({})) as url, asking(url) as http:
        for cursor in (None, "abc", "offset:100"):
            with pytest.raises(Unavailable):
                await GammaCatalogue(http).page(cursor)


async def test_search_gives_each_market_its_event(examples: Callable[[str], bytes]) -> None:
    told = json.loads(examples("gamma_public_search.json"))
    told["events"].append({"id": "broken"})
    venue = VenueRest({"/public-search": told})
    async with serving(venue) as url, asking(url) as http:
        catalogue = GammaCatalogue(http)
        found = await catalogue.search("bitcoin & above 64,000?")
    assert httpx.QueryParams(venue.seen[0][1].partition("?")[2])["q"] == "bitcoin & above 64,000?"
    assert {market.event.title for market in found if market.event} == {told["events"][0]["title"]}
    assert len(found) == len(told["events"][0]["markets"])
    venue.answers["/public-search"] = {"events": None}
    async with serving(venue) as url, asking(url) as http:
        assert await GammaCatalogue(http).search("nothing") == ()


async def test_single_look_ups(examples: Callable[[str], bytes]) -> None:
    market = examples("gamma_market_open_negrisk.json")
    event = json.dumps(json.loads(examples("gamma_events_keyset_page.json"))["events"][0])
    venue = VenueRest(
        {
            "/markets/559652": text(market),
            "/markets/slug/newsom": text(market),
            "/events/slug/nominee": text(event),
            "/events/30829": text(event),
            "/markets/7": {"id": "7"},
            "/events/7": [],
        }
    )
    async with serving(venue) as url, asking(url) as http:
        catalogue = GammaCatalogue(http)
        by_id = await catalogue.market(MarketId("559652"))
        assert await catalogue.market_by_slug("newsom") == by_id
        found, markets = await catalogue.event_by_slug("nominee")
        assert (found, markets) == await catalogue.event(EventId("30829"))
        assert all(each.event == found for each in markets)
        assert len(markets) == 2
        for unknown in ("8", "7", "../../admin"):
            with pytest.raises(NotFound):
                await catalogue.market(MarketId(unknown))
        with pytest.raises(NotFound):
            await catalogue.event(EventId("7"))
    assert venue.seen[-2][1] == "/markets/..%2F..%2Fadmin"


async def test_the_sandbox_speaks_what_we_read() -> None:
    async with (
        sandbox_serving(still_exchange()) as address,
        asking(f"http://{address}") as http,
    ):
        catalogue, prices = GammaCatalogue(http), ClobPrices(http)
        page = await catalogue.page()
        tokens = [token for market in page.markets for token in market.tokens]
        books = await prices.books(tokens)
        again = await catalogue.market(page.markets[0].id)
    assert len(page.markets) > 30
    assert len(books) == len(tokens)
    assert (catalogue.unreadable, prices.unreadable) == (0, 0)
    assert again.tokens == page.markets[0].tokens
    assert {"Weather", "Politics", "Crypto"} <= {market.category for market in page.markets}
