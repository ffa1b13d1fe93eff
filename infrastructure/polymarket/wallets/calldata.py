"""Calls of contracts as the chain reads them: four bytes that name the function, then words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from core.domain.units import ConditionId
from infrastructure.polymarket.signing.eip712 import WORD, ZEROS, keccak
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.polymarket.wallets.contracts import PUSD, Approval, Standard

UNLIMITED: Final = 2**256 - 1
INDEX_SETS: Final = (1, 2)  # both outcomes
CONDITION: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
CONDITION_V2: Final = re.compile(r"0x([0-9a-fA-F]{62})(?:0[01])?", re.ASCII)


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


APPROVE: Final = selector("approve(address,uint256)")
TRANSFER: Final = selector("transfer(address,uint256)")
APPROVE_ALL: Final = selector("setApprovalForAll(address,bool)")
REDEEM: Final = selector("redeemPositions(address,bytes32,bytes32,uint256[])")
REDEEM_V2: Final = selector("redeem(bytes31,uint256,uint256)")
WRAP: Final = selector("wrap(address,address,uint256)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the wallet makes; it never sends the chain's own coin along."""

    target: Address
    data: bytes = field(repr=False)

    @property
    def selector(self) -> bytes:
        return self.data[:4]


def approve(approval: Approval) -> Call:
    """Without limit, as the venue's own client does: what is traded is bounded by its orders."""
    if approval.standard is Standard.ERC20:
        return allow(approval.token, approval.spender, UNLIMITED)
    return Call(approval.token, APPROVE_ALL + _address(approval.spender) + _word(1))


def allow(token: Address, spender: Address, amount: int) -> Call:
    return Call(token, APPROVE + _address(spender) + _word(amount))


def transfer(token: Address, to: Address, amount: int) -> Call:
    return Call(token, TRANSFER + _address(to) + _word(amount))


def wrap(onramp: Address, asset: Address, to: Address, amount: int) -> Call:
    return Call(onramp, WRAP + _address(asset) + _address(to) + _word(amount))


def redeem(adapter: Address, condition: ConditionId) -> Call:
    """All shares of both outcomes. Raises: SigningRefused."""
    if not CONDITION.fullmatch(condition):
        raise SigningRefused("That is not a market of the venue's first protocol.")
    head = _address(PUSD) + ZEROS + bytes.fromhex(condition[2:])
    return Call(adapter, REDEEM + head + _numbers(4 * WORD, INDEX_SETS))


def redeem_v2(router: Address, condition: ConditionId, outcome: int, amount: int) -> Call:
    """Raises: SigningRefused."""
    found = CONDITION_V2.fullmatch(condition)
    if found is None or outcome not in {0, 1}:
        raise SigningRefused("That is not a market of the venue's second protocol.")
    market = bytes.fromhex(found[1]).ljust(WORD, b"\0")
    return Call(router, REDEEM_V2 + market + _word(outcome) + _word(amount))


def _numbers(offset: int, numbers: Sequence[int]) -> bytes:
    """A list, which stands after the fixed words."""
    return b"".join(_word(number) for number in (offset, len(numbers), *numbers))


def _address(address: Address) -> bytes:
    return bytes.fromhex(address[2:]).rjust(WORD, b"\0")


def _word(number: int) -> bytes:
    """Raises: SigningRefused for what no contract can read."""
    if not 0 <= number <= UNLIMITED:
        raise SigningRefused("That amount is none.")
    return number.to_bytes(WORD, "big")
