"""The sandbox's matching: orders, the two mirrored books, and the frames that tell of them."""

import json
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.frames import Audience, Frame, book_message
from infrastructure.sandbox.exchange.matching import Fill, MatchingEngine
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import TradedMarket
from tests.support.sandbox_exchange import START, Clock, Oracle, oracle_of, still_exchange

NOW = int(START * 1000)
CENT = 10_000
LISTED = next(
    market
    for market in still_exchange().catalogue.markets.values()
    if market.tick == CENT and market.accepts_orders
)


def market() -> TradedMarket:
    return TradedMarket(MarketState(LISTED, LISTED.tick, str(NOW)))


def cents(value: int) -> int:
    return value * CENT


def shares(value: int) -> int:
    return value * MICROS


def told(frames: list[Frame]) -> list[dict[str, object]]:
    return [json.loads(frame.data) for frame in frames if frame.audience is Audience.SUBSCRIBERS]


def test_a_crossing_order_trades_at_the_resting_prices_and_the_rest_stays() -> None:
    engine = MatchingEngine()
    engine.place(Side.SELL, cents(40), shares(10))
    engine.place(Side.SELL, cents(41), shares(10))
    done = engine.place(Side.BUY, cents(42), shares(25))
    assert done.fills == [Fill(cents(40), shares(10)), Fill(cents(41), shares(10))]
    assert engine.best_ask is None
    assert engine.depth(Side.BUY) == {cents(42): shares(5)}


def test_at_one_price_the_older_order_is_filled_first() -> None:
    engine = MatchingEngine()
    first = engine.place(Side.BUY, cents(40), shares(10)).resting
    second = engine.place(Side.BUY, cents(40), shares(10)).resting
    engine.take(Side.SELL, shares(12))
    assert engine.orders(Side.BUY, cents(40)) == [second]
    assert first is not None
    assert not engine.cancel(first)


def test_an_order_to_take_goes_no_further_than_its_worst_price() -> None:
    engine = MatchingEngine()
    engine.place(Side.SELL, cents(40), shares(10))
    engine.place(Side.SELL, cents(50), shares(10))
    assert engine.take(Side.BUY, shares(20), cents(45)) == [Fill(cents(40), shares(10))]
    assert engine.depth(Side.SELL) == {cents(50): shares(10)}


def test_an_order_for_the_second_outcome_is_the_mirrored_order_for_the_first() -> None:
    traded = market()
    frames = traded.limit(1, Side.BUY, cents(30), shares(7), NOW).frames
    assert traded.engine.depth(Side.SELL) == {cents(70): shares(7)}
    (message,) = told(frames)
    entries = message["price_changes"]
    assert isinstance(entries, list)
    first, second = LISTED.tokens
    assert [(e["asset_id"], e["side"], e["price"], e["size"]) for e in entries] == [
        (second, "BUY", "0.3", "7"),
        (first, "SELL", "0.7", "7"),
    ]


def test_a_trade_is_told_by_both_books_and_then_by_the_trade_in_the_takers_terms() -> None:
    traded = market()
    traded.limit(0, Side.BUY, cents(40), shares(10), NOW)
    frames = told(traded.market(1, Side.BUY, shares(4), NOW + 5).frames)
    assert [frame["event_type"] for frame in frames] == ["book", "book", "last_trade_price"]
    trade = frames[-1]
    assert (trade["asset_id"], trade["price"], trade["side"], trade["size"]) == (
        LISTED.tokens[1],
        "0.6",
        "BUY",
        "4",
    )
    assert book_message(traded.state, 0)["last_trade_price"] == "0.600"  # of the market


def test_near_the_edge_the_tick_becomes_finer_and_further_inside_coarser_again() -> None:
    traded = market()
    low = traded.rewrite({cents(1): shares(5)}, {cents(3): shares(5)}, NOW)
    assert [m["event_type"] for m in told(low)] == [
        "price_change",
        "tick_size_change",
        "tick_size_change",
    ]
    traded.limit(0, Side.BUY, 12_000, shares(5), NOW)  # 0.012, on the fine grid only
    traded.rewrite({12_000: shares(5)}, {cents(20): shares(5)}, NOW)
    assert traded.state.tick == CENT
    assert traded.engine.depth(Side.BUY) == {}  # what is off the coarse grid was cancelled


def test_a_rewritten_book_never_crosses_or_empties_on_the_way() -> None:
    traded = market()
    traded.rewrite(ladder(40, -1), ladder(42, 1), NOW)
    for middle in (60, 30, 31, 90):
        (message, *_) = told(traded.rewrite(ladder(middle, -1), ladder(middle + 2, 1), NOW))
        entries = message["price_changes"]
        assert isinstance(entries, list)
        tops = [
            (e["best_bid"], e["best_ask"]) for e in entries if e["asset_id"] == LISTED.tokens[0]
        ]
        assert all(Decimal(bid) < Decimal(ask) for bid, ask in tops)


def ladder(best: int, step: int) -> dict[int, int]:
    return {cents(best + step * number): shares(10 + number) for number in range(5)}


class Step(NamedTuple):
    """One random action."""

    kind: str
    outcome: int
    side: Side
    price: int
    size: int


steps = st.builds(
    Step,
    st.sampled_from(["limit", "limit", "limit", "take", "cancel"]),
    st.sampled_from([0, 1]),
    st.sampled_from(Side),
    st.integers(1, 99).map(cents),
    st.integers(1, 5_000_000_000),
)


def act(traded: TradedMarket, step: Step, resting: list[int]) -> list[Frame]:
    match step.kind:
        case "limit":
            done = traded.limit(step.outcome, step.side, step.price, step.size, NOW)
            resting += [done.execution.resting] if done.execution.resting else []
            return done.frames
        case "take":
            return traded.market(step.outcome, step.side, step.size, NOW).frames
        case _:
            order = resting.pop() if resting else 0
            return traded.cancel(order, NOW)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=40))
def test_whatever_is_ordered_books_stay_uncrossed_mirrored_and_truly_told(
    actions: list[Step],
) -> None:
    traded, resting = market(), list[int]()
    oracle = Oracle({LISTED.condition_id: LISTED.neg_risk})
    for outcome in (0, 1):
        oracle.hear(json.dumps(book_message(traded.state, outcome)))
    for action in actions:
        for frame in act(traded, action, resting):
            oracle.hear(frame.data)
        first, second = traded.state.books
        assert not first.is_crossed
        assert all(level.size > 0 for level in first.bids() + first.asks())
        assert [(1 - level.price, level.size) for level in first.bids()] == second.asks()
        assert [(1 - level.price, level.size) for level in first.asks()] == second.bids()
    assert not oracle.pending


def test_every_hash_and_best_price_of_a_long_seeded_flow_is_right() -> None:
    exchange = still_exchange()
    clock = exchange.clock
    assert isinstance(clock, Clock)
    oracle = oracle_of(exchange)
    for state in exchange.states.values():
        for outcome in (0, 1):
            oracle.hear(json.dumps(book_message(state, outcome)))
    for _ in range(3000):
        clock.now += 0.1
        for frame in exchange.act():
            oracle.hear(frame.data)
    assert not oracle.pending
    assert oracle.verified > 5000


def test_the_same_seed_gives_the_same_frames() -> None:
    def frames_of(seed: int) -> list[bytes]:
        exchange = still_exchange(seed=seed)
        return [frame.data for _ in range(300) for frame in exchange.act()]

    assert frames_of(3) == frames_of(3)
    assert frames_of(3) != frames_of(4)
