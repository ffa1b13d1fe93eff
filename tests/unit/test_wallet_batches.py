"""Batches of a deposit wallet: the official client's bytes, and nothing that was not intended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal.actions.relayer import calls as official
from polymarket._internal.actions.relayer.gasless import build_deposit_wallet_payload
from polymarket._internal.actions.relayer.signing.deposit_wallet import sign_deposit_wallet_batch
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.wallet import derive_beacon_deposit_wallet_address
from polymarket.types import EvmAddress, HexString

from core.domain.units import ConditionId, MarketId, Size, Usdc
from core.domain.withdrawal import WithdrawalId
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet, address
from infrastructure.polymarket.wallets import calldata, contracts
from infrastructure.polymarket.wallets.batch import Batch, batch_body, creation_body
from infrastructure.polymarket.wallets.calldata import Call
from infrastructure.polymarket.wallets.contracts import NEEDED, Approval, Standard
from infrastructure.polymarket.wallets.deeds import (
    Approve,
    Deed,
    Redeem,
    Withdraw,
    Wrap,
    calls_of,
)
from infrastructure.polymarket.wallets.derivation import deposit_wallet_of
from infrastructure.polymarket.wallets.signer import LONGEST_LIFE, sign_batch
from tests.support.signing import FUNDER, KNOWN_SECRET, known_key

NOW: Final = 1_790_000_000
COLD: Final = address("0x" + "77" * 20)
CONDITION: Final = ConditionId("0x" + "ab" * 32)
CONDITION_V2: Final = ConditionId("0x01" + "cd" * 30)
WALLET: Final = Wallet(SignatureType.DEPOSIT_WALLET, FUNDER, known_key().address)
OWNER: Final = Account.from_key(KNOWN_SECRET)

WITHDRAW: Final = Withdraw(WithdrawalId(1), COLD, Usdc(Decimal("12.5")))
REDEEM: Final = Redeem(
    MarketId("1"), CONDITION, "v1", neg_risk=False, sizes=(Size(Decimal(5)), Size(Decimal(0)))
)
REDEEM_V2: Final = replace(REDEEM, condition=CONDITION_V2, version="v2")
DEEDS: Final = (Approve(NEEDED), Wrap(Usdc(Decimal(3))), WITHDRAW, REDEEM, REDEEM_V2)


def batch_of(deed: Deed, **changes: Any) -> Batch:
    batch = Batch(FUNDER, 7, NOW + 600, calls_of(deed, FUNDER))
    return replace(batch, **changes)


def signed(deed: Deed, batch: Batch, wallet: Wallet = WALLET) -> str:
    return sign_batch(deed, batch, wallet, known_key(), NOW)


def evm(text: str) -> EvmAddress:
    return EvmAddress(text)


def told(call: official.TransactionCall) -> tuple[str, str, int]:
    return str(call.to), str(call.data), call.value


def ours(call: Call) -> tuple[str, str, int]:
    return call.target, "0x" + call.data.hex(), 0


def theirs(deed: Deed) -> list[official.TransactionCall]:
    """The same deed in the official client's own calls, as far as it has them."""
    match deed:
        case Approve():
            return [_approval(each) for each in deed.approvals]
        case Redeem() if deed.version == "v2":
            return [
                official.router_redeem_call(
                    router=evm(contracts.ROUTER),
                    condition_id=deed.condition,
                    outcome_index=index,
                    amount=int(size * 1_000_000),
                )
                for index, size in enumerate(deed.sizes)
                if size
            ]
        case Redeem():
            return [
                official.ctf_redeem_positions_call(
                    ctf=evm(deed.payer),
                    collateral=evm(contracts.PUSD),
                    condition_id=deed.condition,
                )
            ]
        case Withdraw():
            return [
                official.erc20_transfer_call(
                    token_address=evm(contracts.PUSD),
                    recipient=evm(deed.to),
                    amount=int(deed.amount * 1_000_000),
                )
            ]
        case Wrap():
            raise AssertionError("the official client wraps nothing")


