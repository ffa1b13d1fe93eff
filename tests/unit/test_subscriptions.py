"""Wishes become subscriptions: counted by market over all users, the urgent ones first."""

import asyncio
from collections.abc import Collection, Sequence
from itertools import pairwise

import pytest

from core.domain.market import Market
from core.domain.units import MarketId, TokenId, UserId
from core.services.websocket_manager import (
    Reason,
    WebSocketManager,
    share,
    websocket_manager,
)
from data_ingestion.streamer.subscription_manager import SubscriptionManager
from tests.support.rows import market

ANNA, BEN = UserId(1), UserId(2)
ONE, TWO = market(1), market(2)


class Wire:
    """What a connection and its book-keeper were told."""

    def __init__(self) -> None:
        self.carried: set[TokenId] = set()
        self.followed: set[TokenId] = set()
        self.learned: list[MarketId] = []

    async def exchange_markets(self, gone: Collection[TokenId], new: Collection[TokenId]) -> None:
        self.carried.difference_update(gone)
        self.carried.update(new)

    def follow(self, token: TokenId, complement: TokenId | None) -> None:
        assert complement is not None
        self.followed.add(token)

    def drop(self, token: TokenId) -> None:
        self.followed.discard(token)

    def learn(self, one: Market) -> None:
        self.learned.append(one.id)


class Desk:
    def __init__(self, limit: int = 100) -> None:
        self.wire = Wire()
        self.manager = WebSocketManager()
        self.held: list[tuple[UserId, MarketId]] = []
        self.told: list[int] = []  # how many tokens are beyond the limit
        self.fails = False
        self.subscriptions = SubscriptionManager(
            self.manager,
            self.wire,
            self.wire,
            load_markets=self._load,
            held_markets=self._held,
            on_market=[self.wire.learn],
            limit=limit,
        )
        self.subscriptions.on_left_out(self.told.append)

    async def _load(self, ids: Collection[MarketId]) -> Sequence[Market]:
        await asyncio.sleep(0)
        if self.fails:
            raise OSError("the database is away")
        return [one for one in (ONE, TWO) if one.id in ids]

    async def _held(self) -> list[tuple[UserId, MarketId]]:
        return self.held


async def test_a_trade_subscribes_both_tokens_of_its_market() -> None:
    desk = Desk()
    await desk.subscriptions.on_trade_executed(ANNA, ONE.id)
    assert desk.wire.carried == set(ONE.tokens)
    assert desk.wire.followed == set(ONE.tokens)
    assert desk.wire.learned == [ONE.id]


async def test_a_market_is_let_go_with_its_last_holder_only() -> None:
    desk = Desk()
    await desk.subscriptions.on_trade_executed(ANNA, ONE.id)
    await desk.subscriptions.on_trade_executed(BEN, ONE.id)
    await desk.subscriptions.on_position_closed(ANNA, ONE.id)
    assert desk.wire.carried == set(ONE.tokens)
    await desk.subscriptions.on_position_closed(BEN, ONE.id)
    assert desk.wire.carried == desk.wire.followed == set()


async def test_a_user_who_still_holds_the_other_outcome_keeps_the_market() -> None:
    desk = Desk()
    desk.held = [(ANNA, ONE.id)]
    await desk.subscriptions.on_trade_executed(ANNA, ONE.id)
    await desk.subscriptions.on_position_closed(ANNA, ONE.id)
    assert desk.wire.carried == set(ONE.tokens)


async def test_an_open_card_keeps_a_market_whose_position_closed() -> None:
    desk = Desk()
    await desk.subscriptions.on_trade_executed(ANNA, ONE.id)
    await desk.manager.subscribe_market_for_user(ANNA, ONE.id, Reason.CARD)
    await desk.subscriptions.on_position_closed(ANNA, ONE.id)
    assert desk.wire.carried == set(ONE.tokens)
    await desk.manager.unsubscribe_market_for_user(ANNA, ONE.id, Reason.CARD)
    await desk.subscriptions.reconcile()
    assert desk.wire.carried == set()


async def test_what_was_held_before_the_start_is_wanted_from_the_start() -> None:
    desk = Desk()
    desk.held = [(ANNA, ONE.id), (BEN, TWO.id)]
    task = asyncio.create_task(desk.subscriptions.run())
    async with asyncio.timeout(20):
        await desk.subscriptions.changed.wait()
    task.cancel()
    assert desk.wire.carried == {*ONE.tokens, *TWO.tokens}


