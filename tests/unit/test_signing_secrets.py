"""What a key and its neighbours never show."""

import copy
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from core.domain.book import Side
from core.domain.errors import Rejected
from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.errors import SigningRefused, UnusableKey
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers, l2_headers
from infrastructure.polymarket.signing.key import SigningKey, opened
from infrastructure.polymarket.signing.order import build_order
from infrastructure.polymarket.signing.signer import sign_order
from infrastructure.polymarket.signing.wallet import SignatureType
from infrastructure.security.errors import KeyClosed
from infrastructure.security.secret_key import SecretKey
from tests.support.signing import (
    FUNDER,
    KNOWN_SECRET,
    TIMESTAMP,
    intent,
    known_key,
    terms,
    wallet,
)

ROOT: Final = Path(__file__).parents[2]
SIGNING: Final = "infrastructure.polymarket.signing"
KEY: Final = known_key()
INTENT: Final = intent(terms(size="10"), wallet(SignatureType.SAFE, KEY.address))
ORDER: Final = build_order(INTENT, salt=123456789, timestamp=TIMESTAMP)
FORGED: Final = replace(ORDER, side=Side.SELL)
SECRETS: Final = (KNOWN_SECRET.hex(), repr(KNOWN_SECRET), str(int.from_bytes(KNOWN_SECRET, "big")))


@pytest.mark.parametrize(
    "material", [b"", b"\1" * 31, b"\1" * 33, bytes(32), b"\xff" * 32, b"11" * 32]
)
def test_bytes_that_are_no_key_are_refused_without_being_shown(material: bytes) -> None:
    with pytest.raises(UnusableKey) as refusal:
        SigningKey(material)
    shown = "".join(traceback.format_exception(refusal.value))
    assert not material or material.hex() not in shown
    assert repr(material) not in shown or not material
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_key_opens_for_one_call_and_is_of_no_use_after_it() -> None:
    secret = SecretKey(bytearray(KNOWN_SECRET))
    with opened(secret) as key:
        assert sign_order(INTENT, ORDER, key) == sign_order(INTENT, ORDER, KEY)
    with pytest.raises(UnusableKey, match="closed"):
        sign_order(INTENT, ORDER, key)
    secret.close()
    with pytest.raises(KeyClosed), opened(secret):
        pass


def test_a_key_is_closed_when_its_call_fails() -> None:
    with pytest.raises(SigningRefused), opened(SecretKey(KNOWN_SECRET)) as key:
        sign_order(INTENT, FORGED, key)
    with pytest.raises(UnusableKey):
        key.sign(bytes(32))


@pytest.mark.parametrize("show", [repr, str, "{0}".format, "{0!a}".format])
def test_a_key_shows_nothing(show: Callable[[object], str]) -> None:
    assert show(KEY) == "SigningKey(hidden)"
    assert show([KEY]) == "[SigningKey(hidden)]"


@pytest.mark.parametrize("steal", [copy.copy, copy.deepcopy, pickle.dumps, vars])
def test_a_key_is_neither_copied_nor_stored(steal: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        steal(KEY)


def test_credentials_and_signed_orders_show_no_secret() -> None:
    credentials = ApiCredentials(
        KEY.address, "key-id-marker", "c2VjcmV0LW1hcmtlcg", "phrase-marker"
    )
    signed = sign_order(INTENT, ORDER, KEY)
    shown = repr((credentials, signed, [credentials], str(credentials), f"{signed}"))
    for secret in ("key-id-marker", "c2VjcmV0LW1hcmtlcg", "phrase-marker", signed.signature[2:]):
        assert secret not in shown
    assert KEY.address in shown


def test_no_refusal_tells_a_secret() -> None:
    refused: list[Callable[[], object]] = [
        lambda: sign_order(INTENT, FORGED, KEY),
        lambda: sign_order(INTENT, ORDER, SigningKey(b"\2" * 32)),
        lambda: SigningKey(KNOWN_SECRET * 2),
        lambda: l2_headers(
            ApiCredentials(FUNDER, "k", KNOWN_SECRET.hex() + "!", "p"), 1, "GET", "/"
        ),
    ]
    for attempt in refused:
        with pytest.raises(Rejected) as refusal:
            attempt()
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)
        assert not any(secret in shown for secret in SECRETS)


def test_headers_and_body_carry_no_private_key() -> None:
    signed = sign_order(INTENT, ORDER, KEY)
    sent = order_body(signed, "owner").decode() + repr(l1_headers(KEY, 1790658674))
    assert not any(secret in sent for secret in SECRETS)


def test_signing_starts_without_the_official_client() -> None:
    script = (
        f"import sys, {SIGNING}.body, {SIGNING}.headers\n"
        "heavy = {'polymarket', 'eth_account', 'pydantic', 'httpx', 'sqlalchemy'}\n"
        "print(*heavy.intersection(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout == "\n"
