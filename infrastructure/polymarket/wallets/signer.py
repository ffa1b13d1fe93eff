"""Signs a batch if, and only if, its calls are exactly those of one deed."""

from types import MappingProxyType
from typing import Final

from core.domain.sentences import mark
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.wallet import SignatureType, Wallet
from infrastructure.polymarket.wallets import calldata
from infrastructure.polymarket.wallets.batch import Batch
from infrastructure.polymarket.wallets.contracts import (
    COLLATERAL_ADAPTER,
    CONDITIONAL_TOKENS,
    NEG_RISK_ADAPTER,
    ONRAMP,
    POSITION_MANAGER,
    PUSD,
    ROUTER,
    USDC_E,
)
from infrastructure.polymarket.wallets.deeds import Approve, Deed, Redeem, Withdraw, Wrap, calls_of

LONGEST_LIFE: Final = 900  # seconds

SESSION_ONLY_TRADES: Final = mark(
    "This bot holds a session key: it trades, and can neither withdraw, redeem nor approve. Do "
    "this in Polymarket's own app; there you can also let results be redeemed by themselves."
)
EOA_PAYS_GAS: Final = mark(
    "This wallet is an ordinary account, which pays the chain's fees itself and is not served by "
    "Polymarket's relayer. Do this in your own wallet or in Polymarket's app."
)
OLDER_WALLET: Final = mark(
    "This is one of Polymarket's older wallets. This bot trades with it, and leaves approvals, "
    "redeeming and withdrawals to Polymarket's own app."
)

ALLOWED: Final = MappingProxyType(
    {
        Approve: frozenset(
            {
                (PUSD, calldata.APPROVE),
                (CONDITIONAL_TOKENS, calldata.APPROVE_ALL),
                (POSITION_MANAGER, calldata.APPROVE_ALL),
            }
        ),
        Wrap: frozenset({(USDC_E, calldata.APPROVE), (ONRAMP, calldata.WRAP)}),
        Redeem: frozenset(
            {
                (COLLATERAL_ADAPTER, calldata.REDEEM),
                (NEG_RISK_ADAPTER, calldata.REDEEM),
                (ROUTER, calldata.REDEEM_V2),
                (CONDITIONAL_TOKENS, calldata.APPROVE_ALL),
                (POSITION_MANAGER, calldata.APPROVE_ALL),
            }
        ),
        Withdraw: frozenset({(PUSD, calldata.TRANSFER)}),
    }
)
"""By deed: contracts and functions. A second lock: whatever `calls_of` builds must be in here."""


def refuse_incapable(wallet: Wallet) -> None:
    """Raises: SigningRefused with what its owner can do instead."""
    if wallet.is_session:
        raise SigningRefused(SESSION_ONLY_TRADES)
    if wallet.signature_type is SignatureType.EOA:
        raise SigningRefused(EOA_PAYS_GAS)
    if wallet.signature_type is not SignatureType.DEPOSIT_WALLET:
        raise SigningRefused(OLDER_WALLET)


def sign_batch(deed: Deed, batch: Batch, wallet: Wallet, key: SigningKey, now: float) -> str:
    """The signature of `batch`, as hexadecimal text. `now` in Unix seconds.

    Raises: SigningRefused if the wallet cannot do this, if any call, target or argument is not what
    the deed says, or if the signature would be good for too long.
    """
    refuse_incapable(wallet)
    if key.address != wallet.key:
        raise SigningRefused("This key does not belong to the wallet that acts.")
    if batch.wallet != wallet.funder:
        raise SigningRefused("This batch is for another wallet.")
    if batch.calls != calls_of(deed, wallet.funder):
        raise SigningRefused("The batch differs from what was intended.")
    if not {(call.target, call.selector) for call in batch.calls} <= ALLOWED[type(deed)]:
        raise SigningRefused("The batch calls a contract that it has no business with.")
    if not now < batch.deadline <= now + LONGEST_LIFE:
        raise SigningRefused("The batch would be good for too long, or is over already.")
    return "0x" + key.sign(batch.digest).hex()
