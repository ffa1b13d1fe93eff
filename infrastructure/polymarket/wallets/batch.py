"""A batch of calls as the owner of a deposit wallet signs it, and as the relayer takes it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from infrastructure.polymarket.signing.eip712 import digest, domain_separator, keccak, struct_hash
from infrastructure.polymarket.signing.exchanges import POLYGON
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.wallets.calldata import Call
from infrastructure.polymarket.wallets.contracts import FACTORY

CALL_TYPE: Final = "Call(address target,uint256 value,bytes data)"
BATCH_TYPE: Final = f"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls){CALL_TYPE}"
NO_COIN: Final = 0  # of the chain's own


@dataclass(frozen=True, slots=True)
class Batch:
    """`deadline` in Unix seconds; the chain takes each `nonce` of a wallet once, in order."""

    wallet: Address
    nonce: int
    deadline: int
    calls: tuple[Call, ...]

    @property
    def ends_at(self) -> datetime:
        return datetime.fromtimestamp(self.deadline, UTC)

    @property
    def digest(self) -> bytes:
        """Source: EIP-712; an array is the hash of its members' hashes.

        Raises: ValueError for a wallet or a target that is no address.
        """
        values = (self.wallet, self.nonce, self.deadline, keccak(b"".join(map(_hash, self.calls))))
        domain = domain_separator("DepositWallet", "1", POLYGON, self.wallet)
        return digest(domain, struct_hash(BATCH_TYPE, values))


def batch_body(batch: Batch, owner: Address, signature: str, words: str) -> bytes:
    """The bytes of `POST /submit`. `words` are for whoever reads the relayer's list."""
    calls = [
        {"target": call.target, "value": str(NO_COIN), "data": "0x" + call.data.hex()}
        for call in batch.calls
    ]
    parameters = {
        "depositWallet": batch.wallet,
        "deadline": str(batch.deadline),
        "calls": calls,
    }
    return _compact(
        {
            "type": "WALLET",
            "from": owner,
            "to": FACTORY,
            "nonce": str(batch.nonce),
            "signature": signature,
            "metadata": words,
            "depositWalletParams": parameters,
        }
    )


def creation_body(owner: Address) -> bytes:
    """Asks for the owner's deposit wallet, which needs no signature: it can only be theirs."""
    return _compact({"type": "WALLET-CREATE", "from": owner, "to": FACTORY, "metadata": ""})


def _hash(call: Call) -> bytes:
    return struct_hash(CALL_TYPE, (call.target, NO_COIN, keccak(call.data)))


def _compact(payload: dict[str, object]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()