def _approval(each: Approval) -> official.TransactionCall:
    if each.standard is Standard.ERC20:
        return official.erc20_approval_call(
            token_address=evm(each.token), spender=evm(each.spender), amount=official.MAX_UINT256
        )
    return official.erc1155_set_approval_for_all_call(
        token_address=evm(each.token), operator=evm(each.spender)
    )


@pytest.mark.parametrize("deed", [each for each in DEEDS if not isinstance(each, Wrap)])
def test_calls_signature_and_body_are_the_official_clients(deed: Deed) -> None:
    batch = batch_of(deed)
    calls = theirs(deed)
    assert [ours(call) for call in batch.calls] == [told(call) for call in calls]
    signature = sign_deposit_wallet_batch(
        OWNER, wallet=evm(FUNDER), calls=calls, nonce="7", deadline=str(NOW + 600), chain_id=137
    )
    assert signed(deed, batch) == signature
    payload = build_deposit_wallet_payload(
        signer_address=OWNER.address,
        deposit_wallet_factory=PRODUCTION_CONFIG.wallet_derivation.deposit_wallet_factory,
        wallet=evm(FUNDER),
        calls=calls,
        nonce="7",
        deadline=str(NOW + 600),
        signature=signature,
        metadata=deed.words,
    )
    assert json.loads(batch_body(batch, WALLET.key, signature, deed.words)) == payload


@given(
    st.integers(0, 2**64),
    st.integers(1, 2**62),
    st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.binary(max_size=150)), max_size=4),
)
def test_any_batch_is_signed_as_the_official_client_signs_it(
    nonce: int, deadline: int, raw: list[tuple[bytes, bytes]]
) -> None:
    calls = [Call(address("0x" + target.hex()), data) for target, data in raw]
    batch = Batch(FUNDER, nonce, deadline, tuple(calls))
    expected = sign_deposit_wallet_batch(
        OWNER,
        wallet=evm(FUNDER),
        calls=[
            official.TransactionCall(evm(call.target), HexString("0x" + call.data.hex()))
            for call in calls
        ],
        nonce=str(nonce),
        deadline=str(deadline),
        chain_id=137,
    )
    assert "0x" + known_key().sign(batch.digest).hex() == expected


@given(st.integers(1, 2**250).map(lambda number: number.to_bytes(32, "big")))
def test_a_deposit_wallet_is_where_the_official_client_finds_it(secret: bytes) -> None:
    owner = SigningKey(secret).address
    expected = derive_beacon_deposit_wallet_address(owner, PRODUCTION_CONFIG.wallet_derivation)
    assert deposit_wallet_of(owner) == expected


def test_contracts_are_those_of_the_official_client() -> None:
    config = PRODUCTION_CONFIG
    assert config.collateral_token == contracts.PUSD
    assert config.conditional_tokens == contracts.CONDITIONAL_TOKENS
    assert config.position_manager == contracts.POSITION_MANAGER
    assert config.collateral_adapter == contracts.COLLATERAL_ADAPTER
    assert config.neg_risk_collateral_adapter == contracts.NEG_RISK_ADAPTER
    assert config.protocol_v2_router == contracts.ROUTER
    assert config.wallet_derivation.deposit_wallet_factory == contracts.FACTORY
    assert config.wallet_derivation.deposit_wallet_beacon == contracts.BEACON


def test_bodies_are_the_recorded_examples(fixtures_dir: Path) -> None:
    examples = fixtures_dir.parent / "reference" / "wire_examples"
    if not examples.is_dir():
        pytest.skip(f"no examples at {examples}")
    recorded: Mapping[str, Any] = json.loads(
        (examples / "relayer_wallet_batch_request.json").read_text()
    )
    params = recorded["depositWalletParams"]
    call = params["calls"][0]
    batch = Batch(
        Address(params["depositWallet"]),
        int(recorded["nonce"]),
        int(params["deadline"]),
        (Call(Address(call["target"]), bytes.fromhex(call["data"][2:])),),
    )
    body = batch_body(batch, Address(recorded["from"]), recorded["signature"], recorded["metadata"])
    assert json.loads(body) == recorded
    created = json.loads((examples / "relayer_wallet_create_request.json").read_text())
    assert json.loads(creation_body(Address(created["from"]))) == created


