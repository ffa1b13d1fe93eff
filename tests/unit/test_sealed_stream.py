"""Sealed files: whole, unaltered, in order, with their key, or not at all."""

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.security.errors import SealedFileRefused
from infrastructure.security.sealed_stream import PIECE, TOP, check_top, is_sealed, seal, unseal
from infrastructure.security.secret_key import SecretKey

KEY = SecretKey(bytes(range(32)))
SEALED_PIECE = PIECE + 16
LENGTHS = (0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5)


def sealed(content: bytes, key: SecretKey = KEY) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target.write, key)
    return target.getvalue()


def opened(record: bytes, key: SecretKey = KEY) -> bytes:
    return b"".join(unseal(io.BytesIO(record), key))


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_sealed_opens_again_whatever_its_length(length: int) -> None:
    content = os.urandom(length)
    record = sealed(content)
    assert is_sealed(record)
    assert opened(record) == content


def test_nothing_of_the_content_is_in_the_sealed_file_and_two_of_them_differ() -> None:
    content = b"a row of somebody's chat " * 40
    record, again = sealed(content), sealed(content)
    assert b"somebody" not in record
    assert record[TOP:] != again[TOP:]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_file_that_was_cut_anywhere_is_refused(length: int) -> None:
    record = sealed(os.urandom(length))
    pieces = range(TOP, len(record), SEALED_PIECE)
    for end in {0, 1, TOP - 1, TOP, len(record) - 1, *pieces}:
        with pytest.raises(SealedFileRefused):
            opened(record[:end])


@pytest.mark.parametrize("length", LENGTHS)
def test_a_file_with_something_behind_its_end_is_refused(length: int) -> None:
    record = sealed(os.urandom(length))
    for more in (b"\0", record[-17:], record[TOP : TOP + SEALED_PIECE], bytes(SEALED_PIECE)):
        with pytest.raises(SealedFileRefused):
            opened(record + more)


def test_pieces_that_changed_places_or_came_from_another_file_are_refused() -> None:
    content = os.urandom(3 * PIECE + 9)
    record, other = sealed(content), sealed(content)
    starts = [TOP + n * SEALED_PIECE for n in range(4)]
    pieces = [record[start : start + SEALED_PIECE] for start in starts]
    top, (first, second, third, last) = record[:TOP], pieces
    for wrong in (
        (second, first, third, last),
        (first, first, third, last),
        (first, third, last),
        (first, second, last),
        (first, other[starts[1] : starts[2]], third, last),
    ):
        with pytest.raises(SealedFileRefused):
            opened(top + b"".join(wrong))
    assert opened(top + b"".join(pieces)) == content


@settings(max_examples=60)
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_bit_that_is_turned_is_noticed(at: int, bit: int) -> None:
    record = bytearray(sealed(b"all the money there is" * 30))
    record[at % len(record)] ^= 1 << bit
    with pytest.raises(SealedFileRefused):
        opened(bytes(record))


def test_what_comes_before_an_altered_piece_is_given_and_nothing_after_it() -> None:
    content = os.urandom(2 * PIECE)
    record = bytearray(sealed(content))
    record[-1] ^= 1
    pieces = unseal(io.BytesIO(bytes(record)), KEY)
    assert next(pieces) == content[:PIECE]
    with pytest.raises(SealedFileRefused, match="altered or is not whole"):
        next(pieces)


def test_another_key_is_told_from_damage_before_anything_is_opened() -> None:
    record, other = sealed(b"content"), SecretKey(bytes(range(1, 33)))
    for refused in (lambda: opened(record, other), lambda: check_top(record[:TOP], other)):
        with pytest.raises(SealedFileRefused, match="another key"):
            refused()
    check_top(record[:TOP], KEY)


def test_a_later_format_and_a_foreign_file_are_named() -> None:
    record = sealed(b"content")
    with pytest.raises(SealedFileRefused, match="later release"):
        opened(record[:4] + b"\2" + record[5:])
    with pytest.raises(SealedFileRefused, match="no sealed file of ours"):
        opened(b"PGDMP" + bytes(100))
