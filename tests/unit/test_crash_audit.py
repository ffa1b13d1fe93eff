"""Whether the crash harness would see what it is there to see: each damage is a complaint."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from core.domain.custody import NewsKind
from core.domain.notice import NoticeKind, WalletChanged
from core.services.milestones import Milestone
from telegram_bot.notices import screen_of
from tests.crash.__main__ import taps, unexercised
from tests.crash.audit import IN_TIME, complaints, doubled, unsent
from tests.crash.plan import trial
from tests.crash.scenes import CALM, FAULTS, LOST, LOST_CANCELS, REFUSED, Scene
from tests.crash.seen import Seen
from tests.crash.trials import Verdict
from tests.crash.words import TAG, unsaid, untruths
from tests.support.person import Author, Message

Row = dict[str, Any]
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
HASH, TRADE, TOKEN, COLD = "0xorder", "trade-1", "token-1", "0xcold"
FACTS: Final = {"withdrawal": "1", "address": COLD, "amount": "12.5", "transaction": "0xdone"}
NEWS: Final = WalletChanged(NewsKind.WITHDRAWAL_SENT.value, FACTS)


def order(**changed: object) -> Row:
    whole: Row = {
        "id": 1,
        "key": "button:1",
        "origin": "person",
        "status": "filled",
        "kind": "FAK",
        "order_hash": HASH,
        "filled_size": Decimal(10),
        "failed_size": Decimal(0),
        "matched_size": Decimal(10),
        "cancel_requested_at": None,
        "created_at": NOW,
        "signed_at": NOW,
    }
    return whole | changed


def fill(**changed: object) -> Row:
    whole: Row = {
        "order_id": 1,
        "trade_id": TRADE,
        "token_id": TOKEN,
        "side": "BUY",
        "size": Decimal(10),
        "settlement": "confirmed",
        "event_key": f"trade:{TRADE}:{HASH}",
    }
    return whole | changed


def posted(**changed: object) -> Row:
    whole: Row = {
        "posted": 1,
        "bodies": 1,
        "accepted": True,
        "status": "MATCHED",
        "size_matched": "10",
        "associate_trades": [TRADE],
    }
    return whole | changed


AT_REST: Final = Seen(
    orders=[order()],
    fills=[fill()],
    positions={TOKEN: Decimal(10)},
    cash=Decimal(995),
    reserved=[{"order_id": 1, "is_open": False, "cost": Decimal(0), "shares": Decimal(0)}],
    held={"open_orders": 0, "reserved": Decimal(0)},
    waiting=[],
    told=[
        {
            "key": "wallet:1",
            "kind": NoticeKind.WALLET.value,
            "payload": msgspec.json.encode(NEWS).decode(),
        }
    ],
    withdrawals=[{"id": 1, "address": COLD, "amount": Decimal("12.5"), "state": "sent"}],
    actions=[{"id": 1, "kind": "withdraw", "state": "confirmed"}],
    stopped=None,
    compared_at=NOW,
    posted={HASH: posted()},
    trades={TRADE: {"id": TRADE, "status": "CONFIRMED"}},
    wallet={"cash": "995", "shares": {TOKEN: "10"}},
    withdrawn=[{"to": COLD, "amount": "12.5"}],
)
IMPLIED: Final = fill(settlement="failed", event_key=f"trade:{TRADE}:{HASH}:implied")


def damaged(**changed: object) -> Callable[[], Seen]:
    return lambda: dataclasses.replace(AT_REST, **changed)  # type: ignore[arg-type]  # named by the tests below


def said(text: str) -> Message:
    return Message(id=1, text=text, revision=1, deleted=False, author=Author(is_bot=True))


def test_nothing_is_wrong_with_an_account_at_rest() -> None:
    assert doubled(AT_REST, 1) == []
    assert complaints(AT_REST) == []
    words = TAG.sub("", screen_of(NEWS).text)
    assert list(unsaid(AT_REST, [said(words)])) == []
    assert untruths(AT_REST, [said("Bought 10 Yes")], 1) == []


@pytest.mark.parametrize(
    "seen",
    [
        damaged(orders=[order(), order(id=2, key="button:2", order_hash="0xother")]),
        damaged(
            orders=[order(), order(id=2, origin="person", order_hash="0xother")],
            posted={HASH: posted(), "0xother": posted(associate_trades=[])},
        ),
        damaged(posted={HASH: posted(posted=2, bodies=2)}),
        damaged(withdrawn=[{"to": COLD, "amount": "12.5"}] * 2),
        damaged(withdrawals=[]),
        damaged(orders=[order(status="rejected"), order(id=2, origin="external")]),
    ],
    ids=["order-here", "order-there", "other-bytes", "withdrawal", "unasked", "not-our-own"],
)
def test_what_happened_twice_is_seen(seen: Callable[[], Seen]) -> None:
    assert doubled(seen(), 1)


@pytest.mark.parametrize(
    "seen",
    [
        damaged(orders=[], fills=[], positions={}),
        damaged(orders=[order(status="unknown")]),
        damaged(orders=[order(status="rejected")]),
        damaged(orders=[order(status="live")]),
        damaged(orders=[order(filled_size=Decimal(9))]),
        damaged(fills=[]),
        damaged(fills=[fill(), fill()]),
        damaged(fills=[fill(settlement="provisional")]),
        damaged(fills=[fill(settlement="failed")]),
        damaged(fills=[fill(), fill(trade_id="elsewhere", event_key="trade:elsewhere")]),
        damaged(trades={TRADE: {"id": TRADE, "status": "FAILED"}}),
        damaged(cash=Decimal(1000)),
        damaged(positions={TOKEN: Decimal(20)}),
        damaged(wallet={"cash": "995", "shares": {}}),
        damaged(reserved=[{"order_id": 1, "is_open": True, "cost": 0, "shares": 0}]),
        damaged(held={"open_orders": 1, "reserved": Decimal(4)}),
        damaged(waiting=["notice wallet:1 waits"]),
        damaged(withdrawn=[]),
        damaged(withdrawals=[AT_REST.withdrawals[0] | {"state": "unknown"}]),
        damaged(withdrawals=[AT_REST.withdrawals[0] | {"state": "failed"}]),
        damaged(actions=[{"id": 1, "kind": "redeem", "state": "committed"}]),
        damaged(stopped={"stop": "entries", "stopped_at": NOW - timedelta(seconds=1)}),
        damaged(
            orders=[order(status="live", kind="GTC", filled_size=Decimal(0))],
            stopped={"stop": "everything", "stopped_at": NOW + timedelta(seconds=1)},
        ),
    ],
)
def test_what_is_lost_or_differs_is_seen(seen: Callable[[], Seen]) -> None:
    assert complaints(seen())


def test_a_fill_that_the_trade_itself_replaced_counts_no_more() -> None:
    assert complaints(dataclasses.replace(AT_REST, fills=[IMPLIED, fill()])) == []


def test_a_fill_of_an_answer_alone_is_compared_with_the_venue_like_any_other() -> None:
    assert complaints(dataclasses.replace(AT_REST, fills=[IMPLIED]))


def test_an_order_that_was_taken_and_killed_at_once_may_be_called_rejected() -> None:
    killed = posted(
        status="CANCELED_order couldn't be filled", size_matched="0", associate_trades=[]
    )
    nothing = order(status="rejected", filled_size=Decimal(0), matched_size=Decimal(0))
    seen = dataclasses.replace(
        AT_REST,
        orders=[nothing],
        fills=[],
        positions={},
        posted={HASH: killed},
        wallet={"cash": "995", "shares": {}},
    )
    assert complaints(seen) == []
    filled = dataclasses.replace(seen, posted={HASH: posted()})
    assert complaints(filled)


def test_a_signed_order_that_was_found_in_time_and_never_sent_is_seen() -> None:
    given_up = damaged(orders=[order(status="cancelled")], posted={HASH: posted(posted=0)})()
    assert unsent(given_up, NOW + timedelta(seconds=3))
    assert unsent(dataclasses.replace(given_up, posted={}), NOW + timedelta(seconds=3))
    assert unsent(given_up, NOW + IN_TIME) == []
    assert unsent(AT_REST, NOW + timedelta(seconds=3)) == []
    unsigned = order(status="rejected", order_hash=None, signed_at=None)
    assert unsent(dataclasses.replace(given_up, orders=[unsigned]), NOW) == []


def test_what_goes_wrong_with_the_sending_itself_excuses_it() -> None:
    assert CALM.spares_orders
    assert all(fault.spares_orders for fault in LOST_CANCELS)
    assert all(fault.spares_orders for fault in FAULTS[Scene.REDEEM])
    assert not any(fault.spares_orders for fault in (*LOST, *REFUSED))


def test_taps_that_came_to_nothing_are_counted() -> None:
    two = [Verdict(trial(1), taps=2, orders=1), Verdict(trial(2), taps=1, orders=1)]
    assert taps(two) == "taps 3 orders 2 explained 1"


def test_a_notice_that_is_marked_as_sent_and_was_never_said_is_seen() -> None:
    assert list(unsaid(AT_REST, [said("Something else.")]))


@pytest.mark.parametrize("words", ["Nothing was bought.", "Nothing was ordered.", "Good morning."])
def test_a_chat_that_hides_a_purchase_is_seen(words: str) -> None:
    assert untruths(AT_REST, [said(words)], 1)


def test_a_tap_that_came_to_nothing_without_a_word_is_seen() -> None:
    assert untruths(AT_REST, [said("Bought 10 Yes")], 2)


def test_a_milestone_at_which_nobody_died_is_named() -> None:
    everything = [Verdict(trial(1), killed_at=[each]) for each in Milestone]
    assert unexercised(everything) == []
    assert unexercised(everything[1:]) == [everything[0].killed_at[0]]
