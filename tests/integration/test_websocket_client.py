"""The market socket against a real server: subscribing, losing, coming back."""

import asyncio
import json
import logging

import pytest

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.websocket_client import (
    Layout,
    ReconnectPolicy,
    WebSocketClient,
)
from tests.support.market_ear import Ear, running
from tests.support.venue_socket import VenueSocket, book, venue_socket

ONE, TWO, THREE = TokenId("1"), TokenId("2"), TokenId("3")


async def test_without_a_wish_there_is_no_connection_and_without_the_last_one_it_closes() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await asyncio.sleep(0)
        assert venue.opened == 0
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.subscribed() == {"1"})
        await client.unsubscribe_markets([ONE])
        await venue.until(lambda: not venue.connections)
        assert not client.connected.is_set()


async def test_the_first_frame_has_a_type_and_later_changes_an_operation() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: len(venue.frames) == 1)
        await client.subscribe_markets([TWO])
        await venue.until(lambda: len(venue.frames) == 2)
        await client.unsubscribe_markets([ONE])
        await venue.until(lambda: len(venue.frames) == 3)
        assert venue.frames[0]["type"] == "market"
        assert [frame.get("operation") for frame in venue.frames] == [
            None,
            "subscribe",
            "unsubscribe",
        ]
        assert client.subscribed == {TWO}


async def test_after_a_loss_everything_wanted_is_subscribed_again_and_nothing_else() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE, TWO, THREE])
        await venue.until(lambda: venue.subscribed() == {"1", "2", "3"})
        await client.unsubscribe_markets([THREE])
        await venue.until(lambda: venue.subscribed() == {"1", "2"})
        await venue.hang_up()
        await venue.until(lambda: venue.opened == 2 and venue.subscribed() == {"1", "2"})
        assert ear.lost == [{THREE}, {ONE, TWO}]


async def test_a_connection_that_nobody_needs_any_more_is_no_reconnect() -> None:
    """Eleven cards, one after the other; then one connection that really breaks."""
    async with venue_socket() as venue, running(venue, Ear()) as client:
        for visit in range(1, 12):
            await client.subscribe_markets([ONE])
            await venue.until(lambda: venue.opened == visit and venue.subscribed() == {"1"})  # noqa: B023 - awaited here
            if visit < 11:
                await client.unsubscribe_markets([ONE])
                await venue.until(lambda: not venue.connections)
        assert client.statistics.reopened == 0
        await venue.hang_up()
        await venue.until(lambda: venue.opened == 12 and venue.subscribed() == {"1"})
        assert client.statistics.reopened == 1


async def test_garbage_between_books_does_not_end_the_connection() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: bool(venue.frames))
        await venue.say(book("1"), "PONG", "{", "NO NEW ASSETS", [], {"event_type": "x"}, book("1"))
        await ear.hear(2)
        assert venue.opened == 1
        assert client.counts()[1] == {"not_json": 1, "unknown_event": 1}
        assert client.counts()[0]["pong"] == 1


async def test_a_first_dump_of_a_thousand_books_is_taken_in_one_frame() -> None:
    levels = [{"price": f"0.{number:03}", "size": "1234.56"} for number in range(1, 101)]
    dump = [{**book(str(number)), "bids": levels} for number in range(1000)]
    ear = Ear()
    layout = Layout(tokens=1000)
    async with venue_socket() as venue, running(venue, ear, layout=layout) as client:
        await client.subscribe_markets([TokenId(str(number)) for number in range(1000)])
        await venue.until(lambda: len(venue.subscribed()) == 1000)
        assert len(venue.frames) == 10
        await venue.say(dump)
        await ear.hear(1000)


async def test_a_fragmented_message_is_heard_like_any_other() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: bool(venue.frames))
        text = json.dumps(book("1"))
        await venue.connections[0].send([text[:40], text[40:]])
        await ear.hear(1)


async def test_the_heartbeat_is_the_bare_text_ping() -> None:
    async with venue_socket() as venue, running(venue, Ear(), ping=0.05) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: "PING" in venue.texts)


async def test_a_connection_on_which_nothing_is_heard_is_replaced() -> None:
    async with venue_socket() as venue, running(venue, Ear(), ping=0.02) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.opened >= 2)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1009, 1011, 1012, 1013, 4000])
