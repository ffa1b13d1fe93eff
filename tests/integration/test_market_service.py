"""Lists, search, links and cards."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.domain.errors import NotFound, Unavailable
from core.domain.link import LinkKind, VenueLink
from core.domain.market import Market, Source
from core.domain.price import PriceState
from core.domain.units import EventId, MarketId, Price, Size, TokenId, UserId
from core.domain.views import PAGE, EventView
from core.services.market_service import MarketService
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from tests.support.catalogue import ScriptedCatalogue, listed
from tests.support.trading import MARKET_1, NO, YES, Desk, desk_of

NOBODY = UserId(0)


async def room(
    sessions: Sessions, markets: Sequence[Market] = (), known: Sequence[Market] = ()
) -> tuple[MarketService, ScriptedCatalogue, Desk]:
    """A market service over these stored markets, and what it asks."""
    desk, venue = desk_of(sessions), ScriptedCatalogue(known=list(known))
    async with sessions.begin() as session:
        await upsert(session, markets, desk.time.wall())
    service = MarketService(
        sessions, venue, desk.board, desk.positions, desk.books, now=desk.time.wall
    )
    return service, venue, desk


async def test_trending_lists_each_event_once_by_its_busiest_market(sessions: Sessions) -> None:
    markets = [
        listed(1, volume=50), listed(2, volume=40, event=9), listed(3, volume=30, event=9),
        listed(4, volume=60, event=8), listed(5, volume=1),
        replace(listed(6, volume=999), is_closed=True),
        replace(listed(7, volume=999), accepts_orders=False),
    ]  # fmt: skip
    service, _, _ = await room(sessions, markets)
    page = await service.trending()
    assert [(row.market.id, row.count) for row in page.rows] == [
        ("2", 2), ("4", 1), ("1", 1), ("5", 1),
    ]  # fmt: skip
    assert page.rows[0].event is not None
    assert page.rows[0].event.title == "Event 9"
    assert not page.has_more


async def test_lists_come_in_pages(sessions: Sessions) -> None:
    service, _, _ = await room(sessions, [listed(n, volume=n) for n in range(1, 2 * PAGE + 2)])
    pages = [await service.trending(number) for number in range(4)]
    assert [len(page.rows) for page in pages] == [PAGE, PAGE, 1, 0]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert len({row.market.id for page in pages for row in page.rows}) == 2 * PAGE + 1
    assert await service.trending(-3) == pages[0]


async def test_categories_count_open_events_busiest_first(sessions: Sessions) -> None:
    markets = [
        listed(1, volume=5, event=9), listed(3, volume=5, event=9), listed(2, volume=90),
        replace(listed(5, volume=500), is_closed=True),
    ]  # fmt: skip
    service, _, _ = await room(sessions, markets)
    assert await service.categories() == (("Sports", 1), ("Politics", 1))
    assert (await service.trending(0, "Politics")).rows[0].count == 2
    assert (await service.trending(0, "Knitting")).rows == ()


async def test_search_finds_every_word_anywhere_open_ones_first(sessions: Sessions) -> None:
    markets = [
        replace(listed(1, "Will France win the cup?", volume=99), is_closed=True),
        listed(2, "Will France win the cup?", volume=5),
        listed(3, "Will Spain win the cup?", volume=50),
        replace(listed(4, volume=70, event=9), title="France"),
    ]
    service, venue, _ = await room(sessions, markets)
    assert [m.id for m in (await service.search("  FRANCE   cup ")).markets] == ["2", "1"]
    assert [m.id for m in (await service.search("france")).markets] == ["4", "2", "1"]
    assert [m.id for m in (await service.search("event 9")).markets] == ["4"]
    assert venue.asked == []


@pytest.mark.parametrize(
    "words",
    ["%", "_", "\\", "%%%", "';--", "& | !", "(", "<->", ":*", "'a':*", "!rain", "rain | x"],
)
async def test_signs_of_a_query_are_only_signs(sessions: Sessions, words: str) -> None:
    service, venue, _ = await room(sessions, [listed(1, "Will it rain?")])
    found = [m.id for m in (await service.search(words)).markets]
    assert found == (["1"] if words == "!rain" else [])
    told = [f"search {words}"] if any(char.isalpha() for char in words) else []
    assert venue.asked == ([] if found else told)


@pytest.mark.parametrize(("words", "text"), [("100%", "100%"), ("a_b", "a_b"), ("U.S.", "us")])
async def test_words_between_signs_are_found(sessions: Sessions, words: str, text: str) -> None:
    service, _, _ = await room(sessions, [listed(2, f"Is it {text} or not?")])
    assert [m.id for m in (await service.search(words)).markets] == ["2"]


async def test_the_venue_can_be_asked_although_we_know_something(sessions: Sessions) -> None:
    away = [listed(n, f"Snow {n}?", event=9, volume=n) for n in (2, 3)]
    service, venue, _ = await room(sessions, [listed(1, "Will it snow?")], known=away)
    asked = await service.search_venue("winter snowfall")
    assert [(row.market.id, row.count) for row in asked.rows] == [("2", 2)]
    assert venue.asked == ["search winter snowfall"]
    assert (await service.search_venue("&&")).rows == ()


async def test_a_token_is_named_by_its_outcome_and_its_question(sessions: Sessions) -> None:
    rain, snow = listed(1, "Will it rain?"), listed(2, "Will it snow?")
    service, _, _ = await room(sessions, [rain, snow])
    names = await service.names_of([rain.tokens[1], TokenId("unheard-of")])
    assert names[rain.tokens[1]] == f"{rain.outcomes[1].name} · Will it rain?"
    assert snow.tokens[0] not in names
    assert await service.names_of([]) == {}


async def test_a_name_of_the_venues_links_is_a_market_an_event_or_nothing(
    sessions: Sessions,
) -> None:
    markets = [listed(1), listed(2, event=9), listed(3, event=9)]
    service, venue, _ = await room(sessions, markets, known=[listed(4)])
    assert isinstance(await service.of_slug("market-1", ask=False), Market)
    assert isinstance(await service.of_slug("event-9", ask=False), EventView)
    assert await service.of_slug("market-4", ask=False) is None
    assert venue.asked == []
    assert isinstance(await service.of_slug("market-4", ask=True), Market)
    assert await service.of_slug("nowhere", ask=True) is None
    assert venue.asked == ["slug market-4", "slug nowhere", "event nowhere"]
    assert [m.id for m in await service.of_event(EventId("9"))] == ["2", "3"]


@pytest.mark.parametrize("words", ["", "   ", "\x00", "\ud800", "\n\t"])
async def test_no_words_find_nothing_and_ask_nobody(sessions: Sessions, words: str) -> None:
    service, venue, _ = await room(sessions, [listed(1)])
    assert (await service.search(words)).rows == ()
    assert venue.asked == []


async def test_only_the_first_eight_words_count(sessions: Sessions) -> None:
    service, venue, _ = await room(sessions, [listed(1, "a b c d e f g h")])
    assert len((await service.search("a b c d e f g h i j k")).rows) == 1
    await service.search("x" * 10_000)
    assert venue.asked == [f"search {'x' * 64}"]


async def test_what_we_do_not_know_is_searched_at_the_venue_and_kept(sessions: Sessions) -> None:
    service, venue, _ = await room(sessions, known=[listed(1, "Will it snow?")])
    assert [m.id for m in (await service.search("snow")).markets] == ["1"]
    assert [m.id for m in (await service.search("snow")).markets] == ["1"]
    assert venue.asked == ["search snow"]
    assert (await service.market(MARKET_1)).question == "Will it snow?"
    assert (await service.search("snow", 1)).rows == ()


async def test_a_search_that_nobody_can_answer_says_so(sessions: Sessions) -> None:
    service, venue, _ = await room(sessions)
    venue.fault = Unavailable("down")
    with pytest.raises(Unavailable):
        await service.search("snow")


async def test_an_unknown_market_or_event_is_not_found(sessions: Sessions) -> None:
    service, _, _ = await room(sessions)
    for attempt in (
        service.market(MarketId("9")),
        service.view(MarketId("9"), NOBODY),
        service.event(EventId("9")),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_an_event_shows_favourites_first_in_pages(sessions: Sessions) -> None:
    markets = [listed(n, event=9, yes=f"0.{n:02}") for n in range(1, PAGE + 3)]
    markets += [replace(listed(90, event=9, yes="0.99"), is_closed=True), listed(91, event=9)]
    service, _, _ = await room(sessions, markets)
    first, second = await service.event(EventId("9")), await service.event(EventId("9"), 1)
    assert [m.id for m in first.markets] == [str(n) for n in range(PAGE + 2, 2, -1)]
    assert [m.id for m in second.markets] == ["2", "1", "91", "90"]
    assert (first.has_more, second.has_more) == (True, False)
    assert (await service.event(EventId("9"), 50)).markets == ()


async def test_links_lead_to_markets_and_events(sessions: Sessions) -> None:
    markets = [listed(1), listed(2, event=9), listed(3, event=9), listed(4, event=8)]
    service, venue, _ = await room(sessions, markets)
    market = await service.resolve_link(VenueLink(LinkKind.MARKET, "market-1"))
    event = await service.resolve_link(VenueLink(LinkKind.EVENT, "event-9"))
    alone = await service.resolve_link(VenueLink(LinkKind.EVENT, "event-8"))
    assert isinstance(market, Market)
    assert isinstance(event, EventView)
    assert isinstance(alone, Market)
    assert (market.id, len(event.markets), alone.id) == ("1", 2, "4")
    assert venue.asked == []


async def test_links_to_what_we_do_not_know_are_asked_for_once(sessions: Sessions) -> None:
    known = [listed(1), listed(2, event=9), listed(3, event=9)]
    service, venue, _ = await room(sessions, known=known)
    for _ in range(2):
        await service.resolve_link(VenueLink(LinkKind.MARKET, "market-1"))
        await service.resolve_link(VenueLink(LinkKind.EVENT, "event-9"))
    assert venue.asked == ["slug market-1", "event event-9"]
    for kind in LinkKind:
        with pytest.raises(NotFound):
            await service.resolve_link(VenueLink(kind, "nowhere"))


async def test_a_card_shows_the_board_and_what_is_held(sessions: Sessions) -> None:
    service, _, desk = await room(sessions, [listed(1, yes="0.2")])
    user = await desk.user()
    await desk.positions.create_position(
        user, MARKET_1, size=Size(Decimal(10)), price=Price(Decimal("0.5"))
    )
    desk.stream(YES, (("0.60", "5"),), (("0.64", "5"),), last="0.61")
    desk.time.seconds = 3
    view = await service.view(MARKET_1, user)
    yes, no = view.outcomes
    assert (yes.bid, yes.ask, yes.price) == (Decimal("0.60"), Decimal("0.64"), Decimal("0.62"))
    assert (yes.age, yes.state, yes.source) == (3.0, PriceState.LIVE, Source.WS)
    assert (no.price, no.age, no.state) == (Decimal("0.8"), 3.0, PriceState.DOWN)
    assert no.source is Source.API
    assert view.positions[0].position.pnl_amount == Decimal("1.2")
    assert (await service.view(MARKET_1, UserId(user + 1))).positions == ()


async def test_a_refreshed_card_asks_only_for_what_is_not_live(sessions: Sessions) -> None:
    service, _, desk = await room(sessions, [listed(1)])
    desk.stream(YES, (("0.60", "5"),), (("0.64", "5"),))
    desk.shelf.put(NO, (("0.36", "5"),), (("0.40", "5"),))
    view = await service.view(MARKET_1, NOBODY, refresh=True)
    assert desk.shelf.asked == [NO]
    assert [outcome.state for outcome in view.outcomes] == [PriceState.LIVE, PriceState.POLLED]
    assert view.outcomes[1].price == Decimal("0.38")


async def test_a_card_opens_with_the_stored_price_when_the_venue_is_down(
    sessions: Sessions,
) -> None:
    service, _, desk = await room(sessions, [listed(1, yes="0.2")])
    async with sessions.begin() as session:
        await session.execute(
            sa.text(
                "UPDATE markets SET source = 'poll', best_bid = '[\"0.19\", null]',"
                " last_trade_price = 0.21"
            )
        )
    desk.shelf.fault = Unavailable("down")
    desk.time.seconds = 600
    yes, no = (await service.view(MARKET_1, NOBODY, refresh=True)).outcomes
    assert (yes.price, yes.bid, yes.age) == (Decimal("0.2"), Decimal("0.19"), 600.0)
    assert (yes.last_trade, no.last_trade) == (Decimal("0.21"), Decimal("0.79"))
    assert yes.source is Source.POLL
