"""Contracts that a wallet's money and shares meet, and what trading needs of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3
from infrastructure.polymarket.signing.wallet import Address

PUSD: Final = Address("0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB")
USDC_E: Final = Address("0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174")
CONDITIONAL_TOKENS: Final = Address("0x4D97DCd97eC945f40cF65F87097ACe5EA0476045")
POSITION_MANAGER: Final = Address("0x006F54F7f9A22e0000CC2AB60031000000ae9fEF")
COLLATERAL_ADAPTER: Final = Address("0xAdA100Db00Ca00073811820692005400218FcE1f")
NEG_RISK_ADAPTER: Final = Address("0xadA2005600Dec949baf300f4C6120000bDB6eAab")
ROUTER: Final = Address("0x12121212006e4CD160D18e3f00711DA5c3372600")
ONRAMP: Final = Address("0x93070a847efEf7F70739046A929D47a521F5B8ee")
FACTORY: Final = Address("0x00000000000Fb5C9ADea0298D729A0CB3823Cc07")
BEACON: Final = Address("0x7A18EDfe055488A3128f01F563e5B479D92ffc3a")


class Standard(StrEnum):
    """Of a token contract: money, or shares of many tokens."""

    ERC20 = "ERC20"
    ERC1155 = "ERC1155"


@dataclass(frozen=True, slots=True)
class Approval:
    """`spender` may take what the wallet holds in `token`."""

    standard: Standard
    token: Address
    spender: Address


NEEDED: Final = (
    *(
        Approval(Standard.ERC20, PUSD, spender)
        for spender in (
            V2.contract,
            NEG_RISK_V2.contract,
            V3.contract,
            COLLATERAL_ADAPTER,
            NEG_RISK_ADAPTER,
        )
    ),
    *(
        Approval(Standard.ERC1155, CONDITIONAL_TOKENS, operator)
        for operator in (
            V2.contract,
            NEG_RISK_V2.contract,
            COLLATERAL_ADAPTER,
            NEG_RISK_ADAPTER,
        )
    ),
    *(Approval(Standard.ERC1155, POSITION_MANAGER, operator) for operator in (V3.contract, ROUTER)),
)
"""All that buying, selling and redeeming need, and nothing else: the official client also lets in
perpetuals, modules and an operator that redeems by itself, which this bot makes no use of.
"""
