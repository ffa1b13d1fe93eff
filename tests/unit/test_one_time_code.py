"""Codes of authenticator apps: the published vectors, the window, and the waits of a guesser."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.one_time_code import (
    FREE_TRIES,
    LONGEST_LOCK,
    STEP,
    enrolment_link,
    lock_after,
    matching_step,
    one_time_code,
)

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)
MIDDLE = int(NOW.timestamp()) // STEP


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_equal_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert one_time_code(SECRET, seconds // STEP, digits=8) == code
    assert one_time_code(SECRET, seconds // STEP) == code[2:]


@pytest.mark.parametrize(
    ("count", "code"), list(enumerate(["755224", "287082", "359152", "969429", "338314", "254676"]))
)
def test_codes_equal_the_vectors_of_rfc_4226(count: int, code: str) -> None:
    assert one_time_code(memoryview(SECRET), count) == code


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_code_of_the_half_minutes_around_now_is_right(drift: int) -> None:
    code = one_time_code(SECRET, MIDDLE + drift)
    assert matching_step(SECRET, code, NOW) == MIDDLE + drift
    assert matching_step(SECRET, f" {code[:3]} {code[3:]}\n", NOW) == MIDDLE + drift


@pytest.mark.parametrize("drift", [-2, 2, 100])
def test_an_older_or_a_later_code_is_wrong(drift: int) -> None:
    assert matching_step(SECRET, one_time_code(SECRET, MIDDLE + drift), NOW) is None


@given(st.text(max_size=20))
def test_text_that_is_no_code_of_now_is_wrong(text: str) -> None:
    right = {one_time_code(SECRET, MIDDLE + drift) for drift in (-1, 0, 1)}
    if text.strip().replace(" ", "") not in right:
        assert matching_step(SECRET, text, NOW) is None


def test_an_app_can_read_the_link() -> None:
    parts = urlsplit(enrolment_link(SECRET, "10 01"))
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Polycool:10%2001")
    assert base64.b32decode(query["secret"][0]) == SECRET
    assert query["issuer"] == ["Polycool"]


def test_the_wait_begins_with_the_fifth_wrong_code_and_doubles_to_a_day() -> None:
    assert [lock_after(count) for count in range(FREE_TRIES)] == [timedelta()] * FREE_TRIES
    waits = [lock_after(count) for count in range(FREE_TRIES, 40)]
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_LOCK
