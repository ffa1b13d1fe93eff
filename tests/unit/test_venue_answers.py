"""Every recorded answer of the trading API has a defined meaning."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.errors import (
    InsufficientBalance,
    InvalidQuantity,
    NotWhole,
    OutcomeUnknown,
    PolycoolError,
    Rejected,
    Unavailable,
)
from core.domain.order import OrderStatus
from core.domain.reports import Cancellations
from core.domain.units import Size, Usdc
from core.ports import Execution
from infrastructure.polymarket.trading import quantities, wire
from infrastructure.polymarket.trading.amounts import ROUNDING, Stated, Traded, traded
from infrastructure.polymarket.trading.answers import cancellations, execution
from infrastructure.polymarket.trading.transport import Reply
from tests.support.account_venue import payload

Example = Callable[[str], Any]
BIG_BODY = b'{"order":{"side":"BUY","makerAmount":"100000000","takerAmount":"200000000"}}'
SHORT_HASH = "0xabcdef1234567890abcdef1234567890abcdef12"


@pytest.fixture
def example(fixtures_dir: Path) -> Example:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    return lambda name: json.loads((folder / f"{name}.json").read_bytes())


@pytest.fixture
def recorded(fixtures_dir: Path) -> Example:
    folder = fixtures_dir / "nautilus" / "rust_test_data"
    return lambda name: json.loads((folder / f"{name}.json").read_bytes())


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode(), {})


@pytest.mark.parametrize(
    ("name", "status", "size", "value"),
    [
        ("rest_post_order_live", OrderStatus.LIVE, None, None),
        ("rest_post_order_delayed", OrderStatus.DELAYED, None, None),
        ("rest_post_order_matched_doc", OrderStatus.MATCHED, 200, 100),
    ],
)
def test_documented_acceptances(
    example: Example, name: str, status: OrderStatus, size: int | None, value: int | None
) -> None:
    done = execution(reply(example(name)), payload(SHORT_HASH, BIG_BODY), rests=True)
    assert (done.status, done.matched_size, done.matched_value) == (status, size, value)


def test_an_asynchronous_match_names_its_trades_and_counts_in_decimals(example: Example) -> None:
    body = b'{"order":{"side":"BUY","makerAmount":"100566400","takerAmount":"114280000"}}'
    answer = example("rest_post_order_matched_async")
    done = execution(reply(answer), payload(answer["orderID"], body), rests=False)
    assert (done.matched_value, done.matched_size) == (Decimal("100.5664"), Decimal("114.28"))
    assert done.trade_ids == ("28c4d2eb-bbea-40e7-a9f0-b2fdb56b2c2e",)


def test_a_leg_without_amounts_is_read_as_the_refusal_it_is(example: Example) -> None:
    """The official parser fails on it, although the legs before were placed."""
    live, matched, refused = example("rest_post_orders_mixed")
    assert execution(reply(live), payload(SHORT_HASH), rests=True).status is OrderStatus.LIVE
    second = payload("0xfedcba0987654321fedcba0987654321fedcba09")
    assert execution(reply(matched), second, rests=True).trade_ids == ("trade-123",)
    with pytest.raises(Unavailable, match="Rate limit exceeded"):
        execution(reply(refused), payload(SHORT_HASH), rests=True)


def test_legs_refused_with_success_are_refused(example: Example) -> None:
    for leg in example("rest_post_orders_post_only_mode"):
        with pytest.raises(Unavailable, match="only post-only orders"):
            execution(reply(leg), payload(), rests=True)


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("rest_error_400_balance", 400, InsufficientBalance),
        ("rest_error_400_fok", 400, NotWhole),
        ("rest_error_400_tick", 400, InvalidQuantity),
        ("rest_error_401", 401, Rejected),
        ("rest_error_404_book", 404, Rejected),
        ("rest_error_503_cancel_only", 503, Unavailable),
        ("rest_error_503_post_only_mode", 503, Unavailable),
    ],
)
def test_documented_errors(
    example: Example, name: str, status: int, kind: type[PolycoolError]
) -> None:
    with pytest.raises(kind) as error:
        execution(reply(example(name), status), payload(), rests=True)
    if "post_only" in name:
        assert isinstance(error.value, Unavailable)
        assert error.value.retry_after == 79


def test_answers_of_other_recordings(recorded: Example) -> None:
    good = recorded("http_order_response_ok")  # errorMsg is null, and there is no status
    done = execution(reply(good), payload(good["orderID"]), rests=True)
    assert done.status is OrderStatus.DELAYED
    with pytest.raises(InsufficientBalance):
        execution(reply(recorded("http_order_response_failed")), payload(), rests=True)
    with pytest.raises(OutcomeUnknown):
        execution(reply(recorded("http_order_response_error_500"), 500), payload(), rests=True)


def test_recorded_cancels(example: Example, recorded: Example) -> None:
    mixed = cancellations(reply(example("rest_cancel_response_mixed")))
    assert (len(mixed.cancelled), len(mixed.kept)) == (2, 1)
    assert list(mixed.kept.values()) == ["Order already matched"]
    batch = cancellations(reply(recorded("http_batch_cancel_response")))
    assert list(batch.kept.values()) == ["already canceled or matched"]
    assert cancellations(reply(recorded("http_cancel_response_failed"))).cancelled == ()
    assert len(cancellations(reply(recorded("http_cancel_response_ok"))).cancelled) == 1


def test_recorded_balances(example: Example, recorded: Example, fixtures_dir: Path) -> None:
    raw = json.loads((fixtures_dir / "polytrader" / "rest_test_get_balance.json").read_bytes())
    live = wire.BALANCE.decode(raw[0]["response"]["body"])
    assert quantities.money(live.balance) == Decimal("102.901034")
    assert {quantities.money(each) for each in (live.allowances or {}).values()} == {10**12}
    doc = wire.BALANCE.decode(json.dumps(example("rest_balance_allowance")).encode())
    assert quantities.money(doc.balance) == Decimal("250.5")
    bare = wire.BALANCE.decode(json.dumps(recorded("http_balance_allowance_no_allowance")).encode())
    assert (quantities.money(bare.balance), bare.allowances) == (Decimal("250.5"), None)


def test_api_credentials_do_not_show_in_what_is_printed(example: Example) -> None:
    answer = reply(example("rest_api_key_response"))
    key = wire.KEY.decode(answer.body)
    assert key.secret == "base64-encoded-secret"
    assert "encoded" not in f"{key!r} {key} {answer!r}"


money = st.integers(10**4, 10**11)  # millionths
sides = st.sampled_from(list(Side))


@given(money, money, st.integers(1, 100), st.sampled_from(["base", "decimals"]), sides)
def test_either_unit_gives_the_same_amounts(
    making: int, taking: int, percent: int, unit: str, side: Side
) -> None:
    """Of an order that was filled in part at its own price; up to 100,000 shares or USDC."""
    stated = Stated(side, Decimal(making) / 10**6, Decimal(taking) / 10**6)
    made, took = making * percent // 100, taking * percent // 100
    divisor = 1 if unit == "base" else 10**6
    answer = wire.PostAnswer(
        success=True,
        makingAmount=f"{Decimal(made) / divisor:f}",
        takingAmount=f"{Decimal(took) / divisor:f}",
    )
    size, value = (took, made) if side is Side.BUY else (made, took)
    is_plain = unit == "decimals" or made > stated.making + ROUNDING
    assume(is_plain and size >= 10**4 and size <= value * 10**4 <= size * 10**4)
    assert traded(answer, stated) == Traded(
        Size(Decimal(size) / 10**6), Usdc(Decimal(value) / 10**6)
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "success",
                    "orderID",
                    "errorMsg",
                    "status",
                    "error",
                    "canceled",
                    "not_canceled",
                    "data",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(json_values | st.binary(max_size=200), st.sampled_from([200, 400, 401, 404, 425, 500, 503]))
def test_no_answer_can_do_more_than_raise_what_we_raise(body: object, status: int) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    for read in (
        lambda: execution(Reply(status, raw, {}), payload(), rests=True),
        lambda: cancellations(Reply(status, raw, {})),
    ):
        try:
            assert isinstance(read(), Execution | Cancellations)
        except (Rejected, Unavailable, OutcomeUnknown):
            continue


@given(st.one_of(st.none(), st.text(max_size=30), st.integers(), st.floats()))
def test_a_number_or_time_is_read_or_refused(value: str | float | None) -> None:
    for read in (quantities.number, quantities.shares, quantities.share_price,
                 quantities.money, quantities.instant, quantities.instant_or_none):  # fmt: skip
        try:
            read(value)
        except InvalidQuantity:
            continue
