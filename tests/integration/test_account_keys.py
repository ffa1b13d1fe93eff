"""Proofs made with sealed keys: right ones, only for who has a usable key, and nothing is kept."""

import base64
import gc
import hashlib
import hmac
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
import sqlalchemy as sa
from eth_account import Account

from core.domain.book import Side
from core.domain.custody import KeyNotUsable, Tier
from core.domain.units import TokenId, UserId
from core.storage.models import Sessions
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.credentials import OwnersCredentials
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.headers import ApiCredentials
from infrastructure.polymarket.signing.order import OrderIntent, build_order
from infrastructure.polymarket.signing.wallet import Address, SignatureType, address
from infrastructure.security.key_cipher import Purpose
from infrastructure.security.rotation import retire, rotate
from infrastructure.security.secret_key import SecretKey
from tests.support.custody import House, house
from tests.support.custody_venue import PASSPHRASE, SECRET
from tests.support.signing import KNOWN_SECRET, TIMESTAMP, TOKEN, terms

OURS = ("builtins", "core.", "infrastructure.custody", "infrastructure.security")
NOT_OURS = (type, logging.Logger, FunctionType, ModuleType)
KNOWN = Account.from_key(KNOWN_SECRET).address


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


async def bring(home: House, user: UserId, tier: Tier, funder: str) -> None:
    """The key that everybody knows, by the console."""
    with closing(SecretKey(KNOWN_SECRET)) as secret:
        await home.wallets.bring(
            user, tier, funder, lambda: home.vault.keep_key(user, tier, secret)
        )
    await home.wallets.verify(user)


async def intent_of(home: House, user: UserId) -> OrderIntent:
    return OrderIntent(TOKEN, False, terms(size="10"), await home.account_keys.wallet(user))


async def test_a_session_key_signs_for_its_deposit_wallet(home: House) -> None:
    user = await home.person()
    ready = await home.ready(user)
    intent = await intent_of(home, user)
    assert intent.wallet.is_session
    assert (intent.wallet.key, intent.wallet.funder) == (ready.key_address, ready.funder)
    order = build_order(intent, salt=123456789, timestamp=TIMESTAMP)
    signed = await home.account_keys.sign_order(user, intent, order)
    assert signed.hash == order.hash
    assert signed.signature.endswith("6492" * 16)
    again = await home.account_keys.sign_order(user, intent, order)
    assert again.signature == signed.signature


async def test_a_brought_key_signs_as_any_other_client_would(home: House) -> None:
    user = await home.person()
    await bring(home, user, Tier.EOA, KNOWN)
    intent = await intent_of(home, user)
    assert intent.wallet.signature_type is SignatureType.EOA
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    signed = await home.account_keys.sign_order(user, intent, order)
    recovered = Account._recover_hash(order.digest, signature=signed.signature)
    assert recovered == KNOWN


