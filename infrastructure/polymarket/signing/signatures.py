"""The forms a signature takes: by a plain key, for a contract's own judgement, by a session key."""

from typing import Final

from infrastructure.polymarket.signing.eip712 import WORD, ZEROS, digest, struct_hash
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import ORDER_TYPE, UnsignedOrder
from infrastructure.polymarket.signing.wallet import Address, SignatureType

WRAPPED_TYPE: Final = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
SESSION_MARK: Final = bytes.fromhex("6492") * 16


def order_signature(order: UnsignedOrder, key: SigningKey) -> bytes:
    """Asks nobody whether it was intended: `signer.py` does."""
    if order.signature_type is SignatureType.DEPOSIT_WALLET:
        return _by_contract(order, key)
    return key.sign(order.digest)


def session_signature(session: Address, signature: bytes) -> bytes:
    """Names the session key to the deposit wallet: ABI-encoded (bytes32, bytes32, bytes), a mark.

    Source: what the official client sends for session keys.
    """
    signer = bytes.fromhex(session[2:]).rjust(WORD, b"\0")
    offset, length = (3 * WORD).to_bytes(WORD, "big"), len(signature).to_bytes(WORD, "big")
    padding = bytes(-len(signature) % WORD)
    return signer + ZEROS + offset + length + signature + padding + SESSION_MARK


def _by_contract(order: UnsignedOrder, key: SigningKey) -> bytes:
    """For a wallet that is a contract: it can see from the signature what was shown to the signer.

    Source: ERC-7739, `TypedDataSign`, under the exchange's domain.
    """
    domain, contents = order.exchange.domain, order.struct
    wallet = ("DepositWallet", "1", order.exchange.chain_id, order.signer, ZEROS)
    signature = key.sign(digest(domain, struct_hash(WRAPPED_TYPE, (contents, *wallet))))
    described = ORDER_TYPE.encode()
    return signature + domain + contents + described + len(described).to_bytes(2, "big")
