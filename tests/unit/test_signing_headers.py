"""Headers of both levels equal every recorded one."""

import json
from pathlib import Path

import pytest

from infrastructure.polymarket.signing.errors import UnusableKey
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers, l2_headers
from infrastructure.polymarket.signing.key import SigningKey
from tests.support.signing import FUNDER, secret_of


def credentials(secret: str) -> ApiCredentials:
    return ApiCredentials(FUNDER, "the key's id", secret, "a phrase")


def test_every_recorded_wallet_signature_is_met(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/l1_clob_auth.json").read_text())
    key = SigningKey(secret_of(vectors["private_key"]))
    for case in vectors["cases"]:
        headers = l1_headers(key, case["timestamp"], case["nonce"], case["chain_id"])
        assert headers["POLY_SIGNATURE"] == case["signature"]
    assert len(vectors["cases"]) == 6


def test_the_wallets_headers_are_those_of_the_wire_example(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    vector = json.loads((folder / "rest_auth_l1_vector.json").read_text())
    key = SigningKey(secret_of(vector["private_key"]))
    assert l1_headers(key, int(vector["headers"]["POLY_TIMESTAMP"])) == vector["headers"]


def test_every_recorded_request_has_our_hmac(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    cases = json.loads((fixtures_dir / "vectors/l2_hmac.json").read_text())["cases"]
    cases += json.loads((folder / "rest_auth_l2_hmac_vectors.json").read_text())
    for case in cases:
        headers = l2_headers(
            credentials(case["secret"]),
            int(case["timestamp"]),
            case["method"],
            case["path"],
            (case["body"] or "").encode(),
        )
        assert headers["POLY_SIGNATURE"] == case["signature"]
    assert len(cases) > 15


def test_a_request_names_the_signing_address_the_key_and_the_passphrase() -> None:
    headers = l2_headers(credentials("AAAA"), 1790658674, "GET", "/data/orders")
    assert headers.pop("POLY_SIGNATURE")
    assert headers == {
        "POLY_ADDRESS": FUNDER,
        "POLY_API_KEY": "the key's id",
        "POLY_PASSPHRASE": "a phrase",
        "POLY_TIMESTAMP": "1790658674",
    }


def test_the_padding_of_a_secret_may_be_missing() -> None:
    whole, cut = credentials("c2VjcmV0LQ=="), credentials("c2VjcmV0LQ")
    assert l2_headers(whole, 1, "GET", "/") == l2_headers(cut, 1, "GET", "/")


@pytest.mark.parametrize("secret", ["no good!", "QUJDx", "c2Vj cmV0"])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(UnusableKey) as refusal:
        l2_headers(credentials(secret), 1, "GET", "/")
    assert secret not in str(refusal.value)
    assert refusal.value.__cause__ is None
