"""Hashes, signatures and bodies equal every recorded one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from core.domain.book import Side
from core.domain.order_amounts import OrderKind
from core.domain.units import TokenId
from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.eip712 import digest, domain_separator, struct_hash
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3, exchange_of
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import build_order
from infrastructure.polymarket.signing.signatures import order_signature
from infrastructure.polymarket.signing.signer import SignedOrder, sign_order
from infrastructure.polymarket.signing.wallet import Address, SignatureType, address
from tests.support.signing import (
    POSITION,
    TIMESTAMP,
    TOKEN,
    intent,
    known_key,
    secret_of,
    terms,
    unsigned,
    wallet,
)

OWNER: Final = "f4f247b7-4ac7-ff29-a152-04fda0a8755a"
TYPE_OF_V1: Final = (
    "Order(uint256 salt,address maker,address signer,address taker,uint256 tokenId,"
    "uint256 makerAmount,uint256 takerAmount,uint256 expiration,uint256 nonce,uint256 feeRateBps,"
    "uint8 side,uint8 signatureType)"
)
FIELDS_OF_V1: Final = [field.split(" ")[1] for field in TYPE_OF_V1[6:-1].split(",")]
EXCHANGE_V1: Final = "0x4bFb41d5B3570DeFd03C39a9A4D8dE6Bd8B8982E"


@pytest.fixture(scope="session")
def examples(fixtures_dir: Path) -> Path:
    return fixtures_dir.parent / "reference" / "wire_examples"


def test_every_order_of_v2_and_v3_has_the_recorded_hash_and_signature(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v2_v3_eip712.json").read_text())
    key = SigningKey(secret_of(vectors["private_key"]))
    for case in vectors["cases"]:
        typed = case["typed_data"]
        order = unsigned(typed["domain"], typed["message"])
        assert order.hash == case["order_hash"]
        assert "0x" + order_signature(order, key).hex() == case["signature"]
    assert len(vectors["cases"]) == 48


def test_every_recorded_order_is_written_as_recorded(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v2_v3_eip712.json").read_text())
    for case in vectors["cases"]:
        typed, wire = case["typed_data"], case["wire_json"]
        order = unsigned(typed["domain"], typed["message"])
        kind, expires_at = OrderKind(wire["orderType"]), int(wire["order"]["expiration"])
        asked = replace(terms(size="10", price="0.55"), kind=kind, expires_at=expires_at)
        signed = SignedOrder(
            intent(asked, wallet(SignatureType.EOA, order.maker)),
            order,
            order.hash,
            case["signature"],
        )
        written = {"postOnly": False, **json.loads(order_body(signed, wire["owner"]))}
        assert written == wire


def test_the_published_signature_of_a_deposit_wallet_is_met(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v2_v3_eip712.json").read_text())
    template = next(case for case in vectors["cases"] if case["chain_id"] == 80002)["typed_data"]
    maker = "0x" + "11" * 20
    message = {
        **template["message"],
        "salt": 479249096354,
        "timestamp": 1710000000000,
        "maker": maker,
        "signer": maker,
        "tokenId": "1234",
        "makerAmount": 100000000,
        "takerAmount": 50000000,
        "side": 0,
        "signatureType": 3,
    }
    order = unsigned(template["domain"], message)
    signature = order_signature(order, SigningKey(secret_of(vectors["private_key"])))
    assert "0x" + signature.hex() == vectors["published"]["signature"]


def test_the_wire_examples_have_our_hashes_and_signatures(examples: Path) -> None:
    vectors = json.loads((examples / "order_signing_vectors.json").read_text())
    for vector in vectors:
        key = SigningKey(secret_of(vector["private_key"]))
        order = unsigned(vector["domain"], vector["message"])
        assert key.address == vector["eoa"]
        assert order.hash == vector["order_struct_hash_eip712"]
        assert "0x" + order_signature(order, key).hex() == vector["signature"]
    assert len(vectors) == 5


@pytest.mark.parametrize(
    ("name", "kind", "expires_at", "post_only", "payer"),
    [
        ("eoa", OrderKind.GTC, 0, False, SignatureType.EOA),
        ("deposit_wallet", OrderKind.GTC, 0, False, SignatureType.DEPOSIT_WALLET),
        ("post_only_gtd", OrderKind.GTD, 1790658974, True, SignatureType.EOA),
    ],
)
def test_an_order_is_the_bytes_that_the_venue_was_seen_to_take(
    examples: Path,
    name: str,
    kind: OrderKind,
    expires_at: int,
    post_only: bool,  # noqa: FBT001 - a parameter of the table above
    payer: SignatureType,
) -> None:
    asked = replace(terms(size="10"), kind=kind, expires_at=expires_at, post_only=post_only)
    body = _body(asked.side, payer, asked.kind, expires_at=expires_at, post_only=post_only)
    example = json.loads((examples / f"rest_post_order_request_{name}.json").read_text())
    assert body == json.dumps(example, separators=(",", ":")).encode()


def test_a_batch_is_an_array_of_such_bytes(examples: Path) -> None:
    bodies = [
        _body(Side.BUY, SignatureType.EOA, OrderKind.GTC),
        _body(Side.SELL, SignatureType.EOA, OrderKind.GTC, neg_risk=True),
    ]
    example = json.loads((examples / "rest_post_orders_request.json").read_text())
    assert b"[" + b",".join(bodies) + b"]" == json.dumps(example, separators=(",", ":")).encode()


def _body(
    side: Side,
    payer: SignatureType,
    kind: OrderKind,
    *,
    expires_at: int = 0,
    post_only: bool = False,
    neg_risk: bool = False,
) -> bytes:
    """10 shares at 0.50, as in the examples."""
    key = known_key()
    asked = replace(terms(side, size="10"), kind=kind, expires_at=expires_at, post_only=post_only)
    intended = replace(intent(asked, wallet(payer, key.address)), neg_risk=neg_risk)
    order = build_order(intended, salt=123456789, timestamp=TIMESTAMP)
    return order_body(sign_order(intended, order, key), OWNER)


def test_orders_that_the_venue_accepted_have_its_ids_and_come_from_their_signers(
    fixtures_dir: Path,
) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v1_eip712.json").read_text())
    accepted = 0
    for real in vectors["REAL_accepted_orders_march_2026"]:
        order = {**real["order"], "side": 0 if real["order"]["side"] == "BUY" else 1}
        hashed = "0x" + _digest_of_v1(137, EXCHANGE_V1, order).hex()
        assert hashed == real["computed_order_hash"]
        accepted += hashed == real["response"].get("orderID")
    assert accepted == 4


def test_every_order_of_v1_has_the_recorded_hash_and_signature(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/order_v1_eip712.json").read_text())
    key = SigningKey(secret_of(vectors["private_key"]))
    for case in vectors["cases"]:
        message = case["typed_data"]["message"]
        hashed = _digest_of_v1(case["chain_id"], case["verifying_contract"], message)
        assert "0x" + hashed.hex() == case["order_hash"]
        assert "0x" + key.sign(hashed).hex() == case["signature"]
    assert len(vectors["cases"]) == 24


def _digest_of_v1(chain_id: int, contract: str, message: dict[str, object]) -> bytes:
    values = [
        str(message[name]) if name in {"maker", "signer", "taker"} else int(str(message[name]))
        for name in FIELDS_OF_V1
    ]
    domain = domain_separator("Polymarket CTF Exchange", "1", chain_id, contract)
    return digest(domain, struct_hash(TYPE_OF_V1, values))


def test_each_token_is_settled_by_its_own_exchange() -> None:
    assert exchange_of(TOKEN, neg_risk=False) is V2
    assert exchange_of(TOKEN, neg_risk=True) is NEG_RISK_V2
    assert {exchange_of(POSITION, neg_risk=risk) for risk in (False, True)} == {V3}


def test_addresses_are_spelt_as_everybody_spells_them() -> None:
    spelt = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert {address(spelt.lower()), address("0x" + spelt[2:].upper()), address(spelt)} == {
        Address(spelt)
    }
    assert address(V2.contract.lower()) == V2.contract


def test_the_same_order_always_has_the_same_signature() -> None:
    key, other = known_key(), known_key()
    intended = intent(terms(size="10"), wallet(SignatureType.SAFE, key.address))
    order = build_order(intended, salt=1, timestamp=TIMESTAMP)
    again = build_order(intended, salt=1, timestamp=TIMESTAMP)
    assert (
        sign_order(intended, order, key).signature == sign_order(intended, again, other).signature
    )
    moved = replace(intended, token=TokenId(TOKEN[:-1] + "2"))
    assert build_order(moved, salt=1, timestamp=TIMESTAMP).hash != order.hash
