"""What a wallet is to do, in our terms, and the calls that do exactly that."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.units import MICROS, ZERO, ConditionId, MarketId, Size, Usdc
from core.domain.wallet_action import ActionKind
from core.domain.withdrawal import WithdrawalId
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.wallets import calldata
from infrastructure.polymarket.wallets.calldata import Call
from infrastructure.polymarket.wallets.contracts import (
    COLLATERAL_ADAPTER,
    CONDITIONAL_TOKENS,
    NEEDED,
    NEG_RISK_ADAPTER,
    ONRAMP,
    POSITION_MANAGER,
    PUSD,
    ROUTER,
    USDC_E,
    Approval,
    Standard,
)

PROTOCOL_V2: Final = "v2"


@dataclass(frozen=True, slots=True)
class Approve:
    """Lets the venue's contracts take what orders offer."""

    approvals: tuple[Approval, ...]

    kind = ActionKind.APPROVE
    subject = ""
    words = "approve trading"


@dataclass(frozen=True, slots=True)
class Wrap:
    """USDC.e that was sent to the wallet becomes the venue's own dollar, in the same wallet."""

    amount: Usdc

    kind = ActionKind.WRAP
    subject = ""
    words = "wrap USDC.e"


@dataclass(frozen=True, slots=True)
class Redeem:
    """Shares of a resolved market become money. `sizes`: what is held of each outcome.

    Whoever pays must be allowed to take the shares; `approvals` are what is missing of that.
    """

    market: MarketId
    condition: ConditionId
    version: str
    neg_risk: bool
    sizes: tuple[Size, Size]
    approvals: tuple[Approval, ...] = ()

    kind = ActionKind.REDEEM
    words = "redeem"

    @property
    def subject(self) -> str:
        return self.market

    @property
    def payer(self) -> Address:
        if self.version == PROTOCOL_V2:
            return ROUTER
        return NEG_RISK_ADAPTER if self.neg_risk else COLLATERAL_ADAPTER

    @property
    def needs(self) -> Approval:
        token = POSITION_MANAGER if self.version == PROTOCOL_V2 else CONDITIONAL_TOKENS
        return Approval(Standard.ERC1155, token, self.payer)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Money for an address that its owner has allowed. It repeats what is stored."""

    withdrawal: WithdrawalId
    to: Address
    amount: Usdc

    kind = ActionKind.WITHDRAW
    words = "withdraw"

    @property
    def subject(self) -> str:
        return str(self.withdrawal)


Deed = Approve | Wrap | Redeem | Withdraw


def calls_of(deed: Deed, wallet: Address) -> tuple[Call, ...]:
    """Raises: SigningRefused for a deed that is none."""
    match deed:
        case Approve():
            calls = tuple(_approval(each, NEEDED) for each in deed.approvals)
        case Wrap():
            amount = micros(deed.amount)
            calls = (
                calldata.allow(USDC_E, ONRAMP, amount),
                calldata.wrap(ONRAMP, USDC_E, wallet, amount),
            )
        case Redeem():
            allowed = tuple(_approval(each, (deed.needs,)) for each in deed.approvals)
            calls = allowed + _redemption(deed)
        case Withdraw():
            calls = (calldata.transfer(PUSD, deed.to, micros(deed.amount)),)
    if not calls:
        raise SigningRefused("There is nothing to do.")
    return calls


def micros(amount: Decimal) -> int:
    """Whole millionths. Raises: SigningRefused for anything else, and for nothing at all."""
    scaled = amount * MICROS
    if amount <= ZERO or scaled != int(scaled):
        raise SigningRefused("That amount is none.")
    return int(scaled)


def _approval(approval: Approval, allowed: tuple[Approval, ...]) -> Call:
    if approval not in allowed:
        raise SigningRefused("Only the venue's own contracts may be let in.")
    return calldata.approve(approval)


def _redemption(deed: Redeem) -> tuple[Call, ...]:
    if deed.version != PROTOCOL_V2:
        return (calldata.redeem(deed.payer, deed.condition),)
    return tuple(
        calldata.redeem_v2(ROUTER, deed.condition, outcome, micros(size))
        for outcome, size in enumerate(deed.sizes)
        if size
    )
