"""Whatever arrives, the feed survives, and after the next snapshot it has the venue's book."""

from collections.abc import Iterator

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.domain.price import PriceState
from data_ingestion.streamer.websocket_client import wire
from data_ingestion.streamer.websocket_client.protocol import MarketChannel
from tests.support.nearly_frames import NEARLY
from tests.support.scripted_venue import TOKEN, Listening, ScriptedVenue

BIDS = st.sampled_from(["0.1", "0.3", "0.41", "0.48", "0.49"])
ASKS = st.sampled_from(["0.51", "0.52", "0.6", "0.7", "0.9"])
SIZES = st.sampled_from(["0", "1", "2.5", "1000"])
CHANGES = st.one_of(
    st.tuples(st.just("BUY"), BIDS, SIZES),
    st.tuples(st.just("SELL"), ASKS, SIZES),
)
STEPS = st.lists(st.tuples(CHANGES, st.integers(0, 5)), min_size=1, max_size=25)
FATES = st.sampled_from(["told"] * 8 + ["lost", "twice", "late", "garbled", "trade", "tick"])
GARBLED = st.sampled_from(["", "NaN", "-1", "1e3", "2", "0.5.5"])


class Wire:
    """What becomes of frames on their way."""

    def __init__(self, venue: ScriptedVenue, feed: Listening) -> None:
        self.venue = venue
        self.feed = feed
        self._held: list[wire.Message] = []

    def carry(self, frame: wire.WirePriceChange, fate: str, garbage: str) -> None:
        """Held frames come after the next one."""
        held, self._held = self._held, []
        if fate == "late":
            self._held.append(frame)
        else:
            self.feed.hear(*self._arriving(frame, fate, garbage))
        self.feed.hear(*held)

    def _arriving(
        self, frame: wire.WirePriceChange, fate: str, garbage: str
    ) -> Iterator[wire.Message]:
        match fate:
            case "lost":
                return
            case "garbled":
                entry = frame.price_changes[0]
                broken = wire.WireChange(TOKEN, garbage, entry.size, entry.side)
                yield wire.WirePriceChange("0x1", frame.timestamp, [broken])
            case "trade":
                yield frame
                yield wire.WireTrade(TOKEN, "0x1", "0.5", frame.timestamp)
            case "tick":
                yield wire.WireTickSize(TOKEN, "0x1", "0.001", frame.timestamp)
                yield frame
            case "twice":
                yield frame
                yield frame
            case _:
                yield frame


def start(*, verifies: bool, copies: int) -> tuple[ScriptedVenue, Listening]:
    venue = ScriptedVenue({"0.48": "10", "0.3": "7"}, {"0.52": "10", "0.6": "7"})
    feed = Listening(verifies=verifies, copies=copies)
    feed.hear(venue.book())
    return venue, feed


@given(STEPS, st.data(), st.booleans(), st.sampled_from([1, 2]))
def test_after_the_next_snapshot_the_book_is_the_venues(
    steps: list[tuple[tuple[str, str, str], int]],
    data: st.DataObject,
    verifies: bool,  # noqa: FBT001 - drawn
    copies: int,
) -> None:
    venue, feed = start(verifies=verifies, copies=copies)
    way = Wire(venue, feed)
    for (side, price, size), pause in steps:
        frame = venue.change(side, price, size, after=pause)
        way.carry(frame, data.draw(FATES), data.draw(GARBLED))
        feed.later(data.draw(st.sampled_from([0.0, 0.0, 1.0, 3.0])))
    feed.updater.connection_lost([TOKEN])
    feed.updater.connection_opened([TOKEN])
    feed.hear(venue.book())
    assert feed.state is PriceState.LIVE
    assert feed.levels == venue.levels
    feed.hear(venue.change("BUY", "0.49", "77"))
    assert feed.levels == venue.levels


@given(STEPS, st.data())
def test_a_book_that_is_live_and_at_rest_is_the_venues(
    steps: list[tuple[tuple[str, str, str], int]], data: st.DataObject
) -> None:
    """Frames are lost and repeated; what is not repaired by the stream is repaired by REST."""
    venue, feed = start(verifies=True, copies=1)
    way = Wire(venue, feed)
    fates = st.sampled_from(["told", "told", "lost", "twice"])
    for (side, price, size), pause in steps:
        way.carry(venue.change(side, price, size, after=pause), data.draw(fates), "")
        if feed.state is not PriceState.LIVE and data.draw(st.booleans()):
            feed.poll(venue.snapshot())
    feed.hear(venue.change("BUY", "0.2", "5", after=10))
    feed.later(2.0)
    if feed.state is not PriceState.LIVE:
        feed.poll(venue.snapshot())
    assert feed.state is PriceState.LIVE
    assert feed.levels == venue.levels


@given(st.lists(st.tuples(NEARLY, st.booleans()), max_size=8), st.booleans())
def test_whatever_a_nearly_well_formed_frame_does_the_next_snapshot_mends(
    told: list[tuple[dict[str, object], bool]],
    verifies: bool,  # noqa: FBT001 - drawn
) -> None:
    venue, feed = start(verifies=verifies, copies=1)
    channel = MarketChannel(now=feed.now, ping_interval=10.0)
    list(channel.frames_to_send(frozenset({TOKEN}), feed.now))
    for message, is_array in told:
        frame = msgspec.json.encode([message] if is_array else message)
        feed.hear(*channel.receive(frame, feed.now))
        feed.updater.suspect(frozenset(channel.suspects))
        feed.hear(venue.change("BUY", "0.41", "3"))
        feed.later(1.0)
    feed.updater.connection_lost([TOKEN])
    feed.updater.connection_opened([TOKEN])
    feed.hear(venue.book())
    assert feed.state is PriceState.LIVE
    assert feed.levels == venue.levels
    feed.hear(venue.change("SELL", "0.51", "77"))
    assert feed.levels == venue.levels