Tampering = Callable[[Batch], Batch]


def with_call(call: Call) -> Tampering:
    return lambda batch: replace(batch, calls=(call,))


@pytest.mark.parametrize(
    "tamper",
    [
        with_call(calldata.transfer(contracts.PUSD, COLD, 12_500_001)),
        with_call(calldata.transfer(contracts.PUSD, FUNDER, 12_500_000)),
        with_call(calldata.transfer(contracts.USDC_E, COLD, 12_500_000)),
        with_call(calldata.allow(contracts.PUSD, COLD, 12_500_000)),
        lambda batch: replace(batch, calls=batch.calls * 2),
        lambda batch: replace(batch, calls=()),
        lambda batch: replace(batch, wallet=COLD),
        lambda batch: replace(batch, deadline=NOW),
        lambda batch: replace(batch, deadline=NOW + LONGEST_LIFE + 1),
    ],
)
def test_a_batch_that_is_not_exactly_the_withdrawal_is_not_signed(tamper: Tampering) -> None:
    assert signed(WITHDRAW, batch_of(WITHDRAW))
    with pytest.raises(SigningRefused):
        signed(WITHDRAW, tamper(batch_of(WITHDRAW)))


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("other", DEEDS)
def test_one_deeds_batch_is_never_signed_for_another(deed: Deed, other: Deed) -> None:
    if deed == other:
        assert signed(deed, batch_of(deed))
        return
    with pytest.raises(SigningRefused, match="differs from what was intended"):
        signed(deed, batch_of(other))


@pytest.mark.parametrize(
    "foreign",
    [
        Approval(Standard.ERC20, contracts.PUSD, COLD),
        Approval(Standard.ERC1155, contracts.CONDITIONAL_TOKENS, COLD),
        Approval(Standard.ERC20, contracts.USDC_E, contracts.ROUTER),
    ],
)
def test_nobody_but_the_venue_is_let_in(foreign: Approval) -> None:
    for deed in (Approve((foreign,)), replace(REDEEM, approvals=(foreign,))):
        with pytest.raises(SigningRefused, match="venue's own contracts"):
            calls_of(deed, FUNDER)


@pytest.mark.parametrize("amount", ["0", "-1", "0.0000001"])
def test_an_amount_that_the_chain_cannot_count_is_refused(amount: str) -> None:
    with pytest.raises(SigningRefused):
        calls_of(replace(WITHDRAW, amount=Usdc(Decimal(amount))), FUNDER)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    ("wallet", "words"),
    [
        (replace(WALLET, is_session=True), "neither withdraw, redeem nor approve"),
        (Wallet(SignatureType.EOA, WALLET.key, WALLET.key), "pays the chain's fees itself"),
        (replace(WALLET, signature_type=SignatureType.SAFE), "older wallets"),
        (replace(WALLET, signature_type=SignatureType.PROXY), "older wallets"),
    ],
)
def test_who_cannot_do_this_is_told_what_to_do_instead(
    deed: Deed, wallet: Wallet, words: str
) -> None:
    with pytest.raises(SigningRefused, match=words):
        signed(deed, batch_of(deed, wallet=wallet.funder), wallet)


def test_a_key_signs_for_no_wallet_but_its_own() -> None:
    stranger = replace(WALLET, key=COLD)
    with pytest.raises(SigningRefused, match="does not belong"):
        signed(WITHDRAW, batch_of(WITHDRAW), stranger)


def test_neg_risk_shares_are_paid_by_their_own_adapter() -> None:
    (call,) = calls_of(replace(REDEEM, neg_risk=True), FUNDER)
    assert call.target == contracts.NEG_RISK_ADAPTER
