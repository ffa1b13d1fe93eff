"""The contracts that settle orders, and which of them settles a token."""

import re
from dataclasses import dataclass
from typing import Final

from core.domain.units import TokenId
from infrastructure.polymarket.signing.eip712 import domain_separator
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address

NAME: Final = "Polymarket CTF Exchange"
POLYGON: Final = 137
TOKEN: Final = re.compile(r"[1-9]\d{0,77}", re.ASCII)
POSITION_ID_GAP: Final = ((1 << 64) - 1) << 40  # bits that are zero in ids of protocol v2


@dataclass(frozen=True, slots=True)
class Exchange:
    """One settlement contract; `version` is its domain's."""

    version: str
    chain_id: int
    contract: Address

    @property
    def domain(self) -> bytes:
        """Raises: ValueError if the contract's address is none."""
        return domain_separator(NAME, self.version, self.chain_id, self.contract)


V2: Final = Exchange("2", POLYGON, Address("0xE111180000d2663C0091e4f400237545B87B996B"))
NEG_RISK_V2: Final = Exchange("2", POLYGON, Address("0xe2222d279d744050d28e00520010520000310F59"))
V3: Final = Exchange("3", POLYGON, Address("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"))


def exchange_of(token: TokenId, *, neg_risk: bool) -> Exchange:
    """Source: the venue's contract page; ids of protocol v2 (`positionIds`) trade on V3 alone.

    Raises: SigningRefused for a token that is no number as the venue writes it.
    """
    if not TOKEN.fullmatch(token) or int(token) >= 1 << 256:
        raise SigningRefused("That is not a token of the venue.")
    if int(token) & POSITION_ID_GAP == 0:
        return V3
    return NEG_RISK_V2 if neg_risk else V2
