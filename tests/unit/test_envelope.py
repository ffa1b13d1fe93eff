"""A user's secrets under the user's data key, under the ring's key."""

from contextlib import closing
from dataclasses import replace

import pytest

from core.domain.units import UserId
from infrastructure.security.envelope import (
    DataKey,
    new_data_key,
    rewrapped,
    seal_secret,
    unlocked,
)
from infrastructure.security.errors import KeyClosed, KeyUnknown, RecordUnreadable, SealBroken
from infrastructure.security.key_cipher import Place, Purpose, numbered
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.secret_key import SecretKey

CANARY = b"canary-canary-canary-canary-0001"
ANNE, BEN = UserId(1), UserId(2)
PLACE = Place(ANNE, "wallet_secrets:1", Purpose.SESSION_KEY)


def ring_of(*versions: int) -> KeyRing:
    return KeyRing(numbered(version, SecretKey(bytes([version]) * 32)) for version in versions)


def read(ring: KeyRing, data_key: DataKey, record: bytes, place: Place = PLACE) -> bytes:
    with unlocked(ring, data_key, record, place) as secret, secret.opened() as material:
        return bytes(material)


def sealed(ring: KeyRing, data_key: DataKey, place: Place = PLACE) -> bytes:
    return seal_secret(ring, data_key, SecretKey(CANARY), place)


def test_a_sealed_secret_is_unlocked_for_one_block() -> None:
    ring = ring_of(1)
    data_key = new_data_key(ring, ANNE)
    record = sealed(ring, data_key)
    assert read(ring, data_key, record) == CANARY
    with unlocked(ring, data_key, record, PLACE) as secret:
        kept = secret
    with pytest.raises(KeyClosed), kept.opened():
        pass


def test_a_secret_is_closed_also_when_its_use_fails() -> None:
    ring = ring_of(1)
    data_key = new_data_key(ring, ANNE)
    record = sealed(ring, data_key)
    kept: list[SecretKey] = []

    def fail() -> None:
        with unlocked(ring, data_key, record, PLACE) as secret:
            kept.append(secret)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(KeyClosed), kept[0].opened():
        pass


def test_every_user_has_a_key_of_their_own() -> None:
    ring = ring_of(1)
    anne, ben = new_data_key(ring, ANNE), new_data_key(ring, BEN)
    record = sealed(ring, anne)
    with pytest.raises(ValueError, match="data key of user 2 for the session-key of user 1"):
        read(ring, ben, record)
    with pytest.raises(KeyUnknown, match="sealed with key 1"):
        read(ring, ben, record, replace(PLACE, user=BEN))
    with pytest.raises(ValueError, match="user 2"):
        sealed(ring, ben)


def test_a_data_key_put_in_another_users_row_is_refused() -> None:
    ring = ring_of(1)
    stolen = replace(new_data_key(ring, ANNE), user=BEN)
    with pytest.raises(SealBroken, match="data-key of user 2"):
        sealed(ring, stolen, replace(PLACE, user=BEN))


def test_a_data_key_of_an_earlier_version_does_not_pass_for_the_present_one() -> None:
    ring = ring_of(1)
    with pytest.raises(SealBroken):
        sealed(ring, replace(new_data_key(ring, ANNE, 1), version=2))


def test_the_newest_key_seals_and_the_older_ones_open() -> None:
    old = new_data_key(ring_of(1), ANNE)
    record = sealed(ring_of(1), old)
    both = ring_of(1, 2)
    assert read(both, old, record) == CANARY
    assert new_data_key(both, BEN).wrapped_by.version == 2


def test_a_data_key_that_moved_opens_the_same_records_under_the_new_key_alone() -> None:
    old = new_data_key(ring_of(1), ANNE)
    record = sealed(ring_of(1), old)
    moved = rewrapped(ring_of(1, 2), old)
    assert (moved.user, moved.version, moved.wrapped_by.version) == (ANNE, 1, 2)
    assert read(ring_of(2), moved, record) == CANARY
    with pytest.raises(KeyUnknown, match="bring back the key file kek-2"):
        read(ring_of(1), moved, record)


def test_another_key_file_of_the_same_number_is_told_from_a_missing_one() -> None:
    data_key = new_data_key(ring_of(1), ANNE)
    others = KeyRing([numbered(1, SecretKey(b"another key, of thirty-two bytes"))])
    with pytest.raises(KeyUnknown, match=r"kek-1 is another one.*belongs to this database"):
        sealed(others, data_key)


def test_a_stored_data_key_that_is_junk_is_said_to_be() -> None:
    with pytest.raises(RecordUnreadable, match="4 bytes"):
        sealed(ring_of(1), DataKey(ANNE, 1, b"junk"))


def test_a_closed_ring_opens_nothing() -> None:
    with closing(ring_of(1)) as ring:
        data_key = new_data_key(ring, ANNE)
    with pytest.raises(KeyClosed):
        sealed(ring, data_key)


@pytest.mark.parametrize("versions", [(), (1, 1)])
def test_a_ring_needs_keys_each_of_its_own_version(versions: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="key ring"):
        ring_of(*versions)


def test_a_ring_tells_its_versions() -> None:
    assert ring_of(3, 1, 2).versions == (1, 2, 3)
