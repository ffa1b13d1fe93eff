"""Sealed secrets open with their key, in their place, unaltered, or not at all."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import UserId
from infrastructure.security.errors import (
    KeyUnknown,
    RecordUnreadable,
    SealBroken,
    SecretUnavailable,
)
from infrastructure.security.key_cipher import (
    LONGEST_SECRET,
    PREFERRED,
    Algorithm,
    NumberedKey,
    Place,
    Purpose,
    numbered,
    seal,
    sealing_key,
    unseal,
)
from infrastructure.security.secret_key import SecretKey

CANARY = b"canary-canary-canary-canary-0001"
PLACE = Place(UserId(7), "wallet_secrets:31", Purpose.SESSION_KEY, 2)
HEADER = 30  # bytes


def key_of(seed: str, version: int = 1) -> NumberedKey:
    return numbered(version, SecretKey(hashlib.sha256(seed.encode()).digest()))


KEY = key_of("first")
RECORD_OF_FORMAT_1 = (
    "50434b520101000000013d4dbf44e873e4556e7f412ad5f17179fdf2e2baca1bc17ae1511a8773"
    "1dffb7c3f35760d1c965107243cf1d724d6e08e3196fc31c72e86c12093af61d6ddd8bdd6ba6ca"
)
places = st.builds(
    Place,
    st.integers(1, 2**40).map(UserId),
    st.text(max_size=20),
    st.sampled_from(Purpose),
    st.integers(1, 2**31),
)


def opened(record: bytes, place: Place = PLACE, key: NumberedKey = KEY) -> bytes:
    with unseal(key, record, place).opened() as material:
        return bytes(material)


@pytest.mark.parametrize("algorithm", Algorithm)
@given(secret=st.binary(min_size=1, max_size=200), place=places)
def test_what_was_sealed_opens_in_its_place(
    algorithm: Algorithm, secret: bytes, place: Place
) -> None:
    record = seal(KEY, SecretKey(secret), place, algorithm=algorithm)
    assert opened(record, place) == secret
    assert sealing_key(record) == KEY.id


def test_a_nonce_that_comes_twice_is_survived_where_openssl_can() -> None:
    assert PREFERRED is Algorithm.AES_256_GCM_SIV


def test_the_secret_is_not_in_its_record_and_no_two_records_are_alike() -> None:
    records = {seal(KEY, SecretKey(CANARY), PLACE) for _ in range(1_000)}
    assert len(records) == 1_000
    assert len({record[18:HEADER] for record in records}) == 1_000  # the nonces
    assert not any(b"canary" in record for record in records)


@given(places, places)
def test_a_record_opens_nowhere_else(here: Place, there: Place) -> None:
    record = seal(KEY, SecretKey(CANARY), here)
    if here == there:
        assert opened(record, there) == CANARY
    else:
        with pytest.raises(SealBroken):
            unseal(KEY, record, there)


@pytest.mark.parametrize(
    "there",
    [
        replace(PLACE, user=UserId(8)),
        replace(PLACE, row="wallet_secrets:32"),
        replace(PLACE, purpose=Purpose.OWNER_KEY),
        replace(PLACE, version=3),
        replace(PLACE, user=UserId(77), row="allet_secrets:31"),
    ],
)
def test_each_part_of_the_place_is_bound_and_the_error_says_so(there: Place) -> None:
    with pytest.raises(SealBroken, match="another user, row, purpose or version") as refusal:
        unseal(KEY, seal(KEY, SecretKey(CANARY), PLACE), there)
    assert str(there) in str(refusal.value)
    assert CANARY.decode() not in repr(refusal.getrepr(showlocals=True, truncate_locals=False))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_no_flipped_bit_is_accepted(algorithm: Algorithm) -> None:
    record = seal(KEY, SecretKey(CANARY), PLACE, algorithm=algorithm)
    for bit in range(len(record) * 8):
        altered = bytearray(record)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SecretUnavailable):
            unseal(KEY, bytes(altered), PLACE)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_refused_whatever_they_are(junk: bytes) -> None:
    for record in (junk, seal(KEY, SecretKey(CANARY), PLACE)[:HEADER] + junk):
        with pytest.raises(SecretUnavailable):
            unseal(KEY, record, PLACE)


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        (lambda record: record[:0], "0 bytes"),
        (lambda record: record[: HEADER + 16], "46 bytes"),
        (lambda record: record + bytes(LONGEST_SECRET), "is none of ours"),
        (lambda record: b"XXXX" + record[4:], "no record of ours"),
        (lambda record: record[:4] + b"\x02" + record[5:], "format 2.*later release"),
        (lambda record: record[:5] + b"\x09" + record[6:], "algorithm 9.*later release"),
    ],
)
def test_an_unreadable_record_says_why(altered: Callable[[bytes], bytes], message: str) -> None:
    record = altered(seal(KEY, SecretKey(CANARY), PLACE))
    with pytest.raises(RecordUnreadable, match=message):
        sealing_key(record)


@pytest.mark.parametrize("other", [key_of("first", 2), key_of("second"), key_of("second", 2)])
def test_another_key_is_named_beside_the_one_that_is_needed(other: NumberedKey) -> None:
    with pytest.raises(KeyUnknown) as refusal:
        unseal(other, seal(KEY, SecretKey(CANARY), PLACE), PLACE)
    assert str(KEY.id) in str(refusal.value)
    assert str(other.id) in str(refusal.value)


@pytest.mark.parametrize("length", [1, 31, 33, 64])
def test_a_sealing_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        numbered(1, SecretKey(bytes([7]) * length))


@pytest.mark.parametrize("version", [0, -1, 2**32])
def test_versions_begin_at_one_and_fit_in_the_header(version: int) -> None:
    with pytest.raises(ValueError, match="no version"):
        key_of("first", version)


def test_a_secret_has_a_limit() -> None:
    longest = seal(KEY, SecretKey(bytes([1]) * LONGEST_SECRET), PLACE)
    assert len(opened(longest)) == LONGEST_SECRET
    with pytest.raises(ValueError, match="at most 4096"):
        seal(KEY, SecretKey(bytes([1]) * (LONGEST_SECRET + 1)), PLACE)


@pytest.mark.parametrize(
    ("algorithm", "cipher"),
    [(Algorithm.AES_256_GCM_SIV, AESGCMSIV), (Algorithm.AES_256_GCM, AESGCM)],
)
def test_a_record_can_be_written_by_hand_from_its_description(
    algorithm: Algorithm, cipher: type[AESGCM | AESGCMSIV]
) -> None:
    nonce = bytes(range(12))
    header = struct.pack(">4sBBI8s12s", b"PCKR", 1, algorithm, 1, KEY.id.fingerprint, nonce)
    fields = [b"polycool/key-record", b"7", b"wallet_secrets:31", b"session-key", b"2"]
    bound = header + b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    sealed = cipher(hashlib.sha256(b"first").digest()).encrypt(nonce, CANARY, bound)
    assert opened(header + sealed) == CANARY


def test_a_record_of_the_first_release_still_opens() -> None:
    record = bytes.fromhex(RECORD_OF_FORMAT_1)
    assert opened(record) == CANARY
