"""Secret keys show nothing, are opened for one call, and end as zeros."""

import copy
import json
import pickle
import pprint
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.security.errors import KeyClosed
from infrastructure.security.secret_key import SecretKey

CANARY = b"canary-canary-canary-canary-0001"


@dataclass(frozen=True)
class Holder:
    name: str
    key: SecretKey


def canary() -> SecretKey:
    return SecretKey(CANARY)


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{!r:>40}".format,
        "{:>40}".format,
        "{:x}".format,
        lambda key: "%s %r" % (key, key),  # noqa: UP031 - the case
        lambda key: f"{key=}",
        lambda key: repr(Holder("a", key)),
        lambda key: repr([key, {"k": key}]),
        lambda key: pprint.pformat({"k": Holder("a", key)}),
        lambda key: repr(ValueError(key)),
        lambda key: repr(vars(Holder("a", key))),
    ],
)
def test_a_key_can_be_written_in_no_way(shown: Callable[[object], str]) -> None:
    text = shown(canary())
    assert "***" in text
    assert "canary" not in text
    assert CANARY.hex() not in text


@pytest.mark.parametrize(
    "taken",
    [
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        lambda key: pickle.dumps(key, protocol=0),
        json.dumps,
        msgspec.json.encode,
        lambda key: asdict(Holder("a", key)),
        lambda key: copy.deepcopy(Holder("a", key)),
        lambda key: pickle.dumps(Holder("a", key)),
        bytes,
        bytearray,
        list,
        len,
        hash,
        vars,
        memoryview,
        int,
        lambda key: key + b"x",
        lambda key: b"%b" % key,
    ],
)
def test_a_key_refuses_to_be_taken_away(taken: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as refusal:
        taken(canary())
    assert "canary" not in str(refusal.value)


def test_an_open_key_gives_its_bytes_which_nobody_can_change() -> None:
    with canary().opened() as material:
        assert material == CANARY
        with pytest.raises(TypeError):
            material[0] = 0


def test_at_the_end_of_the_block_the_bytes_are_zero_whoever_still_holds_them() -> None:
    with canary().opened() as material:
        kept = material[4:]
    assert bytes(kept) == bytes(len(CANARY) - 4)
    with pytest.raises(ValueError, match="released"):
        bytes(material)


def test_the_bytes_are_zero_also_after_a_crash_in_the_block() -> None:
    kept: list[memoryview] = []

    def fail() -> None:
        with canary().opened() as material:
            kept.append(material[:])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not any(kept[0])


def test_what_was_handed_over_is_zero() -> None:
    given_away = bytearray(CANARY)
    with SecretKey(given_away).opened() as material:
        assert material == CANARY
    assert given_away == bytes(len(CANARY))


def test_a_key_opens_as_often_as_needed_until_it_is_closed() -> None:
    key = canary()
    for _ in range(2):
        with key.opened() as material:
            assert material == CANARY
    key.close()
    key.close()
    with pytest.raises(KeyClosed, match="closed"), key.opened():
        pass


def test_closing_leaves_an_open_block_its_bytes() -> None:
    key = canary()
    with key.opened() as material:
        key.close()
        assert material == CANARY


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_keys_are_equal_when_their_bytes_are(first: bytes, second: bytes) -> None:
    assert (SecretKey(first) == SecretKey(second)) is (first == second)
    assert SecretKey(first) == SecretKey(bytearray(first))


def test_a_key_equals_nothing_but_keys() -> None:
    assert canary() != CANARY
    assert (canary() == CANARY.decode()) is False


def test_a_closed_key_is_not_compared() -> None:
    key = canary()
    key.close()
    with pytest.raises(KeyClosed):
        assert key == canary()


@pytest.mark.parametrize("nothing", [b"", bytearray()])
def test_no_bytes_are_no_key(nothing: bytes | bytearray) -> None:
    with pytest.raises(ValueError, match="no bytes"):
        SecretKey(nothing)


def test_random_keys_are_as_long_as_asked_and_differ() -> None:
    with closing(SecretKey.random()) as first, closing(SecretKey.random()) as second:
        assert first != second
        with first.opened() as material:
            assert len(material) == 32
    with SecretKey.random(48).opened() as material:
        assert len(material) == 48