async def test_beyond_the_limit_positions_come_before_cards_and_the_rest_is_told() -> None:
    desk = Desk(limit=2)
    await desk.manager.subscribe_market_for_user(ANNA, ONE.id, Reason.CARD)
    await desk.subscriptions.reconcile()
    assert desk.wire.carried == set(ONE.tokens)
    await desk.manager.subscribe_market_for_user(BEN, TWO.id, Reason.HELD)
    await desk.subscriptions.reconcile()
    assert desk.wire.carried == desk.wire.followed == set(TWO.tokens)
    assert desk.subscriptions.left_out == set(ONE.tokens)
    assert desk.told == [2]
    await desk.subscriptions.on_position_closed(BEN, TWO.id)
    assert desk.wire.carried == desk.wire.followed == set(ONE.tokens)
    assert desk.told == [2, 0]


@pytest.mark.parametrize(("urgent", "other"), list(pairwise(Reason)))
async def test_beyond_the_limit_the_more_urgent_reason_goes_first(
    urgent: Reason, other: Reason
) -> None:
    """Positions, open orders, triggers, alerts, cards, candidates."""
    desk = Desk(limit=2)
    await desk.manager.subscribe_market_for_user(ANNA, ONE.id, other)
    await desk.subscriptions.reconcile()
    before = set(desk.wire.carried)  # of a candidate one token is enough
    assert before
    assert before <= set(ONE.tokens)
    await desk.manager.subscribe_market_for_user(BEN, TWO.id, urgent)
    await desk.subscriptions.reconcile()
    assert desk.wire.carried == set(TWO.tokens)
    assert desk.subscriptions.left_out == before


def test_the_order_of_urgency_is_the_promised_one() -> None:
    assert [reason.name for reason in Reason] == [
        "HELD",
        "OPEN_ORDER",
        "TRIGGER",
        "ALERT",
        "CARD",
        "CANDIDATE",
    ]


async def test_the_limit_never_parts_the_tokens_of_a_market() -> None:
    desk = Desk(limit=3)
    for one in (ONE, TWO):
        await desk.subscriptions.on_trade_executed(ANNA, one.id)
    assert desk.wire.carried == set(ONE.tokens)
    assert desk.subscriptions.left_out == set(TWO.tokens)


async def test_a_database_that_is_away_is_asked_again_and_nothing_is_dropped() -> None:
    desk = Desk()
    await desk.subscriptions.on_trade_executed(ANNA, ONE.id)
    desk.fails = True
    desk.manager.changed.clear()
    await desk.subscriptions.on_trade_executed(BEN, TWO.id)
    assert desk.wire.carried == set(ONE.tokens)
    desk.fails = False
    await desk.subscriptions.reconcile()
    assert desk.wire.carried == {*ONE.tokens, *TWO.tokens}


async def test_two_changes_at_once_do_not_undo_each_other() -> None:
    desk = Desk()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.subscriptions.on_trade_executed(ANNA, ONE.id))
        tasks.create_task(desk.subscriptions.on_trade_executed(BEN, TWO.id))
    assert desk.wire.carried == {*ONE.tokens, *TWO.tokens}


async def test_a_users_subscriptions_are_the_markets_of_all_his_wishes() -> None:
    manager = WebSocketManager()
    await manager.subscribe_market_for_user(ANNA, ONE.id)
    await manager.subscribe_market_for_user(ANNA, TWO.id, Reason.CARD)
    await manager.subscribe_market_for_user(BEN, TWO.id)
    assert manager.get_user_subscriptions(ANNA) == {ONE.id, TWO.id}
    await manager.unsubscribe_market_for_user(ANNA, TWO.id)
    assert manager.get_user_subscriptions(ANNA) == {ONE.id}
    assert manager.get_user_subscriptions(BEN) == {TWO.id}


def test_one_manager_is_shared_for_the_length_of_a_run() -> None:
    with pytest.raises(RuntimeError, match="no WebSocketManager"):
        websocket_manager()
    with share(WebSocketManager()) as manager:
        assert websocket_manager() is manager
        with pytest.raises(RuntimeError, match="already shared"), share(WebSocketManager()):
            pass
    with pytest.raises(RuntimeError, match="no WebSocketManager"):
        websocket_manager()