async def test_what_was_not_intended_is_not_signed(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    intent = await intent_of(home, user)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    forged = [
        replace(order, side=Side.SELL),
        replace(order, maker_amount=order.maker_amount * 2),
        replace(order, maker=address("0x" + "66" * 20)),
        replace(order, token=TokenId("12345")),
    ]
    for one in forged:
        with pytest.raises(SigningRefused, match="differs from what was intended"):
            await home.account_keys.sign_order(user, intent, one)


async def test_nobody_signs_with_anothers_key(home: House) -> None:
    user, other = await home.person(), await home.person(2)
    await home.ready(user)
    await home.ready(other)
    intent = await intent_of(home, other)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    with pytest.raises(SigningRefused, match="does not belong to the wallet"):
        await home.account_keys.sign_order(user, intent, order)


async def test_headers_prove_the_request_to_the_venue(home: House) -> None:
    user = await home.person()
    ready = await home.ready(user)
    body = b'{"orderID":"0x1"}'
    headers = await home.account_keys.l2_headers(user, "DELETE", "/order", body)
    stamp = str(int(home.clock.unix()))
    mac = hmac.digest(
        base64.urlsafe_b64decode(SECRET), f"{stamp}DELETE/order".encode() + body, hashlib.sha256
    )
    assert headers == {
        "POLY_ADDRESS": ready.key_address,
        "POLY_API_KEY": "canary-key-1",
        "POLY_PASSPHRASE": PASSPHRASE,
        "POLY_SIGNATURE": base64.urlsafe_b64encode(mac).decode(),
        "POLY_TIMESTAMP": stamp,
    }
    proof = await home.account_keys.l1_headers(user, nonce=3)
    assert (proof["POLY_ADDRESS"], proof["POLY_NONCE"]) == (ready.key_address, "3")
    assert await home.account_keys.api_key(user) == "canary-key-1"


async def test_the_id_of_the_api_key_is_read_once_from_each_record(
    home: House, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    user = await home.person()
    await home.ready(user)
    assert await home.account_keys.api_key(user) == "canary-key-1"
    (folder / "kek-1").rename(tmp_path / "away")
    home.clock.advance(seconds=6)
    assert await home.account_keys.api_key(user) == "canary-key-1"  # nothing was opened for it
    with pytest.raises(KeyNotUsable):
        await home.account_keys.l2_headers(user, "GET", "/orders")
    (tmp_path / "away").rename(folder / "kek-1")
    await home.ready(user)
    assert await home.account_keys.api_key(user) == "canary-key-2"
    await home.wallets.revoke(user)
    with pytest.raises(KeyNotUsable):
        await home.account_keys.api_key(user)


async def test_the_first_frame_of_the_user_channel_holds_the_credentials(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    frame = json.loads(await home.account_keys.user_channel_auth(user))
    assert frame == {
        "auth": {"apiKey": "canary-key-1", "secret": SECRET, "passphrase": PASSPHRASE},
        "type": "user",
    }


async def test_an_expired_key_signs_nothing_but_orders_can_still_be_cancelled(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    intent = await intent_of(home, user)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    home.clock.advance(days=10)
    with pytest.raises(KeyNotUsable, match=r"session key ended on 2026-12-01 12:00 UTC"):
        await home.account_keys.sign_order(user, intent, order)
    assert await home.account_keys.l2_headers(user, "DELETE", "/order", b"{}")


async def test_a_key_that_another_process_gave_up_is_given_up_within_seconds(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    await home.account_keys.wallet(user)
    async with home.sessions.begin() as session:
        await session.execute(sa.text("SELECT enter_worker()"))
        await session.execute(sa.text("UPDATE live_wallets SET state = 'revoked'"))
    home.clock.advance(seconds=6)
    with pytest.raises(KeyNotUsable, match="No live wallet"):
        await home.account_keys.wallet(user)


async def test_a_rotation_under_way_or_done_changes_nothing_for_the_signer(home: House) -> None:
    user = await home.person()
    await home.ready(user)
    intent = await intent_of(home, user)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    first = await home.account_keys.sign_order(user, intent, order)
    await rotate(home.folder, home.store, to=2)
    assert (await home.account_keys.sign_order(user, intent, order)) == first
    await retire(home.folder, home.store, 1)  # what is remembered is sealed under kek-1
    assert (await home.account_keys.sign_order(user, intent, order)) == first
    assert await home.account_keys.api_key(user) == "canary-key-1"


async def test_without_its_key_file_a_restored_database_signs_nothing_and_says_so(
    home: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    user = await home.person()
    await home.ready(user)
    intent = await intent_of(home, user)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    (tmp_path / "keys" / "kek-1").rename(tmp_path / "kek-1")
    with pytest.raises(KeyNotUsable, match="key folder of this Polycool cannot be used") as error:
        await home.account_keys.sign_order(user, intent, order)
    assert str(tmp_path) not in str(error.value)  # the chat is not told where keys lie
    assert "holds no key file; bring back kek-1" in caplog.text
    home.folder.create(2)
    with pytest.raises(KeyNotUsable, match=r"Nothing was signed: .*bring back the key file kek-1"):
        await home.account_keys.sign_order(user, intent, order)


SWAPS = {
    "between users": """
        UPDATE secrets AS mine SET record = theirs.record FROM secrets AS theirs
        WHERE mine.user_id <> theirs.user_id AND mine.purpose = theirs.purpose
    """,
    "between purposes": """
        UPDATE secrets AS mine SET record = theirs.record FROM secrets AS theirs
        WHERE mine.user_id = theirs.user_id AND mine.purpose <> theirs.purpose
    """,
    "an altered bit": """
        UPDATE secrets
        SET record = set_byte(record, length(record) - 1, 1 # get_byte(record, length(record) - 1))
    """,
    "another row version": "UPDATE secrets SET version = version + 1",
}


@pytest.mark.parametrize("swap", SWAPS)
async def test_records_put_into_each_others_place_do_not_open(home: House, swap: str) -> None:
    user, other = await home.person(), await home.person(2)
    await home.ready(user)
    await home.ready(other)
    async with home.sessions.begin() as session:  # by somebody who may write to the database
        await session.execute(sa.text("ALTER TABLE secrets DISABLE ROW LEVEL SECURITY"))
        await session.execute(sa.text(SWAPS[swap]))
        await session.execute(sa.text("ALTER TABLE secrets ENABLE ROW LEVEL SECURITY"))
    home.account_keys.forget(user)
    intent = await intent_of(home, user)
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    told = "was sealed with key 1" if swap == "between users" else "record was altered, or belongs"
    with pytest.raises(KeyNotUsable, match=f"Nothing was signed: .*{told}"):
        await home.account_keys.sign_order(user, intent, order)


async def test_the_owners_given_credentials_read_and_listen_but_sign_nothing(
    sessions: Sessions, tmp_path: Path
) -> None:
    owner_key = Address("0x" + "33" * 20)
    given = OwnersCredentials(sessions, ApiCredentials(owner_key, "owner-key", SECRET, PASSPHRASE))
    async with house(sessions, tmp_path / "keys", given=given) as home:
        owner, trader = await home.person(), await home.person(2)
        async with sessions.begin() as session:
            await session.execute(
                sa.text("UPDATE users SET role = 'owner' WHERE id = :id"), {"id": owner}
            )
        headers = await home.account_keys.l2_headers(owner, "GET", "/data/orders")
        assert (headers["POLY_ADDRESS"], headers["POLY_API_KEY"]) == (owner_key, "owner-key")
        assert b"owner-key" in await home.account_keys.user_channel_auth(owner)
        with pytest.raises(KeyNotUsable, match="No live wallet"):
            await home.account_keys.wallet(owner)
        with pytest.raises(KeyNotUsable, match="No live wallet"):
            await home.account_keys.api_key(trader)


async def test_given_credentials_without_an_address_only_listen(
    sessions: Sessions, tmp_path: Path
) -> None:
    async def given(_user: UserId) -> ApiCredentials:
        return ApiCredentials(Address(""), "owner-key", SECRET, PASSPHRASE)

    async with house(sessions, tmp_path / "keys", given=given) as home:
        user = await home.person()
        assert await home.account_keys.user_channel_auth(user)
        with pytest.raises(KeyNotUsable, match="CLOB_API_ADDRESS is not set"):
            await home.account_keys.l2_headers(user, "GET", "/data/orders")


async def test_what_is_remembered_between_calls_holds_no_secret(home: House) -> None:
    user = await home.person()
    await bring(home, user, Tier.EOA, KNOWN)
    intent = await intent_of(home, user)
    await home.account_keys.sign_order(
        user, intent, build_order(intent, salt=1, timestamp=TIMESTAMP)
    )
    await home.account_keys.api_key(user)
    gc.collect()
    seen, sealed = set[int](), 0
    left: list[object] = [home.account_keys]
    while left:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, NOT_OURS):
            continue
        seen.add(id(thing))
        if isinstance(thing, bytes | bytearray):
            assert KNOWN_SECRET not in thing
            assert SECRET.encode() not in thing
            sealed += thing.startswith(b"PCKR")
        if isinstance(thing, str):
            assert thing not in {SECRET, PASSPHRASE}  # the key's id stands in every order
        if type(thing).__module__.startswith(OURS):
            left.extend(gc.get_referents(thing)[:1000])
    assert sealed == 3  # two secrets and the data key of both: it was looked where they are


async def test_a_record_that_is_no_credentials_is_refused_without_being_shown(
    home: House,
) -> None:
    user = await home.person()
    ready = await home.ready(user)
    with closing(SecretKey(b'{"key": "canary-half-a-record')) as secret:
        await home.vault.keep(user, ready.key_address, Purpose.CLOB_CREDENTIALS, secret)
    home.account_keys.forget(user)
    with pytest.raises(KeyNotUsable, match="cannot be read") as refusal:
        await home.account_keys.api_key(user)
    assert "canary" not in "".join(traceback.format_exception(refusal.value))


async def test_what_was_being_read_when_it_was_to_be_forgotten_is_not_remembered(
    home: House,
) -> None:
    user = await home.person()
    await home.ready(user)
    revoking = list[UserId]()

    def monotonic() -> float:
        while revoking:  # the first question to the clock is asked by the reading
            keys.forget(revoking.pop())
        return home.clock.unix()

    keys = SealedAccountKeys(home.sessions, home.vault, clock=home.clock.unix, monotonic=monotonic)
    revoking.append(user)
    assert await keys.wallet(user)
    await home.wallets.revoke(user)
    with pytest.raises(KeyNotUsable):
        await keys.wallet(user)
