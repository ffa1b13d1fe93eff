"""Tokens on connections: never too many, kin together, nobody moved for a stranger."""

from collections.abc import Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.placement import Kin, place

EVENTS, MARKETS = 5, 12  # in all; twelve markets make events larger than a connection possible


def token(event: int, number: int, side: int) -> TokenId:
    return TokenId(f"{event}-{number}-{side}")


KIN = {
    token(event, number, side): Kin(f"e{event}", f"m{event}-{number}")
    for event in range(EVENTS)
    for number in range(MARKETS)
    for side in (0, 1)
}
markets = st.tuples(st.integers(0, EVENTS - 1), st.integers(0, MARKETS - 1))
wishes = st.lists(st.lists(markets, max_size=25), min_size=1, max_size=8)
capacities = st.integers(2, 24)


def wanted_of(chosen: Collection[tuple[int, int]]) -> list[TokenId]:
    return [token(*market, side) for market in dict.fromkeys(chosen) for side in (0, 1)]


def homes(shards: Mapping[int, frozenset[TokenId]]) -> dict[TokenId, int]:
    return {token: number for number, tokens in shards.items() for token in tokens}


@given(wishes, capacities)
def test_every_wanted_token_has_one_place_and_no_connection_too_many(
    history: list[list[tuple[int, int]]], capacity: int
) -> None:
    shards: dict[int, frozenset[TokenId]] = {}
    for chosen in history:
        wanted = wanted_of(chosen)
        shards = place(shards, wanted, KIN, capacity)
        assert sorted(token for tokens in shards.values() for token in tokens) == sorted(wanted)
        assert all(0 < len(tokens) <= capacity for tokens in shards.values())


@given(wishes, capacities)
def test_both_tokens_of_a_market_are_together(
    history: list[list[tuple[int, int]]], capacity: int
) -> None:
    shards: dict[int, frozenset[TokenId]] = {}
    for chosen in history:
        shards = place(shards, wanted_of(chosen), KIN, capacity)
        home = homes(shards)
        assert all(home[token(*one, 0)] == home[token(*one, 1)] for one in chosen)


@given(wishes)
def test_the_markets_of_an_event_that_fits_are_together(
    history: list[list[tuple[int, int]]],
) -> None:
    shards: dict[int, frozenset[TokenId]] = {}
    for chosen in history:
        shards = place(shards, wanted_of(chosen), KIN, 2 * MARKETS)
        home = homes(shards)
        used = {(KIN[each].event, number) for each, number in home.items()}
        assert len(used) == len({event for event, _ in used})


@given(wishes, capacities)
def test_only_kin_of_newcomers_ever_move(
    history: list[list[tuple[int, int]]], capacity: int
) -> None:
    shards: dict[int, frozenset[TokenId]] = {}
    for chosen in history:
        before = homes(shards)
        shards = place(shards, wanted_of(chosen), KIN, capacity)
        after = homes(shards)
        moved = {each for each in before.keys() & after.keys() if before[each] != after[each]}
        grown = {KIN[each].event for each in after.keys() - before.keys()}
        assert {KIN[each].event for each in moved} <= grown


@given(wishes, capacities)
def test_shrinking_moves_nobody(history: list[list[tuple[int, int]]], capacity: int) -> None:
    shards = place({}, wanted_of(history[0]), KIN, capacity)
    before = homes(shards)
    rest = [each for each in before if KIN[each].event != "e0"]
    after = homes(place(shards, rest, KIN, capacity))
    assert after == {each: before[each] for each in rest}


@given(wishes, capacities)
def test_asking_twice_changes_nothing(history: list[list[tuple[int, int]]], capacity: int) -> None:
    wanted = wanted_of(history[0])
    shards = place({}, wanted, KIN, capacity)
    assert place(shards, wanted, KIN, capacity) == shards


def test_a_market_larger_than_a_connection_and_tokens_of_no_market_are_carried_too() -> None:
    crowd = [TokenId(f"c{number}") for number in range(7)]
    kin = dict.fromkeys(crowd, Kin("e", "m"))
    strangers = [TokenId("s1"), TokenId("s2")]
    shards = place({}, [*crowd, *strangers], kin, 3)
    assert sorted(map(len, shards.values())) == [3, 3, 3]


def test_a_place_that_became_free_is_used_before_a_new_connection() -> None:
    first, second = wanted_of([(0, 0), (1, 0)]), wanted_of([(1, 0), (2, 0)])
    shards = place(place({}, first, KIN, 4), second, KIN, 4)
    assert shards == {0: frozenset(second)}