async def test_whatever_code_a_connection_is_closed_with_the_next_one_carries_the_same(
    code: int,
) -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.subscribed() == {"1"})
        await venue.hang_up(code)
        await venue.until(lambda: venue.opened == 2 and venue.subscribed() == {"1"})
        assert len(ear.lost) == 1


async def test_a_peer_that_vanishes_without_a_word_is_a_loss_like_any_other() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.subscribed() == {"1"})
        venue.connections[0].transport.abort()
        await venue.until(lambda: venue.opened == 2 and venue.subscribed() == {"1"})


async def test_a_frame_of_ten_megabytes_is_dropped_unread_and_its_tokens_are_suspect() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE, TWO])
        await venue.until(lambda: bool(venue.frames))
        await venue.say("x" * 10_000_000, "[" + " " * 10_000_000 + "]", book("1"))
        await ear.hear(1)
        assert set(ear.suspects) == {ONE, TWO}
        assert client.counts()[1] == {"oversized": 2}
        assert venue.opened == 1


async def test_data_without_pong_keeps_a_connection() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, ping=0.05) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: bool(venue.frames))
        while len(venue.texts) < 10:  # three times as long as a silent connection lives
            await venue.say(book("1"))
            await ear.hear(len(ear.messages) + 1)
        assert venue.opened == 1


async def test_renewing_a_token_unsubscribes_and_subscribes_it() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([ONE, TWO])
        await venue.until(lambda: len(venue.frames) == 1)
        await venue.say(book("1"))
        await ear.hear(1)
        client.renew([TWO])
        await venue.until(lambda: len(venue.frames) == 3)
        assert venue.frames[1] == {"operation": "unsubscribe", "assets_ids": ["2"]}
        assert venue.frames[2]["assets_ids"] == ["2"]
        assert venue.subscribed() == {"1", "2"}


async def test_where_nothing_came_at_all_renewing_opens_the_channel_again() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets([ONE, TWO])
        await venue.until(lambda: len(venue.frames) == 1)
        client.renew([TWO])
        await venue.until(lambda: len(venue.frames) == 4)
        assert [frame.get("type") for frame in venue.frames[:2]] == ["market", "market"]
        operations = [frame.get("operation") for frame in venue.frames[2:]]
        assert operations == ["unsubscribe", "subscribe"]


async def test_with_reconnecting_off_a_loss_is_final() -> None:
    ear = Ear()
    policy = ReconnectPolicy(enabled=False)
    async with venue_socket() as venue, running(venue, ear, policy) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: bool(venue.frames))
        await venue.hang_up()
        await venue.until(lambda: not venue.connections)
        async with asyncio.timeout(20):
            await client.gave_up.wait()
        assert venue.opened == 1


async def test_after_the_allowed_attempts_the_client_gives_up() -> None:
    async with venue_socket() as venue:
        nowhere = VenueSocket()
        nowhere.url = "ws://127.0.0.1:9/ws/market"
        async with running(
            nowhere, Ear(), ReconnectPolicy(max_attempts=3, jitter=lambda: 0.01)
        ) as client:
            await client.subscribe_markets([ONE])
            async with asyncio.timeout(20):
                await client.gave_up.wait()
        assert venue.opened == 0


async def test_a_server_that_accepts_and_drops_is_not_hammered() -> None:
    delays: list[float] = []
    async with venue_socket() as venue:

        def no_delay() -> float:
            delays.append(0.0)
            return 0.0

        client = WebSocketClient(venue.url, Ear(), policy=ReconnectPolicy(jitter=no_delay))
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(client.run())
            await client.subscribe_markets([ONE])
            for count in range(1, 4):
                await venue.until(lambda count=count: venue.opened >= count)  # type: ignore[misc] # bound now
                await venue.until(lambda: bool(venue.connections))
                await venue.hang_up()
            task.cancel()
    assert len(delays) >= 2


async def test_the_line_about_connecting_carries_its_figures(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets([ONE, TWO])
        await venue.until(lambda: bool(venue.frames))
        async with asyncio.timeout(20):
            await client.connected.wait()
    connected = next(line for line in caplog.records if line.message == "WebSocket connected")
    assert connected.__dict__["market_count"] == 1
    assert connected.__dict__["token_count"] == 2
    assert connected.__dict__["connection_time"] >= 0
    assert "Subscribed to 1 markets" in [line.message for line in caplog.records]
