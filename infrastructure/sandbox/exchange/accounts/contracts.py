"""Addresses of the venue's contracts, and which of them settles a token."""

from typing import Final, NamedTuple

from infrastructure.sandbox.exchange.accounts.typed_data import exchange_domain

COLLATERAL: Final = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
CONDITIONAL: Final = "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"
POSITIONS: Final = "0x006F54F7f9A22e0000CC2AB60031000000ae9fEF"
V2: Final = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK: Final = "0xe2222d279d744050d28e00520010520000310F59"
V3: Final = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
ROUTER: Final = "0x12121212006e4CD160D18e3f00711DA5c3372600"
ADAPTER: Final = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_ADAPTER: Final = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
REDEEMER: Final = "0xa1200000d0002264C9a1698e001292D00E1b00af"
BINARY_MODULE: Final = "0x1000008dD9001B968442c1000017eaE6E0dA00Ba"
NEG_RISK_MODULE: Final = "0x200000900045e3B6259600682756002200028933"
PERPETUALS: Final = "0xDCa4af75705dbB50f62437045afF9921947917d2"

TRADING: Final = (V2, NEG_RISK, V3)
"""The contracts that settle orders: what they may take decides what can be traded."""
SPENDERS: Final = (*TRADING, ADAPTER, NEG_RISK_ADAPTER, ROUTER, PERPETUALS)
OPERATORS: Final = (
    *((CONDITIONAL, each) for each in (V2, NEG_RISK, ADAPTER, NEG_RISK_ADAPTER)),
    *((CONDITIONAL, each) for each in (REDEEMER, BINARY_MODULE, NEG_RISK_MODULE)),
    *((POSITIONS, each) for each in (ROUTER, V3, REDEEMER)),
)
"""Token contracts and who may be allowed to move one's shares in them."""
PROTOCOL_V2_GAP: Final = ((1 << 64) - 1) << 40  # bits that are zero in its position ids


class Settler(NamedTuple):
    """A contract that settles orders, with its domain's version."""

    contract: str
    version: str

    @property
    def domain(self) -> bytes:
        return exchange_domain(self.version, self.contract)


def settler_of(token: int, *, neg_risk: bool) -> Settler:
    if not token & PROTOCOL_V2_GAP:
        return Settler(V3, "3")
    return Settler(NEG_RISK if neg_risk else V2, "2")
